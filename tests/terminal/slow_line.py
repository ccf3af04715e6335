"""A line from a program to its terminal that carries so many bytes a second, behind buffers that take everything."""

import time


class SlowLine:
    """Takes bytes at once and gives them out at a rate."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._held = b""
        self._since = time.monotonic()

    @property
    def is_empty(self) -> bool:
        """Whether all that was put in has come out."""
        return not self._held

    def carry(self, data: bytes) -> bytes:
        """Put in what was written, and take out what has arrived by now."""
        now = time.monotonic()
        if not self._held:
            self._since = now
        self._held += data
        count = int((now - self._since) * self._rate)
        if count:
            self._since = now
        arrived, self._held = self._held[:count], self._held[count:]
        return arrived
