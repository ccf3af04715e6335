"""What a studio's room on the disk goes to, what of it can be made again, and what a backup would take."""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from db import studio_files
from db.backup import wanted
from db.studio_files import StudioFile

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "frames": ("film", "frame", "grouping", "hold", "shot", "exclusion", "repeat"),
    "tags": ("tag", "tag_alias", "tag_implication", "tagger", "score", "scored", "policy", "tag_threshold"),
    "verdicts": ("verdict", "event", "change", "saved_view", "setting"),
    "training": ("dataset", "dataset_item", "caption", "base", "run", "checkpoint", "metric", "lora"),
    "pictures": (
        "generation", "image", "image_lora", "image_parent", "image_control", "image_score", "image_scored", "rating",
        "image_verdict", "comparison", "trial", "trial_pair", "match", "culling", "culled",
    ),
}  # fmt: skip
OTHER_TABLES = "the rest"
KEPT, REJECTED, UNRATED, PURGED = "kept", "rejected", "unrated", "purged"
_PICTURES = """
SELECT i.path, CASE WHEN i.state = 'purged' THEN 'purged' WHEN r.rejected THEN 'rejected'
    WHEN r.stars IS NOT NULL THEN 'kept' ELSE 'unrated' END AS judged
FROM image i LEFT JOIN rating r ON r.image_id = i.id WHERE i.path IS NOT NULL
"""


class Room(msgspec.Struct, frozen=True):
    """Files (or rows) of one kind and their bytes; `parts` divide them, `again`: they can be made again."""

    what: str
    files: int
    size: int
    again: bool = False
    parts: dict[str, int] = {}


class Usage(msgspec.Struct, frozen=True):
    """A studio's room by kind, in bytes, and the bytes of a small and of a full backup."""

    rooms: list[Room]
    size: int
    small_backup: int
    full_backup: int

    @property
    def again(self) -> int:
        """Bytes that can be made again."""
        return sum(room.size for room in self.rooms if room.again)


def usage(db: sqlite3.Connection, root: Path) -> Usage:
    """Measure a studio; reads every page of the database."""
    files = list(studio_files.files(root))
    database = _pragma(db, "page_count") * _pragma(db, "page_size")
    rooms = [_database(db, files), *_by_kind(files, _judged(db))]
    backups = [database + sum(each.size for each in wanted(db, files, full=full)) for full in (False, True)]
    return Usage([room for room in rooms if room.files], sum(room.size for room in rooms), *backups)


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _database(db: sqlite3.Connection, files: Iterable[StudioFile]) -> Room:
    """The database with its log; divided by families of tables where this SQLite can tell."""
    own = [each for each in files if each.kind in ("database", "wal")]
    return Room("rows", len(own), sum(each.size for each in own), parts=_families(db))


def _families(db: sqlite3.Connection) -> dict[str, int]:
    try:
        pages = db.execute(
            """SELECT COALESCE(s.tbl_name, d.name) AS name, sum(d.pgsize) AS size
               FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name WHERE d.aggregate = 1 GROUP BY 1"""
        ).fetchall()
    except sqlite3.OperationalError:
        return {}
    family_of = {table: family for family, tables in FAMILIES.items() for table in tables}
    sizes = dict.fromkeys((*FAMILIES, OTHER_TABLES), 0)
    for row in pages:
        sizes[family_of.get(row["name"], OTHER_TABLES)] += row["size"]
    return sizes | {"free": _pragma(db, "freelist_count") * _pragma(db, "page_size")}


def _judged(db: sqlite3.Connection) -> dict[str, str]:
    """What a person said of each picture, by its path."""
    return {row["path"]: row["judged"] for row in db.execute(_PICTURES)}


def _by_kind(files: Iterable[StudioFile], judged: Mapping[str, str]) -> list[Room]:
    by_kind: dict[str, list[StudioFile]] = {}
    for each in files:
        by_kind.setdefault(each.kind, []).append(each)
    kinds = [kind for kind in by_kind if kind not in ("database", "wal", "locks")]
    return [_room(kind, by_kind[kind], judged) for kind in sorted(kinds)]


def _room(kind: str, files: list[StudioFile], judged: Mapping[str, str]) -> Room:
    parts: dict[str, int] = {}
    for each in files if kind == "pictures" else ():
        part = judged.get(each.path, "unnamed")
        parts[part] = parts.get(part, 0) + each.size
    return Room(kind, len(files), sum(each.size for each in files), kind in studio_files.CACHES, parts)
