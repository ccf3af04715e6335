"""Contact sheets: what the terminal asks the engine's program for, and what a sheet's file tells of itself."""

import sqlite3
from collections.abc import Sequence
from typing import Annotated

import msgspec

from db.findings import Looking

DESCRIPTION_TAG = 0x010E  # EXIF's ImageDescription
LONGEST_MARK = 12


class SheetRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet of these pictures in `out`; each `size` pixels at most a side, with its nearest frame where `films`."""

    out: str
    image_ids: list[int]
    columns: int
    size: int
    films: bool


class SheetMade(msgspec.Struct, frozen=True, tag=True):
    """A sheet is on the disk; in `faults` stands why some of its pictures or frames could not be shown."""

    width: int
    height: int
    bytes: int
    faults: list[str]


class SheetContents(msgspec.Struct, frozen=True):
    """Which pictures are on a sheet: numbers, which are ids, with a mark of the pixels that were shown."""

    kimikoe_sheet: dict[Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)], str]


Told = Looking | SheetMade


def contents(db: sqlite3.Connection, image_ids: Sequence[int]) -> SheetContents:
    """What a sheet of these pictures tells of itself."""
    return SheetContents({image_id: mark(db, image_id) for image_id in image_ids})


def mark(db: sqlite3.Connection, image_id: int) -> str:
    """The beginning of the hash of a picture's pixels, which tells another studio's picture; empty for none."""
    row = db.execute("SELECT pixels_sha256 FROM image WHERE id = ?", (image_id,)).fetchone()
    return (row["pixels_sha256"] or "")[:LONGEST_MARK] if row else ""
