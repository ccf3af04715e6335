"""Videos that are broken, lie or are something else; pictures that are bombs or talk."""

import random
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from db.errors import UserError
from db.requests import IngestRequest
from engine.picture_file import read_picture
from tests.engine.film.clips import numbered_clip
from tests.hostile.oracle import Bench, Case, bounded, told
from tests.hostile.texts import TEXTS


@cache
def sound(kind: str) -> bytes:
    """A clip of twelve frames in a container of this kind."""
    with TemporaryDirectory() as folder:
        return numbered_clip(Path(folder) / f"clip.{kind}", 12).read_bytes()


def _mutated(kind: str, seed: int) -> bytes:
    chance, content = random.Random(seed), bytearray(sound(kind))
    for _change in range(chance.randrange(1, 30)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content[: chance.randrange(len(content))] if seed % 4 == 0 else content)


def given(name: str, content: Callable[[], bytes]) -> Callable[[Path], IngestRequest]:
    """A file of this name."""

    def make(folder: Path) -> IngestRequest:
        (folder / name).write_bytes(content())
        return IngestRequest(path=str(folder / name), name=str(folder))

    return make


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes = b"", extra: bytes = b"") -> bytes:
    """A PNG whose header says this size, whatever it holds."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", data or zlib.compress(b"")) + chunk(b"IEND", b"")


NO_FILMS = {
    "empty.mp4": lambda: b"",
    "zeros.mp4": lambda: bytes(100_000),
    "text.mp4": lambda: b"not a film\n" * 1000,
    "playlist.m3u8": lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "playlist.mp4": lambda: b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
    "concat.txt": lambda: b"ffconcat version 1.0\nfile /etc/passwd\n",
    "session.sdp": lambda: b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "picture.png": lambda: png(1, 1, zlib.compress(b"\0\0\0\0")),
    "large.png": lambda: png(20_000, 20_000),
    "page.html": lambda: b"<html><script>x</script></html>",
    "archive.zip": lambda: b"PK\3\4" + bytes(100),
    "box.mp4": lambda: struct.pack(">I4sQ", 1, b"ftyp", 2**62),
    "boxes.mp4": lambda: struct.pack(">I4s", 8, b"moov") * 50_000,
    "ebml.mkv": lambda: b"\x1a\x45\xdf\xa3" + b"\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(100),
    "riff.avi": lambda: b"RIFF\xff\xff\xff\xffAVI LIST\xff\xff\xff\xffhdrl" + bytes(100),
}
FILM_CASES = [
    *(Case(f"film: {name}", given(name, content), "/given/") for name, content in NO_FILMS.items()),
    *(
        Case(f"film: {kind}, changed {seed}", given(f"x.{kind}", lambda kind=kind, seed=seed: _mutated(kind, seed)))
        for kind in ("mp4", "mkv", "avi", "ts")
        for seed in range(6)
    ),
]


def _talking(text: str) -> Callable[[Path], Path]:
    """A picture whose text chunks say this."""

    def make(folder: Path) -> Path:
        chunks = PngInfo()
        for key in ("parameters", "kimikoe", "Comment"):
            chunks.add_itxt(key, text)
        Image.new("RGB", (8, 8)).save(folder / "x.png", pnginfo=chunks)
        return folder / "x.png"

    return make


def _picture(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


BOMB = zlib.compress(bytes(2 * 10**7), 9)
PICTURES: dict[str, bytes] = {
    "empty": b"",
    "text": b"no picture",
    "20,000 by 20,000": png(20_000, 20_000, BOMB),
    "2**31 by 2**31": png(2**31 - 1, 2**31 - 1),
    "no size": png(0, 0),
    "a bomb of text": png(8, 8, extra=chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(10**8), 9))),
    "a bomb of a profile": png(8, 8, extra=chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(10**8), 9))),
    "10,000 chunks": png(8, 8, extra=chunk(b"tEXt", b"a\0b") * 10_000),
    "half": png(100, 100, zlib.compress(bytes(30_100)))[:60],
    "a wrong checksum": png(8, 8)[:-4] + b"\0\0\0\0",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(x) run\n",
    "a GIF": b"GIF89a\xff\xff\xff\xff\0\0\0",
    "a TIFF": b"II*\0\x08\0\0\0\xff\xff" + bytes(100),
    "a pickle": b"\x80\x04\x95\x1a\0\0\0\0\0\0\0.",
}
PICTURE_CASES = [
    *(Case(f"picture: {key}", _picture("x.png", content), r"x\.png") for key, content in PICTURES.items()),
    *(Case(f"picture that says {key}", _talking(text)) for key, text in TEXTS.items()),
]
CASES = [*FILM_CASES, *PICTURE_CASES]


@pytest.mark.parametrize("case", FILM_CASES, ids=str)
def test_a_film(bench: Bench, case: Case) -> None:
    bench.judge(case)


@pytest.mark.parametrize("case", PICTURE_CASES, ids=str)
def test_a_picture(case: Case, tmp_path: Path) -> None:
    path: Any = case.make(tmp_path)
    with bounded():
        try:
            assert read_picture(path).shape[2] == 3 and not case.says
        except UserError as error:
            told(str(error), case.says or r"x\.png")
