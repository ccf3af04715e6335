"""Sixel data as pixels, by the DEC VT340 manual and xterm's reading of it."""

import re
from typing import NamedTuple

from PIL import Image

_COMMAND = re.compile(rb'"(?P<raster>[\d;]*)|#(?P<colour>[\d;]+)|!(?P<count>\d+)(?P<repeated>[?-~])|(?P<other>[?-~$-])')
_EMPTY = (0, 0, 0, 0)


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
    palette: dict[int, tuple[int, int, int, int]] = {}
    rows: list[dict[int, tuple[int, int, int, int]]] = []
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
                palette[number] = (*[round(part * 255 / 100) for part in defined[1:]], 255)  # type: ignore[assignment]
            colour = palette[number]
        elif match["other"] == b"$":
            x = 0
        elif match["other"] == b"-":
            x, y = 0, y + 6
        else:
            count, sixel = int(match["count"] or 1), (match["repeated"] or match["other"])[0] - 63
            for bit in range(6):
                if sixel >> bit & 1:
                    rows += [{} for _row in range(y + bit + 1 - len(rows))]
                    rows[y + bit].update(dict.fromkeys(range(x, x + count), colour))
            x += count
            width = max(width, x)
    assert (raster.tall, raster.wide) == (1, 1), "pixels are square"
    return _painted(rows, max(width, raster.width), max(len(rows), raster.height))


def _painted(rows: list[dict[int, tuple[int, int, int, int]]], width: int, height: int) -> Image.Image:
    image = Image.new("RGBA", (width, height), _EMPTY)
    image.putdata([rows[y].get(x, _EMPTY) if y < len(rows) else _EMPTY for y in range(height) for x in range(width)])
    return image
