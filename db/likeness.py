"""Pictures by how much they resemble the film: the most alike first, for one too close to it must not be published."""

import json
import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from db import query
from db.pictures import Match
from db.ratings import Decision

if TYPE_CHECKING:
    from db.index import Index


class Likeness(msgspec.Struct, frozen=True):
    """A picture, its size in pixels, the frame that it resembles most, and how many are known to resemble it."""

    image_id: int
    width: int
    height: int
    matches: int
    best: Match


class Ranked(msgspec.Struct, frozen=True):
    """Pictures that have been compared with the film, the most alike first, and how many that match have not been."""

    pictures: list[Likeness]
    uncompared: int


_RANKED = """
SELECT i.id, i.width, i.height, (SELECT count(*) FROM match each WHERE each.image_id = i.id),
    m.film_id, m.frame_number, m.score, m.method, m.coverage
FROM json_each(?) wanted
JOIN image i ON i.id = wanted.value AND i.state = 'done'
JOIN match m ON m.image_id = i.id AND m.rank = 1
ORDER BY m.score DESC, i.id
"""


def ranked(
    db: sqlite3.Connection, expression: str, known: Iterable[int] = (), index: "Index | None" = None
) -> Ranked:  # fmt: skip
    """The finished pictures that match, and those of `known` that are still there. Raises `UserError` with a caret."""
    ids = query.image_ids(db, expression, index)
    rows = db.execute(_RANKED, (json.dumps(list({*ids, *known})),))
    found = [Likeness(row[0], row[1], row[2], row[3], Match(*row[4:])) for row in rows]
    compared = {each.image_id for each in found}
    return Ranked(found, sum(image_id not in compared for image_id in ids))


def decisions(db: sqlite3.Connection) -> dict[int, Decision]:
    """What stands of people's decisions, by picture."""
    rows = db.execute("SELECT image_id, stars, rejected, reason, unseen FROM rating")
    return {row[0]: Decision(row[1], bool(row[2]), row[3], bool(row[4])) for row in rows}
