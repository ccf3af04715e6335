"""What a film would be grouped into: `python -m engine.hold_preview STUDIO FILM THRESHOLD...` prints it as JSON.

Nothing is written, no frame decoded and no queue waited for, so that a person can try thresholds while work goes on.
"""

import json
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from db.connect import connect_studio
from db.exposures import Exposures
from engine.holds import HoldHeads
from engine.jobs.film_slices import frame_slices
from engine.measured import Measured

LONGER = 4  # frames


def previews(db: Connection, film_id: int, thresholds: Iterable[int]) -> dict[int, Exposures]:
    """How long drawings would be held at each of the thresholds."""
    held = {threshold: Held(threshold) for threshold in thresholds}
    for frames in frame_slices(db, film_id):
        for each in held.values():
            each.count(frames)
    return {threshold: each.exposures() for threshold, each in held.items()}


class Held:
    """How long drawings are held at a threshold, counted slice after slice of a film."""

    def __init__(self, threshold: int) -> None:
        self._heads = HoldHeads(threshold)
        self._counts = np.zeros(LONGER + 1, np.int64)
        self._length = 0  # of the hold that goes on

    def count(self, frames: Measured) -> None:
        """Count the holds that end in a slice."""
        starts = [-self._length, *self._heads(frames)]
        self._counts += _counts(np.diff(starts))
        self._length = len(frames) - starts[-1]

    def exposures(self) -> Exposures:
        """What was counted, with the hold that the film ends with."""
        return Exposures(*(self._counts + _counts([self._length]))[1:].tolist())


def _counts(lengths: ArrayLike) -> NDArray[np.int64]:
    """How many holds are so long, from 0 (before the first there is none) to 4 frames and more."""
    return np.bincount(np.minimum(lengths, LONGER), minlength=LONGER + 1)


def main() -> None:
    """Print `{"4": {"ones": 1, "twos": 2, "threes": 3, "longer": 4}}`."""
    root, film_id, *thresholds = sys.argv[1:]
    with closing(connect_studio(Path(root))) as db:
        print(json.dumps(msgspec.to_builtins(previews(db, int(film_id), map(int, thresholds)), str_keys=True)))


if __name__ == "__main__":
    main()
