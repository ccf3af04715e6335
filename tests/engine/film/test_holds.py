"""Holds and shots: drawings are found, mouths are never merged, every frame belongs to exactly one of each."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.holds import estimated, measured
from bench.limited_animation import animation, encode
from db.exposures import DEFAULT_THRESHOLD, HIGHEST_THRESHOLD, estimate_threshold
from engine.holds import NO_REPEAT, HoldHeads, group_holds, look, luma_distance, small_planes, small_size
from engine.measured import Measured
from engine.shots import find_shots
from tests.engine.film.clips import Picture, write_clip
from tests.engine.film.measured_films import film_of


def scene(seed: int, width: int = 1920, height: int = 1080) -> Picture:
    random = np.random.default_rng(seed)
    picture = np.full((height, width, 3), random.integers(40, 215, 3), np.uint8)
    for _shape in range(40):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        size = (int(random.integers(width // 40, width // 5)), int(random.integers(height // 40, height // 4)))
        colour = [int(value) for value in random.integers(0, 255, 3)]
        cv2.rectangle(picture, (x, y), (x + size[0], y + size[1]), colour, -1)
    return picture


def holds_of(path: Path, threshold: int) -> list[tuple[int, int]]:
    return [(hold.first, hold.last) for hold in group_holds([measured(path)], threshold)]


def test_held_drawings_are_found_and_an_eight_pixel_mouth_is_never_merged(tmp_path: Path) -> None:
    closed = scene(3)
    closed[500:580, 900:1000] = (225, 190, 170)
    half, wide = closed.copy(), closed.copy()
    half[535:539, 946:954] = (120, 30, 40)
    wide[533:541, 946:954] = (120, 30, 40)
    drawings = [closed, wide, closed, half, wide, closed]
    clip = write_clip(tmp_path / "clip.mp4", [drawing for drawing in drawings for _repeat in range(3)])
    assert holds_of(clip, DEFAULT_THRESHOLD) == [(first, first + 2) for first in range(1, 18, 3)]


def test_a_slow_fade_does_not_drift_through_one_hold(tmp_path: Path) -> None:
    picture = scene(5, 480, 272).astype(float)
    clip = write_clip(tmp_path / "fade.mp4", [(picture * (1 - index / 60)).astype(np.uint8) for index in range(40)])
    holds = holds_of(clip, DEFAULT_THRESHOLD)
    assert len(holds) > 5


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.booleans()), min_size=1, max_size=60),
    st.integers(0, 12),
    st.integers(1, 1000),
)
def test_holds_are_contiguous_cover_all_and_have_untainted_keys(
    frames: list[tuple[int, int, bool]], threshold: int, first: int
) -> None:
    numbers = list(range(first, first + len(frames)))
    holds = list(group_holds([film_of(frames, numbers)], threshold))
    assert [number for hold in holds for number in range(hold.first, hold.last + 1)] == numbers
    for hold in holds:
        untainted = [number for number in range(hold.first, hold.last + 1) if not frames[number - first][2]]
        assert hold.key_frame == (untainted[0] if untainted else None)
        head = frames[hold.first - first]
        for number in range(hold.first + 1, hold.last + 1):
            distance, mean, _tainted = frames[number - first]
            assert distance <= threshold and abs(mean - head[1]) <= threshold


@given(st.lists(st.integers(0, 12), min_size=2, max_size=60), st.integers(0, 11))
def test_a_higher_threshold_never_makes_more_holds(distances: list[int], threshold: int) -> None:
    film = film_of([(distance, 0, False) for distance in distances])
    assert len(HoldHeads(threshold + 1)(film)) <= len(HoldHeads(threshold)(film))


def counted(distances: Iterable[int]) -> list[int]:
    counts = Counter(distances)
    return [counts[distance] for distance in range(256)]


def test_the_threshold_is_at_the_foot_of_the_repeats() -> None:
    random = np.random.default_rng(0)

    def film(noise: int) -> list[int]:
        repeats = random.integers(0, noise + 1, 600)
        return counted([*repeats.tolist(), *random.integers(20, 200, 300).tolist()])

    assert estimate_threshold(film(1)) == DEFAULT_THRESHOLD
    assert estimate_threshold(film(4)) == 4
    assert estimate_threshold(film(9)) == 9


def test_slow_movement_above_the_repeats_does_not_raise_the_threshold() -> None:
    assert estimate_threshold(counted([0] * 300 + [1] * 200 + [3] * 9 + [4] * 3 + [5] * 60 + [6] * 90)) == 4


def test_a_film_without_repeats_gets_the_default_threshold() -> None:
    assert estimate_threshold(counted(range(20, 200))) == DEFAULT_THRESHOLD


def test_noise_counts_half_a_moving_area_whole_and_one_that_moves_far_more_than_any_threshold() -> None:
    grey = np.full((135, 240), 120, np.uint8)
    noisy, moving, fading = grey.copy(), grey.copy(), grey.copy()
    noisy[40, 50] += 7
    moving[30:35, 30:35] += 7
    fading[30:45, 30:45] -= 3
    distances = [luma_distance(look(each), look(grey)) for each in (noisy, moving, fading)]
    assert distances == [4, 7, NO_REPEAT] and NO_REPEAT > HIGHEST_THRESHOLD


def test_limited_animation_is_grouped_as_it_was_drawn(tmp_path: Path) -> None:
    """The quick variant of `bench holds`: mouths, a pan and a fade at crf 23, by the estimated threshold."""
    moments = [moment for moment in animation(7, 5, length=24) if moment.kind in ("mouth", "pan", "fade")]
    truth = encode(tmp_path / "film.mp4", iter(moments), 23, preset="veryfast")
    film = measured(tmp_path / "film.mp4")
    heads = set(HoldHeads(estimated(film))(film))
    merged = [index not in heads for index in range(len(truth))]
    same = [moment.repeats for moment in truth]
    assert not any(joined for joined, moment in zip(merged, truth, strict=True) if joined and not moment.repeats)
    assert sum(map(lambda one, other: one and other, merged, same)) >= 0.98 * sum(same) > 30


@pytest.mark.parametrize(
    ("size", "small"),
    [((1920, 1080), (240, 135)), ((1920, 800), (240, 100)), ((1440, 1080), (180, 135)), ((128, 96), (128, 96))],
)
def test_the_small_picture_keeps_the_aspect(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert small_size(*size) == small


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (854, 480), (128, 96)])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le", "yuv444p", "nv12", "rgb24", "gray"])
def test_small_luma_is_an_area_mean_in_every_pixel_format(size: tuple[int, int], pixel_format: str) -> None:
    width, height = size
    grey = np.linspace(0, 255, width, dtype=np.uint8)[None, :, None].repeat(height, 0).repeat(3, 2)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(grey), "rgb24").reformat(format=pixel_format)
    luma = small_planes(frame)[0]
    assert luma.shape == small_size(width, height)[::-1]
    middle = luma[luma.shape[0] // 2].astype(int)
    assert (np.diff(middle) >= -1).all() and middle[0] < 25 and middle[-1] > 225


def shots_of(path: Path) -> list[tuple[int, int]]:
    return [(shot.first, shot.last) for shot in find_shots([measured(path)])]


def test_cuts_are_found_and_flashes_and_motion_are_not_cuts(tmp_path: Path) -> None:
    def shot(seed: int) -> list[Picture]:
        drawings = [np.roll(scene(seed, 480, 272), 24 * step, axis=1) for step in range(6)]
        return [drawing for drawing in drawings for _repeat in range(4)]

    first, second, third = shot(11), shot(12), shot(13)
    white = np.full_like(first[0], 255)
    second[10:11] = [white]
    third[8:11] = [white] * 3
    clip = write_clip(tmp_path / "clip.mp4", [*first, *second, *third])
    assert shots_of(clip) == [(1, 24), (25, 48), (49, 72)]


@given(st.lists(st.tuples(st.floats(0, 255), st.integers(0, 255)), min_size=1, max_size=60))
def test_shots_are_contiguous_and_cover_all(frames: list[tuple[float, int]]) -> None:
    numbers = range(7, 7 + len(frames))
    rows = zip(numbers, frames, strict=True)
    shots = find_shots(
        [Measured.of([(number, 0, change, False, bytes([mean]) * 144) for number, (change, mean) in rows])]
    )
    assert [number for shot in shots for number in range(shot.first, shot.last + 1)] == list(numbers)


def test_pictures_of_different_sizes_differ_most() -> None:
    assert luma_distance(look(np.zeros((135, 240), np.uint8)), look(np.zeros((135, 180), np.uint8))) == 255


def test_a_film_of_one_frame_has_the_default_threshold() -> None:
    assert estimate_threshold(counted(())) == DEFAULT_THRESHOLD
