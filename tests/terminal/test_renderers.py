"""Every way of showing a picture, looked at in a terminal that shows it."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from rich.color import ColorSystem
from rich.segment import Segment

from kimikoe_tui.graphics import chafa, kitty
from kimikoe_tui.graphics.choose import new_renderer
from kimikoe_tui.graphics.display import METHODS, Display, Method
from kimikoe_tui.graphics.kitty import Kitty, payload
from kimikoe_tui.graphics.pixels import paletted
from kimikoe_tui.graphics.real_pixels import RealPixels
from kimikoe_tui.graphics.renderer import Drawing, PictureRenderer
from kimikoe_tui.graphics.sixel import encode
from tests.terminal.decoder import sixel
from tests.terminal.decoder.emulator import KITTY, OLD_KITTY, PLAIN, WEZTERM, XTERM, Emulator, Profile
from tests.terminal.pictures import distance, drawn_picture, pixels_of

PROFILES: dict[Method, Profile] = {
    "kitty": KITTY, "kitty-direct": OLD_KITTY, "sixel": XTERM, "inline": WEZTERM, "quadrants": PLAIN, "half": PLAIN,
    "cells": PLAIN,
}  # fmt: skip
REAL = ("kitty", "kitty-direct", "sixel", "inline")


def put(terminal: Emulator, rows: list[list[Segment]], data: str = "", at: tuple[int, int] = (2, 3)) -> None:
    """Write cells and data from a cell on, (row, column) from 1."""
    for number, row in enumerate(rows):
        cells = "".join(
            part.style.render(part.text, color_system=ColorSystem.TRUECOLOR) if part.style else part.text
            for part in row
        )
        terminal.feed(f"\x1b[{at[0] + number};{at[1]}H{cells}".encode())
    terminal.feed(f"\x1b[{at[0]};{at[1]}H{data}".encode())


def seen(terminal: Emulator, drawing: Drawing, size: tuple[int, int]) -> Image.Image:
    """What stands in the cells of a drawing, as large in pixels as the picture is to be there."""
    left, top = 2 * terminal.cell[0], terminal.cell[1]
    box = drawing.columns * terminal.cell[0], len(drawing.rows) * terminal.cell[1]
    off = (box[0] - size[0]) // 2, (box[1] - size[1]) // 2
    return terminal.image().crop((left + off[0], top + off[1], left + off[0] + size[0], top + off[1] + size[1]))


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_is_seen_as_it_is(method: Method) -> None:
    picture = drawn_picture(128)
    terminal = Emulator(30, 12, PROFILES[method])
    drawing = new_renderer(Display(method=method)).draw(pixels_of(picture), 20, 10)
    assert (drawing.columns, len(drawing.rows)) == (20, 10)
    put(terminal, drawing.rows, drawing.data)
    far = distance(seen(terminal, drawing, (200, 200)), picture)
    assert far < (10 if method in REAL else 30), far
    assert distance(terminal.image().crop((0, 0, 300, 20)), Image.new("RGB", (1, 1))) == 0
    assert distance(terminal.image().crop((220, 0, 300, 240)), Image.new("RGB", (1, 1))) == 0


@pytest.mark.parametrize("method", REAL)
def test_the_coarse_rows_show_the_same_in_the_same_cells(method: Method) -> None:
    picture = drawn_picture(128)
    renderer = new_renderer(Display(method=method))
    drawing, terminal = renderer.draw(pixels_of(picture), 20, 10), Emulator(30, 12)
    assert drawing.coarse is not None
    put(terminal, drawing.coarse())
    assert distance(seen(terminal, drawing, (200, 200)), picture) < 30
    sketch = renderer.sketch(pixels_of(picture), 20, 10)
    assert sketch.data == "" and sketch.columns == 20


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [(1, 1), (600, 2), (2, 600), (37, 23)])
def test_pictures_of_every_shape_stay_in_their_cells(method: Method, size: tuple[int, int]) -> None:
    terminal = Emulator(30, 12, PROFILES[method])
    picture = Image.new("RGB", size, (250, 0, 0))
    drawing = new_renderer(Display(method=method)).draw(pixels_of(picture), 20, 10)
    assert 1 <= drawing.columns <= 20 and 1 <= len(drawing.rows) <= 10
    put(terminal, drawing.rows, drawing.data)
    image = terminal.image()
    assert any(red > 200 for red, _green, _blue in image.getdata())
    for outside in ((0, 0, 300, 20), (0, 0, 20, 240), (220, 0, 300, 240), (0, 220, 300, 240)):
        assert image.crop(outside).getextrema() == ((0, 0), (0, 0), (0, 0))


@pytest.mark.parametrize("method", ["kitty", "kitty-direct"])
def test_a_terminal_holds_one_picture_of_a_pane_and_none_after_it(method: Method) -> None:
    terminal, renderer = Emulator(30, 12, PROFILES[method]), new_renderer(Display(method=method))
    for seed in range(6):
        drawing = renderer.draw(pixels_of(drawn_picture(32, seed)), 20, 10)
        put(terminal, drawing.rows, drawing.data)
        assert len(terminal.kitty.images) == len(terminal.kitty.placements) == 1
    assert distance(seen(terminal, drawing, (200, 200)), drawn_picture(32, 5)) < 7
    terminal.feed(renderer.remove().encode())
    assert terminal.kitty.images == terminal.kitty.placements == {}


def test_panes_have_pictures_of_their_own() -> None:
    terminal = Emulator(40, 6, KITTY)
    for column, colour in ((1, (255, 0, 0)), (21, (0, 0, 255))):
        drawing = Kitty(Display(method="kitty")).draw(pixels_of(Image.new("RGB", (8, 8), colour)), 8, 4)
        put(terminal, drawing.rows, drawing.data, (1, column))
    assert terminal.image().getpixel((40, 40)) == (255, 0, 0) and terminal.image().getpixel((240, 40)) == (0, 0, 255)


def test_any_part_of_a_row_of_placeholders_stands_alone() -> None:
    terminal = Emulator(30, 12, KITTY)
    picture = drawn_picture(64)
    drawing = Kitty(Display(method="kitty")).draw(pixels_of(picture), 20, 10)
    put(terminal, [], drawing.data)
    (whole,) = drawing.rows[4]
    put(terminal, [[Segment(whole.text[3 * 7 : 3 * 9], whole.style)]], at=(6, 10))
    shown = terminal.image().crop((90, 100, 110, 120))
    assert distance(shown, picture.resize((200, 200)).crop((70, 80, 90, 100))) < 7


def test_what_passes_tmux_is_wrapped_in_pieces() -> None:
    drawing = Kitty(Display(method="kitty", in_tmux=True)).draw(pixels_of(drawn_picture(128)), 20, 10)
    assert drawing.data.count("\x1bPtmux;") == drawing.data.count("\x1b\x1b_G") > 2
    terminal = Emulator(30, 12, KITTY)
    put(terminal, drawing.rows, drawing.data)
    assert distance(seen(terminal, drawing, (200, 200)), drawn_picture(128)) < 7


def grained(share: float, seed: int, shades: int = 256) -> Image.Image:
    """Gradients of 512×512 under so large a share of noise, each channel of which has so many shades."""
    across, chance = Image.linear_gradient("L").resize((512, 512)), random.Random(seed)
    clean = Image.merge("RGB", (across, across.rotate(90), Image.radial_gradient("L").resize((512, 512))))
    noise = Image.frombytes("RGB", clean.size, chance.randbytes(3 * 512 * 512))
    return Image.blend(
        clean, noise.point([each * shades // 256 * 255 // (shades - 1) for each in range(256)] * 3), share
    )


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.integers(0, 99), st.sampled_from((2, 3, 256)))
@example(0, 1, 256)
@example(1, 1, 256)
@example(1, 1, 2)
def test_any_picture_costs_at_most_170_kib(share: float, seed: int, shades: int) -> None:
    drawing = Kitty(Display(method="kitty", in_tmux=True)).draw(pixels_of(grained(share, seed, shades)), 60, 30)
    assert len(drawing.data) <= 170 * 1024


@pytest.mark.parametrize(
    "picture", [drawn_picture(512), drawn_picture(512, 2), grained(0, 1), grained(0.05, 1), grained(0.1, 1)]
)
def test_an_ordinary_picture_is_encoded_once_or_twice(picture: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []

    def counted(image: Image.Image, colours: int) -> Image.Image:
        encoded.append(colours)
        return paletted(image, colours)

    monkeypatch.setattr(kitty, "paletted", counted)
    payload(pixels_of(picture), exact=False)
    assert encoded in ([256], [256, 128])


def test_every_colour_is_kept_where_asked() -> None:
    terminal, picture = Emulator(30, 12, KITTY), drawn_picture(64)
    drawing = Kitty(Display(method="kitty")).draw(pixels_of(picture), 20, 10, exact=True)
    put(terminal, [], drawing.data)
    (held,) = terminal.kitty.images.values()
    assert held.convert("RGB").tobytes() == picture.tobytes()


@given(st.integers(1, 24), st.integers(1, 20), st.integers(1, 9), st.randoms(use_true_random=False))
def test_every_pixel_of_a_sixel_is_where_it_was(width: int, height: int, colours: int, chance) -> None:  # type: ignore[no-untyped-def]
    image = Image.new("P", (width, height))
    palette = [chance.choice((0, 51, 102, 153, 204, 255)) for _value in range(3 * colours)]
    image.putpalette(palette)
    image.putdata([chance.randrange(colours) for _pixel in range(width * height)])
    dcs = encode(image).encode().removeprefix(b"\x1bP").removesuffix(b"\x1b\\")
    assert sixel.decode(dcs).convert("RGB").tobytes() == image.convert("RGB").tobytes()


def test_xterm_is_sent_no_picture_that_it_would_not_draw() -> None:
    big = new_renderer(Display(method="sixel", brand="xterm")).pixel_box(120, 60)
    assert big == (1000, 996)
    assert new_renderer(Display(method="sixel", brand="foot")).pixel_box(120, 60) == (1200, 1200)


def test_where_blocks_are_wide_the_coarse_rows_are_grounds_alone() -> None:
    renderer: PictureRenderer = new_renderer(Display(method="sixel", ambiguous=2))
    drawing = renderer.draw(pixels_of(drawn_picture(32)), 20, 10)
    assert drawing.coarse is not None
    assert {segment.text.strip() for row in drawing.coarse() for segment in row} == {""}


@pytest.mark.parametrize("method", REAL)
def test_a_draft_shows_the_same_in_the_same_cells_for_a_fraction_of_the_bytes(method: Method) -> None:
    picture = drawn_picture(512)
    renderer = new_renderer(Display(method=method))
    assert isinstance(renderer, RealPixels)
    assert renderer.draw(pixels_of(picture), 20, 10).draft == ""
    renderer.may_be_slow = lambda _count: True
    drawing, terminal = renderer.draw(pixels_of(picture), 20, 10), Emulator(30, 12, PROFILES[method])
    assert len(drawing.draft) < 16 * 1024 and len(drawing.draft) < len(drawing.data) / 4
    put(terminal, drawing.rows, drawing.draft)
    assert distance(seen(terminal, drawing, (200, 200)), picture) < 20
    put(terminal, drawing.rows, drawing.data)
    assert distance(seen(terminal, drawing, (200, 200)), picture) < 10


def test_inline_pictures_keep_every_pixel_where_asked() -> None:
    terminal, picture = Emulator(30, 12, WEZTERM), drawn_picture(200)
    drawing = new_renderer(Display(method="inline")).draw(pixels_of(picture), 20, 10, exact=True)
    put(terminal, drawing.rows, drawing.data)
    assert distance(seen(terminal, drawing, (200, 200)), picture) == 0


@pytest.mark.skipif(chafa.encoder() is None, reason="libchafa is not installed")
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (600, 3), (3, 601), (200, 200)])
def test_chafas_sixels_are_as_large_as_the_picture_and_show_it(size: tuple[int, int]) -> None:
    quick, picture = chafa.encoder(), drawn_picture(256).resize(size)
    assert quick is not None
    shown = sixel.decode(quick(picture).encode().removeprefix(b"\x1bP").removesuffix(b"\x1b\\"))
    assert shown.width == size[0] and 0 <= shown.height - size[1] < 6
    assert distance(shown.crop((0, 0, *size)), picture) < 4
    if shown.height > size[1]:
        assert shown.crop((0, size[1], *shown.size)).getextrema()[3] == (0, 0), "nothing is painted below it"


def test_without_chafa_our_own_encoder_draws_and_a_sketch_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chafa, "LIBRARIES", ("libnowhere.so.0", "libglib-2.0.so.0"))
    chafa.encoder.cache_clear()
    try:
        renderer, terminal = new_renderer(Display(method="sixel")), Emulator(30, 12, XTERM)
        assert not renderer.is_quick
        drawing = renderer.draw(pixels_of(drawn_picture(128)), 20, 10, exact=True)
        put(terminal, drawing.rows, drawing.data)
        assert distance(seen(terminal, drawing, (200, 200)), drawn_picture(128)) < 10
    finally:
        chafa.encoder.cache_clear()
