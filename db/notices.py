"""What a person is to be told: found in rows, kept as rows, so that a restart neither forgets nor repeats it."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from db import settings
from db.connect import now, writing
from db.disk_reserve import DiskRoom, disk_room
from db.i18n import _
from db.text import plain, shortened, size_text

Event = Literal["paused", "failed", "done", "first sample", "low disk"]
_EVENTS: dict[str, Event] = {"done": "done", "failed": "failed", "paused": "paused", "waits": "paused"}
DISK = "disk"
LONGEST_WORDS = 500

_ENDED = """
SELECT a.id, a.job_id, a.ending, a.reason, j.kind, j.result FROM attempt a JOIN job j ON j.id = a.job_id
WHERE a.ending IN ('done', 'failed', 'paused', 'waits')
    AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.subject = 'attempt:' || a.id)
    AND NOT (a.ending = 'done' AND EXISTS (SELECT 1 FROM job f WHERE f.after = a.job_id))
ORDER BY a.id
"""
_FIRST_SAMPLES = """
SELECT j.id AS job_id, g.id AS generation_id, (
    SELECT i.path FROM image i WHERE i.state = 'done' AND i.generation_id = g.id ORDER BY i.ordinal LIMIT 1) AS path
FROM job j JOIN generation g ON g.id = json_extract(j.request, '$.generation_id')
WHERE j.kind = 'generate' AND EXISTS (SELECT 1 FROM attempt a WHERE a.job_id = j.id)
    AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.subject = 'generation:' || g.id)
    AND EXISTS (SELECT 1 FROM image i WHERE i.state = 'done' AND i.generation_id = g.id)
ORDER BY j.id
"""


class Notice(msgspec.Struct, frozen=True):
    """Something to tell: its event, what it is about, and the facts as JSON."""

    id: int
    event: Event
    subject: str
    facts: str


def note_new(db: sqlite3.Connection, root: Path, room: DiskRoom | None = None) -> None:
    """Keep what has happened and is not kept yet; `room` is that of the studio's disk."""
    room = room or disk_room(root, settings.value(db, settings.RESERVE))
    if found := [*_ended(db), *_samples(db), *_low_disk(db, room)]:
        with writing(db):
            for event, subject, facts in found:
                told = {"event": event, "studio": root.name, "folder": str(root), **facts}
                db.execute(
                    "INSERT INTO notice (event, subject, facts, at) VALUES (?, ?, ?, ?)",
                    (event, subject, json.dumps(told, ensure_ascii=False), now()),
                )
    if room.free > 1.1 * room.reserve and not _waits_for_room(db) and _disk_is_told(db):
        with writing(db):
            db.execute("UPDATE notice SET over_at = ? WHERE subject = ? AND over_at IS NULL", (now(), DISK))


def begin_to_tell(db: sqlite3.Connection, root: Path) -> None:
    """Count what has happened until now as told: nobody had asked for it."""
    note_new(db, root)
    with writing(db):
        db.execute("UPDATE notice SET told_at = ? WHERE told_at IS NULL", (now(),))


Found = tuple[Event, str, dict[str, Any]]


def _ended(db: sqlite3.Connection) -> Iterator[Found]:
    for row in db.execute(_ENDED).fetchall():
        event = _EVENTS[row["ending"]]
        states = {"done": _("done"), "failed": _("failed"), "paused": _("paused")}
        words = f"{row['kind']} ({_('job')} {row['job_id']}): {states[event]}"
        words += f": {row['reason']}" if row["reason"] else ""
        made = json.loads(row["result"]) if row["result"] else {}
        yield event, f"attempt:{row['id']}", {
            "words": _line(words), "job": row["job_id"], "kind": row["kind"], "reason": _line(row["reason"]),
            "made": made,
        }  # fmt: skip


def _samples(db: sqlite3.Connection) -> Iterator[Found]:
    for row in db.execute(_FIRST_SAMPLES).fetchall():
        words = _("the first picture of generation {id}: {path}").format(id=row["generation_id"], path=row["path"])
        yield "first sample", f"generation:{row['generation_id']}", {
            "words": _line(words), "job": row["job_id"], "kind": "generate", "path": row["path"],
        }  # fmt: skip


def _low_disk(db: sqlite3.Connection, room: DiskRoom) -> Iterator[Found]:
    if (_waits_for_room(db) or not room.holds(0)) and not _disk_is_told(db):
        words = _("low disk: {free} free on {disk}").format(free=size_text(room.free), disk=room.disk)
        yield "low disk", DISK, {"words": _line(words), "free": room.free, "reserve": room.reserve, "disk": room.disk}


def _waits_for_room(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM job_wait WHERE reason = 'room'").fetchone() is not None


def _disk_is_told(db: sqlite3.Connection) -> bool:
    """Whether the disk was low and has not had room since."""
    return db.execute("SELECT 1 FROM notice WHERE subject = ? AND over_at IS NULL", (DISK,)).fetchone() is not None


def _line(text: str) -> str:
    return shortened(plain(text), LONGEST_WORDS)


def take_untold(db: sqlite3.Connection) -> Notice | None:
    """The oldest notice that was not told, marked as told: told once at most, whatever happens next."""
    if db.execute("SELECT 1 FROM notice WHERE told_at IS NULL LIMIT 1").fetchone() is None:
        return None
    with writing(db):
        row = db.execute(
            """UPDATE notice SET told_at = ? WHERE id = (SELECT min(id) FROM notice WHERE told_at IS NULL)
               RETURNING id, event, subject, facts""",
            (now(),),
        ).fetchone()
    return Notice(**dict(row)) if row else None
