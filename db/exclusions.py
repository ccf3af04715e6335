"""Ranges of frames that stay out of datasets, for a reason: credits, a logo, subtitles. The frames stay visible."""

import sqlite3
from collections.abc import Iterable

import msgspec

from db import events, films
from db.connect import writing
from db.errors import UserError
from db.i18n import _, plural

LONGEST_REASON = 200


class Exclusion(msgspec.Struct, frozen=True):
    """Frames `first`..`last` of a film, and why they are no good to train on."""

    id: int
    film_id: int
    first: int
    last: int
    reason: str


def exclusions(db: sqlite3.Connection, film_id: int | None = None) -> list[Exclusion]:
    """What is excluded of a film, or of all, in film order."""
    rows = db.execute(
        """SELECT id, film_id, first, last, reason FROM exclusion WHERE ?1 IS NULL OR film_id = ?1
           ORDER BY film_id, first, id""",
        (film_id,),
    )
    return [Exclusion(**dict(row)) for row in rows]


def exclude(
    db: sqlite3.Connection, session: str, film_id: int, ranges: Iterable[tuple[int, int]], reason: str, target: str = ""
) -> str:
    """Exclude ranges of a film as one act, which undo takes back; returns what was done."""
    return exclude_all(db, session, [(film_id, first, last, reason) for first, last in ranges], target)


def exclude_all(
    db: sqlite3.Connection, session: str, wanted: Iterable[tuple[int, int, int, str]], target: str = ""
) -> str:
    """Exclude (film id, first, last, reason) as one act; what is excluded already for that reason is left as it is."""
    with writing(db):
        known = {(row.film_id, row.first, row.last, row.reason) for row in exclusions(db)}
        asked = ((film_id, first, last, _reason(reason)) for film_id, first, last, reason in wanted)
        new = [row for row in dict.fromkeys(asked) if row not in known]
        if not new:
            raise UserError(_("These frames are excluded already: `kimikoe exclusions` lists what is."))
        start = int(db.execute("SELECT COALESCE(max(id), 0) + 1 FROM exclusion").fetchone()[0])
        frames = sum(last - first + 1 for _film_id, first, last, _why in new)
        reasons = ", ".join(dict.fromkeys(reason for *_range, reason in new))
        counted = plural("{count} frame", "{count} frames", frames).format(count=frames)
        summary = _("excluded {frames}: {reason}").format(frames=counted, reason=reasons)
        rows: dict[events.Key, events.Values | None] = {(start + index,): row for index, row in enumerate(new)}
        events.act(db, session, "exclusion", summary, events.EXCLUSION, rows, target)
    return summary


def include(db: sqlite3.Connection, session: str, exclusion_id: int) -> str:
    """Take an exclusion back as an act of its own; returns what was done."""
    with writing(db):
        found = next((each for each in exclusions(db) if each.id == exclusion_id), None)
        if found is None:
            raise UserError(_("There is no exclusion {id}: `kimikoe exclusions` lists them.").format(id=exclusion_id))
        film = films.film(db, found.film_id)
        summary = _("included {film}#{first}..{last} again: {reason}").format(
            film=film.name, first=found.first, last=found.last, reason=found.reason
        )
        events.act(db, session, "exclusion", summary, events.EXCLUSION, {(exclusion_id,): None})
    return summary


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise UserError(_("An exclusion needs a reason of at most {count} characters.").format(count=LONGEST_REASON))
    return reason
