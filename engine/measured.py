"""What ingest stored of a film's frames, in slices: so a long film takes no more memory than a short one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Measured:
    """Frames in film order: the means of their luma's areas are [n, 144], all else is [n]; at least one frame.

    `distances` and `changes` (`luma_distance` and `hsv_change`) are to the frame before.
    """

    numbers: NDArray[np.int64]
    distances: NDArray[np.int64]
    changes: NDArray[np.float64]
    tainted: NDArray[np.bool_]
    areas: NDArray[np.uint8]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]]) -> Self:
        """Frames as rows (number, distance, change, tainted, signature)."""
        numbers, distances, changes, tainted, signatures = zip(*rows, strict=True)
        areas = np.frombuffer(b"".join(signatures), np.uint8).reshape(len(rows), -1)
        return cls(
            np.array(numbers), np.array(distances), np.array(changes, np.float64), np.array(tainted, np.bool_), areas
        )

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, part: slice) -> Self:
        return type(self)(*(column[part] for column in self._columns()))

    def before(self, later: Self) -> Self:
        """These frames and later ones."""
        return type(self)(*map(np.concatenate, zip(self._columns(), later._columns(), strict=True)))

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.numbers, self.distances, self.changes, self.tainted, self.areas


def consecutive(slices: Iterable[Measured]) -> Iterator[Iterator[Measured]]:
    """Frames in runs without a gap between their numbers; a run is read before the next is asked for."""
    for _offset, run in groupby(_with_offsets(slices), key=itemgetter(0)):
        yield (frames for _offset, frames in run)


def _with_offsets(slices: Iterable[Measured]) -> Iterator[tuple[int, Measured]]:
    """Slices cut at the gaps, each with how many frames lack before it."""
    seen = 0
    for frames in slices:
        gaps = np.flatnonzero(np.diff(frames.numbers) != 1) + 1
        for start, end in pairwise([0, *gaps.tolist(), len(frames)]):
            yield int(frames.numbers[start]) - seen - start, frames[start:end]
        seen += len(frames)
