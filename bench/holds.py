"""Held drawings and cuts of synthetic limited animation, found by the program's own estimate.

The whole animation at 1920x1080 is encoded as H.264 at crf 18, 23 and 28, and at 23 with grain that changes with every
frame. Of pairs of successive frames: recall and precision of repeats, mouths of 8x8 pixels merged, slow pans and fades
merged, and dissolves, which are only printed; of cuts: F1, dissolves left out, for they are missed or found as a cut.
Also the time to group a film of 170,000 frames anew. About 20 minutes.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.harness import Result, at_least, at_most
from bench.limited_animation import Kind, Moment, animation, encode
from bench.regrouping import regrouped
from db.exposures import GREATEST_DISTANCE, estimate_threshold
from engine.film_file import probe
from engine.holds import HoldHeads, Look, look, luma_distance, small_planes
from engine.measured import Measured
from engine.shots import find_shots, hsv_change, small_hsv
from engine.video import decode

SEED, SCENES, PRESET = 2, 16, "veryfast"
ENCODES = {"crf 18": (18, False), "crf 23": (23, False), "crf 28": (28, False), "crf 23, grain": (23, True)}
SLOW: tuple[Kind, ...] = ("pan", "fade", "dissolve")
MOST_MERGED: dict[Kind, float] = {"pan": 0.05, "fade": 0.05}  # dissolves are only printed
SECONDS_TO_REGROUP = 10.0


@dataclass(frozen=True)
class Score:
    """How well one encode was grouped; `mouths` and each kind of `slow` are (merged, all)."""

    threshold: int
    recall: float
    precision: float
    mouths: tuple[int, int]
    slow: dict[Kind, tuple[int, int]]
    cuts_f1: float
    dissolves: tuple[int, int]


def run() -> list[Result]:
    """A line for each figure the film must reach in every encode, and the time to regroup a long film."""
    return [result for name in ENCODES for result in _results(name, _encoded_score(name))] + [_regrouping()]


def _encoded_score(name: str) -> Score:
    crf, grain = ENCODES[name]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        truth = encode(path, animation(SEED, SCENES), crf, grain=grain, preset=PRESET)
        found = score(truth, measured(path))
    print(f"{name:<14} {found}", file=sys.stderr)
    return found


def _results(name: str, found: Score) -> list[Result]:
    mouths, all_mouths = found.mouths
    return [
        at_least(f"repeats, {name}", found.recall, 1.0, "recall", 0.98),
        at_least(f"repeats, {name}", found.precision, 1.0, "precision", 0.97),
        at_most(f"mouths merged, {name}", mouths, all_mouths, "pairs", 0.0),
        *(at_most(f"{kind}s merged, {name}", *found.slow[kind], "pairs", most) for kind, most in MOST_MERGED.items()),
        at_least(f"cuts, {name}", found.cuts_f1, 1.0, "F1", 0.95),
    ]


def measured(path: Path) -> Measured:
    """A film's frames as ingest measures them."""
    rows: list[tuple[int, int, float, bool, bytes]] = []
    before: tuple[Look, np.ndarray] | None = None
    for decoded in decode(path, probe(path)):
        planes = small_planes(decoded.frame)
        now, hsv = look(planes[0]), small_hsv(*planes)
        distance, change = (luma_distance(now, before[0]), hsv_change(hsv, before[1])) if before else (0, 0.0)
        rows.append((decoded.number, distance, change, False, now.signature))
        before = (now, hsv)
    return Measured.of(rows)


def estimated(film: Measured) -> int:
    """The threshold that the program would use."""
    return estimate_threshold(np.bincount(film.distances[1:], minlength=GREATEST_DISTANCE + 1).tolist())


def score(truth: Sequence[Moment], film: Measured) -> Score:
    """Compare what the program finds, by its own estimate, with what was drawn."""
    threshold = estimated(film)
    merged = np.ones(len(truth), bool)
    merged[HoldHeads(threshold)(film)] = False
    repeats = np.array([moment.repeats for moment in truth])
    distinct = ~repeats & ~np.array([moment.cut for moment in truth])
    mouths = distinct & np.array([moment.kind == "mouth" for moment in truth])
    slow = {kind: _share(merged, distinct & np.array([moment.kind == kind for moment in truth])) for kind in SLOW}
    correct = (merged & repeats).sum()
    return Score(
        threshold, float(correct / repeats.sum()), float(correct / max(merged.sum(), 1)), _share(merged, mouths), slow,
        *_cuts(truth, film),
    )  # fmt: skip


def _share(merged: np.ndarray, of: np.ndarray) -> tuple[int, int]:
    return int((merged & of).sum()), int(of.sum())


def _cuts(truth: Sequence[Moment], film: Measured) -> tuple[float, tuple[int, int]]:
    """F1 of the cuts outside dissolves, and how many of the dissolves hold a cut."""
    numbers = range(len(truth))
    found = {shot.first - 1 for shot in find_shots([film])} - {0}
    cuts = {number for number in numbers[1:] if truth[number].cut}
    dissolving = {number for number in numbers if truth[number].kind == "dissolve" and not truth[number].cut}
    within = found & dissolving
    correct, claimed = len(cuts & found), len(found - dissolving)
    dissolves = sum(truth[number].cut and truth[number].kind == "dissolve" for number in numbers)
    return 2 * correct / (len(cuts) + claimed), (len(within), dissolves)


def _regrouping() -> Result:
    """Seconds to group a film of 170,000 frames from what is stored of it, and to store its holds."""
    return at_most("170,000 frames regrouped", regrouped().seconds, SECONDS_TO_REGROUP, "s", 1.0)
