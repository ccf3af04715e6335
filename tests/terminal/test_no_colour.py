"""Without colours, as `NO_COLOR` asks: everything is grey but the pictures, and every state is a word or a sign."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.terminal.decoder.emulator import KITTY, PLAIN, Profile
from tests.terminal.terminal import Terminal
from tests.terminal.test_pictures import colour_of, near, shows
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
PICTURE_COLUMNS = range(1, 60)


def coloured(terminal: Terminal) -> set[str]:
    """The colours beside the picture's pane that are no greys."""
    terminal.read()
    found = set()
    for row in terminal.emulator.screen.buffer.values():
        for column, cell in row.items():
            if column not in PICTURE_COLUMNS:
                found |= {cell.fg, cell.bg}
    return {each for each in found if len(each) == 6 and not each[:2] == each[2:4] == each[4:]} - {"default"}


@pytest.mark.parametrize("profile", [KITTY, PLAIN], ids=["kitty", "text"])
def test_all_is_grey_but_real_pixels(studio: Path, profile: Profile) -> None:
    with closing(Terminal(studio, profile=profile, variables={"NO_COLOR": "1"})) as terminal:
        terminal.wait_for("home")
        terminal.press("gc")
        terminal.wait_for("1 of 12")
        if profile is KITTY:
            shows(terminal, 1)
        terminal.press("4x")
        terminal.wait_for("3 of 12")
        terminal.press("\x7f")
        terminal.wait_for("rejected")
        terminal.press("\x7f")
        terminal.wait_for("★★★★☆")
        wait_until(lambda: not coloured(terminal), "no colours are left")
        if profile is KITTY:
            assert near(terminal.emulator.pixel(300, 260), colour_of(1)), "pictures keep theirs"
