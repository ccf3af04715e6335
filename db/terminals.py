"""Which terminals are open on a studio: each holds a lock that the kernel frees at any end of its process."""

import fcntl
from pathlib import Path

LOCKS = "locks"


def open_terminals(root: Path) -> list[str]:
    """The names of the terminals that are open on a studio, `terminal-1` and on."""
    return [path.name for path in sorted((root / LOCKS).glob("terminal-*")) if _is_held(path)]


def _is_held(path: Path) -> bool:
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
