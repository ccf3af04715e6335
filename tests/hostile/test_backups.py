"""Hostile backups: a restore from one leaves nothing behind, writes nothing outside, and waits for nobody."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from db.backup import make_backup
from db.connect import DATABASE_NAME, connect_studio
from db.durable import file_sha256
from db.manifest import MANIFEST
from kimikoe_tui.cli.models import create_studio
from tests.hostile.oracle import Case, judge_command, listing
from tests.hostile.test_databases import sql
from tests.hostile.texts import TEXTS
from tests.kept_studio import fill_studio

Damage = Callable[[Path], Any]
PICTURE = "images/1/1.png"


def in_place_of(name: str, make: Callable[[Path], Any]) -> Damage:
    """Something else where a file of the backup was."""

    def damage(backup: Path) -> None:
        (backup / name).unlink()
        make(backup / name)

    return damage


def told(**changes: Any) -> Damage:
    """A manifest that says something else."""

    def damage(backup: Path) -> None:
        manifest = json.loads((backup / MANIFEST).read_text("utf-8"))
        (backup / MANIFEST).write_text(json.dumps(manifest | changes), "utf-8")

    return damage


def named(path: str) -> Damage:
    """A manifest that names one more file."""

    def damage(backup: Path) -> None:
        files = json.loads((backup / MANIFEST).read_text("utf-8"))["files"]
        told(files=files | {path: {"size": 1, "sha256": "x"}})(backup)

    return damage


def sealed(how: Damage) -> Damage:
    """A database that is not what was backed up, and a manifest that says it is."""

    def damage(backup: Path) -> None:
        how(backup)
        files = json.loads((backup / MANIFEST).read_text("utf-8"))["files"]
        path = backup / DATABASE_NAME
        told(files=files | {DATABASE_NAME: {"size": path.stat().st_size, "sha256": file_sha256(path)}})(backup)

    return damage


OTHERS: dict[str, Callable[[Path], Any]] = {
    "a FIFO": os.mkfifo,
    "a folder": Path.mkdir,
    "a loop": lambda path: path.symlink_to(path.name),
    "/dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("/nonexistent"),
    "a gigabyte of nothing": lambda path: (path.touch(), os.truncate(path, 2**30)),
}
DAMAGES: dict[str, tuple[Damage, str]] = {
    **{f"{name}: {key}": (in_place_of(name, make), "backup")
       for name in (MANIFEST, DATABASE_NAME, PICTURE) for key, make in OTHERS.items()},
    **{f"a file named {key}": (named(text[:2000]), ".") for key, text in TEXTS.items()},
    "a file above": (named("../precious"), "outside"),
    "a file elsewhere": (named("/etc/passwd"), "outside"),
    "a file below a file": (named(f"{DATABASE_NAME}/x"), "."),
    "the folder itself": (named("."), "."),
    "a file of no size": (told(files={DATABASE_NAME: {"size": -1, "sha256": "x"}}), "."),
    "more than any disk": (told(files={DATABASE_NAME: {"size": 2**62, "sha256": "x"}}), "."),
    "files of words": (told(files="many"), "backup"),
    "rows of other tables": (told(rows={"x\x1b[31m": 1}), "rows"),
    "a trigger": (sealed(sql("CREATE TRIGGER evil AFTER INSERT ON film BEGIN DELETE FROM film; END")), "trigger"),
    "a table that is a program": (sealed(sql("CREATE VIRTUAL TABLE evil USING fts5(x)")), "table"),
    "a table with a quote": (sealed(sql('CREATE TABLE "a"" b; DROP TABLE film" (x)')), "damaged"),
    "no database": (sealed(lambda backup: (backup / DATABASE_NAME).write_bytes(b"x" * 5000)), "."),
}  # fmt: skip
CASES = [Case(f"backup: {key}", lambda _folder, how=how: how, says) for key, (how, says) in DAMAGES.items()]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A full backup of a studio with a little of everything."""
    place = tmp_path_factory.mktemp("sound")
    create_studio(place / "studio")
    with closing(connect_studio(place / "studio")) as db:
        fill_studio(place / "studio", db)
    make_backup(place / "studio", place / "backup", full=True)
    return place / "backup"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_comes_of_a_hostile_backup(sound: Path, case: Case, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(sound, backup)
    case.make(tmp_path)(backup)
    before = listing(tmp_path)
    judge_command(tmp_path, "restore", backup, tmp_path / "again", says=case.says)
    assert listing(tmp_path) == before


def test_a_sound_one_is_restored(sound: Path, tmp_path: Path) -> None:
    outcome = judge_command(tmp_path, "restore", sound, tmp_path / "again")
    assert outcome.code == 0 and "restored and proved" in outcome.out
