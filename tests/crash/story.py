"""Everything an engine can be asked to do, in the order in which it makes sense, on a tiny film and tiny models."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

import engine.demo
from db import library, pictures, queue
from db.connect import writing
from db.requests import (
    BaseRequest,
    CaptionRecipe,
    DatasetRequest,
    GenerateRequest,
    HoldsRequest,
    IngestRequest,
    MatchRequest,
    ProbeRequest,
    Request,
    TaggerRequest,
    TagRequest,
    TrainRecipe,
    TrainRequest,
)
from tests.engine.film.clips import held_drawings, write_clip
from tests.engine.film.tiny_taggers import write_tagger

BASE = Path(engine.demo.__file__).parent / "weights" / "base"
NAME = "story"
OTHER_THRESHOLD = 12
RECIPE = TrainRecipe(
    rank=2, alpha=1.0, targets="attention", steps=15, batch_size=2, width=64, height=64, checkpoint_every=4,
    warmup_steps=1, learning_rate=1e-3, caption_dropout=0.1, regularisation_share=0.3,
)  # fmt: skip
PICTURES = pictures.PictureSettings(
    prompt=f"glasses <{NAME}:0.8>", count=11, seed=5, steps=3, width=64, height=64, sampler="Euler a"
)


@dataclass(frozen=True)
class Material:
    """The files that a story is made from."""

    film: Path
    tagger: Path


def make_material(folder: Path) -> Material:
    """A film of 24 shots and 240 drawings in 1,440 frames, and a tagger."""
    pictures = held_drawings(24, 10, 6)
    return Material(write_clip(folder / "film.mp4", pictures), write_tagger(folder / "tagger", embedding=False))


def _dataset(_material: Material, _db: Connection) -> Request:
    captions = CaptionRecipe(trigger="nagisa")
    return DatasetRequest(name=NAME, query="frame:1..180", captions=captions, validation_share=0.25)


def _train(_material: Material, db: Connection) -> Request:
    """A run with a name that does not depend on the day."""
    run_id = library.plan_run(db, library.dataset(db, NAME).id, 1, RECIPE)
    with writing(db):
        db.execute("UPDATE run SET name = ? WHERE id = ?", (NAME, run_id))
    return TrainRequest(run_id=run_id)


def _probe(_material: Material, _db: Connection) -> Request:
    return ProbeRequest(
        run_id=1, label="after", trigger="nagisa", traits=("glasses",), steps=2,
        name_prompts=("1girl", "sky"), other_prompts=("1boy",),
    )  # fmt: skip


STORY: dict[str, Callable[[Material, Connection], Request]] = {
    "base": lambda material, db: BaseRequest(source=str(BASE), licence="MIT"),
    "tagger": lambda material, db: TaggerRequest(source=str(material.tagger)),
    "ingest": lambda material, db: IngestRequest(path=str(material.film)),
    "regroup": lambda material, db: HoldsRequest(film_id=1, threshold=OTHER_THRESHOLD),
    "tag frames": lambda material, db: TagRequest(),
    "dataset": lambda material, db: DatasetRequest(name="whole film"),
    "small dataset": _dataset,
    "train": _train,
    "probe": _probe,
    "generate": lambda material, db: GenerateRequest(generation_id=pictures.plan(db, 1, PICTURES)),
    "tag pictures": lambda material, db: TagRequest(),
    "match": lambda material, db: MatchRequest(),
}


def begin(chapter: str, material: Material, db: Connection) -> int:
    """Queue a chapter's job; returns its id."""
    return queue.enqueue(db, STORY[chapter](material, db))
