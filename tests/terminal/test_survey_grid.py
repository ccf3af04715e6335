"""The survey's grid in every kind of terminal: 24 pictures, each in its tile, whatever was above them meanwhile."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from kimikoe_tui.engine_control import engine_state, stop_engine
from tests.terminal import studio as rows
from tests.terminal.decoder.emulator import KITTY, OLD_KITTY, PLAIN, WEZTERM, XTERM, Profile
from tests.terminal.terminal import Terminal
from tests.terminal.test_pictures import near
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
PROFILES = {"kitty": KITTY, "kitty-direct": OLD_KITTY, "sixel": XTERM, "inline": WEZTERM, "text": PLAIN}
TILES, ACROSS, DOWN = 24, 6, 4
COLUMNS, ROWS = 140, 44
TOP = 1  # the line above the grid


def colour_of(place: int) -> tuple[int, int, int]:
    """A colour that no other tile's comes near."""
    return 40 + 60 * (place % 4), 40 + 80 * (place // 4 % 3), 50 + 150 * (place // 12)


def middle_of(place: int, cell: tuple[int, int]) -> tuple[int, int]:
    """A pixel inside of a tile."""
    row, column = divmod(place, ACROSS)
    across, down = COLUMNS / ACROSS, (ROWS - 4) / DOWN
    return round((column + 0.5) * across * cell[0]), round((TOP + (row + 0.5) * down) * cell[1])


@pytest.fixture
def grid(studio_root: Path) -> Iterator[Path]:
    """A studio with a generation of as many pictures as the largest grid has tiles."""
    rows.fill(studio_root, TILES)
    for place in range(TILES):
        Image.new("RGB", (64, 64), colour_of(place)).save(studio_root / "images" / "1" / f"{place + 1}.png")
    yield studio_root
    if engine_state(studio_root).running:
        stop_engine(studio_root)


def missing(terminal: Terminal) -> list[int]:
    """The tiles that do not show their picture."""
    terminal.read()
    seen = [terminal.emulator.pixel(*middle_of(place, terminal.emulator.cell)) for place in range(TILES)]
    return [place for place in range(TILES) if not near(seen[place], colour_of(place))]


def complete(terminal: Terminal) -> None:
    wait_until(lambda: not missing(terminal), "all tiles show their pictures")


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_tile_shows_its_picture(grid: Path, profile: Profile) -> None:
    with closing(Terminal(grid, columns=COLUMNS, rows=ROWS, profile=profile)) as terminal:
        terminal.wait_for("home")
        terminal.press("gc")
        terminal.wait_for("1 of 24")
        terminal.press("s")
        complete(terminal)
        terminal.press("5x")
        terminal.wait_for("★★★★★")
        terminal.wait_for("rejected")
        complete(terminal)
        terminal.press("?")
        terminal.wait_for("keys · survey")
        assert len(missing(terminal)) >= ACROSS, "nothing is painted over the help"
        terminal.press("q")
        complete(terminal)
        if profile.kitty and not profile.inline:
            assert len(terminal.emulator.kitty.images) <= TILES + 1
        terminal.press("q")
        terminal.wait_for("1 of 24")
        wait_until(lambda: len(missing(terminal)) >= TILES - ACROSS, "the grid does not linger")
