"""Every byte of a studio is counted once, and a backup takes what was foretold."""

from pathlib import Path
from sqlite3 import Connection

import pytest

from db.backup import make_backup
from db.manifest import MANIFEST
from db.usage import FAMILIES, Room, usage
from tests.kept_studio import fill_studio


@pytest.fixture
def studio(studio_root: Path, db: Connection) -> Path:
    fill_studio(studio_root, db)
    return studio_root


def _rooms(db: Connection, root: Path) -> dict[str, Room]:
    return {room.what: room for room in usage(db, root).rooms}


def test_every_byte_is_counted_once(studio: Path, db: Connection) -> None:
    counted = [path for path in studio.rglob("*") if path.is_file() and path.parent.name != "locks"]
    assert usage(db, studio).size == sum(path.stat().st_size for path in counted if path.name != "engine.lock")
    rooms = _rooms(db, studio)
    assert set(rooms) == {"rows", "thumbnails", "checkpoints", "loras", "pictures", "logs"}
    assert [name for name, room in rooms.items() if room.again] == ["thumbnails"]
    assert usage(db, studio).again == rooms["thumbnails"].size


def test_pictures_are_divided_by_what_a_person_said(studio: Path, db: Connection) -> None:
    (studio / "images/1/stray.png").write_bytes(b"12345")
    db.execute("UPDATE image SET state = 'purged' WHERE id = 4")
    sizes = {number: (studio / f"images/1/{number}.png").stat().st_size for number in (1, 2, 3, 4)}
    assert _rooms(db, studio)["pictures"].parts == {
        "kept": sizes[1], "rejected": sizes[2], "unrated": sizes[3], "purged": sizes[4], "unnamed": 5,
    }  # fmt: skip


def test_rows_are_divided_by_tables(studio: Path, db: Connection) -> None:
    parts = _rooms(db, studio)["rows"].parts
    page_count = db.execute("PRAGMA page_count").fetchone()[0] * db.execute("PRAGMA page_size").fetchone()[0]
    assert sum(parts.values()) == page_count
    assert all(parts[family] for family in FAMILIES)


def test_every_table_has_a_family_or_is_of_the_queue(db: Connection) -> None:
    known = {table for tables in FAMILIES.values() for table in tables}
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert known <= tables


@pytest.mark.parametrize("full", [False, True])
def test_a_backup_takes_what_was_foretold(studio: Path, db: Connection, tmp_path: Path, full: bool) -> None:
    foretold = usage(db, studio).full_backup if full else usage(db, studio).small_backup
    make_backup(studio, tmp_path / "copy", full=full)
    taken = sum(path.stat().st_size for path in (tmp_path / "copy").rglob("*") if path.is_file())
    assert taken - (tmp_path / "copy" / MANIFEST).stat().st_size == foretold
