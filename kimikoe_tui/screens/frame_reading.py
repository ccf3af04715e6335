"""How the frames room reads, on workers' threads: which frames there are, and all that is known of one."""

from array import array
from dataclasses import dataclass
from sqlite3 import Connection

from textual import work
from textual.message import Message

from db import drawings, films, query, tags
from db.drawings import Beginnings, Hold
from db.films import Film, Frame, Scope, pack
from db.tags import FrameTag
from kimikoe_tui.frame_edits import scope_name
from kimikoe_tui.screens.room import ListRoom
from kimikoe_tui.widgets.filmstrip import MOST_AROUND


@dataclass
class Listed(Message):
    """The frames that match an expression, and the one to put the cursor on."""

    ids: "array[int]"
    films: dict[int, Film]
    beginnings: Beginnings
    expression: str
    at: int | None


@dataclass
class Grown(Message):
    """Which films there are now, and where their holds and shots begin."""

    films: dict[int, Film]
    beginnings: Beginnings


@dataclass
class Looked(Message):
    """What is known of a frame, the holds around it, and the range of frames that an edit of it reaches."""

    frame: Frame
    scope: Scope
    reach: tuple[int, int]
    scope_name: str
    tags: list[FrameTag]
    denied: list[str]
    around: list[Hold]

    @property
    def frame_id(self) -> int:
        """The frame's packed id."""
        return pack(self.frame.film_id, self.frame.number)


def read_frame(db: Connection, film_id: int, number: int, scope: Scope) -> Looked:
    """Read one frame."""
    return Looked(
        films.frame(db, film_id, number),
        scope,
        films.scope_range(db, film_id, number, scope),
        scope_name(db, film_id, number, scope),
        tags.frame_tags(db, film_id, number),
        tags.denied_tags(db, film_id, number),
        drawings.around(db, film_id, number, MOST_AROUND),
    )


class FrameReading(ListRoom):
    """The reading half of the frames room."""

    @work(thread=True, exclusive=True, group="listing", exit_on_error=False)
    def list_frames(self, expression: str, at: int | None) -> None:
        """Read the films and the ids of their frames; answers with `Listed`."""
        self.post_message(self.read_list(expression, at))

    def read_list(self, expression: str, at: int | None) -> Listed:
        """Read through this thread's connection; raises `UserError` for an expression that is none."""
        db = self.session.reader()
        ids = query.frame_ids(db, expression, self.session.index)
        return Listed(ids, _known(db), drawings.beginnings(db), expression.strip(), at)

    @work(thread=True, exclusive=True, group="growth", exit_on_error=False)
    def look_for_growth(self) -> None:
        """Read which films there are; answers with `Grown`."""
        db = self.session.reader()
        self.post_message(Grown(_known(db), drawings.beginnings(db)))

    @work(thread=True, exclusive=True, group="looking", exit_on_error=False)
    def look_up(self, film_id: int, number: int, scope: Scope) -> None:
        """Read one frame; answers with `Looked`."""
        self.post_message(read_frame(self.session.reader(), film_id, number, scope))


def _known(db: Connection) -> dict[int, Film]:
    return {film.id: film for film in films.films(db)}
