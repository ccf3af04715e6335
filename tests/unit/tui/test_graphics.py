"""Half blocks exact to the pixel, and pictures read, scaled and drawn in few colours."""

import random
from math import sqrt

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat
from rich.segment import Segment

from kimikoe_tui.graphics.halfblock import HalfBlocks
from kimikoe_tui.graphics.pixels import Pixels, fit, paletted, scale


def pixels_of(segments: list[Segment]) -> list[tuple[object, object]]:
    """The upper and lower colour of every cell of a row."""
    cells = []
    for segment in segments:
        assert set(segment.text) == {"▀"} and segment.style is not None
        upper, lower = segment.style.color, segment.style.bgcolor
        cells += [(upper and upper.triplet, lower and lower.triplet)] * len(segment.text)
    return cells


@given(st.integers(1, 9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_every_pixel_is_where_it_was(width: int, height: int, random) -> None:  # type: ignore[no-untyped-def]
    rgb = bytes(random.choice((0, 7, 255)) for _byte in range(width * height * 3))
    drawing = HalfBlocks().draw(Pixels(width, height, rgb), width, (height + 1) // 2)
    assert drawing.columns == width
    assert len(drawing.rows) == (height + 1) // 2
    for row, segments in enumerate(drawing.rows):
        cells = pixels_of(segments)
        assert len(cells) == width
        for column, cell in enumerate(cells):
            for half in (0, 1):
                y = row * 2 + half
                at = (y * width + column) * 3
                assert cell[half] == (tuple(rgb[at : at + 3]) if y < height else None)


def test_equal_cells_are_one_segment() -> None:
    drawing = HalfBlocks().draw(Pixels(40, 2, bytes((1, 2, 3)) * 80), 40, 1)
    assert [len(row) for row in drawing.rows] == [1]


def test_a_cell_holds_two_pixels() -> None:
    assert HalfBlocks().pixel_box(40, 20) == (40, 40)


@given(*[st.integers(1, 3000)] * 4)
def test_a_picture_fits_its_box_and_touches_it(width: int, height: int, box_width: int, box_height: int) -> None:
    fitted = fit(width, height, box_width, box_height)
    assert 1 <= fitted[0] <= box_width and 1 <= fitted[1] <= box_height
    assert fitted[0] == box_width or fitted[1] == box_height


def test_scaling_keeps_a_picture_that_fits() -> None:
    pixels = Pixels(4, 2, bytes(24))
    assert scale(pixels, (4, 9)) is pixels
    assert (scale(pixels, (2, 2)).width, scale(pixels, (2, 2)).height) == (2, 1)


def test_flat_colours_under_a_light_grain_stay_near_to_what_they_were() -> None:
    chance, image = random.Random(1), Image.new("RGB", (256, 256), (180, 200, 230))
    for _shape in range(40):
        x, y, wide = (chance.randrange(256) for _measure in range(3))
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        ImageDraw.Draw(image).ellipse((x, y, x + wide // 2, y + wide // 3), fill=colour)
    grain = Image.frombytes("L", image.size, chance.randbytes(256 * 256))
    image = Image.blend(image, Image.merge("RGB", (grain, grain, grain)), 0.03)
    few = paletted(image, 64)
    assert len(few.getcolors() or []) <= 64
    off = ImageStat.Stat(ImageChops.difference(image, few.convert("RGB"))).rms
    assert sqrt(sum(each * each for each in off) / 3) < 3.0
