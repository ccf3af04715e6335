"""Stretches that two films share, as the opening and the ending of a series do.

Every frame's signature, the means of 16x9 areas of its luma, is stored at ingest and hardly changes from one encode to
the next. Frames of one film that look like frames of the other vote for how far the other is ahead; along the distances
with most votes runs of frames are kept that are alike nearly throughout, last long enough and show enough drawings.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SHORTEST_SECONDS = 10
FEWEST_DRAWINGS, SECONDS_A_DRAWING = 6, 4
ALIKE_RMS = 4.0
LEAST_CONTRAST = 6.0
NEW_DRAWING_RMS = 3.0
FEWEST_VOTES = 10
MOST_OFFSETS, OFFSETS_OF_ONE_STRETCH = 20, 2
LONGEST_GAP_SECONDS = Fraction(1, 2)
LEAST_ALIKE = 0.9
ROWS_AT_ONCE = 512

Signatures = NDArray[np.uint8]  # [frames, areas]


class Shared(NamedTuple):
    """Frames `first`..`last` of one film, by index, show what those from `other_first` on show of the other."""

    first: int
    last: int
    other_first: int
    alike: float

    @property
    def other_last(self) -> int:
        """The last index in the other film."""
        return self.other_first + self.last - self.first


def shared_stretches(film: Signatures, other: Signatures, fps: Fraction) -> list[Shared]:
    """What two films of one frame rate share, longest first, no frame twice."""
    ours, theirs = new_drawings(film), new_drawings(other)
    drawn = np.isin(np.arange(len(film)), ours)
    offsets = _offsets(film, other, ours, theirs) if ours.size and theirs.size else []
    found = [run for offset in offsets for run in _runs(film, other, drawn, offset, fps)]
    kept: list[Shared] = []
    for each in sorted(found, key=lambda run: (run.first - run.last, -run.alike)):
        if not any(_meet(each, before) for before in kept):
            kept.append(each)
    return kept


def _meet(a: Shared, b: Shared) -> bool:
    return (a.first <= b.last and b.first <= a.last) or (
        a.other_first <= b.other_last and b.other_first <= a.other_last
    )


def _offsets(film: Signatures, other: Signatures, ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> list[int]:
    """How far the other film is ahead where most of their new drawings are alike, most votes first."""
    votes = np.zeros(len(film) + len(other) + 2, np.int64)
    for here, there in product(_slices(len(ours)), _slices(len(theirs))):
        a, b = np.nonzero(_squares(film[ours[here]], other[theirs[there]]) <= ALIKE_RMS**2)
        np.add.at(votes, theirs[there][b] - ours[here][a] + len(film), 1)
    votes = np.convolve(votes, (1, 2, 1), "same")  # a drawing may begin a frame earlier in one encode
    chosen: list[int] = []
    for offset in np.argsort(-votes, kind="stable"):
        if votes[offset] < FEWEST_VOTES or len(chosen) == MOST_OFFSETS:
            break
        if all(abs(offset - before) > OFFSETS_OF_ONE_STRETCH for before in chosen):
            chosen.append(int(offset))
    return [offset - len(film) for offset in chosen]


def _slices(length: int) -> list[slice]:
    """What is compared at once, so that long films take little more memory than short ones."""
    return [slice(start, start + ROWS_AT_ONCE) for start in range(0, length, ROWS_AT_ONCE)]


def new_drawings(film: Signatures) -> NDArray[np.int64]:
    """Frames that look clearly other than the one before, and are not all of one grey."""
    changed = _rms(film[1:], film[:-1]) > NEW_DRAWING_RMS
    contrast = [film[part].std(axis=1, dtype=np.float32) for part in _slices(len(film))]
    return np.flatnonzero(np.concatenate(([True], changed)) & (np.concatenate(contrast) > LEAST_CONTRAST))


def _rms(a: Signatures, b: Signatures) -> NDArray[np.float32]:
    """The root mean square difference [n] of the areas, frame by frame."""
    parts = [
        np.sqrt(np.square(a[part].astype(np.float32) - b[part]).mean(axis=1, dtype=np.float32))
        for part in _slices(len(a))
    ]
    return np.concatenate([np.empty(0, np.float32), *parts])


def _squares(a: Signatures, b: Signatures) -> NDArray[np.float32]:
    """Mean square differences [len(a), len(b)]."""
    x, y = a.astype(np.float32), b.astype(np.float32)
    squares: NDArray[np.float32] = np.square(x).sum(1)[:, None] + np.square(y).sum(1)[None] - 2 * x @ y.T
    squares /= x.shape[1]
    return squares


def _runs(
    film: Signatures, other: Signatures, drawn: NDArray[np.bool_], offset: int, fps: Fraction
) -> Iterator[Shared]:
    first, last = max(0, -offset), min(len(film), len(other) - offset)
    if last - first < SHORTEST_SECONDS * fps:
        return
    alike = _rms(film[first:last], other[first + offset : last + offset]) <= ALIKE_RMS
    for start, end in _spans(alike, int(LONGEST_GAP_SECONDS * fps)):
        seconds, share = float((end - start) / fps), float(alike[start:end].mean())
        drawings = int(drawn[first + start : first + end].sum())
        if seconds >= SHORTEST_SECONDS and share >= LEAST_ALIKE:
            if drawings >= max(FEWEST_DRAWINGS, seconds / SECONDS_A_DRAWING):
                yield Shared(first + start, first + end - 1, first + start + offset, share)


def _spans(alike: NDArray[np.bool_], longest_gap: int) -> Iterator[tuple[int, int]]:
    """Runs of alike frames, ends excluded, over short gaps."""
    places = np.flatnonzero(alike)
    if not places.size:
        return
    breaks = np.flatnonzero(np.diff(places) > longest_gap + 1)
    for start, end in zip([0, *(breaks + 1)], [*breaks, len(places) - 1], strict=True):
        yield int(places[start]), int(places[end]) + 1
