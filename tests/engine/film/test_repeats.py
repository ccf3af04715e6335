"""Openings and endings that films share: all of them found, and nothing else, whatever the encode."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.repeats import repeats
from db.requests import IngestRequest
from engine import repeats as repeats_module
from engine.repeats import Signatures, new_drawings, shared_stretches
from engine.studio import Studio
from tests.engine.film.clips import Picture, numbered, write_clip

FPS = Fraction(24)
SECOND = 24
TOLERANCE = 3


def drawings(seed: int, seconds: float, held: int = 3) -> Signatures:
    """Signatures of animation held on threes: the same backgrounds come back, and what stands before them moves."""
    random = np.random.default_rng(seed)
    backgrounds = random.integers(30, 220, (3, 144))
    count = int(seconds * SECOND)
    frames = np.empty((count, 144))
    for start in range(0, count, held):
        drawn = backgrounds[start // (4 * SECOND) % 3].copy()
        drawn[random.integers(0, 100) :][:40] = random.integers(0, 255)
        frames[start : start + held] = drawn
    return np.clip(frames, 0, 255).astype(np.uint8)


def encoded(signatures: Signatures, seed: int) -> Signatures:
    """As another encode would have them: area means a little off."""
    noise = np.random.default_rng(seed).normal(0, 0.8, signatures.shape)
    return np.clip(np.rint(signatures + noise), 0, 255).astype(np.uint8)


def black(seconds: float) -> Signatures:
    return np.full((int(seconds * SECOND), 144), 16, np.uint8)


def still(seed: int, seconds: float) -> Signatures:
    """A title that stands for long."""
    return np.repeat(drawings(seed, 0.2)[:1], int(seconds * SECOND), axis=0)


OPENING, ENDING = drawings(1, 30), drawings(2, 20)


@given(st.integers(0, 10**6), st.floats(1, 40), st.floats(1, 40), st.booleans())
@settings(max_examples=6, deadline=None)
def test_what_is_shared_is_found_to_the_frame_and_nothing_else(
    seed: int, cold_open: float, other_cold_open: float, has_ending: bool
) -> None:
    """Black, a long title and a few seconds of stock footage are in both films too, and are no opening."""
    films = []
    for index, cold in enumerate((cold_open, other_cold_open)):
        own = seed + 1000 * (index + 1)
        parts = [drawings(own, cold), encoded(OPENING, own), drawings(own + 1, 20), black(15), drawings(own + 2, cold)]
        parts += [still(7, 15), drawings(own + 4, 9 - index), encoded(drawings(3, 6), own), drawings(own + 5, 5)]
        films.append(np.concatenate([*parts, encoded(ENDING, own + 3)] if has_ending else parts))
    found = shared_stretches(films[0], films[1], FPS)
    starts = [int(cold_open * SECOND)] + ([len(films[0]) - len(ENDING)] if has_ending else [])
    lengths = [len(OPENING), len(ENDING)]
    assert len(found) == len(starts)
    for shared, start, length in zip(sorted(found), starts, lengths, strict=False):
        assert abs(shared.first - start) <= TOLERANCE and abs(shared.last - (start + length - 1)) <= TOLERANCE
        assert shared.alike > 0.95


@given(st.integers(0, 10**6))
@settings(max_examples=6, deadline=None)
def test_films_that_share_nothing_share_nothing(seed: int) -> None:
    assert shared_stretches(drawings(seed, 40), drawings(seed + 10**7, 40), FPS) == []
    assert shared_stretches(black(60), black(60), FPS) == []
    assert shared_stretches(black(1), drawings(seed, 1), FPS) == []


@pytest.mark.parametrize("rows", [7, 100, 512])
def test_how_much_is_compared_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    film = np.concatenate([drawings(10, 20), encoded(OPENING, 11), drawings(12, 10), black(3), encoded(ENDING, 13)])
    other = np.concatenate([encoded(OPENING, 21), drawings(22, 31), encoded(ENDING, 23), still(7, 12)])
    monkeypatch.setattr(repeats_module, "ROWS_AT_ONCE", len(film) + len(other))
    at_once, drawn = shared_stretches(film, other, FPS), new_drawings(film).tolist()
    monkeypatch.setattr(repeats_module, "ROWS_AT_ONCE", rows)
    assert shared_stretches(film, other, FPS) == at_once and new_drawings(film).tolist() == drawn
    assert len(at_once) == 2


def _pictures(first: int, count: int) -> list[Picture]:
    """Drawings held on threes, one background for a second."""
    return [numbered(first + index // 3, scene=first + index // 24) for index in range(count)]


@pytest.fixture
def episodes(tmp_path: Path) -> list[Path]:
    """Three films: the first two share an opening of 11 seconds, at different places and in different encodes."""
    opening = _pictures(2000, 264)
    bodies = [
        [*_pictures(1, 40), *opening, *_pictures(300, 90)],
        [*_pictures(600, 91), *opening, *_pictures(900, 30)],
        _pictures(1200, 300),
    ]
    how: list[dict[str, Any]] = [{"crf": "14"}, {"crf": "26"}, {"crf": "20"}]
    return [
        write_clip(tmp_path / f"episode-{index}.mp4", body, options={"preset": "veryfast", **options})
        for index, (body, options) in enumerate(zip(bodies, how, strict=True), 1)
    ]


def test_an_opening_is_found_when_the_second_film_is_in(
    studio: Studio, run: Callable[..., dict[str, Any]], episodes: list[Path]
) -> None:
    ids = [run(IngestRequest(path=str(path)))["film_id"] for path in episodes]
    found = repeats(studio.db)
    assert {(each.film_id, each.other_film_id) for each in found} == {(ids[0], ids[1]), (ids[1], ids[0])}
    places = {each.film_id: (each.first, each.last) for each in found}
    for film_id, (first, last) in {ids[0]: (41, 304), ids[1]: (92, 355)}.items():
        assert abs(places[film_id][0] - first) <= TOLERANCE and abs(places[film_id][1] - last) <= TOLERANCE
    assert all(each.alike > 0.9 for each in found)
