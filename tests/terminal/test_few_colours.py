"""In a terminal of 16 colours every word can be read, on the line under the cursor too."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.terminal.terminal import Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
SIXTEEN = {"TERM": "xterm", "COLORTERM": ""}


def lost(terminal: Terminal) -> list[str]:
    """Letters and digits whose colour is that of their ground."""
    terminal.read()
    cells = [cell for row in terminal.emulator.screen.buffer.values() for cell in row.values()]
    return [cell.data for cell in cells if cell.data.isalnum() and cell.fg == cell.bg]


def grounds(terminal: Terminal) -> set[str]:
    """The grounds of letters and digits."""
    cells = [cell for row in terminal.emulator.screen.buffer.values() for cell in row.values()]
    return {cell.bg for cell in cells if cell.data.isalnum()}


@pytest.mark.parametrize(
    ("keys", "word"), [("gf", "(frame 1)"), ("gs", "kimikoe shots"), ("gc", "1 of 12"), ("gj", "kimikoe jobs")]
)
def test_no_word_has_the_colour_of_its_ground(studio: Path, keys: str, word: str) -> None:
    with closing(Terminal(studio, columns=120, rows=40, variables=SIXTEEN)) as terminal:
        terminal.wait_for("home")
        terminal.press(keys)
        terminal.wait_for(word)
        wait_until(lambda: not lost(terminal), f"all can be read, not {''.join(lost(terminal))}")
        if keys == "gf":
            assert "brightblack" in grounds(terminal), "the line under the cursor has a ground of its own"
