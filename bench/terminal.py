"""A program in a pseudo-terminal: when it has painted, and how much memory it holds then."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

COLUMNS, ROWS = 120, 40
CELL = (10, 20)
REST_SECONDS = 0.4
LIMIT_SECONDS = 30.0
CURSOR_TO, PART_OF_AN_ESCAPE = re.compile(rb"\x1b\[(\d+);(\d+)H"), re.compile(rb"(\x1b(\[[\d;]*)?)?\Z")
LAST_QUESTION, LAST_ANSWER = b"\x1b[c", b"\x1b[?62;22c"


class Pane(NamedTuple):
    """A part of the screen, its rows and columns counted from 1 as a terminal does."""

    rows: range
    columns: range


class Cost(NamedTuple):
    """Milliseconds of a processor, and of the clock."""

    processor: float
    clock: float


class _PaneWatch:
    """Tells which pieces of a program's output lie in a pane; a terminal hands over at most 4,095 bytes at once."""

    def __init__(self, pane: Pane) -> None:
        self._pane, self._end, self._inside = pane, b"", False

    def touched(self, data: bytes) -> bool:
        """Whether any byte of the next piece lies in the pane."""
        text = self._end + data
        places = [self._is_inside(*map(int, place)) for place in CURSOR_TO.findall(text)]
        touched = self._inside or any(places)
        self._inside = places[-1] if places else self._inside
        self._end = PART_OF_AN_ESCAPE.search(text)[0]  # type: ignore[index]  # it matches nothing too
        return touched

    def _is_inside(self, row: int, column: int) -> bool:
        return row in self._pane.rows and column in self._pane.columns


class Painted:
    """A program that has shown a word, `seconds` after its start."""

    def __init__(
        self, command: Sequence[str], word: bytes, size: tuple[int, int] = (COLUMNS, ROWS),
        variables: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self._master, slave = pty.openpty()
        pixels = size[0] * CELL[0], size[1] * CELL[1]
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], *pixels))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(variables or {})}
        self._start = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self._end = b""
        self._read_until(word)
        self.seconds = time.perf_counter() - self._start

    def press(self, keys: str, until_word: bytes) -> None:
        """Send keys, and read until a word is shown that was not read before."""
        os.write(self._master, keys.encode())
        self._read_until(until_word)

    def follow(self, keys: str, quiet: float) -> tuple[float, float, bytes]:
        """Send keys; the seconds to the first and to the last byte of what comes until it is `quiet`, and the bytes."""
        pieces = self.record(keys, quiet)
        return pieces[0][0], pieces[-1][0], b"".join(data for _seconds, data in pieces)

    def record(self, keys: str, quiet: float) -> list[tuple[float, bytes]]:
        """Send keys; what comes until it is `quiet`, each piece with the seconds since the keys."""
        began = time.perf_counter()
        self.type(keys)
        pieces: list[tuple[float, bytes]] = []
        while select.select([self._master], [], [], quiet if pieces else LIMIT_SECONDS)[0]:
            data = self._read()
            pieces.append((time.perf_counter() - began, data))
        return pieces

    def cost(self, keys: str, quiet: float, pane: Pane) -> tuple[Cost, Cost]:
        """Send keys; what it took until the last byte of what is painted in the pane, and until the last of all.

        The last byte of all is that after which it is `quiet`. Raises `RuntimeError` where the pane was not painted.
        """
        used, began = used_ms(self._process.pid), time.perf_counter()
        self.type(keys)
        watched, in_pane, last = _PaneWatch(pane), None, None
        while select.select([self._master], [], [], quiet if last else LIMIT_SECONDS)[0]:
            painted = watched.touched(self._read())
            last = Cost(used_ms(self._process.pid) - used, (time.perf_counter() - began) * 1000)
            in_pane = last if painted else in_pane
        if in_pane is None or last is None:
            raise RuntimeError(f"{keys!r} painted nothing in {pane}")
        return in_pane, last

    def since_start(self) -> Cost:
        """What the program took since it was started."""
        return Cost(used_ms(self._process.pid), (time.perf_counter() - self._start) * 1000)

    def type(self, keys: str) -> None:
        """Send keys and read nothing."""
        os.write(self._master, keys.encode())

    def rest(self, at_most: float) -> None:
        """Read on until the program has nothing to do, as when all it does ahead is done."""
        deadline, used = time.perf_counter() + at_most, -1.0
        while used != (used := self.cpu_seconds()) and time.perf_counter() < deadline:
            self.settle(REST_SECONDS)

    def cpu_seconds(self) -> float:
        """The processor's seconds that the program has used, without its children."""
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

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
        asked = (self._end + data).count(LAST_QUESTION)
        self._end = data[-len(LAST_QUESTION) + 1 :]
        if asked:
            os.write(self._master, LAST_ANSWER * asked)
        return data

    def rss(self) -> int:
        """Resident bytes of the program, without its children."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def close(self) -> None:
        """End the program."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)


def used_ms(pid: int) -> float:
    """The processor's milliseconds that all threads of a process have used, finer than by ticks."""
    used = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):  # it has just ended
            used += int(thread.read_text().split()[0])
    return used / 1e6
