"""What the frames or pictures of a result carry: its most frequent tags, with counts."""

import sqlite3
from typing import TYPE_CHECKING

import msgspec

from db.query import Subject, compile_query
from db.query_fields import CARRIED

if TYPE_CHECKING:
    from db.index import Index

MOST = 50
_LIMITED = {
    "frame": """SELECT f.film_id, f.number FROM frame f JOIN film ON film.id = f.film_id
                WHERE {where} ORDER BY f.film_id, f.number LIMIT {limit}""",
    "image": "SELECT i.id FROM image_full i WHERE i.state = 'done' AND {where} ORDER BY i.id LIMIT {limit}",
}
_CARRIED = {
    "frame": """SELECT t.id AS tag_id FROM chosen c JOIN frame_tag ft ON ft.film_id = c.film_id
                AND ft.frame_number = c.number JOIN tag t ON t.name = ft.tag""",
    "image": f"SELECT s.tag_id FROM chosen c JOIN ({CARRIED.format(scored='1', judged='1')}) s ON s.image_id = c.id",
}


class Facet(msgspec.Struct, frozen=True):
    """A tag, and how many frames or pictures of a result carry it."""

    tag: str
    category: int
    count: int


def top(
    db: sqlite3.Connection, expression: str, subject: Subject, limit: int = MOST, index: "Index | None" = None
) -> list[Facet]:
    """The tags that most of a result carries, the most frequent first, equal ones by name. Raises `UserError`."""
    if index and (found := index.answer(db, expression, subject)) is not None:
        return found.facets(limit)
    query = compile_query(db, expression, subject)
    chosen = _LIMITED[subject].format(where=f"({query.where})", limit=-1 if query.limit is None else query.limit)
    rows = db.execute(
        f"""WITH chosen AS MATERIALIZED ({chosen})
            SELECT t.name AS tag, t.category, count(*) AS count
            FROM ({_CARRIED[subject]}) x JOIN tag t ON t.id = x.tag_id
            GROUP BY t.id ORDER BY count DESC, t.name LIMIT ?""",
        (*query.values, limit),
    )
    return [Facet(**dict(row)) for row in rows]
