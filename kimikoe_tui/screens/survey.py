"""The survey: all pictures of a generation in a grid, to keep one of them or to judge each."""

from array import array
from collections.abc import Callable, Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Grid

from db import pictures
from kimikoe_tui import keys
from kimikoe_tui.graphics.choose import new_renderer
from kimikoe_tui.graphics.renderer import PictureRenderer
from kimikoe_tui.messages import ImagesChanged, RatingsChanged
from kimikoe_tui.palette import ACCENT, FAINT, MUTED
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.picture_tagging import PictureTagging
from kimikoe_tui.screens.room import UpperRoom
from kimikoe_tui.session import Session
from kimikoe_tui.tally import Pace
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.facts import rating_text
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.picture import Picture
from kimikoe_tui.widgets.sources import PicturesAndFrames
from kimikoe_tui.widgets.tally_line import TallyLine

TILE = (22, 10)
"""A tile has at least so many columns and rows, its border among them."""
MOST_TILES = 24
LINES = 4


class Tile(Pane):
    """One picture of the grid, with its rating."""

    def __init__(self, server: FrameServer, renderer: PictureRenderer) -> None:
        super().__init__()
        self._picture = Picture(PicturesAndFrames(server), renderer=renderer)
        self.image_id: int | None = None
        self.visible = False

    def compose(self) -> ComposeResult:
        """The picture."""
        yield self._picture

    @property
    def painted(self) -> int | None:
        """The picture that has reached the terminal."""
        painted = self._picture.painted
        return painted if isinstance(painted, int) else None

    def show(self, known: pictures.Picture | None, is_here: bool) -> None:
        """Show a picture, or none; `is_here` where the cursor is."""
        self.image_id = known.id if known else None
        self.visible = known is not None
        self._picture.show(self.image_id)
        self.set_class(is_here, "-here")
        if known is not None:
            here = Text("▶ ", ACCENT) if is_here else Text("")
            foot = Text(plain(known.reason), MUTED) if known.reason else Text(str(known.seed), FAINT)
            self.head(Text.assemble(here, rating_text(known)), foot)


class SurveyRoom(PictureTagging, UpperRoom):
    """The pictures that were asked for together, as many at once as fit."""

    CSS_PATH = "survey.tcss"
    BINDINGS = keys.bindings(keys.SURVEY)
    context = "survey"

    def __init__(
        self, session: Session, server: FrameServer, image_id: int, opened: Callable[[int], None],
        renderers: list[PictureRenderer], advances: bool,
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._server, self._opened, self._renderers = server, opened, renderers
        self._advances = advances
        self.pace = Pace()
        self.ids = array("q", pictures.generation_of(session.reader(), image_id))
        self.index = self.ids.index(image_id) if image_id in self.ids else 0
        self.seen: set[int] = set()
        self._shape = (1, 1)

    def parts(self) -> ComposeResult:
        """The grid, and how far the judging of the generation is."""
        yield Grid(id="survey")
        yield TallyLine()

    async def on_resize(self) -> None:
        """Lay out as many tiles as there is room for."""
        grid = self.query_one("#survey", Grid)
        columns = max(1, self.size.width // TILE[0])
        rows = max(1, min((self.size.height - LINES) // TILE[1], -(-len(self.ids) // columns), MOST_TILES // columns))
        if (columns, rows) != self._shape or not self.tiles:
            self._shape = columns, rows
            grid.styles.grid_size_columns, grid.styles.grid_size_rows = columns, rows
            await grid.remove_children()
            await grid.mount_all([Tile(self._server, self._renderer(n)) for n in range(columns * rows)])
        self.call_after_refresh(self.look)

    def _renderer(self, number: int) -> PictureRenderer:
        """The renderer of a tile, kept from survey to survey, for the terminal knows each one's picture by a number."""
        while len(self._renderers) <= number:
            self._renderers.append(new_renderer(self.app.display_known))  # type: ignore[attr-defined]
        return self._renderers[number]

    @property
    def tiles(self) -> list[Tile]:
        """The tiles that there is room for."""
        return list(self.query(Tile))

    @property
    def current(self) -> int | None:
        """The picture under the cursor."""
        return self.ids[self.index] if self.ids else None

    def look(self) -> None:
        """Show the page that the cursor is on."""
        if not (tiles := self.tiles) or not self.ids:
            return
        db, first = self.session.reader(), self.index // len(tiles) * len(tiles)
        for place, tile in enumerate(tiles, first):
            known = pictures.picture(db, self.ids[place]) if place < len(self.ids) else None
            tile.show(known, place == self.index)
        self.query_one(TallyLine).show(pictures.counts(db, self.ids), self.pace.per_minute, self._advances)

    def _go_to(self, index: int) -> None:
        self._note_seen()
        self.index = max(0, min(len(self.ids) - 1, index))
        self.look()

    def _note_seen(self) -> None:
        self.seen |= {tile.painted for tile in self.tiles if tile.painted is not None}

    @property
    def chosen(self) -> list[int]:
        """The picture under the cursor."""
        return [] if self.current is None else [self.current]

    @property
    def kept(self) -> int | None:
        """The picture under the cursor."""
        return self.current

    @property
    def shown_ids(self) -> set[int]:
        """The pictures that have reached the terminal."""
        self._note_seen()
        return self.seen

    def decided(self, chosen: Sequence[int]) -> None:
        """Go on to the next picture, unless a decision stays."""
        self._go_to(self.index + self._advances)

    def changed(self) -> None:
        """Show ratings again."""
        self.look()

    def action_step(self, step: int) -> None:
        """Move by pictures."""
        self._go_to(self.index + step)

    def action_row(self, step: int) -> None:
        """Move by rows; a row that is not there is not gone to."""
        index = self.index + step * self._shape[0]
        if 0 <= index < len(self.ids):
            self._go_to(index)

    def action_page(self, step: int) -> None:
        """Move by as many pictures as are seen at once."""
        self._go_to(self.index + step * self._shape[0] * self._shape[1])

    def action_first(self) -> None:
        """Go to the first picture."""
        self._go_to(0)

    def action_last(self) -> None:
        """Go to the last picture."""
        self._go_to(len(self.ids) - 1)

    def action_open(self) -> None:
        """Look at the picture under the cursor alone."""
        self.dismiss()
        if self.current is not None:
            self._opened(self.current)

    @on(RatingsChanged)
    def _ratings_changed(self) -> None:
        self.look()

    @on(ImagesChanged)
    def _images_changed(self) -> None:
        """Put pictures that have been finished meanwhile at the end."""
        if self.current is None:
            return
        known = set(self.ids)
        new = [each for each in pictures.generation_of(self.session.reader(), self.current) if each not in known]
        self.ids.extend(new)
        self.look()

    def arrive(self, place: str, words: str) -> None:
        """Go to a picture whose rating was undone, in the room below where it is not here."""
        if place.isdigit() and int(place) in self.ids:
            self._go_to(self.ids.index(int(place)))
            self.say(words)
        else:
            self.hand_down(place, words)
