"""What is seen of the first picture in screenshots of real terminals: whether it is covered, whole, or square."""

from collections.abc import Iterable
from functools import reduce
from typing import Protocol

from PIL import Image, ImageChops

from tests.terminal.test_pictures import colour_of
from tests.waiting import wait_until

SIZES = ((80, 24), (120, 36), (100, 30))


class RealTerminal(Protocol):
    """kimikoe in a terminal that has keys, a size and a look."""

    def press(self, *keys: str) -> None:
        """Press keys, one after another."""

    def resize(self, columns: int, rows: int) -> None:
        """Give it another size, as dragging its corner does."""

    def screenshot(self) -> Image.Image:
        """What is seen now."""


def menus_cover_it(terminal: RealTerminal, menus: Iterable[tuple[str, str]]) -> None:
    """Open and close menus, each by two keys: the picture is covered in part or whole, then as it was."""
    for opened, closed in menus:
        terminal.press(opened)
        wait_until(lambda: uncovered(terminal.screenshot()) < 1.0, f"{opened!r} covers a part of it, or all")
        terminal.press(closed)
        wait_until(lambda: uncovered(terminal.screenshot()) == 1.0, f"it is whole again after {opened!r}")


def sizes_are_followed(terminal: RealTerminal) -> None:
    """Resize the terminal: each time there is one picture, whole and square."""
    for columns, rows in SIZES:
        terminal.resize(columns, rows)
        wait_until(lambda: is_whole(terminal.screenshot()), f"one whole square picture at {columns}×{rows}")


def uncovered(image: Image.Image) -> float:
    """How much of the box around the picture's colour is in that colour; 0 where there is none."""
    mask = _mask(image)
    box = mask.getbbox()
    if box is None:
        return 0.0
    inside = mask.crop(box)
    return inside.histogram()[255] / (inside.width * inside.height)


def is_whole(image: Image.Image) -> bool:
    """Whether the picture is there once, square and not small."""
    box = _mask(image).getbbox()
    if box is None or uncovered(image) < 1.0:
        return False
    width, height = box[2] - box[0], box[3] - box[1]
    return abs(width - height) <= 0.05 * height and height > 150


def _mask(image: Image.Image) -> Image.Image:
    """White where the first picture's colour is."""
    far = ImageChops.difference(image, Image.new("RGB", image.size, colour_of(1)))
    return reduce(ImageChops.lighter, far.split()).point([255] * 7 + [0] * 249)
