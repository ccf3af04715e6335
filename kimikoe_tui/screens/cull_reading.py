"""How the cull room reads, on workers' threads: which pictures there are, and how far their judging is."""

import re
from array import array
from dataclasses import dataclass
from sqlite3 import Connection

from textual import work
from textual.message import Message
from textual.worker import get_current_worker

from db import cullings, films, picture_tags, pictures, query
from db.cullings import Culling
from db.i18n import _
from db.pictures import Counts
from kimikoe_tui.screens.room import Room
from kimikoe_tui.text import plain, stars
from kimikoe_tui.widgets.facts import Facts

NOT_REJECTED = "-is:rejected"
UNDECIDED = "is:unrated"
UNSEEN = "is:unseen"
EVERY = ""
QUICK_FILTERS = {"0": EVERY, "u": UNDECIDED, "x": "is:rejected", "n": UNSEEN}


@dataclass
class Gathered(Message):
    """The pictures that match an expression, and the one to show first."""

    ids: "array[int]"
    expression: str
    at: int | None
    culling: Culling | None = None


@dataclass
class Arrived(Message):
    """The pictures that match now; those not known yet have just been finished."""

    ids: "array[int]"
    expression: str


@dataclass
class Counted(Message):
    """How far the judging of the listed pictures is."""

    counts: Counts


class CullReading(Room):
    """The reading half of the cull room."""

    @work(thread=True, exclusive=True, group="gathering", exit_on_error=False)
    def gather(self, expression: str, at: int | None) -> None:
        """Read which pictures match; answers with `Gathered`, at `at` or where the judging goes on."""
        found = gathered(self.session.reader(), expression, at)
        if not get_current_worker().is_cancelled:
            self.post_message(found)

    @work(thread=True, exclusive=True, group="gathering", exit_on_error=False)
    def gather_around(self, expression: str, image_id: int) -> None:
        """Read which pictures match, every one where this is not among them; answers with `Gathered`, at it."""
        found = gathered(self.session.reader(), expression, image_id)
        if image_id not in found.ids:
            found = gathered(self.session.reader(), EVERY, image_id)
        if not get_current_worker().is_cancelled:
            self.post_message(found)

    @work(thread=True, exclusive=True, group="arriving", exit_on_error=False)
    def look_for_arrivals(self, expression: str) -> None:
        """Read which pictures match by now; answers with `Arrived`."""
        self.post_message(Arrived(query.image_ids(self.session.reader(), expression), expression))

    @work(thread=True, exclusive=True, group="counting", exit_on_error=False)
    def count(self, expression: str, ids: "array[int]") -> None:
        """Count decisions, without a filter on the rejected ones too; answers with `Counted`."""
        db = self.session.reader()
        counted = query.image_ids(db, EVERY) if expression == NOT_REJECTED else ids
        self.post_message(Counted(pictures.counts(db, counted)))

    def facts(self, image_id: int) -> Facts:
        """Everything the room shows of one picture."""
        db = self.session.reader()
        known = {film.id: film for film in films.films(db)}
        return Facts(
            pictures.picture(db, image_id), pictures.matches(db, image_id), picture_tags.effective(db, image_id),
            picture_tags.denied(db, image_id), known,
        )  # fmt: skip


def gathered(db: Connection, expression: str, at: int | None = None) -> Gathered:
    """The pictures that match, and the one to begin with; raises `UserError` where the expression is none."""
    ids, culling = query.image_ids(db, expression), cullings.named(db, expression)
    if at is None:
        undecided = set(query.image_ids(db, UNDECIDED))
        at = cullings.resume_at(ids, undecided, culling.image_id if culling else None)
    return Gathered(ids, expression, at, culling)


def filter_name(expression: str) -> str:
    """A filter as a person calls it; a query as it was typed."""
    if match := re.fullmatch(r"stars:>=([1-5]) -is:rejected", expression):
        return _("{stars} and better").format(stars=stars(int(match[1])))
    names = {
        EVERY: _("any, rejected ones too"),
        UNDECIDED: _("undecided"),
        QUICK_FILTERS["x"]: _("rejected"),
        QUICK_FILTERS["n"]: _("decided unseen"),
    }
    return names.get(expression, plain(expression))
