"""How the shots room reads, on a worker's thread: which shots there are, and which hold frames that match."""

from dataclasses import dataclass

from textual import work
from textual.message import Message

from db import films, query, shots
from db.films import Film
from db.shots import Shot
from kimikoe_tui.screens.room import Room


@dataclass
class ShotsListed(Message):
    """The shots with frames that match an expression, how many there are in all, and the frame to go to."""

    shots: list[Shot]
    total: int
    films: dict[int, Film]
    expression: str
    at: int | None


class ShotsReading(Room):
    """The reading half of the shots room."""

    @work(thread=True, exclusive=True, group="listing", exit_on_error=False)
    def list_shots(self, expression: str, at: int | None) -> None:
        """Read the shots; answers with `ShotsListed`."""
        self.post_message(self.read_shots(expression, at))

    def read_shots(self, expression: str, at: int | None) -> ShotsListed:
        """Read the shots through this thread's connection; raises `UserError` for an expression that is none."""
        db = self.session.reader()
        known = {film.id: film for film in films.films(db)}
        every = shots.shots(db)
        if not expression.strip():
            return ShotsListed(every, len(every), known, "", at)
        found = shots.shots_of(every, query.frame_ids(db, expression, self.session.index))
        return ShotsListed(found, len(every), known, expression.strip(), at)
