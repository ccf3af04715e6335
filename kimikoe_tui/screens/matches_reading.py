"""How the matches room reads, on workers' threads: which pictures resemble the film most, and which frames each."""

from collections.abc import Iterable
from dataclasses import dataclass

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from db import films, likeness, pictures
from db.films import Film
from db.likeness import Ranked
from db.pictures import Match
from db.ratings import Decision
from kimikoe_tui.screens.room import Room


@dataclass
class Listed(Message):
    """The pictures that match an expression, and the one to go to, None for the first; or those there are by now."""

    expression: str
    found: Ranked
    films: dict[int, Film]
    decisions: dict[int, Decision]
    at: int | None = None
    is_anew: bool = True


@dataclass
class Looked(Message):
    """The frames that a picture resembles, the most alike first, and the films that they are of."""

    image_id: int
    matches: list[Match]
    films: dict[int, Film]


@dataclass
class Decided(Message):
    """What stands of people's decisions, by picture."""

    decisions: dict[int, Decision]


class MatchesReading(Room):
    """The reading half of the matches room."""

    def read_list(self, expression: str, at: int | None = None, known: Iterable[int] = ()) -> Listed:
        """The list of an expression, and of the pictures known already. Raises `UserError` with a caret."""
        db = self.session.reader()
        found = likeness.ranked(db, expression, known, self.session.index)
        there = {film.id: film for film in films.films(db)}
        return Listed(expression, found, there, likeness.decisions(db), at)

    @work(thread=True, exclusive=True, group="gathering", exit_on_error=False)
    def gather(self, expression: str, at: int | None) -> None:
        """Read which pictures match; answers with `Listed`."""
        listed = self.read_list(expression, at)
        if not get_current_worker().is_cancelled:
            self.post_message(listed)

    @work(thread=True, exclusive=True, group="arriving", exit_on_error=False)
    def look_for_arrivals(self, expression: str, known: Iterable[int]) -> None:
        """Read the list again, which loses none of its pictures; answers with `Listed` too."""
        listed = self.read_list(expression, None, known)
        listed.is_anew = False
        self.post_message(listed)

    @work(thread=True, exclusive=True, group="looking", exit_on_error=False)
    def look_up(self, image_id: int) -> None:
        """Read which frames a picture resembles; answers with `Looked`."""
        db = self.session.reader()
        found = pictures.matches(db, image_id)
        self.post_message(Looked(image_id, found, {film.id: film for film in films.films(db)}))

    @work(thread=True, exclusive=True, group="decisions", exit_on_error=False)
    def read_decisions(self) -> None:
        """Read what was decided; answers with `Decided`."""
        self.post_message(Decided(likeness.decisions(self.session.reader())))
