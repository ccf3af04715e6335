"""Randomness of training as pure functions of (seed, step, index), so that resuming costs nothing and repeats exactly.

Every draw has a Philox generator of its own: the key comes from the seed and the name of the stream, the counter from
the position in training. J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=64)
def _key(seed: int, stream: str) -> tuple[int, int]:
    digest = hashlib.blake2b(f"{seed}:{stream}".encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def generator(seed: int, stream: str, *counter: int) -> np.random.Generator:
    """The generator of one position (at most three numbers) of a named stream."""
    words = (0, *counter, *(0,) * (3 - len(counter)))
    key = np.array(_key(seed, stream), dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=np.array(words, dtype=np.uint64)))


def noise(seed: int, step: int, indices: range, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard normal noise [len(indices), *shape], each index independent of the others."""
    rows = np.empty((len(indices), *shape), dtype=np.float32)
    for row, index in zip(rows, indices, strict=True):
        generator(seed, "noise", step, index).standard_normal(out=row, dtype=np.float32)
    return rows


def timesteps(seed: int, step: int, indices: range, count: int) -> NDArray[np.int64]:
    """Uniform timesteps 0..count-1, one for each index."""
    return np.array([generator(seed, "timestep", step, i).integers(count) for i in indices], dtype=np.int64)


def epoch_order(seed: int, epoch: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """The items of one epoch in order, as many as there are weights.

    An item appears in proportion to its weight, rounded up or down by systematic resampling (Carpenter et al. 1999),
    so that every item comes in its turn and none comes much too often.
    """
    count = len(weights)
    random = generator(seed, "epoch", epoch)
    bounds = np.cumsum(weights) * (count / weights.sum())
    points = np.arange(count) + random.random()
    items = np.minimum(np.searchsorted(bounds, points, side="right"), count - 1)
    return random.permutation(items).astype(np.int64)


class Sampling:
    """Which items a step trains on; any step can be asked for, in any order."""

    def __init__(self, seed: int, weights: Sequence[float]) -> None:
        self._weights = np.asarray(weights, dtype=np.float64)
        self._order = lru_cache(maxsize=2)(lambda epoch: epoch_order(seed, epoch, self._weights))

    def items(self, step: int, batch_size: int) -> list[int]:
        """Item numbers of the batch of step `step`, counted from 0."""
        count = len(self._weights)
        positions = range(step * batch_size, (step + 1) * batch_size)
        return [int(self._order(position // count)[position % count]) for position in positions]


def chance(seed: int, stream: str, step: int, index: int, probability: float) -> bool:
    """Whether an event of this probability happens at this position."""
    return bool(probability > 0 and generator(seed, stream, step, index).random() < probability)


def shuffled_subset(seed: int, step: int, index: int, count: int, dropout: float) -> list[int]:
    """The numbers 0..count-1 in random order, each left out with probability `dropout`."""
    random = generator(seed, "tags", step, index)
    kept = np.flatnonzero(random.random(count) >= dropout)
    return [int(number) for number in random.permutation(kept)]
