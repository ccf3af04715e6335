"""The cull room in terminals that show real pixels: what a person sees there, asserted on pixels."""

from collections.abc import Iterator
from contextlib import closing
from functools import reduce
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.terminal.decoder.emulator import KITTY, OLD_KITTY, WEZTERM, XTERM, Profile
from tests.terminal.terminal import Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
PROFILES = {"kitty": KITTY, "kitty-direct": OLD_KITTY, "sixel": XTERM, "inline": WEZTERM}
MIDDLE = (300, 260)  # a pixel in the middle of the picture's pane, at 100x30 cells of 10x20
HELP_BOX = (300, 40, 700, 500)


@pytest.fixture(params=PROFILES, ids=str)
def profile(request: pytest.FixtureRequest) -> Profile:
    return PROFILES[request.param]


@pytest.fixture
def terminal(studio: Path, profile: Profile) -> Iterator[Terminal]:
    with closing(Terminal(studio, profile=profile)) as opened:
        opened.wait_for("home")
        go(opened, "c")
        opened.wait_for("1 of 12")
        shows(opened, 1)
        yield opened


def go(terminal: Terminal, room: str) -> None:
    terminal.press("g")
    terminal.wait_for("go to")
    terminal.press(room)


def colour_of(number: int) -> tuple[int, int, int]:
    return 20 * number, 90, 255 - 20 * number


def pixel(terminal: Terminal, at: tuple[int, int] = MIDDLE) -> tuple[int, ...]:
    terminal.read()
    return terminal.emulator.pixel(*at)


def near(one: tuple[int, ...], other: tuple[int, ...], most: int = 12) -> bool:
    return all(abs(a - b) <= most for a, b in zip(one, other, strict=True))


def shows(terminal: Terminal, number: int, at: tuple[int, int] = MIDDLE) -> None:
    wait_until(lambda: near(pixel(terminal, at), colour_of(number)), f"picture {number} is seen")


def real_pixels(terminal: Terminal) -> bool:
    """Whether the middle is painted by a picture, not by text."""
    emulator = terminal.emulator
    row, column = MIDDLE[1] // emulator.cell[1], MIDDLE[0] // emulator.cell[0]
    cell = emulator.screen.buffer[row][column]
    virtual = any(placed.virtual for placed in emulator.kitty.placements.values())
    direct = any(not placed.virtual for placed in emulator.kitty.placements.values())
    return hasattr(cell, "tile") or direct or (virtual and cell.data.startswith("\U0010eeee"))


def has(image: Image.Image, number: int, most: int = 12) -> bool:
    """Whether a picture's colour is anywhere."""
    return any(near(colour, colour_of(number), most) for _count, colour in image.getcolors(1 << 24) or [])


def seen(terminal: Terminal) -> Image.Image:
    """The terminal as it is now; one that cannot hold a frame back may be halfway through it."""
    terminal.read()
    return terminal.emulator.image()


def picture_box(image: Image.Image, number: int) -> tuple[int, int, int, int]:
    """The box of the picture's colour."""
    far = ImageChops.difference(image, Image.new("RGB", image.size, colour_of(number)))
    brightest = reduce(ImageChops.lighter, far.split())
    box = brightest.point([255] * 13 + [0] * 243).getbbox()
    assert box is not None
    return box


def test_pictures_follow_keys_menus_rooms_and_sizes(terminal: Terminal, profile: Profile) -> None:
    wait_until(lambda: pixel(terminal) and real_pixels(terminal), "pixels, not text")
    for number in (2, 3, 4):
        terminal.press("l")
        shows(terminal, number)
        wait_until(lambda: real_pixels(terminal), "pixels, not text")
    left, top, right, bottom = picture_box(terminal.emulator.image(), 4)
    assert abs((right - left) - (bottom - top)) < 25, "square pictures are square"
    _menus_cover_it(terminal, profile)
    _rooms_take_it_away(terminal)
    _sizes_are_followed(terminal)
    if profile.kitty:
        assert len(terminal.emulator.kitty.images) <= 1
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0
    terminal.read()
    assert terminal.emulator.kitty.images == {}


def _menus_cover_it(terminal: Terminal, profile: Profile) -> None:
    terminal.press("g")
    terminal.wait_for("go to")
    wait_until(lambda: near(pixel(terminal), colour_of(4), 30), "a small menu leaves the picture to be seen")
    seen_under = profile is KITTY
    wait_until(lambda: real_pixels(terminal) == seen_under, "what is painted or lies above is not under a menu")
    terminal.press("\x1b")
    wait_until(lambda: "go to" not in terminal.text(), "the menu closes")
    terminal.press("?")
    terminal.wait_for("keys · cull")
    wait_until(lambda: not has(seen(terminal).crop(HELP_BOX), 4, 4), "nothing is painted over the help")
    terminal.press("q")
    shows(terminal, 4)
    wait_until(lambda: pixel(terminal) and real_pixels(terminal), "pixels again")


def _rooms_take_it_away(terminal: Terminal) -> None:
    go(terminal, "j")
    terminal.wait_for("kimikoe jobs")
    wait_until(lambda: not near(pixel(terminal), colour_of(4), 30), "the picture does not linger")
    wait_until(lambda: not has(seen(terminal), 4), "nor anywhere")
    go(terminal, "c")
    shows(terminal, 4)


def _sizes_are_followed(terminal: Terminal) -> None:
    for columns, rows in ((70, 20), (120, 40), (100, 30)):
        terminal.resize(columns, rows)
        terminal.wait_for("4 of 12")
        wait_until(lambda: _fits(terminal), "the picture fits its pane")
    terminal.resize(100, 30, (8, 16))
    wait_until(lambda: _fits(terminal), "the picture fits its pane of smaller cells")


def _fits(terminal: Terminal) -> bool:
    """Whether the picture is large, and its pane's border whole around it."""
    terminal.read()
    image = terminal.emulator.image()
    if not has(image, 4):
        return False
    left, top, right, bottom = picture_box(image, 4)
    (width, height), size = terminal.emulator.cell, bottom - top
    return left >= width and top >= height and bottom <= image.height - 3 * height and size > image.height * 0.5
