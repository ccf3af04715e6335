"""The terminal's own cursor in a text field: where an input method shows what is being composed."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.terminal.terminal import Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


def _cursor(terminal: Terminal) -> tuple[int, int, bool]:
    cursor = terminal.emulator.screen.cursor
    return cursor.x, cursor.y, not cursor.hidden


def test_the_real_cursor_stands_behind_what_is_typed_and_goes_with_the_line(studio: Path) -> None:
    with closing(Terminal(studio, 80, 24)) as terminal:
        terminal.wait_for("home")
        terminal.press("gf")
        terminal.wait_for("100 frames")
        terminal.press("/")
        lines = terminal.wait_for("nagisa").splitlines()
        row = next(at for at, line in enumerate(lines) if "nagisa" in line)
        left = lines[row].index("nagisa")
        wait_until(lambda: terminal.read() or _cursor(terminal) == (left, row, True), "it stands at the line's start")
        terminal.press("学習ab")
        wait_until(lambda: terminal.read() or _cursor(terminal)[:2] == (left + 6, row), "it follows wide characters")
        assert terminal.emulator.screen.display[row].replace(" ", "").count("学習ab") == 1
        terminal.press("\x1b[D\x1b[D\x1b[D")
        wait_until(lambda: terminal.read() or _cursor(terminal)[:2] == (left + 2, row), "it goes back over them")
        terminal.press("\x1b[F" + "x" * 90)
        wait_until(lambda: terminal.read() or _cursor(terminal)[0] >= 70, "a long line scrolls below it")
        assert _cursor(terminal)[0] < 80 and _cursor(terminal)[1] == row
        terminal.press("\x1b\x1b")
        wait_until(lambda: terminal.read() or not _cursor(terminal)[2], "it is hidden again")
