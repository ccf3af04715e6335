"""Films as ingest measured them, made of numbers alone."""

from collections.abc import Iterator, Sequence

import numpy as np

from engine.measured import Measured

SIGNATURE_BYTES = 144


def film_of(frames: Sequence[tuple[int, int, bool]], numbers: Sequence[int] = ()) -> Measured:
    """Frames of a distance, one mean in all areas, and whether they are tainted; numbered from 1 or as told."""
    rows = zip(numbers or range(1, len(frames) + 1), frames, strict=True)
    return Measured.of(
        [
            (number, distance, 0.0, tainted, bytes([mean]) * SIGNATURE_BYTES)
            for number, (distance, mean, tainted) in rows
        ]
    )


def random_film(seed: int, length: int) -> Measured:
    """A film with held drawings, drifts, cuts, flashes, motion on threes, taint and gaps between its parts."""
    random = np.random.default_rng(seed)
    changed = random.random(length) < 0.1
    means = np.cumsum(np.where(changed, random.integers(-60, 60, length), random.integers(-1, 2, length))) % 256
    flashes = random.random(length) < 0.03
    changes = np.where(changed | flashes, random.uniform(8, 60, length), random.choice((0, 0, 0.5, 6), length))
    return Measured(
        np.cumsum(np.where(random.random(length) < 0.02, 5, 1)),
        np.where(changed, random.integers(0, 90, length), random.integers(0, 4, length)),
        changes,
        random.random(length) < 0.3,
        np.where(flashes, 255, means).astype(np.uint8)[:, None].repeat(SIGNATURE_BYTES, 1),
    )


def sliced(film: Measured, size: int) -> Iterator[Measured]:
    """The film in slices of so many frames."""
    return (film[start : start + size] for start in range(0, len(film), size))
