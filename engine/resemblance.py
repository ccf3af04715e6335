"""Which shots of the film a picture resembles: exact cosine similarity, each shot named once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

METHOD = "tagger-vector cosine, uncalibrated"
QUERIES_PER_PRODUCT = 32
CANDIDATES_PER_HIT = 100


@dataclass(frozen=True)
class Hit:
    """Row `index` of the vectors, and its cosine similarity with the query, -1..1."""

    index: int
    score: float


def nearest(
    queries: NDArray[np.float32], vectors: NDArray[np.float32], shot_of: NDArray[np.int64], count: int = 5
) -> list[list[Hit]]:
    """For each query [q, dim], the best row of each of the `count` most alike shots, best first.

    `vectors` [n, dim] and `queries` have unit length; `shot_of` [n] names each row's shot. Fewer shots give fewer
    hits. Exhaustive on purpose: approximate indexes lose half the answers on a film's near-duplicates.
    """
    hits: list[list[Hit]] = []
    for start in range(0, len(queries), QUERIES_PER_PRODUCT):
        some = queries[start : start + QUERIES_PER_PRODUCT]
        hits.extend(_best_of_shots(row, shot_of, count) for row in _similarities(some, vectors))
    return hits


def _similarities(queries: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Products [q, n], always of the same shape inside: a row's last bits depend on how many are multiplied at once."""
    padded = np.zeros((QUERIES_PER_PRODUCT, queries.shape[1]), np.float32)
    padded[: len(queries)] = queries
    products: NDArray[np.float32] = padded @ vectors.T
    return products[: len(queries)]


def _best_of_shots(similarities: NDArray[np.float32], shot_of: NDArray[np.int64], count: int) -> list[Hit]:
    candidates = _largest(similarities, count * CANDIDATES_PER_HIT)
    best = _first_of_each_shot(candidates, shot_of)
    if len(best) < count and len(candidates) < len(similarities):
        best = _first_of_each_shot(_largest(similarities, len(similarities)), shot_of)
    return [Hit(int(index), float(similarities[index])) for index in best[:count]]


def _largest(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Indexes of the largest values, descending; equal values in index order."""
    if count < len(values):
        smallest_kept = np.partition(values, len(values) - count)[len(values) - count]
        chosen = np.flatnonzero(values >= smallest_kept)
    else:
        chosen = np.arange(len(values))
    return chosen[np.argsort(-values[chosen], kind="stable")]


def _first_of_each_shot(candidates: NDArray[np.int64], shot_of: NDArray[np.int64]) -> NDArray[np.int64]:
    _shots, firsts = np.unique(shot_of[candidates], return_index=True)
    return candidates[np.sort(firsts)]
