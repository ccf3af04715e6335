"""One line per thing worth knowing: seconds since the start, what, and its figures."""

import time

_START = time.monotonic()


def say(what: str, **figures: object) -> None:
    """Print `what` and its figures on one line of standard output."""
    shown = " ".join(f"{name} {_short(value)}" for name, value in figures.items())
    print(f"{time.monotonic() - _START:8.0f}s {what}: {shown}", flush=True)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
