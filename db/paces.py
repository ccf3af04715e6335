"""How long work will take, by the pace of the last job of its kind."""

import sqlite3

from db import library
from db.errors import UserError
from db.pictures import PictureSettings
from db.requests import GenerateRequest, TrainRecipe, TrainRequest, decode


def training_seconds(db: sqlite3.Connection, recipe: TrainRecipe) -> float | None:
    """Seconds that a training takes at the last one's pace, by pictures seen; None where there was none."""
    if (last := _last(db, TrainRequest.kind)) is None:
        return None
    request, seconds_a_step = last
    assert isinstance(request, TrainRequest)
    before = library.recipe_of(db, request.run_id)
    return None if before is None else seconds_a_step * recipe.steps * recipe.batch_size / before.batch_size


def drawing_seconds(db: sqlite3.Connection, settings: PictureSettings, size: tuple[int, int]) -> float | None:
    """Seconds that pictures of this size take at the pace of the last ones, by steps and pixels; None without any."""
    if (last := _last(db, GenerateRequest.kind)) is None:
        return None
    request, seconds_a_picture = last
    assert isinstance(request, GenerateRequest)
    row = db.execute(
        "SELECT steps * width * height AS work FROM image WHERE generation_id = ? LIMIT 1", (request.generation_id,)
    ).fetchone()
    if row is None or not row["work"]:
        return None
    return seconds_a_picture * settings.count * settings.steps * size[0] * size[1] / float(row["work"])


def _last(db: sqlite3.Connection, kind: str) -> tuple[object, float] | None:
    """What the newest finished job of a kind was asked, and its seconds for each unit of work."""
    row = db.execute(
        """SELECT request, (finished_at - first_at) / (done - first_done) AS pace FROM job
           WHERE kind = ? AND state = 'done' AND done > first_done AND finished_at > first_at
           ORDER BY id DESC LIMIT 1""",
        (kind,),
    ).fetchone()
    try:
        return None if row is None else (decode(kind, row["request"]), float(row["pace"]))
    except UserError:  # another version asked for it
        return None
