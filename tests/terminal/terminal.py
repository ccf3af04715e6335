"""The real program in a real pseudo-terminal, its screen read by a terminal emulator."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pyte

from tests.waiting import wait_until


class Terminal:
    """`kimikoe` on a studio, at a size; keys go in as bytes, the screen is read as text."""

    def __init__(self, root: Path, columns: int = 100, rows: int = 30) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        self.resize(columns, rows)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kimikoe_tui", "--studio", str(root)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(slave)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, as dragging its corner does."""
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if hasattr(self, "process"):
            os.killpg(self.process.pid, signal.SIGWINCH)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def text(self) -> str:
        """What the screen shows now."""
        while select.select([self._master], [], [], 0.02)[0]:
            try:
                self._stream.feed(os.read(self._master, 65536))
            except OSError:  # the program has ended
                break
        return "\n".join(self._screen.display)

    def wait_for(self, word: str) -> str:
        """The screen once it shows a word."""
        wait_until(lambda: word in self.text(), f"{word!r} on the screen:\n{self.text()}")
        return self.text()

    def wait_for_end(self) -> int:
        """The exit status, reading the screen on until then."""
        wait_until(lambda: self.text() is not None and self.process.poll() is not None, "the program ends")
        return int(self.process.returncode)

    def close(self) -> None:
        """End the program and its terminal, as closing the window does."""
        os.close(self._master)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGHUP)
        self.process.wait(30)
