"""Frames that show a tag: the ones of which the tagger is surest, and those nearest to the threshold."""

from collections.abc import Hashable, Mapping, Sequence
from typing import ClassVar

from rich.text import Text

from db.films import Film
from db.i18n import _
from db.tag_in_full import Example
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.widgets.picture_grid import ASPECT, PictureGrid
from kimikoe_tui.widgets.sources import FilmFrame


class ExampleStrip(PictureGrid):
    """The surest in the upper half of the rows, the others below; side by side in a single row. There is no cursor."""

    captions: ClassVar[int] = 2
    widths: ClassVar[tuple[int, ...]] = (14,)

    def __init__(self, server: FrameServer, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(server, id=id)
        self.cursor = -1
        self._films: Mapping[int, Film] = {}
        self._surest: Sequence[Example] = ()
        self._nearest: Sequence[Example] = ()
        self._threshold: float | None = None
        self.examples: list[Example | None] = []

    @property
    def count(self) -> int:
        """How many places are filled or left free between two that are."""
        return len(self.examples)

    @property
    def page_first(self) -> int:
        """There is one page."""
        return 0

    def show(
        self, films: Mapping[int, Film], surest: Sequence[Example], nearest: Sequence[Example], threshold: float | None
    ) -> None:
        """Show the examples of another tag."""
        self._films, self._surest, self._nearest, self._threshold = films, surest, nearest, threshold
        self.place_pictures()

    def aspect(self) -> tuple[int, int]:
        """That of the first one's film."""
        first = next((self._films[each.film_id] for each in (*self._surest, *self._nearest)), None)
        return (first.width, first.height) if first else ASPECT

    def fill(self) -> None:
        """As many of each kind as there is room for."""
        columns, rows, most = self.layout_now.columns, self.layout_now.rows, self.layout_now.per_page
        above = columns * -(-rows // 2) if rows > 1 else -(-columns // 2)
        surest = self._surest[: above if self._nearest else most]
        nearest = [each for each in self._nearest if each not in surest][: most - above]
        free = max(0, above - len(surest)) if nearest else 0
        self.examples = [*surest, *[None] * free, *nearest]
        super().fill()

    def key_of(self, index: int) -> Hashable:
        """The frame; None where a place is free."""
        if (example := self.examples[index]) is None:
            return None
        film = self._films[example.film_id]
        return FilmFrame(film.id, example.number, film.width, film.height)

    def caption(self, index: int, row: int) -> Text:
        """`0:31:50 0.93`, below it why it is here."""
        if (example := self.examples[index]) is None:
            return Text()
        if row == 0:
            timecode = self._films[example.film_id].timecode(example.number)
            score = "" if example.score is None else f" {example.score:.2f}"
            return Text.assemble((timecode, MUTED), (score, TEXT))
        return self._reason(example)

    def _reason(self, example: Example) -> Text:
        if example.score is None:
            return Text(_("you say so"), ACCENT)
        if self._threshold is None or any(example is each for each in self._surest):
            return Text(_("surest"), FAINT)
        off = example.score - self._threshold
        words = _("over by {score:.2f}") if off >= 0 else _("under by {score:.2f}")
        return Text(words.format(score=abs(off)), FAINT)
