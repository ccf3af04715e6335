"""The shots of the films as small pictures, each with its number, time, length and holds."""

from collections.abc import Callable, Hashable, Sequence

from rich.text import Text

from db.films import Film
from db.i18n import _, plural
from db.shots import Shot
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.widgets.picture_grid import ASPECT, PictureGrid
from kimikoe_tui.widgets.sources import FilmFrame


class ShotGrid(PictureGrid):
    """All shots, or those that a query left."""

    def __init__(self, server: FrameServer, is_marked: Callable[[Shot], bool]) -> None:
        super().__init__(server)
        self._is_marked = is_marked
        self._films: dict[int, Film] = {}
        self.shots: Sequence[Shot] = ()

    @property
    def count(self) -> int:
        """How many shots there are."""
        return len(self.shots)

    @property
    def shot(self) -> Shot | None:
        """The shot under the cursor."""
        return self.shots[self.cursor] if self.shots else None

    def show(self, every: Sequence[Shot], known_films: dict[int, Film], cursor: int) -> None:
        """Show these shots, with the cursor on one of them."""
        self.shots, self._films = every, known_films
        self.cursor = max(0, min(len(every) - 1, cursor))
        self.place_pictures()

    def aspect(self) -> tuple[int, int]:
        """The first film's."""
        film = next(iter(self._films.values()), None)
        return (film.width, film.height) if film else ASPECT

    def key_of(self, index: int) -> Hashable:
        """The frame that stands for a shot."""
        shot = self.shots[index]
        film = self._films[shot.film_id]
        return FilmFrame(film.id, shot.picture, film.width, film.height)

    def caption(self, index: int, row: int) -> Text:
        """`● 12  0:31:50`, the dot where it is marked, over `3.2 s  8 holds`."""
        shot = self.shots[index]
        film = self._films[shot.film_id]
        if row:
            seconds = _("{seconds:.1f} s").format(seconds=float(shot.frames / film.fps))
            return Text(f"{seconds}  {_holds(shot.holds)}", MUTED)
        mark = ("● ", ACCENT) if self._is_marked(shot) else ""
        number = (f"{shot.number}", f"bold {ACCENT}" if index == self.cursor else TEXT)
        return Text.assemble(mark, number, (f"  {film.timecode(shot.first)}", MUTED))


def _holds(count: int) -> str:
    return plural("{count} hold", "{count} holds", count).format(count=count)
