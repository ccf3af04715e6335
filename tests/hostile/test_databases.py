"""A hostile `kimikoe.db`: other shapes, programs, values of other kinds, broken bytes, links in place of files."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from db.connect import DATABASE_NAME
from db.studio_files import inside
from tests.hostile.oracle import Case, harmless, judge_command, listing, process, refused
from tests.hostile.texts import TEXTS
from tests.kept_studio import fill_studio

Damage = Callable[[Path], Any]
LOOKS = (
    ["status"], ["jobs"], ["query", "--count"], ["runs"], ["history"], ["base"], ["tagger"], ["policy"], ["setting"],
    ["query", "--pictures"], ["resemblance"], ["frame", "film#3"], ["status", "--json"], ["jobs", "--json"],
    ["history", "--json"], ["runs", "--json"], ["base", "--json"], ["setting", "--json"], ["engine", "status"],
    ["engine", "logs"], ["du"], ["undo"],
)  # fmt: skip


def sql(*statements: str, values: tuple[Any, ...] = ()) -> Damage:
    """Run statements as any other program could."""

    def damage(root: Path) -> None:
        with sqlite3.connect(root / DATABASE_NAME) as db:
            db.execute("PRAGMA foreign_keys = OFF")
            db.execute("PRAGMA writable_schema = ON")
            for statement in statements:
                db.execute(statement, values if "?" in statement else ())
        db.close()

    return damage


def instead(table: str, *statements: str) -> Damage:
    return sql("PRAGMA legacy_alter_table = ON", f"ALTER TABLE {table} RENAME TO was_{table}", *statements)


def bytes_at(*places: int, of: bytes = b"\xff" * 64) -> Damage:
    def damage(root: Path) -> None:
        with (root / DATABASE_NAME).open("r+b") as file:
            for place in places:
                file.seek(place)
                file.write(of)

    return damage


def replaced(name: str, how: Callable[[Path], Any]) -> Damage:
    def damage(root: Path) -> None:
        path = root / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        how(path)

    return damage


def _outside(path: Path) -> None:
    """A link to a file beside the studio, which must stay as it is."""
    path.symlink_to(path.parents[len(path.parts) - path.parts.index("studio") - 1] / "precious")


REFUSED: dict[str, Damage] = {
    "a trigger": sql("CREATE TRIGGER t AFTER INSERT ON job BEGIN DELETE FROM film; END"),
    "a trigger on a view": sql("CREATE TRIGGER t INSTEAD OF INSERT ON frame_tag BEGIN SELECT 1; END"),
    "a trigger called in colour": sql("CREATE TRIGGER \"\x1b[31mt\" AFTER INSERT ON job BEGIN SELECT 1; END"),
    "a view for a table": instead("setting", "CREATE VIEW setting AS SELECT 'notify' name, 'rm -rf ~' value"),
    "a virtual table": sql("CREATE VIRTUAL TABLE extra USING fts5(x)"),
    "a virtual table for a table": instead("saved_view", "CREATE VIRTUAL TABLE saved_view USING fts5(name)"),
    "a table for a view": sql("DROP VIEW frame_tag", "CREATE TABLE frame_tag (film_id, tag)"),
    "an endless view": sql(
        "DROP VIEW image_full",
        "CREATE VIEW image_full AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id FROM n",
    ),
    "a view that reads files": sql("DROP VIEW image_full", "CREATE VIEW image_full AS SELECT readfile('/etc/x') id"),
    "a missing table": sql("DROP TABLE job"),
    "a missing column": sql("ALTER TABLE film DROP COLUMN note"),
    "a column of another kind": instead("lora", "CREATE TABLE lora (id TEXT, name BLOB)"),
    "a computed column": instead(
        "setting", "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL AS ('x')) WITHOUT ROWID"
    ),
    "the schema's text is broken": sql("UPDATE sqlite_schema SET sql = 'CREATE TABLE film (' WHERE name = 'film'"),
    "a root page of -1": sql("UPDATE sqlite_schema SET rootpage = -1 WHERE name = 'film'"),
    "a root page of another": sql("UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'film'"),
    "the version of the future": sql("PRAGMA user_version = 999"),
    "a negative version": sql("PRAGMA user_version = -5"),
    "version 0 with tables": sql("PRAGMA user_version = 0"),
    "a film of no rate": sql("UPDATE film SET fps_den = 0"),
    "a film of words": sql("UPDATE film SET width = 'wide'"),
    "a film's name is bytes": sql("UPDATE film SET name = x'ff00ff'"),
    "a film's crop is elsewhere": sql("UPDATE film SET crop_x = 5000"),
    "a film of 10**9 by 10**9": sql("UPDATE film SET width = 1000000000, crop_w = 1000000000"),
    "a gigantic name": sql("UPDATE film SET name = ?", values=("x" * (2**20 + 1),)),
    "a tag's name is bytes": sql("UPDATE tag SET name = x'ff' WHERE id = 1"),
    "a lora outside": sql("UPDATE lora SET path = '/etc/passwd'"),
    "a lora above": sql("UPDATE lora SET path = 'loras/../../precious'"),
    "a lora's path is a number": sql("UPDATE lora SET path = x'00'"),
    "a checkpoint above": sql("UPDATE checkpoint SET path = '../precious'"),
    "a recipe that is no recipe": sql("UPDATE run SET recipe = '[1]'"),
    "a recipe that is no JSON": sql("UPDATE run SET recipe = ?", values=("[" * 100_000,)),
    "a base of numbers": sql("UPDATE base SET width = 'x'"),
    "a policy of words": sql("UPDATE policy SET general = 'high'"),
    "no header": bytes_at(0),
    "a page size of 1": bytes_at(16, of=b"\0\1"),
    "a page count of 2**32": bytes_at(28, of=b"\xff" * 4),
    "an empty file": replaced(DATABASE_NAME, lambda path: path.touch()),
    "text": replaced(DATABASE_NAME, lambda path: path.write_text("no database\n" * 1000)),
    "half a file": lambda root: os.truncate(root / DATABASE_NAME, 5000),
    "a FIFO": replaced(DATABASE_NAME, os.mkfifo),
    "a folder": replaced(DATABASE_NAME, Path.mkdir),
    "a link to elsewhere": replaced(DATABASE_NAME, _outside),
    "a loop of links": replaced(DATABASE_NAME, lambda path: path.symlink_to(path.name)),
    "a device": replaced(DATABASE_NAME, lambda path: path.symlink_to("/dev/zero")),
} | {
    f"{name} is {key}": replaced(name, how)
    for name in ("loras/film-1.safetensors", "logs/engine.log", "thumbs.db", "latents.db", "engine.lock",
                 "logs/engine-start.log", "logs/pixels.log", "locks/terminal-1", "runs/1", "images/1", "vectors.json")
    for key, how in {"a link to elsewhere": _outside, "a FIFO": os.mkfifo}.items()
}  # fmt: skip
TAKEN: dict[str, Damage] = {
    "broken UTF-8 in a name": sql("UPDATE film SET name = CAST(x'66ff9b41' AS TEXT)"),
    "broken UTF-8 in an error": sql("UPDATE job SET error = CAST(x'ff9b41' AS TEXT)"),
    "an image outside": sql("UPDATE image SET path = '/etc/passwd'"),
    "an image above": sql("UPDATE image SET path = 'images/../../precious'"),
    "an image's path is bytes": sql("UPDATE image SET path = x'ff'"),
    "a seed of letters": sql("UPDATE image SET seed = 'x'"),
    "an unknown kind of job": sql("UPDATE job SET kind = 'os', request = '{}'"),
    "a request that is no request": sql("UPDATE job SET request = '[['"),
    "a setting that is none": sql("INSERT OR REPLACE INTO setting VALUES ('reserve', 'much'), ('quiet', '99:99-x')"),
    "an act that is none": sql(
        "UPDATE event SET changes = ?", values=('{"table": "sqlite_schema", "rows": [[[1], null, null]]}',)),
    "an act of nothing": sql("UPDATE event SET changes = ''"),
    "frames of words": sql("UPDATE frame SET pts = 'x', distance = 'y'"),
    "scores of words": sql("UPDATE score SET score = 'x'"),
    "another's table": sql('CREATE TABLE "x; DROP TABLE film" (a)'),
    "an index of an expression": sql("CREATE INDEX strange ON film(length(name) * 2)"),
} | {
    f"{key} everywhere": sql(
        *(f"UPDATE {place} = {place.split(' ')[2]} || ?" for place in (
            "film SET name", "film SET note", "tag SET name", "base SET name", "base SET licence", "tagger SET name",
            "dataset SET name", "run SET name", "lora SET name", "image SET prompt", "image SET negative_prompt",
            "image SET sampler", "image SET error", "generation SET prompt", "job SET error", "job SET unit",
            "job SET message", "event SET summary", "event SET session", "event SET kind", "rating SET reason",
            "match SET method",
        )), "UPDATE job SET unit = ?", "INSERT INTO setting VALUES ('notify', ?)", values=(text[:500],),
    )
    for key, text in TEXTS.items()
}  # fmt: skip


def _damaged(damage: Damage) -> Callable[[Path], Damage]:
    return lambda _folder: damage


def mutated(seed: int) -> Damage:
    """A database in which a few bytes are others."""

    def damage(root: Path) -> None:
        chance, path = random.Random(seed), root / DATABASE_NAME
        size = path.stat().st_size
        bytes_at(
            *(chance.randrange(100 if seed % 3 else 0, size) for _ in range(20)), of=bytes([chance.randrange(256)])
        )(root)

    return damage


REFUSED_CASES = [Case(f"refused: {key}", _damaged(damage), ".") for key, damage in REFUSED.items()]
TAKEN_CASES = [Case(f"taken: {key}", _damaged(damage)) for key, damage in TAKEN.items()]
MUTATED_CASES = [Case(f"bytes changed {seed}", _damaged(mutated(seed))) for seed in range(12)]
CASES = [*REFUSED_CASES, *TAKEN_CASES, *MUTATED_CASES]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio with something of everything."""
    from db import queue
    from db.connect import connect_studio
    from db.requests import TagRequest
    from kimikoe_tui.cli.models import create_studio

    root = tmp_path_factory.mktemp("sound") / "studio"
    create_studio(root)
    db = connect_studio(root)
    fill_studio(root, db)
    queue.enqueue(db, TagRequest())
    queue.fail(db, 1, "no reason")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return root


@pytest.fixture
def studio(sound: Path, tmp_path: Path) -> Path:
    """A copy of it, beside a file that nobody may touch."""
    (tmp_path / "precious").write_text("mine")
    return Path(shutil.copytree(sound, tmp_path / "studio"))


def _apart(found: dict[str, tuple[int, int, int]]) -> dict[str, tuple[int, int]]:
    """Sizes and times of files but for the database's own."""
    return {path: each[1:] for path, each in found.items() if not path.startswith(("studio/kimikoe.db", "cache"))}


def _content(studio: Path) -> list[object]:
    """The rows of all tables that can be read, whatever they are."""
    if (studio / DATABASE_NAME).is_symlink() or not (studio / DATABASE_NAME).is_file():
        return []
    found: list[object] = []
    with closing(sqlite3.connect(f"file:{studio / DATABASE_NAME}?mode=ro", uri=True)) as db:
        db.text_factory = bytes
        try:
            for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
                found.append((name, db.execute(f'SELECT * FROM "{name.decode()}"').fetchall()))
        except sqlite3.DatabaseError as error:
            found.append(type(error))
    return found


@pytest.mark.parametrize("case", REFUSED_CASES, ids=str)
def test_what_is_no_studio_is_refused_by_every_command(studio: Path, case: Case) -> None:
    case.make(studio)(studio)
    before = listing(studio.parent)
    content = _content(studio)
    for look in (["status"], ["jobs", "cancel", "1"]):
        judge_command(studio, *look, says=case.says)
    assert _apart(listing(studio.parent)) == _apart(before)
    assert _content(studio) == content
    assert (studio.parent / "precious").read_text() == "mine"


@pytest.mark.parametrize("case", [*TAKEN_CASES, *MUTATED_CASES], ids=str)
def test_what_is_in_a_studio_reaches_no_terminal(studio: Path, case: Case) -> None:
    case.make(studio)(studio)
    for look in LOOKS:
        judge_command(studio, *look)
    assert (studio.parent / "precious").read_text() == "mine"
    assert {path.name for path in studio.parent.iterdir()} <= {"studio", "precious", "cache"}


@pytest.mark.parametrize("path", ["/etc/passwd", "../precious", "images/../../precious", "", "images/link"])
def test_a_path_leads_nowhere_but_into_the_studio(studio: Path, path: str) -> None:
    from db.errors import UserError

    (studio / "images" / "link").symlink_to(studio.parent / "precious")
    with pytest.raises(UserError, match="out of the studio"):
        inside(studio, path)


@pytest.mark.parametrize(
    "key", ["a trigger", "a FIFO", "a film of no rate", "the version of the future", "half a file"]
)
def test_the_real_program_refuses_it(studio: Path, key: str) -> None:
    REFUSED[key](studio)
    refused(process("--studio", studio, "status"))
    harmless(process("--studio", studio, "engine", "start").err)
