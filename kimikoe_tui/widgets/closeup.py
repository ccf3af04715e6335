"""Looking closely: a picture at its own size, the place one looks at, and the pane that shows it without loss."""

from collections.abc import Iterator

from db.errors import UserError
from kimikoe_tui.graphics.pixels import Pixels, to_image
from kimikoe_tui.graphics.renderer import Drawing
from kimikoe_tui.palette import BACKGROUND
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.picture import Picture
from kimikoe_tui.widgets.sending import Cells, Key
from kimikoe_tui.widgets.sources import Closeup, FilmFrame

STEP = 0.25
"""How far a key moves, as a share of what is seen."""
_WAYS: dict[str, tuple[int, int]] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class Zoom:
    """Whether pictures are seen at their own size, and around which place, in shares of their width and height.

    The place stays from picture to picture, so that the same spot of each is compared.
    """

    def __init__(self) -> None:
        self.is_close = False
        self._x = self._y = 0.5

    def key(self, what: int | FilmFrame) -> Key:
        """What a pane is to show of a picture or a frame."""
        return Closeup(what, self._x, self._y) if self.is_close else what

    def pan(self, way: str, size: tuple[int, int], box: tuple[int, int]) -> None:
        """Move over a picture of `size` pixels, of which `box` are seen; never past its edges."""
        right, down = _WAYS[way]
        self._x = _moved(self._x, right, size[0], box[0])
        self._y = _moved(self._y, down, size[1], box[1])

    def next(self, way: str, size: tuple[int, int], box: tuple[int, int]) -> "Zoom":
        """As after another move."""
        moved = Zoom()
        moved.is_close, moved._x, moved._y = self.is_close, self._x, self._y
        moved.pan(way, size, box)
        return moved


def _moved(place: float, step: int, size: int, seen: int) -> float:
    if not step:
        return place
    least = min(0.5, seen / 2 / size)
    return max(least, min(1.0 - least, place + step * STEP * seen / size))


def shown_of(key: object) -> object:
    """The picture or the frame of a pane's key, however closely it is looked at."""
    return key.what if isinstance(key, Closeup) else key


class CloseupPicture(Picture):
    """A pane that shows whole pictures, and close-ups pixel by pixel in every colour."""

    @property
    def seen_size(self) -> tuple[int, int]:
        """How many pixels of a picture at its own size the pane shows."""
        return self._renderer.pixel_box(*self._cells)

    def _drawings(self, key: Key, cells: Cells, is_awaited: bool) -> Iterator[tuple[Drawing | str, bool]]:
        if not isinstance(key, Closeup):
            yield from super()._drawings(key, cells, is_awaited)
            return
        try:
            pixels = self._source.load(key, self._renderer.pixel_box(*cells))
        except UserError as error:
            yield plain(str(error)), True
            return
        cell = self._renderer.pixel_box(1, 1)
        needed = min(cells[0], -(-pixels.width // cell[0])), min(cells[1], -(-pixels.height // cell[1]))
        pixels = _on_ground(pixels, self._renderer.pixel_box(*needed))
        if is_awaited and not self._renderer.is_quick:
            yield self._renderer.sketch(pixels, *needed), False
        yield self._renderer.draw(pixels, *needed, exact=True), True


def _on_ground(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """The picture in whole cells, so that the terminal has nothing to scale."""
    if size == (pixels.width, pixels.height):
        return pixels
    from PIL import Image

    ground = Image.new("RGB", size, BACKGROUND)
    ground.paste(to_image(pixels), ((size[0] - pixels.width) // 2, (size[1] - pixels.height) // 2))
    return Pixels(*size, ground.tobytes())
