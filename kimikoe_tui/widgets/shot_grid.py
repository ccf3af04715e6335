"""A page of shots as small pictures, each with its number, time, length and holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.text import Text
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from db.films import Film
from db.i18n import _, plural
from db.shots import Shot
from kimikoe_tui.graphics.display import USUAL_CELL, Display
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, RAISED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.widgets.sources import FilmFrame
from kimikoe_tui.widgets.thumbnail import Easel, Thumbnail

WIDTHS = (14, 22, 36)
"""Least widths of a shot in cells, from small pictures to large ones."""
CAPTION_ROWS = 2
ASPECT = (16, 9)


class Layout(NamedTuple):
    """How many shots fit, how many cells each takes with the gap around it, and how many its picture."""

    columns: int
    rows: int
    pitch: tuple[int, int]
    picture: tuple[int, int]

    @property
    def per_page(self) -> int:
        """How many shots are seen at once."""
        return self.columns * self.rows


def fit_layout(width: int, height: int, least: int, aspect: tuple[int, int], cell: tuple[int, int]) -> Layout:
    """As many shots of at least `least` cells as fit side by side; pictures become lower before none fits."""
    columns = max(1, width // (least + 1))
    pitch = width // columns
    across = max(1, pitch - 1)
    wanted = round(across * cell[0] * aspect[1] / (aspect[0] * cell[1]))
    high = max(1, min(wanted, height - CAPTION_ROWS - 1))
    block = high + CAPTION_ROWS + 1
    rows = max(1, height // block)
    return Layout(columns, rows, (pitch, block), (across, high))


class ShotGrid(Widget):
    """Shots page by page: a key within a page costs two captions, and only a new page its pictures."""

    DEFAULT_CSS = """
    ShotGrid { width: 1fr; height: 1fr; }
    ShotGrid Thumbnail { position: absolute; }
    """

    @dataclass
    class Moved(Message):
        """The cursor came to another shot."""

        grid: "ShotGrid"

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor is now matters."""
            return isinstance(message, ShotGrid.Moved)

    def __init__(self, server: FrameServer, is_marked: Callable[[Shot], bool]) -> None:
        super().__init__()
        self._server = server
        self._is_marked = is_marked
        self._easel = Easel()
        self._films: dict[int, Film] = {}
        self._pictures: list[Thumbnail] = []
        self.shots: Sequence[Shot] = ()
        self.cursor = 0
        self.size_index = 1
        self.layout_now = fit_layout(1, 1, WIDTHS[1], ASPECT, USUAL_CELL)

    def on_unmount(self) -> None:
        """Draw no more."""
        self._easel.close()

    @property
    def shot(self) -> Shot | None:
        """The shot under the cursor."""
        return self.shots[self.cursor] if self.shots else None

    @property
    def page_first(self) -> int:
        """The index of the first shot in view."""
        return self.cursor - self.cursor % self.layout_now.per_page

    def picture_at(self, index: int) -> Thumbnail:
        """The picture of a shot in view."""
        return self._pictures[index - self.page_first]

    def show(self, every: Sequence[Shot], known_films: dict[int, Film], cursor: int) -> None:
        """Show these shots, with the cursor on one of them."""
        self.shots, self._films = every, known_films
        self.cursor = max(0, min(len(every) - 1, cursor))
        self._arrange()

    def move_to(self, index: int) -> None:
        """Put the cursor on a shot, as far as there is one."""
        index = max(0, min(len(self.shots) - 1, index))
        if index == self.cursor:
            return
        before, page = self.cursor, self.page_first
        self.cursor = index
        if self.page_first == page:
            self.refresh(self._block(before), self._block(index))
        else:
            self._fill()
        self.post_message(self.Moved(self))

    def move_rows(self, rows: int) -> None:
        """Move up or down; into a last row that is shorter, to its end."""
        wanted = self.cursor + rows * self.layout_now.columns
        last_row = (len(self.shots) - 1) // self.layout_now.columns
        if 0 <= wanted and wanted // self.layout_now.columns <= last_row:
            self.move_to(wanted)

    def move_pages(self, pages: int) -> None:
        """Move by what is seen at once."""
        self.move_to(self.cursor + pages * self.layout_now.per_page)

    def resize_pictures(self) -> None:
        """Larger pictures, then small ones again."""
        self.size_index = (self.size_index + 1) % len(WIDTHS)
        self._arrange()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit as many as there is room for."""
        self._arrange()

    def _arrange(self) -> None:
        """Place the pictures for this size of the grid."""
        display: Display = getattr(self.app, "display_known", Display())
        film = next(iter(self._films.values()), None)
        aspect = (film.width, film.height) if film else ASPECT
        self.layout_now = fit_layout(*self.size, WIDTHS[self.size_index], aspect, display.cell)
        self._have_pictures(self.layout_now.per_page)
        for place, picture in enumerate(self._pictures[: self.layout_now.per_page]):
            column, row = self._corner(place)
            picture.styles.offset = (column, row + 1)
            picture.styles.width, picture.styles.height = self.layout_now.picture
        self._fill()

    def _have_pictures(self, wanted: int) -> None:
        more = [Thumbnail(self._server, self._easel) for _each in range(wanted - len(self._pictures))]
        self._pictures += more
        if more:
            self.mount_all(more)

    def _fill(self) -> None:
        """Show the page, and have the next one drawn ahead."""
        first, count = self.page_first, self.layout_now.per_page
        for place, picture in enumerate(self._pictures):
            key = self._key(first + place) if place < count else None
            picture.display = key is not None
            following = self._key(first + count + place)
            picture.show(key, [following] if following else [])
        self.refresh()

    def _key(self, index: int) -> FilmFrame | None:
        if not 0 <= index < len(self.shots):
            return None
        shot = self.shots[index]
        film = self._films[shot.film_id]
        return FilmFrame(film.id, shot.picture, film.width, film.height)

    def _corner(self, place: int) -> tuple[int, int]:
        """The first cell of the block at a place of the page, (column, row)."""
        row, column = divmod(place, self.layout_now.columns)
        return column * self.layout_now.pitch[0] + 1, row * self.layout_now.pitch[1]

    def _block(self, index: int) -> Region:
        """All that is drawn of a shot, with the frame around it."""
        column, row = self._corner(index - self.page_first)
        return Region(column - 1, row, self.layout_now.pitch[0] + 1, self.layout_now.pitch[1])

    def render_line(self, y: int) -> Strip:
        """A row of captions, or of what frames the pictures."""
        row, within = divmod(y, self.layout_now.pitch[1])
        start = self.page_first + row * self.layout_now.columns
        line = Text()
        if row < self.layout_now.rows:
            for index in range(start, min(start + self.layout_now.columns, len(self.shots))):
                line.append_text(self._part(index, within))
        line.truncate(self.size.width, pad=True)
        style = self.visual_style.rich_style
        return Strip(list(line.render(self.app.console)), self.size.width).apply_style(style)

    def _part(self, index: int, within: int) -> Text:
        """One row of a shot's block, as wide as the block."""
        width = self.layout_now.pitch[0]
        chosen = index == self.cursor
        if within == 0:
            return Text(" " + ("▁" if chosen else " ") * (width - 1), ACCENT)
        if within <= self.layout_now.picture[1]:
            return Text(("▐" if chosen else " ") + " " * (width - 1), ACCENT)
        first = within == self.layout_now.picture[1] + 1
        words = self._heading(index) if first else self._length(index)
        words.truncate(width - 1, overflow="ellipsis", pad=True)
        if chosen:
            words.stylize(f"on {RAISED}")
        return Text("▐" if chosen else " ", ACCENT).append_text(words)

    def _heading(self, index: int) -> Text:
        """`● 12  0:31:50`, the dot where it is marked."""
        shot = self.shots[index]
        mark = ("● ", ACCENT) if self._is_marked(shot) else ""
        number = (f"{shot.number}", f"bold {ACCENT}" if index == self.cursor else TEXT)
        return Text.assemble(mark, number, (f"  {self._films[shot.film_id].timecode(shot.first)}", MUTED))

    def _length(self, index: int) -> Text:
        """`3.2 s  8 holds`."""
        shot = self.shots[index]
        seconds = float(shot.frames / self._films[shot.film_id].fps)
        holds = plural("{count} hold", "{count} holds", shot.holds).format(count=shot.holds)
        return Text(_("{seconds:.1f} s").format(seconds=seconds) + f"  {holds}", FAINT)
