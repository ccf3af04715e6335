"""The real program in a real pseudo-terminal, its screen read by a terminal emulator."""

import fcntl
import os
import pty
import select
import shlex
import struct
import subprocess
import sys
import termios
from functools import partial
from pathlib import Path

import pyte

from tests.waiting import wait_until


class Terminal:
    """`kimikoe` on a studio, at a size; keys go in as bytes, the screen is read as text.

    It has the terminal to itself, as under `ssh host kimikoe`, or is the job of a `shell` there. A terminal that is not
    `controlling` it sends no SIGHUP when it goes.
    """

    def __init__(
        self, root: Path, columns: int = 100, rows: int = 30, shell: bool = False, controlling: bool = True
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        self.resize(columns, rows)
        program = [sys.executable, "-m", "kimikoe_tui", "--studio", str(root)]
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noediting", "-i"] if shell else program,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PS1": "shell> "},
            start_new_session=True,
            preexec_fn=partial(fcntl.ioctl, slave, termios.TIOCSCTTY, 0) if controlling else None,
        )
        if shell:
            self.press(shlex.join(program) + "\r")
        os.close(slave)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, as dragging its corner does."""
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def echoes(self) -> bool:
        """Whether the terminal is as a shell wants it: keys are shown as they are typed."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

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

    def forget(self) -> None:
        """Clear what is known of the screen, so that only what is painted from now on is seen."""
        self.text()
        self._screen.reset()

    def hang_up(self) -> int:
        """Take the terminal away, as a lost connection does; returns the program's exit status."""
        os.close(self._master)
        return self.process.wait(30)

    def wait_for_end(self) -> int:
        """The exit status, reading the screen on until then."""
        wait_until(lambda: self.text() is not None and self.process.poll() is not None, "the program ends")
        return int(self.process.returncode)

    def close(self) -> None:
        """End the program and its terminal, as closing the window does."""
        self.hang_up()
