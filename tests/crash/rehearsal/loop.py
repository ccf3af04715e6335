"""One round of the demo's loop, on a film of its own: taken in, tagged, taught to a LoRA, drawn, matched."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection

import msgspec

from db import library, pictures, queue
from db.connect import writing
from db.requests import (
    BaseRequest,
    CaptionRecipe,
    DatasetRequest,
    GenerateRequest,
    IngestRequest,
    MatchRequest,
    Request,
    TaggerRequest,
    TagRequest,
    TrainRequest,
)
from kimikoe_tui.demo import settings

SHOTS = 2
PICTURES = 6
STEPS, CHECKPOINT_EVERY = 12, 3
SIDE = 64  # pixels: what is rehearsed is not how pictures look
ONCE = ("base", "tagger")


def draw_film(folder: Path, number: int) -> Path:
    """A short film that belongs to a round."""
    path = folder / f"film-{number}.mp4"
    command = [sys.executable, "-m", "engine.demo", "film", str(path), "--shots", str(SHOTS), "--seed", str(number)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return path


def name(number: int) -> str:
    """What the film, the dataset and the LoRA of a round are called."""
    return f"round-{number}"


def chapters(number: int) -> list[str]:
    """The jobs of a round, in order."""
    return [chapter for chapter in _LOOP if number == 1 or chapter not in ONCE]


def begin(chapter: str, number: int, film: Path, db: Connection) -> int:
    """Queue the job of a chapter; returns its id."""
    return queue.enqueue(db, _LOOP[chapter](number, film, db))


def _ingest(number: int, film: Path, _db: Connection) -> Request:
    return IngestRequest(path=str(film), name=name(number), fit="cover")


def _dataset(number: int, _film: Path, _db: Connection) -> Request:
    return DatasetRequest(name=name(number), query=f"film:{name(number)}", captions=CaptionRecipe(trigger="nagisa"))


def _train(number: int, _film: Path, db: Connection) -> Request:
    """A run with a name that does not depend on the day."""
    recipe = settings.recipe(STEPS, number)
    small = msgspec.structs.replace(
        recipe, rank=4, alpha=4.0, batch_size=2, checkpoint_every=CHECKPOINT_EVERY, width=SIDE, height=SIDE
    )
    run_id = library.plan_run(db, library.dataset(db, name(number)).id, 1, small)
    with writing(db):
        db.execute("UPDATE run SET name = ? WHERE id = ?", (name(number), run_id))
    return TrainRequest(run_id=run_id)


def _probe(number: int, _film: Path, _db: Connection) -> Request:
    asked = settings.probe_request(number, number, 1.0, "after")
    return msgspec.structs.replace(
        asked, name_prompts=settings.NAME_PROMPTS[:2], other_prompts=settings.OTHER_PROMPTS[:2], steps=2
    )


def _generate(number: int, _film: Path, db: Connection) -> Request:
    prompt = f"{settings.SECOND_PROMPTS[number % len(settings.SECOND_PROMPTS)]} <{name(number)}:0.9>"
    asked = pictures.PictureSettings(
        prompt=prompt, count=PICTURES, seed=100 * number, steps=4, cfg_scale=5.0, width=SIDE, height=SIDE
    )
    return GenerateRequest(generation_id=pictures.plan(db, 1, asked))


_LOOP: dict[str, Callable[[int, Path, Connection], Request]] = {
    "base": lambda number, film, db: BaseRequest(source=str(settings.weights("base")), name="tiny"),
    "tagger": lambda number, film, db: TaggerRequest(source=str(settings.weights("tagger"))),
    "ingest": _ingest,
    "tag frames": lambda number, film, db: TagRequest(),
    "dataset": _dataset,
    "train": _train,
    "probe": _probe,
    "generate": _generate,
    "tag pictures": lambda number, film, db: TagRequest(),
    "match": lambda number, film, db: MatchRequest(),
}
