"""How the frames room reads, on workers' threads: which frames there are, and all that is known of one."""

from array import array
from dataclasses import dataclass
from sqlite3 import Connection

from textual import work
from textual.message import Message

from db import films, query, tags
from db.films import Film, Frame, Scope, pack
from db.tags import FrameTag
from kimikoe_tui.frame_edits import scope_name
from kimikoe_tui.screens.room import ListRoom


@dataclass
class Listed(Message):
    """The frames that match an expression, and the one to put the cursor on."""

    ids: "array[int]"
    films: dict[int, Film]
    expression: str
    at: int | None


@dataclass
class Looked(Message):
    """What is known of a frame, and the range of frames that an edit of it reaches."""

    frame: Frame
    reach: tuple[int, int]
    scope_name: str
    tags: list[FrameTag]
    denied: list[str]

    @property
    def frame_id(self) -> int:
        """The frame's packed id."""
        return pack(self.frame.film_id, self.frame.number)


def read_frame(db: Connection, film_id: int, number: int, scope: Scope) -> Looked:
    """Read one frame."""
    return Looked(
        films.frame(db, film_id, number),
        films.scope_range(db, film_id, number, scope),
        scope_name(db, film_id, number, scope),
        tags.frame_tags(db, film_id, number),
        tags.denied_tags(db, film_id, number),
    )


class FrameReading(ListRoom):
    """The reading half of the frames room."""

    @work(thread=True, exclusive=True, group="listing", exit_on_error=False)
    def list_frames(self, expression: str, at: int | None) -> None:
        """Read the films and the ids of their frames; answers with `Listed`."""
        db = self.session.reader()
        known = {film.id: film for film in films.films(db)}
        self.post_message(Listed(query.frame_ids(db, expression), known, expression, at))

    @work(thread=True, exclusive=True, group="looking", exit_on_error=False)
    def look_up(self, film_id: int, number: int, scope: Scope) -> None:
        """Read one frame; answers with `Looked`."""
        self.post_message(read_frame(self.session.reader(), film_id, number, scope))
