"""Wait on a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")
LIMIT_SECONDS = 60.0


def wait_until(condition: Callable[[], Value], what: str) -> Value:
    """The first true value of `condition`; fails the test when a minute has gone without one."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.005)
    return value
