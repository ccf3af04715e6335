"""A stretch of film played in a picture's place: as many pictures a second as the line takes, and never late."""

from collections.abc import Callable
from time import monotonic

from db.films import Film
from kimikoe_tui.widgets.picture import Picture, Quick
from kimikoe_tui.widgets.sources import FilmFrame

PICTURES_PER_SECOND = 8


class Player:
    """Shows what the film shows at the time; where a picture is not there yet, those after it are left out."""

    def __init__(
        self, picture: Picture, film: Film, first: int, last: int, clock: Callable[[], float] = monotonic
    ) -> None:  # fmt: skip
        self._picture, self._film = picture, film
        self._first, self._last = first, last
        self._step = max(1, round(film.fps / PICTURES_PER_SECOND))
        self._clock, self._began = clock, clock()
        self.number = first
        self.shown = 0
        self.dropped = 0

    def start(self) -> None:
        """Show the first picture."""
        self._show(self._first)

    def tick(self) -> bool:
        """Show the picture of this moment, once the one before has come; returns whether the film goes on."""
        due = self._first + int((self._clock() - self._began) * self._film.fps) // self._step * self._step
        if due > self._last:
            return False
        if due > self.number and self._picture.has_answered:
            self.dropped += (due - self.number) // self._step - 1
            self._show(due)
        return True

    def _show(self, number: int) -> None:
        self.number = number
        self.shown += 1
        self._picture.show(self._key(number), [self._key(number + self._step)])

    def _key(self, number: int) -> Quick:
        return Quick(FilmFrame(self._film.id, number, self._film.width, self._film.height))
