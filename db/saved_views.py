"""Saved queries: named expressions over frames or pictures, which `view:NAME` puts into another expression."""

import sqlite3

import msgspec

from db import events
from db.connect import writing
from db.errors import UserError
from db.i18n import _
from db.query import Subject, compile_query, understand
from db.query_tree import quoted
from db.query_values import with_suggestion

LONGEST_NAME = 80


class View(msgspec.Struct, frozen=True):
    """A saved query over frames or pictures."""

    name: str
    subject: Subject
    expression: str


def views(db: sqlite3.Connection, subject: Subject | None = None) -> list[View]:
    """Every saved query, or those of one subject, by name."""
    rows = db.execute("SELECT name, room AS subject, expression FROM saved_view ORDER BY name")
    return [View(**dict(row)) for row in rows if subject in (None, row["subject"])]


def view(db: sqlite3.Connection, name: str, subject: Subject | None = None) -> View:
    """The saved query of this name; raises `UserError` where there is none, or none over this subject."""
    known = {each.name: each for each in views(db, subject)}
    if name not in known:
        none = _("no view is called “{name}”: `kimikoe view list` lists them").format(name=name)
        raise UserError(with_suggestion(none, name, known))
    return known[name]


def save(db: sqlite3.Connection, session: str, name: str, subject: Subject, expression: str) -> int:
    """Save a query under a name, in place of what had it; returns the event's id. Raises `UserError` for a fault."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise UserError(_("A view's name is one line of at most {count} characters.").format(count=LONGEST_NAME))
    compile_query(db, expression, subject)
    with writing(db):
        summary, rows = _("view {name} saved").format(name=name), {(name,): (subject, expression)}
        event_id = events.act(db, session, "view", summary, events.VIEW, rows, f"view:{name}")
        understand(db, f"view:{quoted(name)}", subject)
    return event_id


def delete(db: sqlite3.Connection, session: str, name: str) -> int:
    """Forget a saved query; returns the event's id. Raises `UserError` where there is none."""
    view(db, name)
    summary = _("view {name} deleted").format(name=name)
    return events.act(db, session, "view", summary, events.VIEW, {(name,): None}, f"view:{name}")
