"""The writing end of a terminal: what it takes at once is written at once, the rest by the writer's thread.

The first bytes of a picture so leave with the key that asked for it, whatever else the program is busy with.
"""

import os
from contextlib import suppress
from typing import IO, Any

SLICE = 65_536


class TerminalOutput:
    """A terminal's file that takes every write, also after the terminal has gone."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._straight = _opened_again(file.fileno())
        self.given = 0
        """How many bytes were written so far, taken or not."""
        self._taken = 0

    @property
    def backlog(self) -> int:
        """How many bytes wait for a terminal, or a line to it, that is slower than the program."""
        return self.given - self._taken

    def take(self, data: bytes) -> bytes:
        """Write what the terminal takes without waiting; returns the rest, which is to be given to `write`."""
        waits = self.backlog > 0
        self.given += len(data)
        if waits or self._straight is None:
            return data
        count = _written(self._straight, data)
        self._taken += count
        return data[count:]

    def write(self, data: bytes) -> int:
        """Write, and wait until all is taken, if anyone is there."""
        for at in range(0, len(data), SLICE):
            piece = data[at : at + SLICE]
            with suppress(OSError):
                os.write(self._file.fileno(), piece)
            self._taken += len(piece)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here."""

    def let_go(self) -> None:
        """Close what was opened here."""
        straight, self._straight = self._straight, None
        if straight is not None:
            os.close(straight)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _opened_again(descriptor: int) -> int | None:
    """The same terminal without waiting: a description of its own, for others share the first. None where it cannot."""
    try:
        return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None


def _written(descriptor: int, data: bytes) -> int:
    """How many bytes were taken; all of them where there is nobody any more."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0
    except OSError:
        return len(data)
