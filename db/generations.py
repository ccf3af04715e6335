"""Asking for pictures: the requests that draw, tag and match them, and the settings of what was asked for before."""

import re
import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from db import library, pictures
from db.connect import writing
from db.errors import UserError
from db.i18n import _
from db.pictures import PictureSettings
from db.requests import GenerateRequest, MatchRequest, Request, TagRequest

SAMPLERS = ("DPM++ 2M", "DPM++ 2M Karras", "DPM++ 2M SDE", "DPM++ 2M SDE Karras", "Euler", "Euler a", "DDIM")
"""The samplers there are, by A1111's names."""
MULTIPLE = 8
"""Of which many pixels a picture's sides are."""


class Asked(msgspec.Struct, frozen=True):
    """A generation as it was asked for."""

    id: int
    base_id: int
    settings: PictureSettings


def plan(db: sqlite3.Connection, base_id: int, settings: Iterable[PictureSettings]) -> list[Request]:
    """Plan generations, all or none; returns the requests that draw, tag and match them. Raises `UserError`."""
    with writing(db):
        planned: list[Request] = [GenerateRequest(generation_id=pictures.plan(db, base_id, each)) for each in settings]
    if library.active_policy(db) is None:
        return planned
    return [*planned, TagRequest(), MatchRequest()]


def size_of(text: str) -> tuple[int | None, int | None]:
    """Width and height of `512x768`; of nothing, the base's own. Raises `UserError`."""
    if not text.strip():
        return None, None
    match = re.fullmatch(r"\s*(\d{1,5})\s*[x×]\s*(\d{1,5})\s*", text)
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(sides) or any(side % MULTIPLE for side in sides):
        raise UserError(_("“{size}” is no size: write WIDTHxHEIGHT, both multiples of 8.").format(size=text))
    return sides


def asked(db: sqlite3.Connection) -> list[Asked]:
    """What was asked for so far, the newest first, each way of asking once; what cannot be read is left out."""
    rows = db.execute(
        "SELECT max(id) AS id, base_id, settings FROM generation GROUP BY base_id, settings ORDER BY 1 DESC"
    )
    return list(_readable(rows.fetchall()))


def _readable(rows: Sequence[sqlite3.Row]) -> Iterable[Asked]:
    for row in rows:
        try:
            yield Asked(row["id"], row["base_id"], msgspec.json.decode(row["settings"], type=PictureSettings))
        except msgspec.MsgspecError:
            continue


def of_picture(db: sqlite3.Connection, image_id: int) -> Asked:
    """What draws more pictures like this one: its prompt and settings, with other seeds. Raises `UserError`."""
    row = db.execute(
        """SELECT i.prompt, i.negative_prompt, i.steps, i.sampler, i.cfg_scale, i.width, i.height, i.clip_skip,
               i.generation_id, g.base_id FROM image i JOIN generation g ON g.id = i.generation_id WHERE i.id = ?""",
        (image_id,),
    ).fetchone()
    if row is None:
        raise UserError(_("There is no picture {id}.").format(id=image_id))
    fields = dict(row)
    return Asked(fields.pop("generation_id"), fields.pop("base_id"), PictureSettings(**fields))
