"""Pictures over a line that takes its time: a draft first, the whole when nobody presses keys, and honest decisions."""

from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from db import query
from db.connect import connect_studio
from kimikoe_tui.graphics.pixels import DRAFT_BOX
from tests.terminal.decoder.emulator import KITTY
from tests.terminal.pictures import distance, drawn_picture
from tests.terminal.studio import PICTURES
from tests.terminal.terminal import Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
RATE = 120_000.0
SIDE = 400


@pytest.fixture
def drawn(studio: Path) -> dict[int, Image.Image]:
    """Pictures that cost bytes, in the place of those of one colour."""
    pictures = {number: drawn_picture(SIDE, number) for number in range(1, PICTURES + 1)}
    for number, picture in pictures.items():
        picture.save(studio / "images" / "1" / f"{number}.png")
    return pictures


def held(terminal: Terminal) -> Image.Image | None:
    """The only picture that the terminal holds."""
    terminal.read()
    images = list(terminal.emulator.kitty.images.values())
    assert len(images) <= 1
    return images[0] if images else None


def holds(terminal: Terminal, picture: Image.Image, side: int) -> bool:
    image = held(terminal)
    return image is not None and image.width == side and distance(image, picture) < 12


def test_a_draft_comes_first_and_the_whole_picture_when_the_cursor_rests(
    studio: Path, drawn: dict[int, Image.Image]
) -> None:
    with closing(Terminal(studio, profile=KITTY, rate=RATE)) as terminal:
        terminal.wait_for("home")
        terminal.press("gc")
        wait_until(lambda: holds(terminal, drawn[1], SIDE), "the first picture, by which the line is measured")
        db = connect_studio(studio)
        for number in (2, 3):
            terminal.press("l")
            wait_until(lambda number=number: holds(terminal, drawn[number], DRAFT_BOX[0]), "a draft")
            wait_until(lambda number=number: holds(terminal, drawn[number], SIDE), "all of it")
        terminal.press("4")
        wait_until(lambda: list(query.image_ids(db, "stars:4")) == [3], "it is rated")
        terminal.press("55")
        wait_until(lambda: list(query.image_ids(db, "stars:5")) == [4, 5], "keys do not wait for pictures")
        assert list(query.image_ids(db, "is:unseen")) == [4, 5], "what had not arrived was not seen"
        wait_until(lambda: holds(terminal, drawn[6], SIDE), "the last one is shown whole")
