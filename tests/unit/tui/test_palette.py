"""The colours that mean something are told apart by people who see fewer of them, and without any."""

from itertools import combinations

import pytest

from kimikoe_tui import palette

STATES = {"kept": palette.ACCENT, "wrong": palette.ALARM, "plain": palette.TEXT, "quiet": palette.MUTED}
SEEN = {
    "everything": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
"""How much of each linear channel reaches each other one: Machado, Oliveira and Fernandes 2009, severity 1."""
LEAST_DIFFERENCE, LEAST_CONTRAST = 12.0, 4.5


def linear(colour: str) -> tuple[float, ...]:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return tuple(each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)


def as_seen(colour: str, matrix: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    rgb = linear(colour)
    return tuple(min(1.0, max(0.0, sum(a * b for a, b in zip(row, rgb, strict=True)))) for row in matrix)


def lab(rgb: tuple[float, ...]) -> tuple[float, float, float]:
    """CIE L*a*b* of a linear colour under D65."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    xyz = [sum(a * b for a, b in zip(row, rgb, strict=True)) / most for row, most in zip(rows, white, strict=True)]
    x, y, z = (each ** (1 / 3) if each > 0.008856 else 7.787 * each + 16 / 116 for each in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def luminance(colour: str) -> float:
    return sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


@pytest.mark.parametrize("eyes", SEEN)
def test_states_differ_for_every_kind_of_eye(eyes: str) -> None:
    for one, other in combinations(STATES, 2):
        first, second = (lab(as_seen(STATES[name], SEEN[eyes])) for name in (one, other))
        far = sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5
        assert far >= LEAST_DIFFERENCE, (one, other, far)


@pytest.mark.parametrize("name", STATES)
def test_what_is_read_stands_out_from_its_ground(name: str) -> None:
    contrast = (luminance(STATES[name]) + 0.05) / (luminance(palette.BACKGROUND) + 0.05)
    assert contrast >= LEAST_CONTRAST, contrast
