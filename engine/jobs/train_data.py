"""What a run trains on: a dataset's captions, and the latents of its frames, encoded once for all runs."""

import math
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import msgspec

from db.captions import parse_caption
from db.errors import UserError
from db.i18n import _
from db.requests import DatasetRequest
from engine.base import BaseModel
from engine.fit import Box, Fit
from engine.latents import LatentCache, encode, latent_key
from engine.pixels import Film
from engine.room import ROWS_TWICE
from engine.running import RunningJob
from engine.studio import Studio
from engine.trainer import TrainingData

LATENT_BATCH = 8
VALIDATION_ITEMS = 32


@dataclass(frozen=True)
class RunData:
    """The items to train on, some of those held out, and the dataset that they are from."""

    training: TrainingData
    validation: TrainingData | None
    dataset_name: str
    dataset_sha256: str
    trigger: str


def training_size(db: sqlite3.Connection, dataset_id: int, base: BaseModel) -> tuple[int, int]:
    """The (width, height) to train at where a recipe leaves it open.

    The base's own where the film is to be cropped to that; otherwise the film's shape, with about as many pixels.
    """
    film = db.execute(
        """SELECT f.* FROM dataset_item i JOIN film f ON f.id = i.film_id
           WHERE i.dataset_id = ? ORDER BY i.ordinal LIMIT 1""",
        (dataset_id,),
    ).fetchone()
    if film is None or film["fit"] == "cover":
        return base.width, base.height
    return size_like(film["crop_w"] / film["crop_h"], base.width * base.height, base.size_step)


def size_like(aspect: float, area: int, step: int) -> tuple[int, int]:
    """The (width, height) in multiples of `step` that is nearest to this aspect and, half as much, to this area."""

    def distance(size: tuple[int, int]) -> float:
        width, height = size
        return abs(math.log(width / height / aspect)) + abs(math.log(width * height / area)) / 2

    sides = range(step, 4 * math.isqrt(area) + 1, step)
    return min(((width, height) for width in sides for height in sides), key=distance)


def load_data(studio: Studio, dataset_id: int, base: BaseModel, width: int, height: int, job: RunningJob) -> RunData:
    """Read a dataset at one size, encoding the frames whose latents are not in the cache yet."""
    dataset = studio.db.execute("SELECT * FROM dataset WHERE id = ?", (dataset_id,)).fetchone()
    recipe = msgspec.json.decode(dataset["recipe"], type=DatasetRequest).captions
    rows = _items(studio.db, dataset_id)
    training = [row for row in rows if not row["validation"]]
    held_out = _spread([row for row in rows if row["validation"]], VALIDATION_ITEMS)
    if not dataset["sha256"] or not training:
        raise UserError(_("The dataset “{name}” is not complete: make it again.").format(name=dataset["name"]))
    with closing(LatentCache(studio.latents_path, base.latent_shape(width, height))) as cache:

        def data(some: Sequence[sqlite3.Row]) -> TrainingData:
            keys = [_key(row, base, width, height) for row in some]
            captions = [parse_caption(row["text"], recipe.separator) for row in some]
            return TrainingData(cache.read(keys), captions, [row["weight"] for row in some], width, height)

        _encode_missing(studio.db, cache, [*training, *held_out], base, width, height, job)
        return RunData(
            training=data(training),
            validation=data(held_out) if held_out else None,
            dataset_name=dataset["name"],
            dataset_sha256=dataset["sha256"],
            trigger=recipe.trigger,
        )


def _items(db: sqlite3.Connection, dataset_id: int) -> list[sqlite3.Row]:
    return db.execute(
        """SELECT i.film_id, i.frame_number, i.weight, i.validation, c.text, f.sha256 AS film_sha256,
               f.crop_x, f.crop_y, f.crop_w, f.crop_h, f.fit, f.focus_x, f.focus_y
           FROM dataset_item i JOIN caption c ON c.id = i.caption_id JOIN film f ON f.id = i.film_id
           WHERE i.dataset_id = ? ORDER BY i.ordinal""",
        (dataset_id,),
    ).fetchall()


def _spread(rows: Sequence[sqlite3.Row], count: int) -> list[sqlite3.Row]:
    """At most `count` of the rows, evenly apart."""
    step = max(1.0, len(rows) / count)
    return [rows[int(number * step)] for number in range(min(count, len(rows)))]


def _key(row: sqlite3.Row, base: BaseModel, width: int, height: int) -> str:
    crop = Box(row["crop_x"], row["crop_y"], row["crop_w"], row["crop_h"])
    fit = Fit(crop, "cover", row["focus_x"], row["focus_y"])
    return latent_key(row["film_sha256"], row["frame_number"], fit, width, height, base.vae_sha256)


def _encode_missing(
    db: sqlite3.Connection,
    cache: LatentCache,
    rows: Sequence[sqlite3.Row],
    base: BaseModel,
    width: int,
    height: int,
    job: RunningJob,
) -> None:
    keys = [_key(row, base, width, height) for row in rows]
    missing = cache.missing(keys)
    work: dict[int, list[tuple[int, str]]] = {}
    for row, key in zip(rows, keys, strict=True):
        if key in missing:
            work.setdefault(row["film_id"], []).append((row["frame_number"], key))
    done = len(keys) - len(missing)
    for film_id, frames in work.items():
        with closing(Film(db, film_id, threads="AUTO")) as film:
            film.fit = replace(film.fit, mode="cover")  # a padded picture would teach its padding
            for start in range(0, len(frames), LATENT_BATCH):
                batch = frames[start : start + LATENT_BATCH]
                pixels = film.fitted([number for number, _key in batch], width, height)
                latents = encode(base, pixels)
                job.studio.need_room(ROWS_TWICE * latents.nbytes)
                cache.put([key for _number, key in batch], latents)
                done += len(batch)
                job.progress(done, len(keys), _("latents"))
                job.check()
