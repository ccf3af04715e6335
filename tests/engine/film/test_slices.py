"""A film is grouped a slice at a time: with the same outcome whatever the slices, and in no more memory when longer."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.studio import add_film
from db.connect import writing
from db.exposures import Exposures, exposures
from db.requests import HoldsRequest
from engine.hold_preview import Held, previews
from engine.holds import HoldSpan, continues_hold, group_holds
from engine.jobs import film_slices
from engine.jobs.film_slices import frame_slices
from engine.measured import Measured, consecutive
from engine.shots import ShotSpan, find_shots
from engine.studio import Studio
from tests.engine.film.measured_films import random_film, sliced

Run = Callable[..., dict[str, Any]]
films = st.builds(random_film, st.integers(0, 10**6), st.integers(1, 300))
sizes = st.integers(1, 70)
thresholds = st.integers(0, 12)


def spans(film: Measured, size: int, threshold: int) -> tuple[list[HoldSpan], list[ShotSpan]]:
    shots = [shot for run in consecutive(sliced(film, size)) for shot in find_shots(run)]
    return list(group_holds(sliced(film, size), threshold)), shots


@settings(deadline=None, max_examples=50)
@given(films, sizes, thresholds)
def test_slices_change_neither_holds_nor_shots(film: Measured, size: int, threshold: int) -> None:
    assert spans(film, size, threshold) == spans(film, len(film), threshold)


@settings(deadline=None, max_examples=50)
@given(films, sizes, thresholds)
def test_slices_are_grouped_as_frame_after_frame_would_be(film: Measured, size: int, threshold: int) -> None:
    firsts: list[int] = []
    head = b""
    for index, number in enumerate(film.numbers.tolist()):
        now, gap = film.areas[index].tobytes(), index == 0 or number - film.numbers[index - 1] > 1
        if gap or not continues_hold(film.distances[index], now, head, threshold):
            firsts.append(number)
            head = now
    assert [hold.first for hold in group_holds(sliced(film, size), threshold)] == firsts


@settings(deadline=None, max_examples=50)
@given(films, sizes, thresholds)
def test_exposures_count_every_hold_once(film: Measured, size: int, threshold: int) -> None:
    held = Held(threshold)
    for frames in sliced(film, size):
        held.count(frames)
    lengths = [hold.last - hold.first + 1 for hold in group_holds([film], threshold)]
    ones, twos, threes = (lengths.count(length) for length in (1, 2, 3))
    assert held.exposures() == Exposures(ones, twos, threes, len(lengths) - ones - twos - threes)


@settings(deadline=None, max_examples=50)
@given(films, sizes)
def test_runs_end_at_gaps_alone(film: Measured, size: int) -> None:
    runs = [[number for part in run for number in part.numbers.tolist()] for run in consecutive(sliced(film, size))]
    assert [number for run in runs for number in run] == film.numbers.tolist()
    assert all(run == list(range(run[0], run[-1] + 1)) for run in runs)
    assert all(later[0] > earlier[-1] + 1 for earlier, later in zip(runs, runs[1:], strict=False))


def add_frames(studio: Studio, film: Measured) -> None:
    columns = film.numbers, film.distances, film.changes, film.tainted
    rows = zip(*(column.tolist() for column in columns), map(bytes, film.areas), strict=True)
    with writing(studio.db) as db:
        db.executemany(
            """INSERT INTO frame (film_id, number, pts, is_key, distance, cut_change, tainted, signature)
               VALUES (1, ?1, ?1, 0, ?2, ?3, ?4, ?5)""",
            rows,
        )


@pytest.fixture
def film(studio: Studio) -> Measured:
    """What is stored of a film, which has no holds yet."""
    film = random_film(7, 600)
    with writing(studio.db) as db:
        add_film(db, int(film.numbers[-1]), [1], [1])
        for table in ("frame", "hold", "shot"):
            db.execute(f"DELETE FROM {table}")
    add_frames(studio, film)
    return film


@pytest.mark.parametrize("size", [1, 7, 300, 5000])
def test_what_is_stored_is_read_grouped_and_tried_in_slices(
    studio: Studio, run: Run, film: Measured, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(film_slices, "FRAMES_AT_ONCE", size)
    assert max(map(len, frame_slices(studio.db, 1))) == min(size, len(film))
    holds, shots = spans(film, len(film), 3)
    assert run(HoldsRequest(film_id=1, threshold=3))["holds"] == len(holds)
    rows = studio.db.execute("SELECT first, last, key_frame FROM hold ORDER BY first")
    assert [HoldSpan(*row) for row in rows] == holds
    assert [shot for part in consecutive(frame_slices(studio.db, 1)) for shot in find_shots(part)] == shots
    tried = previews(studio.db, 1, [2, 3])
    assert tried[3] == exposures(studio.db, 1) and tried[2].holds > len(holds)


def test_a_longer_film_takes_no_more_memory(
    studio: Studio, run: Run, film: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_slices, "FRAMES_AT_ONCE", 200)

    def peak() -> int:
        tracemalloc.start()
        run(HoldsRequest(film_id=1, threshold=3))
        assert sum(1 for part in consecutive(frame_slices(studio.db, 1)) for _shot in find_shots(part)) > 10
        previews(studio.db, 1, [2, 3])
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return taken

    peak()
    short = peak()
    longer = random_film(8, 20 * len(film))
    add_frames(studio, replace(longer, numbers=film.numbers[-1] + np.arange(1, len(longer) + 1)))
    assert peak() < 2 * short  # Python itself keeps a little of what it has used
