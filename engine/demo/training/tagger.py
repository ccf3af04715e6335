"""The tagger's training: drawings in every hand, as squares and as film frames, and the tags they show."""

import csv
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.base import default_device
from engine.demo.drawing.scene import Scene
from engine.demo.training.corpus import SIZE
from engine.demo.training.frames import squared
from engine.demo.training.loading import batches
from engine.demo.training.log import say
from engine.demo.training.state import Course, Training
from engine.demo.training.tagger_network import LEVELS, Levels, TaggerNetwork, export
from engine.demo.training.vocabulary import EXPRESSIONS, EYE_COLOURS, danbooru_name, labels, vocabulary
from engine.tagger import MODEL_FILE, TAGS_FILE

BATCH = 64
_SAVE_SECONDS = 120
_SMALL = (*EYE_COLOURS, *EXPRESSIONS, "brow markings", "glasses", "blush", "earrings", "braid", "ponytail")
_SHIFT = 4
_PATCH = 6


@dataclass(frozen=True)
class Leg:
    """A share of the training with a learning rate of its own course; some tags weigh more than 1, and a share of the
    pictures is `patched`. At its end a share of how the weights were before it is `kept` (Wortsman et al., 2022)."""

    share: float
    weights: Mapping[str, float]
    flat: float
    patched: float = 0.0
    kept: float = 0.0


_MOUTHS = {**dict.fromkeys(_SMALL, 2.0), "smile": 6.0, "open mouth": 10.0, "frown": 10.0, "earrings": 5.0}
LEGS = (
    Leg(4 / 7, dict.fromkeys(_SMALL, 2.0), 0.3),
    Leg(2 / 7, dict.fromkeys(_SMALL, 3.0), 0.5),
    Leg(1 / 7, _MOUTHS, 0.4),
)
LONGER = (*(replace(leg, share=leg.share * 14 / 19) for leg in LEGS), Leg(5 / 19, _MOUTHS, 0.4, 1 / 3, kept=0.5))
"""One more, so that what a base draws badly about a head, or half of somebody else, is not taken for the head."""


class Drawings(Protocol):
    """A `Corpus` or `Frames`."""

    pictures: NDArray[np.uint8]

    @property
    def scenes(self) -> list[Scene]: ...


def train_tagger(
    drawings: Sequence[tuple[Drawings, float]],
    out: Path,
    checkpoint: Path,
    pictures: int,
    seed: int = 0,
    levels: Levels = LEVELS,
    legs: Sequence[Leg] = LEGS,
) -> None:
    """Train on `pictures` drawings, taken from each of `drawings` by its share, and write the tagger's folder `out`.

    Runs on one thread or a card, and goes on from `checkpoint`, one file for each leg.
    """
    torch.manual_seed(seed)
    tags = vocabulary()
    network = TaggerNetwork(len(tags), levels).to(default_device(), memory_format=torch.channels_last)
    for number, leg in enumerate(legs):
        drawn = Batches(drawings, tags, seed + 1000 * number, leg.patched)
        before = [parameter.detach().clone() for parameter in network.parameters()]
        course = Course(4e-3, max(1, round(leg.share * pictures / BATCH)), warmup=150, flat=leg.flat, end=0.005)
        training = Training(network.parameters(), course, 2e-2, 0.998)
        _train(network, training, drawn, leg.weights, checkpoint.with_suffix(f".{number}"))
        training.averaged.apply()
        with torch.no_grad():
            torch._foreach_lerp_(training.parameters, before, leg.kept)
    settle(network, drawn)
    network.cpu()
    out.mkdir(parents=True, exist_ok=True)
    write_tags(tags, out / TAGS_FILE)
    export(network, out / MODEL_FILE)


def _train(
    network: TaggerNetwork, training: Training, drawn: "Batches", weights: Mapping[str, float], checkpoint: Path
) -> None:
    training.resume(checkpoint)
    weight = torch.tensor([weights.get(tag, 1.0) for tag in drawn.tags], device=default_device())
    started, saved, first = time.monotonic(), time.monotonic(), training.step
    total = torch.zeros((), device=default_device())
    network.train()
    for pictures, wanted in batches(drawn.batch, training.step, training.course.steps):
        with torch.autocast(pictures.device.type, dtype=torch.bfloat16):
            logits = network.logits(pictures)
        loss = F.binary_cross_entropy_with_logits(logits.float(), wanted, weight, reduction="none")
        loss.sum(1).mean().backward()
        training.update()
        total += loss.detach().sum(1).mean()
        if training.step % 100 == 0:
            speed = (training.step - first) * BATCH / (time.monotonic() - started)
            say("tagger", step=training.step, of=training.course.steps, loss=float(total / 100), speed=speed)
            total.zero_()
        if time.monotonic() - saved > _SAVE_SECONDS or training.finished:
            training.save(checkpoint)
            saved = time.monotonic()


class Batches:
    """Batches of drawings and what they show, the same for the same step."""

    def __init__(
        self, drawings: Sequence[tuple[Drawings, float]], tags: Sequence[str], seed: int, patched: float = 0.0
    ) -> None:
        self.tags, self.seed, self.patched = tags, seed, patched
        self.sources = [(each.pictures, labels(each.scenes, tags).astype(np.float32)) for each, _ in drawings]
        shares = np.cumsum([0.0, *(share for _, share in drawings)])
        self.edges = np.round(shares / shares[-1] * BATCH).astype(int)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Pictures [64, 128, 128, 3] BGR 0..255 and which tags they have, [64, tags]."""
        rng = np.random.default_rng([self.seed, step])
        pictures, wanted = [], []
        for (source, known), count in zip(self.sources, np.diff(self.edges), strict=True):
            numbers = np.sort(rng.integers(0, len(source), count))
            part = source[numbers] if rng.random() < 0.5 else source[numbers][:, :, ::-1]
            pictures.append(squared(part) if count else np.zeros((0, *part.shape[1:]), np.uint8))
            wanted.append(known[numbers])
        together = np.concatenate(pictures)
        if self.patched:
            patch(together, self.patched, rng)
        return varied(together, rng), torch.from_numpy(np.concatenate(wanted))


def patch(pictures: NDArray[np.uint8], share: float, rng: np.random.Generator) -> None:
    """Paste a little of another picture into a share of them [n, s, s, 3], as CutMix does (Yun et al., 2019), which
    mixes labels too: a patch or a strip at a side, too small to bring a thing that is to be named."""
    chosen = rng.permutation(len(pictures))[: round(share * len(pictures))]
    for into, out_of in zip(chosen, rng.integers(0, len(pictures), len(chosen)), strict=True):
        width, height = rng.integers(_PATCH, 4 * _PATCH, 2)
        left, top = rng.integers(0, SIZE - width), rng.integers(0, SIZE - height)
        if rng.random() < 0.5:
            left, top, height = rng.choice([0, SIZE - width]), 0, SIZE
        place = slice(top, top + height), slice(left, left + width)
        pictures[into][place] = pictures[out_of][place]


def varied(pictures: NDArray[np.uint8], rng: np.random.Generator) -> Tensor:
    """RGB pictures [n, s, s, 3] as BGR floats: moved, some in other light, noisy or blurred."""
    down, right = (int(by) for by in rng.integers(-_SHIFT, _SHIFT + 1, 2))
    moved = np.roll(pictures, (down, right), (1, 2))[..., ::-1]
    count = len(moved)
    seeded = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
    light = torch.from_numpy(rng.uniform(0.92, 1.08, (count, 1, 1, 3)) * rng.uniform(0.95, 1.05, (count, 1, 1, 1)))
    level = torch.from_numpy(rng.uniform(-10, 10, (count, 1, 1, 1)))
    changed = torch.from_numpy(np.ascontiguousarray(moved)).float().mul_(light.float()).add_(level.float())
    order = torch.from_numpy(rng.permutation(count))
    noisy, blurred = order[: count // 4], order[count // 8 : count // 8 + count // 4]
    noise = torch.randn((len(noisy), *changed.shape[1:]), generator=seeded)
    changed[noisy] += noise.mul_(float(rng.uniform(2, 12)))
    changed[blurred] = _blurred(changed[blurred])
    return changed.clamp_(0, 255)


def settle(network: TaggerNetwork, drawn: Batches, count: int = 60) -> None:
    """Measure the batch norms' statistics for averaged weights (Izmailov et al., 2018)."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    network.train()
    with torch.no_grad():
        for pictures, _wanted in batches(drawn.batch, 1 << 31, (1 << 31) + count):
            network(pictures)
    network.eval()


def write_tags(tags: Sequence[str], path: Path) -> None:
    """The tags in the order of the scores, as the WD taggers list them; all of them are general."""
    partial = path.with_suffix(".partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["tag_id", "name", "category", "count"])
        rows.writerows([number, danbooru_name(tag), 0, 0] for number, tag in enumerate(tags))
    os.replace(partial, path)


def _blurred(pictures: Tensor) -> Tensor:
    edges = F.pad(pictures.permute(0, 3, 1, 2), (1, 1, 1, 1), "replicate")
    return F.avg_pool2d(edges, 3, 1).permute(0, 2, 3, 1)
