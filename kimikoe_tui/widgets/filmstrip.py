"""The drawings around the one that is looked at, in a row."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.text import Text

from db.drawings import Hold
from db.films import Film
from kimikoe_tui.palette import ACCENT, FAINT, MUTED
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.widgets.picture_grid import ASPECT, PictureGrid
from kimikoe_tui.widgets.sources import FilmFrame

MOST_AROUND = 24
"""How many holds on either side a strip as wide as any terminal needs."""


class Filmstrip(PictureGrid):
    """Stays where it is while the cursor goes along it, so that a step costs no pictures."""

    captions: ClassVar[int] = 1
    widths: ClassVar[tuple[int, ...]] = (13,)

    def __init__(self, server: FrameServer, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(server, id=id)
        self._film: Film | None = None
        self._around: Sequence[Hold] = ()
        self._at = 0
        self.holds: Sequence[Hold] = ()

    @property
    def count(self) -> int:
        """How many drawings are in the strip."""
        return len(self.holds)

    def show(self, film: Film | None, around: Sequence[Hold], number: int) -> None:
        """Show the hold of a frame among those around it; nothing where there is no film."""
        self._film, self._around, self._at = film, around, number
        here = [index for index, hold in enumerate(self.holds) if hold.first <= number <= hold.last]
        stands = bool(here) and self.holds[here[0]] in around
        if stands and self.layout_now.columns == len(self.holds):
            self.move_to(here[0])
        else:
            self.place_pictures()

    def aspect(self) -> tuple[int, int]:
        """The film's."""
        return (self._film.width, self._film.height) if self._film else ASPECT

    def fill(self) -> None:
        """Put the hold in the middle, as far as there are others on both sides."""
        here = next((n for n, hold in enumerate(self._around) if hold.first <= self._at <= hold.last), 0)
        fits = self.layout_now.columns
        start = max(0, min(here - fits // 2, len(self._around) - fits))
        self.holds = self._around[start : start + fits]
        self.cursor = here - start
        super().fill()

    def key_of(self, index: int) -> Hashable:
        """The frame that stands for a hold."""
        assert self._film is not None
        return FilmFrame(self._film.id, self.holds[index].picture, self._film.width, self._film.height)

    def caption(self, index: int, row: int) -> Text:
        """`57301 3s`, the first frame and how many show the drawing."""
        hold = self.holds[index]
        chosen = index == self.cursor
        return Text.assemble(
            (f"{hold.first}", f"bold {ACCENT}" if chosen else MUTED), (f" {hold.exposure}s", MUTED if chosen else FAINT)
        )
