"""Questions to the graphics card's driver that are never waited for: where a card has gone, even `kill -9` does not end
who asks for it, and who waits for that waits for ever."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence


class DriverQuestion:
    """A program that asks the driver, and what it has answered; it is killed after so many seconds, where it can be."""

    def __init__(self, words: Sequence[str], seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._until = clock, clock() + seconds
        self._output = tempfile.TemporaryFile()  # a pipe would stop a long answer until it is read
        try:
            self._process = subprocess.Popen(
                list(words), stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.DEVNULL
            )
        except OSError:
            self._output.close()
            raise

    @property
    def is_over(self) -> bool:
        """Whether it has ended. One that has not, asks for its end once its time is over."""
        if self._process.poll() is None and self._clock() >= self._until:
            self._process.kill()
        return self._process.returncode is not None

    def answer(self) -> bytes | None:
        """What it answered once it is over; None where it failed or was killed."""
        with self._output:
            self._output.seek(0)
            return self._output.read() if self._process.returncode == 0 else None
