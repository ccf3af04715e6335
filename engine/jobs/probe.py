"""Does a name bring its traits, do they leak into prompts without it, and are the colours the film's?

The pictures are drawn in memory, looked at by the tagger in use and measured; only the measurements are kept.
"""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from db import library
from db.changes import announce
from db.connect import writing
from db.errors import UserError
from db.i18n import _
from db.requests import ProbeRequest
from engine.base import BaseModel
from engine.fit import fit_picture, whole_picture
from engine.generator import LoraWeight, Row, batch_limit, generate
from engine.jobs.base import loaded_base
from engine.jobs.generate import published_file
from engine.lora import RowWeights, resident_loras
from engine.memory import fitting
from engine.pixels import Film
from engine.prompt import parse
from engine.running import RunningJob
from engine.studio import Studio
from engine.tagger import Tagger

ADAPTER = "probed"
TOGETHER, ANY = "together", "any"
SAMPLER = "DPM++ 2M"
FILM_SAMPLE = 32
SAMPLE_WIDTH = 128
HISTOGRAM_BINS = 6


@dataclass(frozen=True)
class ColourStatistics:
    """Colours of some pictures in CIE L*a*b*: mean [3], spread [3], and a joint histogram that sums to 1."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    histogram: NDArray[np.float64]


def run(studio: Studio, request: ProbeRequest, job: RunningJob) -> None:
    """Draw both lists of prompts at one weight and store what is found as measurements of the run."""
    row = studio.db.execute("SELECT * FROM run WHERE id = ?", (request.run_id,)).fetchone()
    if row is None:
        raise UserError(_("There is no run {id}.").format(id=request.run_id))
    tagger = job.models.tagger(library.tagger(studio.db).source)
    _require_known(tagger, request.traits)
    base = loaded_base(studio, job, row["base_id"])
    named = [_with_name(prompt, request.trigger) for prompt in request.name_prompts]
    started = time.monotonic()
    pictures = _draw(studio, base, request, [*named, *request.other_prompts], job)
    seconds = time.monotonic() - started
    found = _measure(studio.db, request, tagger, pictures[: len(named)], pictures[len(named) :])
    found["pictures_per_second"] = len(pictures) / seconds
    _store(studio.db, request, row["step"], found)
    job.made(run_id=request.run_id, **found)


def _require_known(tagger: Tagger, traits: Sequence[str]) -> None:
    if unknown := sorted(set(traits) - {tag.name for tag in tagger.tags}):
        raise UserError(_("The tagger does not know {tags}.").format(tags=", ".join(unknown)))


def _with_name(prompt: str, trigger: str) -> str:
    return prompt if not trigger or trigger in prompt else f"{trigger}, {prompt}"


def _draw(
    studio: Studio, base: BaseModel, request: ProbeRequest, prompts: Sequence[str], job: RunningJob
) -> NDArray[np.uint8]:
    """One picture [n, h, w, 3] for each prompt, with seeds that count up from the request's."""
    rows = [_row(base, request, prompt, request.seed + number) for number, prompt in enumerate(prompts)]
    at_once = min(len(rows), batch_limit(base, base.width, base.height))
    pictures: list[NDArray[np.uint8]] = []

    def draw(size: int) -> NDArray[np.uint8]:
        some = rows[len(pictures) : len(pictures) + size]
        return generate(base, some, size, weights, lambda _step: job.check())

    with _loras(studio, base, request) as weights:
        while len(pictures) < len(rows):
            job.progress(len(pictures), len(rows), _("pictures"))
            drawn = fitting(at_once, draw, job.say_fewer)
            pictures.extend(drawn)
            at_once = min(at_once, len(drawn))
    job.progress(len(rows), len(rows), _("pictures"))
    return np.stack(pictures)


def _row(base: BaseModel, request: ProbeRequest, prompt: str, seed: int) -> Row:
    return Row(
        prompt=parse(prompt),
        negative=parse(""),
        seed=seed,
        steps=request.steps,
        sampler=SAMPLER,
        cfg_scale=request.cfg_scale,
        width=base.width,
        height=base.height,
        loras={ADAPTER: LoraWeight(request.weight, request.weight)} if request.weight else {},
    )


def _loras(studio: Studio, base: BaseModel, request: ProbeRequest) -> AbstractContextManager[RowWeights | None]:
    """The run's newest LoRA, or nothing at weight 0, which asks how the bare base does."""
    if not request.weight:
        return nullcontext()
    row = studio.db.execute(
        "SELECT * FROM lora WHERE run_id = ? ORDER BY id DESC LIMIT 1", (request.run_id,)
    ).fetchone()
    if row is None:
        raise UserError(_("Run {id} has published no LoRA yet.").format(id=request.run_id))
    return resident_loras(base, {ADAPTER: published_file(studio, row)})


def _measure(
    db: sqlite3.Connection,
    request: ProbeRequest,
    tagger: Tagger,
    named: NDArray[np.uint8],
    others: NDArray[np.uint8],
) -> dict[str, float]:
    policy = library.active_policy(db)
    threshold = policy.general if policy else 0.5
    in_named, in_others = (traits_seen(tagger, some, request.traits, threshold) for some in (named, others))
    found = shares("found", request.traits, in_named) | shares("leak", request.traits, in_others)
    if len(named):
        found[f"found/{TOGETHER}"] = float(in_named.all(axis=1).mean())
        found |= colour_distance(colour_statistics(named), colour_statistics(_film_pictures(db, request)))
    if len(others):
        found[f"leak/{ANY}"] = float(in_others.any(axis=1).mean())
    return found


def traits_seen(
    tagger: Tagger, pictures: NDArray[np.uint8], traits: Sequence[str], threshold: float
) -> NDArray[np.bool_]:
    """Whether the tagger sees each trait in each of the pictures [n, h, w, 3]: [n, traits]."""
    if not len(pictures):
        return np.zeros((0, len(traits)), np.bool_)
    names = [tag.name for tag in tagger.tags]
    size = tagger.input_size
    whole = whole_picture(pictures.shape[2], pictures.shape[1])
    scores, _vectors = tagger(np.stack([fit_picture(picture, whole, size, size) for picture in pictures]))
    return np.asarray(scores[:, [names.index(trait) for trait in traits]] >= threshold)


def shares(kind: str, traits: Sequence[str], seen: NDArray[np.bool_]) -> dict[str, float]:
    """The share of pictures in which each trait is seen, as `kind/trait`; nothing where there are no pictures."""
    if not len(seen):
        return {}
    return {f"{kind}/{trait}": float(share) for trait, share in zip(traits, seen.mean(axis=0), strict=True)}


def _film_pictures(db: sqlite3.Connection, request: ProbeRequest) -> list[NDArray[np.uint8]]:
    """Key frames of the film asked for, or of the run's dataset's first, evenly apart."""
    row = db.execute(
        """SELECT COALESCE(?, (SELECT min(i.film_id) FROM run r JOIN dataset_item i USING (dataset_id)
           WHERE r.id = ?))""",
        (request.film_id, request.run_id),
    ).fetchone()
    film_id = int(row[0])
    numbers = [
        row["key_frame"]
        for row in db.execute(
            """SELECT h.key_frame FROM film f JOIN hold h ON h.grouping_id = f.grouping_id
               WHERE f.id = ? AND h.key_frame IS NOT NULL ORDER BY h.key_frame""",
            (film_id,),
        )
    ]
    step = max(1, len(numbers) // FILM_SAMPLE)
    with closing(Film(db, film_id)) as film:
        return [film.picture(number, SAMPLE_WIDTH) for number in numbers[::step][:FILM_SAMPLE]]


def colour_statistics(pictures: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> ColourStatistics:
    """Statistics over the pixels of pictures [h, w, 3], which may differ in size."""
    pixels = np.concatenate([picture.reshape(-1, 3) for picture in pictures])
    lab = cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0].astype(np.float64)
    bounds = ((0, 100), (-100, 100), (-100, 100))
    counts, _edges = np.histogramdd(lab.clip(-100, 100), bins=HISTOGRAM_BINS, range=bounds)
    return ColourStatistics(lab.mean(0), lab.std(0), counts / counts.sum())


def colour_distance(one: ColourStatistics, other: ColourStatistics) -> dict[str, float]:
    """How far apart colours are: of the means and spreads in L*a*b* units, of the histograms 0..1 (Hellinger)."""
    overlap = float(np.sqrt(one.histogram * other.histogram).sum())
    return {
        "colour_mean_distance": float(np.linalg.norm(one.mean - other.mean)),
        "colour_spread_distance": float(np.linalg.norm(one.spread - other.spread)),
        "colour_histogram_distance": float(np.sqrt(max(0.0, 1.0 - overlap))),
    }


def _store(db: sqlite3.Connection, request: ProbeRequest, step: int, found: Mapping[str, float]) -> None:
    with writing(db):
        db.executemany(
            "INSERT OR REPLACE INTO metric (run_id, step, name, value) VALUES (?, ?, ?, ?)",
            [(request.run_id, step, f"probe/{request.label}/{name}", value) for name, value in found.items()],
        )
        announce(db, "runs")
