"""Sixel data as pixels, by the DEC VT340 manual and xterm's reading of it."""

import re
from typing import NamedTuple

from PIL import Image

_COMMAND = re.compile(rb'"(?P<raster>[\d;]*)|#(?P<colour>[\d;]+)|!(?P<count>\d+)(?P<repeated>[?-~])|(?P<other>[?-~$-])')
_EMPTY = bytes(4)


class Raster(NamedTuple):
    """The size that a picture says it has, in pixels, and the shape of its pixels."""

    tall: int
    wide: int
    width: int
    height: int


def is_sixel(dcs: bytes) -> bool:
    """Whether a device control string is a sixel picture."""
    return re.match(rb"[\d;]*q", dcs) is not None


def decode(dcs: bytes) -> Image.Image:
    """The picture of a device control string, RGBA; a colour used before it was defined is an error."""
    data = dcs[dcs.index(b"q") + 1 :].replace(b"\n", b"").replace(b"\r", b"")
    raster, at, x, y, width = Raster(1, 1, 0, 0), 0, 0, 0, 0
    palette: dict[int, bytes] = {}
    rows: list[bytearray] = []
    colour = _EMPTY
    while at < len(data):
        match = _COMMAND.match(data, at)
        assert match is not None, f"no sixel command at byte {at}: {data[at : at + 20]!r}"
        at = match.end()
        if match["raster"] is not None:
            raster = Raster(*[int(number) for number in match["raster"].split(b";")])
        elif match["colour"] is not None:
            number, *defined = [int(part) for part in match["colour"].split(b";")]
            if defined:
                assert defined[0] == 2, "only RGB colours are written"
                palette[number] = bytes((*[round(part * 255 / 100) for part in defined[1:]], 255))
            colour = palette[number]
        elif match["other"] == b"$":
            x = 0
        elif match["other"] == b"-":
            x, y = 0, y + 6
        else:
            count, sixel = int(match["count"] or 1), (match["repeated"] or match["other"])[0] - 63
            for bit in range(6):
                if sixel >> bit & 1:
                    rows += [bytearray() for _row in range(y + bit + 1 - len(rows))]
                    _colour(rows[y + bit], x, colour * count)
            x += count
            width = max(width, x)
    assert (raster.tall, raster.wide) == (1, 1), "pixels are square"
    return _painted(rows, max(width, raster.width), max(len(rows), raster.height))


def _colour(row: bytearray, x: int, pixels: bytes) -> None:
    """Put pixels into a row from `x` on; what was left out before them is empty."""
    row.extend(_EMPTY * (x - len(row) // 4))
    row[4 * x : 4 * x + len(pixels)] = pixels


def _painted(rows: list[bytearray], width: int, height: int) -> Image.Image:
    pixels = b"".join(row.ljust(4 * width, b"\0") for row in rows)
    return Image.frombytes("RGBA", (width, height), pixels.ljust(4 * width * height, b"\0"))
