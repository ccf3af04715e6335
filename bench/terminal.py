"""A program in a pseudo-terminal: when it has painted, and how much memory it holds then."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Sequence

import psutil

COLUMNS, ROWS = 120, 40
LIMIT_SECONDS = 30.0
LAST_QUESTION, LAST_ANSWER = b"\x1b[c", b"\x1b[?62;22c"


class Painted:
    """A program that has shown a word, `seconds` after its start."""

    def __init__(self, command: Sequence[str], word: bytes) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        start = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self._read_until(word)
        self.seconds = time.perf_counter() - start

    def press(self, keys: str, until_word: bytes) -> None:
        """Send keys, and read until a word is shown that was not read before."""
        os.write(self._master, keys.encode())
        self._read_until(until_word)

    def _read_until(self, word: bytes) -> None:
        seen, deadline = b"", time.perf_counter() + LIMIT_SECONDS
        while word not in seen:
            if not select.select([self._master], [], [], deadline - time.perf_counter())[0]:
                raise TimeoutError(f"{word!r} was never painted; the end of what was: {seen[-400:]!r}")
            seen += self._read()

    def settle(self, seconds: float) -> None:
        """Read on, so that the program never waits for its terminal."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            if select.select([self._master], [], [], left)[0]:
                self._read()

    def _read(self) -> bytes:
        """What was written; the last question that a program asks its terminal is answered, as all terminals do."""
        data = os.read(self._master, 65536)
        if LAST_QUESTION in data:
            os.write(self._master, LAST_ANSWER)
        return data

    def rss(self) -> int:
        """Resident bytes of the program, without its children."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def close(self) -> None:
        """End the program."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)
