"""How pictures reach models of another shape, and where a letterbox ends."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fit import (
    Box,
    Fit,
    area_average,
    cropped,
    find_letterbox,
    fit_picture,
    picture_region,
    small_slices,
    whole_picture,
    width_before_crop,
)

sides = st.integers(8, 400)


@given(sides, sides, sides, sides, st.sampled_from(["pad", "cover"]), st.floats(0, 1), st.floats(0, 1))
def test_a_region_lies_inside_the_crop_and_touches_a_side(w, h, target_w, target_h, mode, focus_x, focus_y) -> None:
    region = picture_region(Fit(Box(5, 9, w, h), mode, focus_x, focus_y), target_w, target_h)
    assert 5 <= region.x and region.x + region.w <= 5 + w and 9 <= region.y and region.y + region.h <= 9 + h
    assert region.w == w or region.h == h
    if mode == "cover":
        assert abs(region.w / region.h - target_w / target_h) <= max(target_w / target_h, 1) * 1.1 / min(
            region.w, region.h
        )


def test_cover_follows_the_focus() -> None:
    wide = Box(0, 0, 160, 90)
    assert picture_region(Fit(wide, "cover", 0.0), 90, 90) == Box(0, 0, 90, 90)
    assert picture_region(Fit(wide, "cover", 0.5), 90, 90) == Box(35, 0, 90, 90)
    assert picture_region(Fit(wide, "cover", 1.0), 90, 90) == Box(70, 0, 90, 90)


def test_pad_centres_the_whole_crop_on_white() -> None:
    picture = np.zeros((90, 160, 3), np.uint8)
    padded = fit_picture(picture, whole_picture(160, 90), 64, 64)
    assert padded.shape == (64, 64, 3)
    assert (padded[:14] == 255).all() and (padded[-14:] == 255).all() and (padded[14:50] == 0).all()


def test_a_square_picture_of_the_right_size_is_left_alone() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert np.array_equal(fit_picture(picture, whole_picture(64, 64), 64, 64), picture)


@pytest.mark.parametrize("size", [(1080, 1920), (720, 1280), (1080, 1440), (539, 959), (300, 2000)])
def test_shrinking_in_steps_is_nearly_the_mean_of_the_area(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (size[0] // 8, size[1] // 8, 3), np.uint8)
    picture = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_LINEAR)
    height, width = size[0] * 448 // max(size), size[1] * 448 // max(size)
    whole = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    away = cv2.absdiff(area_average(picture, width, height), whole)
    assert away.shape == (height, width, 3) and away.mean() < 1.2 and away.max() <= 12


def test_shrinking_to_an_even_share_is_the_mean_of_the_area() -> None:
    plane = np.random.default_rng(3).integers(0, 1024, (1080, 1920), np.uint16)
    means = plane.reshape(135, 8, 240, 8).mean(axis=(1, 3))
    assert np.abs(area_average(plane, 240, 135, oversampled=1) - means).max() <= 1.5


def test_the_crop_is_applied_before_the_fit() -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[25:75] = 200
    assert (fit_picture(picture, Fit(Box(0, 25, 100, 50), "cover"), 32, 16) == 200).all()


def frames_in_bars(top: int, bottom: int, left: int = 0, right: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    frames = []
    for index in range(20):
        frame = random.integers(0, 9, (108, 192, 3), np.uint8)
        light = 12 if index % 5 == 0 else 220
        frame[top : 108 - bottom, left : 192 - right] = random.integers(0, light, 3, np.uint8) + 20 * (light > 12)
        frames.append(frame)
    return frames


@pytest.mark.parametrize("bars", [(14, 14, 0, 0), (0, 0, 24, 24), (10, 20, 0, 0), (0, 0, 0, 0)])
def test_bars_are_found_under_noise_and_dark_scenes(bars: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = bars
    assert find_letterbox(frames_in_bars(*bars)) == Box(left, top, 192 - left - right, 108 - top - bottom)


def test_one_bright_frame_in_the_bars_does_not_hide_them() -> None:
    frames = frames_in_bars(14, 14)
    frames[3] = np.full_like(frames[3], 255)
    assert find_letterbox(frames) == Box(0, 14, 192, 80)


def test_a_dark_film_keeps_its_whole_picture() -> None:
    assert find_letterbox([np.zeros((108, 192, 3), np.uint8)] * 5) == Box(0, 0, 192, 108)
    spot = np.zeros((108, 192, 3), np.uint8)
    spot[50:60, 90:130] = 255
    assert find_letterbox([spot] * 5) == Box(0, 0, 192, 108)


def test_a_scaled_picture_is_cropped_in_proportion() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[20:80] = 255
    crop = Box(0, 20, 200, 60)
    assert width_before_crop(100, crop, 200) == 100
    assert cropped(picture[::2, ::2], crop, 200).shape == (30, 100, 3)
    assert (cropped(picture[::2, ::2], crop, 200) == 255).all()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_small_planes_are_cropped_as_the_displayed_picture_is(rotation: int) -> None:
    coded = np.zeros((96, 160), np.uint8)
    coded[7:80, 21:150] = 255
    displayed = np.rot90(coded, rotation // 90)
    rows, columns = np.flatnonzero(displayed.any(axis=1)), np.flatnonzero(displayed.any(axis=0))
    crop = Box(int(columns[0]), int(rows[0]), len(columns), len(rows))
    height, width = displayed.shape
    small = coded.reshape(48, 2, 80, 2).mean(axis=(1, 3))
    found = small[small_slices(crop, width, height, rotation, small.shape)]
    assert (found == 255).all() and found.shape == (36, 64)
