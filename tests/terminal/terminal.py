"""The real program in a real pseudo-terminal, its screen read by a terminal emulator that answers its questions."""

import fcntl
import os
import pty
import select
import shlex
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.terminal.decoder.emulator import PLAIN, Emulator, Profile
from tests.terminal.slow_line import SlowLine
from tests.waiting import wait_until

LONGEST_READ = 5.0  # seconds: a program may write faster than a busy machine reads
FORGOTTEN = ("TMUX", "STY", "TERM_PROGRAM", "WT_SESSION", "KIMIKOE_GRAPHICS", "NO_COLOR", "COLUMNS", "LINES")


class Terminal:
    """`kimikoe` on a studio, at a size; keys go in as bytes, the screen is read as text.

    It has the terminal to itself, as under `ssh host kimikoe`, or is the job of a `shell` there. A terminal that is not
    `controlling` it sends no SIGHUP when it goes. It is of a kind, its `profile`, and answers after `latency` seconds,
    byte by byte where it `dribbles`. Where there is a `rate`, a line of so many bytes a second leads to it.
    """

    def __init__(
        self, root: Path, columns: int = 100, rows: int = 30, shell: bool = False, controlling: bool = True,
        profile: Profile = PLAIN, latency: float = 0.0, dribbles: bool = False, command: Sequence[str] = (),
        rate: float = 0.0, variables: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.emulator = Emulator(columns, rows, profile, self._answer)
        self.written = 0
        """How many bytes the program wrote."""
        self.latency, self._dribbles = latency, dribbles
        self._line = SlowLine(rate) if rate else None
        self._answers: list[tuple[float, bytes]] = []
        self._master, slave = pty.openpty()
        self.resize(columns, rows)
        program = list(command) or [sys.executable, "-m", "kimikoe_tui", "--studio", str(root)]
        kept = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
        own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PS1": "shell> ", "XDG_CACHE_HOME": str(root.parent)}
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noediting", "-i"] if shell else program,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=kept | own | dict(variables or {}),
            start_new_session=True,
            preexec_fn=partial(fcntl.ioctl, slave, termios.TIOCSCTTY, 0) if controlling else None,
        )
        if shell:
            self.press(shlex.join(program) + "\r")
        os.close(slave)

    def _answer(self, reply: bytes) -> None:
        pieces = [reply[at : at + 1] for at in range(len(reply))] if self._dribbles else [reply]
        self._answers += [(time.monotonic() + self.latency, piece) for piece in pieces]

    @property
    def answers_left(self) -> int:
        """How many answers are still on their way."""
        return len(self._answers)

    def _deliver(self) -> None:
        while self._answers and self._answers[0][0] <= time.monotonic():
            os.write(self._master, self._answers.pop(0)[1])

    def resize(self, columns: int, rows: int, cell: tuple[int, int] = (0, 0)) -> None:
        """Give the terminal another size, as dragging its corner does, or another font, whose cells are so large."""
        self.emulator.screen.resize(rows, columns)
        self.emulator.cell = cell if any(cell) else self.emulator.cell
        pixels = columns * cell[0], rows * cell[1]
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, *pixels))

    @property
    def echoes(self) -> bool:
        """Whether the terminal is as a shell wants it: keys are shown as they are typed."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def text(self) -> str:
        """What the screen shows now."""
        self.read()
        return self.emulator.text()

    def read(self) -> None:
        """Take what the program has written, and answer its questions when it is time."""
        self._deliver()
        until = time.monotonic() + LONGEST_READ
        while time.monotonic() < until and select.select([self._master], [], [], 0.02)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # the program has ended
                break
            self.written += len(data)
            self.emulator.feed(self._line.carry(data) if self._line else data)
            self._deliver()
        if self._line:
            self.emulator.feed(self._line.carry(b""))
            self._deliver()

    def wait_for(self, word: str) -> str:
        """The screen once it shows a word."""
        wait_until(lambda: word in self.text(), lambda: f"{word!r} on the screen:\n{self.text()}")
        return self.text()

    def forget(self) -> None:
        """Clear what is known of the screen, so that only what is painted from now on is seen."""
        self.read()
        self.emulator.screen.reset()

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
