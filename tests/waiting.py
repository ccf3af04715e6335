"""Wait on a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")
LIMIT_SECONDS = 60.0


def wait_until(condition: Callable[[], Value], what: str | Callable[[], str], limit: float = LIMIT_SECONDS) -> Value:
    """The first true value of `condition`; fails the test when `limit` seconds have gone without one.

    `what` was waited for: words, or what finds them once it is known that it never happened.
    """
    deadline = time.monotonic() + limit
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never happened: {what if isinstance(what, str) else what()}"
        time.sleep(0.005)
    return value
