"""Cullings: a query's pictures gone through one after another, over days and terminals, and what is kept of them.

Which pictures a culling had in hand is stored, for `is:unrated` no longer matches what was judged; so its outcome, a
saved view of the kept ones, follows every later rating and undo.
"""

import json
import sqlite3
from collections.abc import Sequence

import msgspec

from db import pictures, query
from db.connect import now, writing
from db.errors import UserError
from db.i18n import _

ROWS_A_TURN = 300
KEPT = "is:rated -is:rejected"
EVERY_PICTURE = "-is:rejected"


class Culling(msgspec.Struct, frozen=True):
    """A query's culling; `image_id` is the picture it stopped at, None before the first."""

    id: int
    expression: str
    image_id: int | None

    @property
    def kept(self) -> str:
        """The expression of what is kept of it."""
        return f"cull:{self.id} {KEPT}"


def begin(db: sqlite3.Connection, expression: str) -> Culling:
    """The culling of this expression, begun or gone on with, and its view saved.

    Raises `UserError` where the expression is none, or where it never had a finished picture.
    """
    words = " ".join(expression.split())
    image_ids = query.image_ids(db, words)
    known = named(db, words)
    if not image_ids and known is None:
        raise UserError(_("No picture matches “{expression}”.").format(expression=words))
    with writing(db):
        db.execute("INSERT OR IGNORE INTO culling (expression, begun_at) VALUES (?, ?)", (words, now()))
        culling = named(db, words)
        assert culling is not None
        if not view_name(db, culling):
            _save_view(db, culling)
    take_in_hand(db, culling.id, image_ids)
    return culling


def named(db: sqlite3.Connection, expression: str) -> Culling | None:
    """The culling of this expression, if there is one."""
    row = db.execute("SELECT id, expression, image_id FROM culling WHERE expression = ?", (expression,)).fetchone()
    return Culling(**dict(row)) if row else None


def view_name(db: sqlite3.Connection, culling: Culling) -> str:
    """The name of the saved view of what is kept, in whatever language it was saved; empty where it was deleted."""
    row = db.execute("SELECT name FROM saved_view WHERE expression = ?", (culling.kept,)).fetchone()
    return str(row["name"]) if row else ""


def _save_view(db: sqlite3.Connection, culling: Culling) -> None:
    """Save what is kept under its name, or where another view has that, under it and the culling's number."""
    name = new_view_name(culling)
    for free in (name, f"{name} {culling.id}"):
        row = (free, culling.kept)
        if db.execute("INSERT OR IGNORE INTO saved_view (name, room, expression) VALUES (?, 'image', ?)", row).rowcount:
            break


def new_view_name(culling: Culling) -> str:
    """What the view of what is kept is called where it is saved anew."""
    if culling.expression == EVERY_PICTURE:
        return _("keepers")
    return _("keepers of {expression}").format(expression=culling.expression)


def has_pictures(db: sqlite3.Connection, culling: Culling) -> bool:
    """Whether there is anything to look at."""
    return len(query.image_ids(db, culling.expression)) > 0


def take_in_hand(db: sqlite3.Connection, culling_id: int, image_ids: Sequence[int]) -> None:
    """Note that these pictures were in the culling's list, some hundreds in a transaction."""
    for at in range(0, len(image_ids), ROWS_A_TURN):
        with writing(db):
            db.execute(
                "INSERT OR IGNORE INTO culled SELECT ?, value FROM json_each(?)",
                (culling_id, json.dumps(list(image_ids[at : at + ROWS_A_TURN]))),
            )


def stop_at(db: sqlite3.Connection, culling_id: int, image_id: int | None) -> None:
    """Note where the culling is left."""
    with writing(db):
        db.execute("UPDATE culling SET image_id = ?, left_at = ? WHERE id = ?", (image_id, now(), culling_id))


def resume_at(image_ids: Sequence[int], undecided: set[int], stopped: int | None) -> int | None:
    """Where to go on in a list: the first undecided picture from `stopped` on, else `stopped` itself or what follows.

    Without a place, the first undecided picture, or just the first.
    """
    ahead = [image_id for image_id in image_ids if stopped is None or image_id >= stopped]
    if stopped is not None and not ahead:
        return image_ids[-1] if image_ids else None
    return next((image_id for image_id in ahead if image_id in undecided), ahead[0] if ahead else None)


def counts(db: sqlite3.Connection, culling_id: int) -> pictures.Counts:
    """How far the judging is of all that the culling had in hand."""
    rows = db.execute("SELECT image_id FROM culled WHERE culling_id = ?", (culling_id,))
    return pictures.counts(db, [int(row["image_id"]) for row in rows])
