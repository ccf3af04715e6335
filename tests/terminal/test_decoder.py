"""The terminal that the other tests look through: known pictures, written as the protocols' own manuals write them."""

import base64
import io
import zlib

import pytest
from PIL import Image

from kimikoe_tui.graphics.placeholders import DIACRITICS, PLACEHOLDER
from tests.terminal.decoder.emulator import KITTY, OLD_KITTY, PLAIN, WEZTERM, XTERM, Emulator, Profile

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)
HALVES = b'\x1bP0;1q"1;1;20;12#1;2;100;0;0#2;2;0;0;100#1!20~-#2!10~\x1b\\'


def png(*colours: tuple[int, int, int], size: int = 20) -> bytes:
    """A picture of upright stripes."""
    image = Image.new("RGB", (size * len(colours), size))
    for number, colour in enumerate(colours):
        image.paste(colour, (number * size, 0, (number + 1) * size, size))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def kitty(keys: str, payload: bytes) -> bytes:
    data = base64.b64encode(payload)
    chunks = [data[at : at + 4096] for at in range(0, len(data), 4096)] or [b""]
    heads = [keys.encode() + b",", *[b""] * (len(chunks) - 1)]
    return b"".join(
        b"\x1b_G%bm=%d;%b\x1b\\" % (head, at < len(chunks) - 1, chunk)
        for at, (head, chunk) in enumerate(zip(heads, chunks, strict=True))
    )


def test_there_is_a_mark_for_every_row_and_column() -> None:
    assert len(set(DIACRITICS)) == 297
    assert DIACRITICS[0] == "\u0305" and DIACRITICS[35] == "\u0592" and DIACRITICS[-1] == "\U0001d244"


def test_the_vt340_manuals_sixel() -> None:
    """The word "HI" of the manual's example, whose second row begins after `-`."""
    terminal = Emulator(10, 4, XTERM)
    terminal.feed(b"\x1b[2;2H\x1bPq#0;2;0;0;0#1;2;100;100;0#2;2;0;100;0#1~~@@vv@@~~@@~~$#2??}}GG}}??}}??-#1!14@\x1b\\")
    image = terminal.image()
    assert image.getpixel((10, 20)) == (255, 255, 0)
    assert image.getpixel((12, 21)) == GREEN
    assert image.getpixel((10, 26)) == (255, 255, 0) and image.getpixel((10, 27)) == BLACK


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_sixels_are_painted_where_the_cursor_was_however_the_bytes_are_split(step: int) -> None:
    terminal = Emulator(10, 4, XTERM)
    data = b"\x1b[2;3H" + HALVES
    for at in range(0, len(data), step):
        terminal.feed(data[at : at + step])
    image = terminal.image()
    assert image.getpixel((20, 20)) == RED and image.getpixel((39, 25)) == RED
    assert image.getpixel((20, 26)) == BLUE and image.getpixel((31, 26)) == BLACK
    assert image.getpixel((19, 20)) == BLACK


def test_text_over_a_sixel_erases_its_cell_and_scrolling_takes_it_along() -> None:
    terminal = Emulator(10, 4, XTERM)
    terminal.feed(b"\x1b[2;3H" + HALVES + b"\x1b[2;3H ")
    assert terminal.image().getpixel((22, 22)) == BLACK
    assert terminal.image().getpixel((32, 22)) == RED
    terminal.feed(b"\x1b[4;1H\n")
    assert terminal.image().getpixel((32, 2)) == RED
    terminal.feed(b"\x1b[2J")
    assert set(terminal.image().getdata()) == {BLACK}


def test_a_colour_that_was_never_defined_is_an_error() -> None:
    with pytest.raises(KeyError):
        Emulator(10, 4, XTERM).feed(b"\x1bPq#5~\x1b\\")


def test_placeholders_show_the_part_of_the_image_that_their_marks_say() -> None:
    terminal = Emulator(10, 4, KITTY)
    terminal.feed(kitty("a=T,U=1,i=66051,c=4,r=1,f=100,q=2", png(RED, BLUE)))
    cells = [PLACEHOLDER + DIACRITICS[0] + DIACRITICS[column] for column in range(4)]
    terminal.feed(f"\x1b[2;3H\x1b[38;2;1;2;3m{''.join(cells)}\x1b[0m".encode())
    image = terminal.image()
    assert [image.getpixel((x, 25)) for x in (22, 32, 42, 52)] == [RED, RED, BLUE, BLUE]
    terminal.feed(f"\x1b[2;3H\x1b[38;2;1;2;3m{cells[2]}{PLACEHOLDER}\x1b[0m".encode())
    image = terminal.image()
    assert [image.getpixel((x, 25)) for x in (22, 32)] == [BLUE, BLUE]
    assert terminal.text().strip() == ""


def test_a_new_image_under_the_same_id_needs_no_new_cells_and_another_colour_shows_nothing() -> None:
    terminal = Emulator(10, 4, KITTY)
    cell = PLACEHOLDER + DIACRITICS[0] * 2
    terminal.feed(f"\x1b[38;2;0;0;9m{cell}\x1b[38;2;0;0;8m{cell}".encode())
    terminal.feed(kitty("a=T,U=1,i=77,c=1,r=1,f=100,q=2", png(BLUE)))
    terminal.feed(f"\x1b[2;1H\x1b[38;5;77;48;2;38;5;9m{cell}\x1b[0m".encode())
    assert terminal.image().getpixel((5, 30)) == BLUE
    terminal.feed(b"\x1b_Ga=d,d=I,i=77,q=2\x1b\\")
    for colour in (RED, GREEN):
        terminal.feed(kitty("a=T,U=1,i=9,c=1,r=1,f=100,q=2", png(colour)))
        assert terminal.image().getpixel((5, 10)) == colour
        assert terminal.image().getpixel((15, 10)) == BLACK
    assert len(terminal.kitty.images) == 1
    terminal.feed(b"\x1b_Ga=d,d=I,i=9,q=2\x1b\\")
    assert terminal.kitty.images == {} and terminal.image().getpixel((5, 10)) == BLACK


def test_direct_placements_lie_over_the_text_until_they_are_deleted() -> None:
    terminal = Emulator(10, 4, OLD_KITTY)
    terminal.feed(b"\x1b[2;2H" + kitty("a=T,i=9,p=1,c=2,r=1,C=1,f=24,s=1,v=1,o=z,q=2", zlib.compress(bytes(RED))))
    terminal.feed(b"\x1b[2;2Hword")
    assert terminal.image().getpixel((15, 30)) == RED and terminal.image().getpixel((9, 30)) == BLACK
    terminal.feed(b"\x1b_Ga=d,d=i,i=9,p=1,q=2\x1b\\")
    assert terminal.image().getpixel((15, 22)) == BLACK and len(terminal.kitty.images) == 1


def test_an_old_kitty_answers_the_query_and_refuses_placeholders() -> None:
    answers: list[bytes] = []
    terminal = Emulator(10, 4, OLD_KITTY, answers.append)
    terminal.feed(kitty("a=q,i=31,s=1,v=1,f=24", b"\0\0\0"))
    terminal.feed(kitty("a=T,U=1,i=9,c=1,r=1,f=100", png(RED)))
    assert answers[0] == b"\x1b_Gi=31;OK\x1b\\" and b"EINVAL" in answers[1]


def test_inline_pictures_fill_their_cells_and_keep_their_shape() -> None:
    data = png(RED, BLUE)
    terminal = Emulator(10, 4, WEZTERM)
    osc = f"1337;File=inline=1;size={len(data)};width=4;height=4:{base64.b64encode(data).decode()}"
    terminal.feed(f"\x1b]{osc}\x07".encode())
    image = terminal.image()
    assert [image.getpixel((x, 40)) for x in (10, 30)] == [RED, BLUE] and image.getpixel((10, 10)) == BLACK


def test_blocks_and_quadrants_are_drawn_as_they_look() -> None:
    terminal = Emulator(10, 4)
    terminal.feed("\x1b[38;2;255;0;0;48;2;0;0;255m▀▚█ ".encode())
    image = terminal.image()
    at = [(1, 1), (1, 15), (11, 1), (16, 1), (11, 15), (16, 15), (25, 15), (35, 5)]
    assert [image.getpixel(each) for each in at] == [RED, BLUE, RED, BLUE, BLUE, RED, RED, BLUE]


def test_what_tmux_lets_through_reaches_the_terminal_outside() -> None:
    terminal = Emulator(10, 4, KITTY)
    inner = kitty("a=T,i=9,c=1,r=1,C=1,f=100,q=2", png(RED))
    terminal.feed(b"\x1bPtmux;" + inner.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\")
    assert terminal.image().getpixel((5, 5)) == RED


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (KITTY, b"\x1bP>|kitty(0.35.2)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[1;2R\x1b[?62;22c"),
        (XTERM, b"\x1bP>|XTerm(379)\x1b\\\x1b[6;20;10t\x1b[1;2R\x1b[?62;4;22c"),
        (Profile(ambiguous=2, cell=None), b"\x1b[1;3R\x1b[?62;22c"),
        (PLAIN, b"\x1b[6;20;10t\x1b[1;2R\x1b[?62;22c"),
    ],
)
def test_questions_are_answered_in_order(profile: Profile, expected: bytes) -> None:
    answers: list[bytes] = []
    terminal = Emulator(10, 4, profile, answers.append)
    terminal.feed(b"\x1b[>0q" + kitty("a=q,i=31,s=1,v=1,f=24", b"\0\0\0") + b"\x1b[16t\r" + "─\x1b[6n\x1b[c".encode())
    assert b"".join(answers) == expected
