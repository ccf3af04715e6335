"""A page of small pictures with captions, out of any number of them, and a cursor."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from kimikoe_tui.graphics.display import USUAL_CELL, Display
from kimikoe_tui.palette import ACCENT, RAISED
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.widgets.thumbnail import Easel, Thumbnail

ASPECT = (16, 9)


class Layout(NamedTuple):
    """How many pictures fit, how many cells each takes with what is around it, and how many it fills."""

    columns: int
    rows: int
    pitch: tuple[int, int]
    picture: tuple[int, int]

    @property
    def per_page(self) -> int:
        """How many are seen at once."""
        return self.columns * self.rows


def fit_layout(
    size: tuple[int, int], least: int, captions: int, aspect: tuple[int, int], cell: tuple[int, int]
) -> Layout:  # fmt: skip
    """As many pictures of at least `least` cells as fit side by side; they become lower before none fits."""
    columns = max(1, size[0] // (least + 1))
    pitch = size[0] // columns
    across = max(1, pitch - 1)
    wanted = round(across * cell[0] * aspect[1] / (aspect[0] * cell[1]))
    high = max(1, min(wanted, size[1] - captions - 1))
    block = high + captions + 1
    return Layout(columns, max(1, size[1] // block), (pitch, block), (across, high))


class PictureGrid(Widget):
    """Page by page: a key within a page costs two captions, and only a new page its pictures.

    A subclass says what each picture is and what stands below it, and calls `place_pictures` when that has changed.
    """

    DEFAULT_CSS = """
    PictureGrid { width: 1fr; height: 1fr; }
    PictureGrid Thumbnail { position: absolute; }
    """
    captions: ClassVar[int] = 2
    widths: ClassVar[tuple[int, ...]] = (14, 22, 36)
    """Least widths of a picture in cells, from small ones to large ones."""

    @dataclass
    class Moved(Message):
        """The cursor came to another picture."""

        grid: "PictureGrid"

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor is now matters."""
            return isinstance(message, PictureGrid.Moved) and message.grid is self.grid

    def __init__(self, server: FrameServer, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._server = server
        self._easel = Easel()
        self._pictures: list[Thumbnail] = []
        self.cursor = 0
        self.size_index = len(self.widths) // 2
        self.layout_now = fit_layout((1, 1), 1, 1, ASPECT, USUAL_CELL)

    @property
    def count(self) -> int:
        """How many pictures there are."""
        raise NotImplementedError

    def key_of(self, index: int) -> Hashable:
        """What a picture is."""
        raise NotImplementedError

    def caption(self, index: int, row: int) -> Text:
        """A row of what stands below a picture."""
        raise NotImplementedError

    def aspect(self) -> tuple[int, int]:
        """The shape of the pictures."""
        return ASPECT

    def on_unmount(self) -> None:
        """Draw no more."""
        self._easel.close()

    @property
    def page_first(self) -> int:
        """The index of the first picture in view."""
        return self.cursor - self.cursor % self.layout_now.per_page

    def picture_at(self, index: int) -> Thumbnail:
        """A picture in view."""
        return self._pictures[index - self.page_first]

    def move_to(self, index: int) -> None:
        """Put the cursor on a picture, as far as there is one."""
        index = max(0, min(self.count - 1, index))
        if index == self.cursor:
            return
        before, page = self.cursor, self.page_first
        self.cursor = index
        if self.page_first == page:
            self.refresh(self._block(before), self._block(index))
        else:
            self.fill()
        self.post_message(self.Moved(self))

    def move_rows(self, rows: int) -> None:
        """Move up or down; into a last row that is shorter, to its end."""
        wanted = self.cursor + rows * self.layout_now.columns
        last_row = (self.count - 1) // self.layout_now.columns
        if 0 <= wanted and wanted // self.layout_now.columns <= last_row:
            self.move_to(wanted)

    def move_pages(self, pages: int) -> None:
        """Move by what is seen at once."""
        self.move_to(self.cursor + pages * self.layout_now.per_page)

    def resize_pictures(self) -> None:
        """Larger pictures, then small ones again."""
        self.size_index = (self.size_index + 1) % len(self.widths)
        self.place_pictures()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit as many as there is room for."""
        self.place_pictures()

    def place_pictures(self) -> None:
        """Place the pictures for this size of the grid, and fill them."""
        display: Display = getattr(self.app, "display_known", Display())
        least = self.widths[self.size_index]
        self.layout_now = fit_layout(self.size, least, self.captions, self.aspect(), display.cell)
        self._have_pictures(self.layout_now.per_page)
        for place, picture in enumerate(self._pictures[: self.layout_now.per_page]):
            column, row = self._corner(place)
            picture.styles.offset = (column, row + 1)
            picture.styles.width, picture.styles.height = self.layout_now.picture
        self.fill()

    def fill(self) -> None:
        """Show the page, and have the next one drawn ahead."""
        first, most = self.page_first, self.layout_now.per_page
        for place, picture in enumerate(self._pictures):
            key = self._key_at(first + place) if place < most else None
            following = self._key_at(first + most + place)
            picture.display = key is not None
            picture.show(key, [following] if following is not None else [])
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A row of captions, or of what frames the pictures."""
        row, within = divmod(y, self.layout_now.pitch[1])
        start = self.page_first + row * self.layout_now.columns
        line = Text()
        if row < self.layout_now.rows:
            for index in range(start, min(start + self.layout_now.columns, self.count)):
                line.append_text(self._part(index, within))
        line.truncate(self.size.width, pad=True)
        style = self.visual_style.rich_style
        return Strip(list(line.render(self.app.console)), self.size.width).apply_style(style)

    def _have_pictures(self, wanted: int) -> None:
        more = [Thumbnail(self._server, self._easel) for _each in range(wanted - len(self._pictures))]
        self._pictures += more
        if more:
            self.mount_all(more)

    def _key_at(self, index: int) -> Hashable:
        return self.key_of(index) if 0 <= index < self.count else None

    def _corner(self, place: int) -> tuple[int, int]:
        """The first cell of the block at a place of the page, (column, row)."""
        row, column = divmod(place, self.layout_now.columns)
        return column * self.layout_now.pitch[0] + 1, row * self.layout_now.pitch[1]

    def _block(self, index: int) -> Region:
        """All that is drawn of a picture, with the frame around it."""
        column, row = self._corner(index - self.page_first)
        return Region(column - 1, row, self.layout_now.pitch[0] + 1, self.layout_now.pitch[1])

    def _part(self, index: int, within: int) -> Text:
        """One row of a block, as wide as the block."""
        width = self.layout_now.pitch[0]
        chosen = index == self.cursor
        if within == 0:
            return Text(" " + ("▁" if chosen else " ") * (width - 1), ACCENT)
        if within <= self.layout_now.picture[1]:
            return Text(("▐" if chosen else " ") + " " * (width - 1), ACCENT)
        words = self.caption(index, within - self.layout_now.picture[1] - 1)
        words.truncate(width - 1, overflow="ellipsis", pad=True)
        if chosen:
            words.stylize(f"on {RAISED}")
        return Text("▐" if chosen else " ", ACCENT).append_text(words)
