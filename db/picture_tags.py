"""Tags of pictures: what the tagger sees in them, and the verdicts by which people correct it."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence

from db import events
from db.connect import writing
from db.i18n import _
from db.tags import SIGNS, Edit, FrameTag, ensure_tag


def effective(db: sqlite3.Connection, image_id: int) -> list[FrameTag]:
    """The tags of a picture: people's first, then the tagger's at the thresholds of its policy, by score."""
    rows = db.execute(
        """SELECT tag, category, score, origin FROM image_tag WHERE image_id = ?
           ORDER BY origin DESC, score DESC, tag""",
        (image_id,),
    )
    return [FrameTag(**dict(row)) for row in rows]


def denied(db: sqlite3.Connection, image_id: int) -> list[str]:
    """Tags a person has said this picture does not carry."""
    rows = db.execute(
        """SELECT t.name FROM image_verdict v JOIN tag t ON t.id = v.tag_id
           WHERE v.image_id = ? AND NOT v.present ORDER BY t.name""",
        (image_id,),
    )
    return [row["name"] for row in rows]


def set_tags(
    db: sqlite3.Connection, session: str, image_ids: Sequence[int], words: Iterable[tuple[str, bool | None]],
    seen: Collection[int],
) -> Edit:  # fmt: skip
    """Say several things, each a tag and whether it is present (None: the tagger knows), of pictures, as one act.

    Of pictures that are not among those `seen` it is said in bulk.
    """
    rows: dict[events.Key, events.Values | None] = {}
    names = []
    with writing(db):
        for tag, present in words:
            tag_id, name = ensure_tag(db, tag)
            names.append(SIGNS[present] + name)
            for image_id in image_ids:
                how = "seen" if image_id in seen else "bulk"
                rows[image_id, tag_id] = None if present is None else (int(present), how)
        summary = _summary(", ".join(names), image_ids)
        target = f"image:{image_ids[0]}"
        event_id = events.act(db, session, "image_verdict", summary, events.IMAGE_VERDICT, rows, target)
    return Edit(event_id, len(image_ids), summary)


def _summary(names: str, image_ids: Sequence[int]) -> str:
    """`+nagisa, -glasses on picture 12`, `+nagisa on 4 pictures`."""
    words = _("{tags} on picture {id}") if len(image_ids) == 1 else _("{tags} on {count} pictures")
    return words.format(tags=names, id=image_ids[0], count=len(image_ids))
