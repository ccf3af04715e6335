"""The questions that a terminal is asked once, before the program takes it.

They are sent first and read later, so that the program loads while the answers travel. Device attributes come last:
every terminal answers them, so that their answer means that no other is to come.
"""

import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
from contextlib import suppress
from typing import Any

from kimikoe_tui.graphics.brand import Answers
from kimikoe_tui.graphics.replies import KeyFilter

LIMIT_SECONDS = 3.0
REPLIES_END_SECONDS = 30.0
"""So long after the questions even the slowest line has brought the answers, or there are none."""
MOSTLY_SILENT = ("", "dumb", "linux", "unknown")
_KITTY = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_COLOURS = "\x1b[?1;3;256S\x1b[?1;1;0S"  # xterm has 16 colours for sixels until it is asked for more
_WIDTH = "\r─\x1b[6n\r\x1b[K"
_LAST = "\x1b[c"
QUESTIONS = f"\x1b[>0q{_KITTY}\x1b[16t\x1b[14t{_COLOURS}{_WIDTH}{_LAST}"
QUESTIONS_IN_MULTIPLEXER = f"\x1b[16t{_WIDTH}{_LAST}"


class Probe:
    """Questions under way. The terminal echoes nothing until `finish` has read the answers."""

    def __init__(self, fileno: int, questions: str = QUESTIONS) -> None:
        self._fileno = fileno
        self._before: list[Any] | None = termios.tcgetattr(fileno)
        quiet = termios.tcgetattr(fileno)
        quiet[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(fileno, termios.TCSANOW, quiet)
        self._began = time.monotonic()
        self.input = KeyFilter(self._began + REPLIES_END_SECONDS)
        os.write(fileno, questions.encode())

    def finish(self, limit: float | None = None, at_once: bool = False) -> Answers:
        """Read until the last answer has come, or for so long that none will; gives the terminal back.

        An answer that lies here already tells no time, unless it is read `at_once` after the question.
        """
        typed, whole, seconds = b"", False, None
        lay_here = not at_once and bool(select.select([self._fileno], [], [], 0)[0])
        end = self._began + (LIMIT_SECONDS if limit is None else limit)
        try:
            while not whole and (left := end - time.monotonic()) > 0:
                if select.select([self._fileno], [], [], left)[0]:
                    data = os.read(self._fileno, 4096)
                    typed += self.input.feed(data, time.monotonic())
                    whole = self.input.complete or not data
                    seconds = None if lay_here else time.monotonic() - self._began
        finally:
            self.give_back()
        self.input.hear_again(typed)
        return read_answers(self.input.replies, window_cell(self._fileno), seconds)

    def give_back(self) -> None:
        """Leave the terminal as it was, if it is still there."""
        before, self._before = self._before, None
        if before is not None:
            with suppress(OSError, termios.error):
                termios.tcsetattr(self._fileno, termios.TCSANOW, before)


def ask(questions: str = QUESTIONS) -> Probe | None:
    """Begin to ask the terminal; None where there is none to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()) or os.environ.get("TERM", "") in MOSTLY_SILENT:
        return None
    try:
        return Probe(sys.stdin.fileno(), questions)
    except (OSError, termios.error):
        return None


def round_trip() -> float | None:
    """The seconds that an answer takes now, of a terminal that has answered before; None where none comes.

    It is waited for longer than before: an answer that came later still would stand in the shell's line.
    """
    probe = ask(_LAST)
    return probe.finish(REPLIES_END_SECONDS, at_once=True).seconds if probe else None


def window_cell(fileno: int) -> tuple[int, int] | None:
    """A cell's (width, height) in pixels by the kernel's window size; None where the terminal did not tell it."""
    try:
        packed = fcntl.ioctl(fileno, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", packed)
    return (width // columns, height // rows) if columns and rows and width and height else None


def read_answers(replies: list[bytes], window: tuple[int, int] | None, seconds: float | None) -> Answers:
    """What the answers say; `window` is the cell's size where no answer tells it."""
    text = b"".join(replies).decode("ascii", "replace")
    version = re.search(r"\x1bP>\|([^\x1b]*)\x1b", text)
    attributes = re.search(r"\x1b\[\?([\d;]*)c", text)
    cell = re.search(r"\x1b\[6;(\d+);(\d+)t", text)
    place = re.search(r"\x1b\[\d+;(\d+)R", text)
    colours = [int(number) for number in re.findall(r"\x1b\[\?1;0;(\d+)S", text)]
    numbers = tuple(int(part) for part in attributes[1].split(";") if part) if attributes else ()
    told = (int(cell[2]), int(cell[1])) if cell else None
    return Answers(
        version=version[1] if version else "", attributes=numbers, kitty="\x1b_Gi=31;OK" in text,
        cell=told if told and all(told) else window, ambiguous=2 if place and int(place[1]) == 3 else 1,
        colours=min(256, colours[-1]) if colours and colours[-1] > 1 else 256, whole=attributes is not None,
        seconds=seconds if attributes else None,
    )  # fmt: skip
