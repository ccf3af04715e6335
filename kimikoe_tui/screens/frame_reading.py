"""How the frames room reads, on workers' threads: which frames there are, and all that is known of one."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from sqlite3 import Connection

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from db import drawings, films, query, tags
from db.drawings import Beginnings, Hold
from db.films import Film, Frame, Scope, pack, unpack
from db.tags import FrameTag
from kimikoe_tui.frame_edits import scope_name
from kimikoe_tui.screens.room import ListRoom
from kimikoe_tui.widgets.filmstrip import MOST_AROUND
from kimikoe_tui.widgets.frame_list import Rows, read_pages


@dataclass
class Listed(Message):
    """The frames that match an expression; the one to put the cursor on, None for where it is; and what is to be seen
    there, as it was after `changes`."""

    ids: "array[int]"
    films: dict[int, Film]
    beginnings: Beginnings
    expression: str
    at: int | None
    pages: dict[int, Rows]
    here: "Looked | None"
    changes: int


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

    scope: Scope = "shot"
    """What an edit of the frame under the cursor reaches."""
    changes = 0
    """How often what is known of frames has changed."""

    @work(thread=True, exclusive=True, group="listing", exit_on_error=False)
    def list_frames(self, expression: str, at: int | None, near: int | None = None) -> None:
        """Read the films and the ids of their frames; answers with `Listed`."""
        listed = self.read_list(expression, at, near)
        if not get_current_worker().is_cancelled:
            self.post_message(listed)

    def read_list(self, expression: str, at: int | None, near: int | None = None) -> Listed:
        """Read through this thread's connection, with what is to be seen at frame `at`, or else `near` it; raises
        `UserError` for an expression that is none."""
        db, changes = self.session.reader(), self.changes
        ids = query.frame_ids(db, expression, self.session.index)
        known, beginnings = _known(db), drawings.beginnings(db)
        index = min(bisect_left(ids, at or near or 0), len(ids) - 1)
        here = read_frame(db, *unpack(ids[index]), self.scope) if ids else None
        return Listed(ids, known, beginnings, expression.strip(), at, read_pages(db, ids, index), here, changes)

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
