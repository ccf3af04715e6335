"""Picture files of every kind become pixels or a reason."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from db.errors import UserError
from engine import picture_file
from engine.picture_file import cut_out, read_picture


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "LA", "I;16"])
def test_pictures_of_every_mode_are_read(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "picture.png"
    Image.new(mode, (30, 20)).save(path)
    assert read_picture(path, 15).shape == (10, 15, 3) and read_picture(path, 99).shape == (20, 30, 3)


def test_what_is_transparent_is_black(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.new("RGBA", (2, 2), (255, 255, 255, 0)).save(path)
    assert not np.any(read_picture(path))


def test_a_picture_that_cannot_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="is gone"):
        read_picture(tmp_path / "nothing.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UserError, match="cannot be read"):
        read_picture(tmp_path / "text.png")
    Image.new("RGB", (64, 64), (200, 10, 10)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:60])
    with pytest.raises(UserError, match="cannot be read"):
        read_picture(tmp_path / "cut.png")
    monkeypatch.setattr(picture_file, "MOST_PIXELS", 4000)
    with pytest.raises(UserError, match="too large to show: 64x64"):
        read_picture(tmp_path / "whole.png")


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    parts = [struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
             for kind, data in chunks]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("side", [9_000, 10_000, 20_000, 2**31 - 1])
def test_a_picture_that_pillow_takes_for_an_attack_is_too_large_in_our_own_words(tmp_path: Path, side: int) -> None:
    path = tmp_path / "huge.png"
    path.write_bytes(png_of(side, side))
    with pytest.raises(UserError) as refused:
        read_picture(path, 256, drawn=True)
    assert str(refused.value) == f"huge.png is too large to show: {side}x{side}"


@pytest.mark.parametrize(("name", "size"), [("large.jpg", ": 64x64"), ("large.webp", "")])
def test_other_kinds_are_told_too_and_the_size_where_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: str
) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / name)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(UserError) as refused:
        read_picture(tmp_path / name)
    assert str(refused.value) == f"{name} is too large to show{size}"


@pytest.mark.parametrize(
    ("name", "says"),
    [("pixel.png", "single pixel"), ("print.jpg", "CMYK"), ("deep.png", "16 bits"), ("colour.png", "16 bits"),
     ("moving.webp", "animated")],
)  # fmt: skip
def test_a_picture_that_nobody_here_drew_is_refused_with_what_it_is(tmp_path: Path, name: str, says: str) -> None:
    path = tmp_path / name
    still = Image.new("RGB", (8, 8))
    if name == "pixel.png":
        Image.new("RGB", (1, 1)).save(path)
    elif name == "print.jpg":
        Image.new("CMYK", (8, 8)).save(path)
    elif name == "deep.png":
        Image.new("I;16", (8, 8)).save(path)
    elif name == "colour.png":
        cv2.imwrite(str(path), np.zeros((8, 8, 3), np.uint16))
    else:
        still.save(path, save_all=True, append_images=[Image.new("RGB", (8, 8), "red")])
    with pytest.raises(UserError, match=rf"{name}.*{says}"):
        read_picture(path, drawn=True)
    assert read_picture(path).shape[2] == 3


def test_a_window_of_a_picture_stays_inside_it() -> None:
    rgb = np.arange(100 * 60 * 3, dtype=np.uint32).reshape(60, 100, 3).astype(np.uint8)
    assert np.array_equal(cut_out(rgb, (0.5, 0.5), (20, 10)), rgb[25:35, 40:60])
    assert np.array_equal(cut_out(rgb, (0.0, 1.0), (20, 10)), rgb[50:60, 0:20])
    assert np.array_equal(cut_out(rgb, (1.0, 0.0), (500, 10)), rgb[0:10])
