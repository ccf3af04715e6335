"""What a backup says of itself: which files it holds, of what size and hash, and what it leaves out."""

import sqlite3
from pathlib import Path
from typing import Literal

import msgspec

from db import migrations, studio_files
from db.connect import DATABASE_NAME
from db.durable import open_regular
from db.errors import UserError
from db.i18n import _

MANIFEST = "manifest.json"
FORMAT = 1
LONGEST = 2**28  # of a million files; the rest of a longer one is missing, so that it is no JSON


class FileRecord(msgspec.Struct, frozen=True):
    """A file of a backup: its size in bytes and its sha256."""

    size: int
    sha256: str


class LeftOut(msgspec.Struct, frozen=True):
    """Files of one kind that a backup does not hold; `why` is "made again", "outside", "not kept", "backup"."""

    what: str
    files: int
    size: int
    why: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. `rows` counts each table's; `missing` and `changed` name files that rows tell otherwise.

    `digest` is of its rows, by rules that a later program may have changed.
    """

    kind: Literal["small", "full"]
    studio: str
    program: str
    schema: int
    made_at: float
    rows: dict[str, int]
    digest: str
    digest_rules: str
    files: dict[str, FileRecord]
    left_out: list[LeftOut]
    missing: list[str]
    changed: list[str]
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(record.size for record in self.files.values())


class _Version(msgspec.Struct):
    program: str
    schema: int
    format: int


def row_counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    tables = db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
    )
    return {row["name"]: db.execute(f'SELECT count(*) FROM "{row["name"]}"').fetchone()[0] for row in tables.fetchall()}


def encoded(manifest: Manifest) -> bytes:
    """The manifest as its file holds it."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup; raises `UserError` where the folder is none or a newer kimikoe made it."""
    try:
        with open_regular(backup / MANIFEST) as file:
            content = file.read(LONGEST)
        _check_version(backup, msgspec.json.decode(content, type=_Version))
        manifest = msgspec.json.decode(content, type=Manifest)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(_("{path} is no backup: it has no {name} that can be read.").format(
            path=backup, name=MANIFEST)) from error  # fmt: skip
    if outside := [path for path in manifest.files if not studio_files.is_below(path)]:
        raise UserError(_("{path} is no backup to trust: it names a file outside, {file}.").format(
            path=backup, file=outside[0]))  # fmt: skip
    if DATABASE_NAME not in manifest.files:
        raise UserError(_("{path} is no backup: it lacks {file}.").format(path=backup, file=DATABASE_NAME))
    return manifest


def _check_version(backup: Path, found: _Version) -> None:
    if found.format > FORMAT or found.schema > len(migrations.MIGRATIONS):
        raise UserError(_("{path} was made by kimikoe {version}, which is newer: upgrade kimikoe.").format(
            path=backup, version=found.program))  # fmt: skip
