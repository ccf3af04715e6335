"""Fill the planned pictures of a generation. What is left to do is a query, so a stop loses at most one batch."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db import library
from db.connect import now, writing
from db.errors import UserError
from db.i18n import _
from db.pictures import announce_done
from db.requests import GenerateRequest
from db.studio_files import inside
from engine.base import BaseModel
from engine.base_files import files_sha256
from engine.environment import Environment, environment, recorded_threads, tell_differences
from engine.generator import LoraWeight, Row, Shape, batch_limit, generate, row_shape
from engine.infotext import LoraFacts, PictureFacts, pixels_sha256, write_png
from engine.jobs.base import loaded_base
from engine.lora import RowWeights, resident_loras
from engine.memory import fitting
from engine.prompt import export_prompt, parse
from engine.running import RunningJob
from engine.studio import Studio

METADATA_BYTES = 2**16  # of a picture's file, beside its pixels


@dataclass(frozen=True)
class Planned:
    """A row of `image` with its LoRAs, and the row to draw."""

    id: int
    fields: Mapping[str, Any]
    loras: tuple[LoraFacts, ...]
    row: Row
    shape: Shape

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be drawn."""
        return bool(self.fields["state"] == "planned")

    @property
    def drawn_in_batch_of(self) -> int | None:
        """The size of the batch it was drawn in, if it was."""
        recorded = self.fields["environment"]
        return json.loads(recorded)["batch"][0] if recorded else None


def run(studio: Studio, request: GenerateRequest, job: RunningJob) -> None:
    """Draw what is planned, in batches that are the same however often the job was stopped."""
    generation = _generation(studio.db, request.generation_id)
    images = _images(studio.db, generation["id"])
    recorded = _recorded(images)
    base = loaded_base(studio, job, generation["base_id"], recorded)
    if recorded:
        what = _("generation {id}").format(id=generation["id"])
        tell_differences(studio, job, recorded, environment(base), what)
    with recorded_threads(recorded, base), resident_loras(base, _lora_paths(studio, generation["id"])) as weights:
        drawing = _Drawing(studio, job, base, weights, generation, images)
        for shape, members in by_shape(studio.db, base, images).items():
            drawing.draw(members, batch_size(base, shape, members))
    failed = [image for image in _images(studio.db, generation["id"]) if image["state"] == "failed"]
    if failed and not drawing.done:
        raise UserError(failed[0]["error"])
    job.made(generation_id=generation["id"], pictures=drawing.done, failed=len(failed))


def _generation(db: sqlite3.Connection, generation_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM generation WHERE id = ?", (generation_id,)).fetchone()
    if row is None:
        raise UserError(_("There is no generation {id}.").format(id=generation_id))
    return row


def _images(db: sqlite3.Connection, generation_id: int) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM image WHERE generation_id = ? ORDER BY ordinal", (generation_id,)).fetchall()


def _recorded(images: Sequence[sqlite3.Row]) -> Environment | None:
    """The environment that the generation's pictures are drawn in, as soon as there is one."""
    environments = (json.loads(image["environment"]) for image in images if image["environment"])
    return next(environments, None)


def adapter_name(lora_id: int) -> str:
    """What a LoRA is called while it is resident; a user's name could hold a dot, which modules cannot."""
    return f"lora_{lora_id}"


def _lora_paths(studio: Studio, generation_id: int) -> dict[str, Path]:
    """Files of the LoRAs that the generation uses; raises `UserError` where one is not what was published."""
    rows = studio.db.execute(
        """SELECT DISTINCT l.id, l.name, l.path, l.sha256 FROM lora l JOIN image_lora il ON il.lora_id = l.id
           JOIN image i ON i.id = il.image_id WHERE i.generation_id = ? ORDER BY l.id""",
        (generation_id,),
    )
    return {adapter_name(row["id"]): published_file(studio, row) for row in rows}


def published_file(studio: Studio, row: sqlite3.Row) -> Path:
    """The file of a row of `lora`; raises `UserError` where it is missing or has changed."""
    path = inside(studio.root, row["path"])
    if not path.is_file() or files_sha256([path]) != row["sha256"]:
        raise UserError(
            _("{path} is missing or has changed since {name} was published: put it back.").format(
                path=path, name=row["name"]
            )
        )
    return path


def by_shape(db: sqlite3.Connection, base: BaseModel, images: Sequence[sqlite3.Row]) -> dict[Shape, list[Planned]]:
    """The pictures that can be drawn together, done or not, so that a stop changes neither shape nor place."""
    alike: dict[Shape, list[Planned]] = {}
    for image in images:
        if planned := _plan(db, base, image):
            alike.setdefault(planned.shape, []).append(planned)
    return alike


def batch_size(base: BaseModel, shape: Shape, members: Sequence[Planned]) -> int:
    """The smallest size that some were drawn in already: the card had memory for that.

    Where none was drawn, that of as few batches as the limit allows, all of one size.
    """
    if drawn_in := [each.drawn_in_batch_of for each in members if each.drawn_in_batch_of]:
        return min(drawn_in)
    count = -(-len(members) // batch_limit(base, shape.width, shape.height))
    return -(-len(members) // count)


def _plan(db: sqlite3.Connection, base: BaseModel, image: sqlite3.Row) -> Planned | None:
    """The picture as it is to be drawn, or None for one that cannot be, which is marked so."""
    loras = db.execute(
        """SELECT l.id, l.name, l.sshs_hash, il.weight, il.text_weight FROM image_lora il
           JOIN lora l ON l.id = il.lora_id WHERE il.image_id = ? ORDER BY l.id""",
        (image["id"],),
    ).fetchall()
    try:
        row = _row(image, {adapter_name(lora["id"]): LoraWeight(lora["weight"], lora["text_weight"]) for lora in loras})
        shape = row_shape(base, row)
    except UserError as error:
        if image["state"] == "planned":
            _fail(db, image["id"], str(error))
        return None
    facts = [LoraFacts(lora["name"], lora["weight"], lora["text_weight"], lora["sshs_hash"]) for lora in loras]
    return Planned(image["id"], dict(image), tuple(facts), row, shape)


def _row(image: sqlite3.Row, loras: Mapping[str, LoraWeight]) -> Row:
    return Row(
        prompt=parse(image["prompt"]),
        negative=parse(image["negative_prompt"]),
        seed=image["seed"],
        steps=image["steps"],
        sampler=image["sampler"],
        cfg_scale=image["cfg_scale"],
        width=image["width"],
        height=image["height"],
        clip_skip=image["clip_skip"],
        loras=loras,
    )


def _fail(db: sqlite3.Connection, image_id: int, error: str) -> None:
    with writing(db):
        db.execute("UPDATE image SET state = 'failed', error = ? WHERE id = ?", (error, image_id))
        announce_done(db, image_id)


class _Drawing:
    """Draws and saves what waits for it, batch after batch, in smaller ones where the card has no memory for more."""

    def __init__(
        self, studio: Studio, job: RunningJob, base: BaseModel, weights: RowWeights, generation: sqlite3.Row,
        images: Sequence[sqlite3.Row],
    ) -> None:  # fmt: skip
        self._studio, self._job, self._base, self._weights = studio, job, base, weights
        self._generation, self._total = generation, len(images)
        self.done = sum(image["state"] == "done" for image in images)
        self._progress()

    def draw(self, members: Sequence[Planned], size: int) -> None:
        """Draw pictures of one shape, `size` of them at once."""
        start = 0
        while start < len(members):
            if any(each.is_waiting for each in members[start : start + size]):
                pixels, size = fitting(size, partial(self._draw, members[start:]), self._job.say_fewer)
                for planned, picture in zip(members[start:], pixels, strict=False):
                    if planned.is_waiting:
                        self._save(planned, picture, size)
                self._progress()
                self._job.check()
            start += size

    def _draw(self, members: Sequence[Planned], size: int) -> tuple[NDArray[np.uint8], int]:
        """The first `size` of the pictures, and in how large a batch they were drawn."""
        batch, steps = members[:size], members[0].shape.steps

        def on_step(step: int) -> None:
            words = _("{count} at once, step {step} of {steps}")
            self._progress(words.format(count=len(batch), step=step + 1, steps=steps))
            self._job.check()

        return generate(self._base, [planned.row for planned in batch], size, self._weights, on_step), size

    def _progress(self, message: str = "") -> None:
        self._job.progress(self.done, self._total, _("pictures"), message)

    def _save(self, planned: Planned, pixels: NDArray[np.uint8], size: int) -> None:
        """Write a picture's file, then its row."""
        studio = self._studio
        path = studio.images / str(self._generation["id"]) / f"{planned.id}.png"
        drawn_in = _environment(self._base, planned, size)
        studio.need_room(pixels.nbytes + METADATA_BYTES, path.parent)
        sha256 = write_png(path, pixels, _facts(studio.db, self._generation, planned, drawn_in))
        with writing(studio.db) as db:
            db.execute(
                """UPDATE image SET state = 'done', path = ?, sha256 = ?, pixels_sha256 = ?, environment = ?,
                       made_at = ? WHERE id = ?""",
                (studio.relative(path), sha256, pixels_sha256(pixels), json.dumps(drawn_in), now(), planned.id),
            )
            announce_done(db, planned.id)
        self.done += 1


def _environment(base: BaseModel, planned: Planned, size: int) -> dict[str, Any]:
    """What must be the same for the picture to come out bit for bit on a CPU."""
    shape = [size, *base.latent_shape(planned.shape.width, planned.shape.height)]
    return {**environment(base), "batch": shape, "chunks": planned.shape.chunks}


def _facts(
    db: sqlite3.Connection, generation: sqlite3.Row, planned: Planned, environment: Mapping[str, Any]
) -> PictureFacts:
    base = library.base(db, generation["base_id"])
    row = planned.row
    return PictureFacts(
        prompt=export_prompt(planned.fields["prompt"]),
        negative_prompt=planned.fields["negative_prompt"],
        seed=row.seed,
        steps=row.steps,
        sampler=row.sampler,
        cfg_scale=row.cfg_scale,
        width=row.width,
        height=row.height,
        clip_skip=row.clip_skip,
        base_name=base.name,
        base_sha256=base.sha256,
        base_licence=base.licence,
        loras=planned.loras,
        environment=environment,
    )
