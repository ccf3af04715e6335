"""Train a LoRA over a dataset and publish it. Starting, resuming and going on after a crash are the same code."""

import hashlib
import json
import math
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec
import torch

from db import events, library
from db.changes import announce
from db.connect import now, writing
from db.errors import UserError
from db.i18n import _
from db.requests import TrainRecipe, TrainRequest
from engine.base import BaseModel
from engine.base_files import files_sha256
from engine.captions import tag_frequency
from engine.checkpoint import discard_newer, newest_verified, prune, read_checkpoint, save_checkpoint
from engine.checkpoint_files import Checkpoint
from engine.environment import Environment, environment, recorded_threads, tell_differences
from engine.jobs.base import loaded_base
from engine.jobs.train_data import RunData, load_data, training_size
from engine.kohya import TrainingFacts, metadata, tensors_sha256, write_lora
from engine.lora import kohya_tensors
from engine.running import JobStopped, RunningJob
from engine.studio import Studio
from engine.trainer import ADAPTER, SMALL_FILES, StepResult, Trainer

LOOK_EVERY_STEPS = 10
SAVE_EVERY_SECONDS = 600.0
SKIPPED_SHARE_LIMIT = 0.5
AT_ONCE = "at_once"  # in a run's environment: how many of a batch pass the base together
UNLOOKED_LOSS, UNLOOKED_SKIPPED = "unlooked.loss", "unlooked.skipped"


@dataclass(frozen=True)
class Run:
    """A row of `run`, its recipe decoded."""

    id: int
    name: str
    dataset_id: int
    base_id: int
    recipe: TrainRecipe
    environment: dict[str, Any] | None
    made_at: float
    finished: bool


def run(studio: Studio, request: TrainRequest, job: RunningJob) -> None:
    """Continue the run from its newest verified checkpoint, or begin it; a stop loses at most one step."""
    wanted = _run(studio.db, request.run_id)
    if wanted.finished:
        job.say(_("Run {name} is finished already.").format(name=wanted.name))
        job.made(run_id=wanted.id, **_published(studio.db, wanted.id))
        return
    base = loaded_base(studio, job, wanted.base_id, wanted.environment)
    width, height = training_size(studio.db, wanted.dataset_id, base)
    width, height = wanted.recipe.width or width, wanted.recipe.height or height
    data = load_data(studio, wanted.dataset_id, base, width, height, job)
    recorded = _record_environment(studio, wanted, base, data, job)
    at_once = recorded.get(AT_ONCE)
    with recorded_threads(recorded, base), closing(Trainer(base, data.training, wanted.recipe, at_once)) as trainer:
        _Training(studio, job, wanted, trainer, data).run()
        publish(studio, wanted, base, data)
    job.made(run_id=wanted.id, **_published(studio.db, wanted.id))


def _run(db: sqlite3.Connection, run_id: int) -> Run:
    row = db.execute("SELECT * FROM run WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise UserError(_("There is no run {id}.").format(id=run_id))
    return Run(
        id=run_id,
        name=row["name"],
        dataset_id=row["dataset_id"],
        base_id=row["base_id"],
        recipe=msgspec.json.decode(row["recipe"], type=TrainRecipe),
        environment=json.loads(row["environment"]) if row["environment"] else None,
        made_at=row["made_at"],
        finished=row["finished_at"] is not None,
    )


def _published(db: sqlite3.Connection, run_id: int) -> dict[str, Any]:
    row = db.execute("SELECT id, name FROM lora WHERE run_id = ? ORDER BY id DESC", (run_id,)).fetchone()
    return {"lora_id": row["id"], "lora": row["name"]}


def _record_environment(studio: Studio, run: Run, base: BaseModel, data: RunData, job: RunningJob) -> Environment:
    """The environment the run began in, written down now where it begins; says so where today's is another."""
    present = {**environment(base), "batch": [run.recipe.batch_size, *data.training.latents.shape[1:]]}
    if run.environment is None:
        present[AT_ONCE] = run.recipe.batch_size
        with writing(studio.db) as db:
            _store_environment(db, run.id, present)
        return present
    tell_differences(studio, job, run.environment, present, _("run {name}").format(name=run.name))
    return run.environment


def _store_environment(db: sqlite3.Connection, run_id: int, environment: Environment) -> None:
    db.execute("UPDATE run SET environment = ? WHERE id = ?", (json.dumps(environment), run_id))


class _Training:
    """A run in progress: its step, its checkpoints and its measurements."""

    def __init__(self, studio: Studio, job: RunningJob, run: Run, trainer: Trainer, data: RunData) -> None:
        self._db, self._studio, self._job = studio.db, studio, job
        self._run, self._trainer, self._data = run, trainer, data
        self._folder = studio.runs / str(run.id)
        self._step = self._saved_step = 0
        self._saved_at = time.monotonic()
        self._at_once = trainer.at_once
        self._message = ""
        self._begin_look()
        self._restore()
        self._need_room_for_next()

    def _restore(self) -> None:
        """Go to the newest checkpoint, if there is one."""
        checkpoint = newest_verified(self._folder)
        discard_newer(self._folder, checkpoint)
        if checkpoint is None:
            return
        tensors, _state = read_checkpoint(checkpoint)
        self._trainer.load_state(tensors)
        self._step = checkpoint.step
        self._begin_look(_unlooked(tensors, self._trainer.device))
        self._keep(checkpoint)
        self._job.say(_("Going on from step {step}.").format(step=checkpoint.step))

    def run(self) -> None:
        """Train the steps that are left. Checkpoints come before anything that could fail."""
        if self._step == 0:
            self._validate()
        try:
            while self._step < self._run.recipe.steps:
                self._note(self._trainer.step(self._step))
                if self._save_is_due():
                    self.save()
                    self._need_room_for_next()
                self._job.check()
        except JobStopped:
            self.save()
            raise
        self.save()
        self._validate()

    def _save_is_due(self) -> bool:
        late = time.monotonic() - self._saved_at > SAVE_EVERY_SECONDS
        return late or self._step % self._run.recipe.checkpoint_every == 0

    def save(self) -> None:
        """Write a checkpoint, then delete old ones, then write its row; nothing where nothing was trained since."""
        if self._step == self._saved_step:
            return
        tensors = {**self._trainer.state_dict(), **_unlooked_tensors(self._losses)}
        self._studio.need_room(_bytes(tensors), self._folder)
        self._keep(save_checkpoint(self._folder, self._step, tensors, {"run": self._run.name}))

    def _need_room_for_next(self) -> None:
        """Stop just after a checkpoint, not when steps would be lost, where the disk has no room for the next."""
        if self._step < self._run.recipe.steps:
            self._studio.need_room(self._trainer.state_bytes, self._folder)

    def _keep(self, saved: Checkpoint) -> None:
        """Delete what this checkpoint makes needless, and name it in a row, which a crash may have prevented."""
        prune(self._folder, self._run.recipe.keep_checkpoints, self._run.recipe.checkpoint_every)
        with writing(self._db):
            self._forget_missing()
            self._db.execute(
                "INSERT OR REPLACE INTO checkpoint (run_id, step, path, sha256, made_at) VALUES (?, ?, ?, ?, ?)",
                (self._run.id, saved.step, self._studio.relative(saved.path), saved.sha256, now()),
            )
            self._db.execute("UPDATE run SET step = ? WHERE id = ?", (saved.step, self._run.id))
            announce(self._db, "runs")
        self._saved_at, self._saved_step = time.monotonic(), saved.step

    def _forget_missing(self) -> None:
        """Delete the rows of checkpoints that are no longer there."""
        rows = self._db.execute("SELECT id, path FROM checkpoint WHERE run_id = ?", (self._run.id,)).fetchall()
        gone = [(row["id"],) for row in rows if not (self._studio.root / row["path"]).is_dir()]
        self._db.executemany("DELETE FROM checkpoint WHERE id = ?", gone)

    def _begin_look(self, earlier: Sequence[StepResult] = ()) -> None:
        """Begin to gather results; the `earlier` ones were gathered before a stop."""
        self._looked_at, self._looked_step = time.monotonic(), self._step
        self._losses = list(earlier)

    def _note(self, result: StepResult) -> None:
        if self._trainer.at_once != self._at_once:
            self._record_fewer()
        self._step += 1
        self._losses.append(result)
        if len(self._losses) == LOOK_EVERY_STEPS or self._step == self._run.recipe.steps:
            self._look(result.learning_rate)
        self._job.progress(self._step, self._run.recipe.steps, _("steps"), self._message)

    def _record_fewer(self) -> None:
        """Write down that from this step on fewer items pass the base together: the last bits differ from then on."""
        words = _("At step {step} the card had no memory for {many} items at once: {few} at once, {batch} a step.")
        said = words.format(
            many=self._at_once, few=self._trainer.at_once, step=self._step, batch=self._run.recipe.batch_size
        )
        self._at_once = self._trainer.at_once
        self._job.say(said)
        with writing(self._db):
            row = self._db.execute("SELECT environment FROM run WHERE id = ?", (self._run.id,)).fetchone()
            _store_environment(self._db, self._run.id, {**json.loads(row["environment"]), AT_ONCE: self._at_once})
            events.note(self._db, "environment", said)

    def _look(self, learning_rate: float) -> None:
        """Wait for the device once, measure the steps since the last look, and stop where they make no sense."""
        losses = torch.stack([result.loss for result in self._losses])
        usable = torch.stack([result.skipped for result in self._losses]) == 0
        count = int(usable.sum())
        if count < (1 - SKIPPED_SHARE_LIMIT) * len(losses):
            raise UserError(
                _("Most of the last {count} steps gave no finite gradient: lower the learning rate.").format(
                    count=len(losses)
                )
            )
        seconds = time.monotonic() - self._looked_at
        rate = (self._step - self._looked_step) * self._run.recipe.batch_size / seconds
        loss = float(losses[usable].mean())
        self._measure(loss=loss, learning_rate=learning_rate, pictures_per_second=rate)
        self._message = _("loss {loss:.4f}, {rate:.1f} pictures/s").format(loss=loss, rate=rate)
        self._begin_look()

    def _measure(self, **values: float) -> None:
        """Store the measurements that are numbers; one bad picture must not end a run."""
        rows = [(self._run.id, self._step, name, value) for name, value in values.items() if math.isfinite(value)]
        with writing(self._db):
            self._db.executemany(
                "INSERT OR REPLACE INTO metric (run_id, step, name, value) VALUES (?, ?, ?, ?)",
                rows,
            )
            self._db.execute("UPDATE run SET step = ? WHERE id = ?", (self._step, self._run.id))
            announce(self._db, "runs")

    def _validate(self) -> None:
        if self._data.validation is not None:
            self._measure(validation_loss=self._trainer.validation_loss(self._data.validation))


def _bytes(tensors: Mapping[str, torch.Tensor]) -> int:
    """What files of these tensors take up, with their headers and manifests."""
    return sum(int(tensor.nbytes) for tensor in tensors.values()) + SMALL_FILES


def _unlooked_tensors(results: Sequence[StepResult]) -> dict[str, torch.Tensor]:
    """Losses that no look has measured yet, as a checkpoint holds them: looks come at the same steps with any stop."""
    if not results:
        return {}
    return {
        UNLOOKED_LOSS: torch.stack([result.loss for result in results]).cpu(),
        UNLOOKED_SKIPPED: torch.stack([result.skipped for result in results]).cpu(),
    }


def _unlooked(tensors: Mapping[str, torch.Tensor], device: torch.device) -> list[StepResult]:
    if UNLOOKED_LOSS not in tensors:
        return []
    pairs = zip(tensors[UNLOOKED_LOSS].to(device), tensors[UNLOOKED_SKIPPED].to(device), strict=True)
    return [StepResult(loss, skipped, math.nan) for loss, skipped in pairs]


def publish(studio: Studio, run: Run, base: BaseModel, data: RunData) -> None:
    """Write the trained LoRA's file under the run's name, then its row and the end of the run."""
    tensors = kohya_tensors(base, ADAPTER)
    path = studio.loras / f"{run.name}.safetensors"
    studio.need_room(_bytes(tensors), studio.loras)
    sshs = write_lora(path, tensors, metadata(_facts(studio, run, base, data)))
    with writing(studio.db) as db:
        db.execute(
            """INSERT INTO lora (name, run_id, step, path, sha256, tensors_sha256, sshs_hash, trigger, made_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                run.name, run.id, run.recipe.steps, studio.relative(path), files_sha256([path]),
                tensors_sha256(tensors), sshs, data.trigger, now(),
            ),
        )  # fmt: skip
        db.execute("UPDATE run SET finished_at = ?, step = ? WHERE id = ?", (now(), run.recipe.steps, run.id))
        announce(db, "runs")


def _session(run: Run) -> str:
    return hashlib.sha256(f"{run.name} {run.made_at}".encode()).hexdigest()[:16]


def _facts(studio: Studio, run: Run, base: BaseModel, data: RunData) -> TrainingFacts:
    row = library.base(studio.db, run.base_id)
    return TrainingFacts(
        name=run.name,
        trigger=data.trigger,
        base_name=row.name,
        base_sha256=base.sha256,
        base_licence=row.licence,
        architecture=base.architecture,
        prediction_type=base.prediction_type,
        recipe=run.recipe,
        width=data.training.width,
        height=data.training.height,
        dataset_name=data.dataset_name,
        dataset_sha256=data.dataset_sha256,
        item_count=len(data.training.captions),
        tag_frequency=tag_frequency(data.training.captions),
        steps=run.recipe.steps,
        session_id=_session(run),
        started_at=run.made_at,
        finished_at=now(),
    )
