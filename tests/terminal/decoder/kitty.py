"""The kitty graphics protocol: images that were sent, where they are placed, and cells that show parts of them."""

import base64
import io
import zlib
from typing import NamedTuple

from PIL import Image

from kimikoe_tui.graphics.placeholders import DIACRITICS, PLACEHOLDER

_ROWS = {mark: number for number, mark in enumerate(DIACRITICS)}


class Placement(NamedTuple):
    """Where an image stands: virtual ones show through placeholder cells, others from a cell on, over the text."""

    virtual: bool
    row: int
    column: int
    columns: int
    rows: int


class Kitty:
    """What a terminal holds of pictures. `placeholders` is whether it knows virtual placements."""

    def __init__(self, placeholders: bool = True) -> None:
        self._placeholders = placeholders
        self.images: dict[int, Image.Image] = {}
        self.placements: dict[tuple[int, int], Placement] = {}
        self.sent = 0
        self._fitted: dict[tuple[int, tuple[int, int]], Image.Image] = {}
        self._open: tuple[dict[str, str], list[str]] | None = None

    def command(self, apc: bytes, cursor: tuple[int, int]) -> str:
        """Obey a command given while the cursor was at (row, column); returns the answer, empty for none."""
        head, _semicolon, payload = apc[1:].decode("ascii").partition(";")
        assert len(payload) <= 4096, "a chunk is at most 4096 bytes"
        keys = dict(pair.split("=") for pair in head.split(",") if pair)
        if self._open is not None:
            assert set(keys) <= {"m", "q"}, "between chunks only m and q are said"
            self._open[1].append(payload)
        else:
            self._open = keys, [payload]
        if keys.get("m") == "1":
            return ""
        (keys, parts), self._open = self._open, None
        return self._whole(keys, base64.b64decode("".join(parts)), cursor)

    def _whole(self, keys: dict[str, str], payload: bytes, cursor: tuple[int, int]) -> str:
        action, number, quiet = keys.get("a", "t"), int(keys.get("i", 0)), keys.get("q", "0")
        error = ""
        self._fitted.clear()
        if action in "tT":
            self.images[number] = _decoded(keys, payload)
            self.sent += 1
        if action in "Tp":
            error = self._place(keys, number, cursor)
        elif action == "d":
            self._delete(keys)
            return ""
        if quiet == "2" or (quiet == "1" and not error):
            return ""
        return f"\x1b_Gi={number};{error or 'OK'}\x1b\\" if number else ""

    def _place(self, keys: dict[str, str], number: int, cursor: tuple[int, int]) -> str:
        virtual = keys.get("U") == "1"
        if virtual and not self._placeholders:
            return "EINVAL:unknown key U"
        if number not in self.images:
            return "ENOENT"
        size = int(keys.get("c", 0)), int(keys.get("r", 0))
        self.placements[number, int(keys.get("p", 0))] = Placement(virtual, *cursor, *size)
        return ""

    def _delete(self, keys: dict[str, str]) -> None:
        what, number = keys.get("d", "a"), int(keys.get("i", 0))
        if what in "aA":
            gone = [key for key, placement in self.placements.items() if not placement.virtual]
        else:
            assert what in "iI", f"deleting by {what} is not known here"
            gone = [key for key in self.placements if key[0] == number and keys.get("p", str(key[1])) == str(key[1])]
        for key in gone:
            del self.placements[key]
        if what.isupper():
            placed = {key[0] for key in self.placements}
            self.images = {each: image for each, image in self.images.items() if each in placed or each != number}

    def tile(self, number: int, row: int, column: int, cell: tuple[int, int]) -> Image.Image | None:
        """The part of an image that a placeholder cell shows, `cell` pixels in size; None where there is none."""
        placement = next((each for (i, _p), each in self.placements.items() if i == number and each.virtual), None)
        if placement is None or number not in self.images or column >= placement.columns or row >= placement.rows:
            return None
        box = placement.columns * cell[0], placement.rows * cell[1]
        if (number, box) not in self._fitted:  # a screen has thousands of such cells
            self._fitted[number, box] = contained(self.images[number], box)
        return self._fitted[number, box].crop(
            (column * cell[0], row * cell[1], (column + 1) * cell[0], (row + 1) * cell[1])
        )


def contained(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    """An image in the middle of a box of pixels, as large as its shape allows, as kitty fits virtual placements."""
    scale = min(box[0] / image.width, box[1] / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    whole = Image.new("RGBA", box, (0, 0, 0, 0))
    whole.paste(image.resize(size), ((box[0] - size[0]) // 2, (box[1] - size[1]) // 2))
    return whole


def placeholder(cell: str, left: tuple[int, int] | None) -> tuple[int, int] | None:
    """The (row, column) of an image that a cell stands for; what it does not say it has from the cell at its left."""
    if not cell.startswith(PLACEHOLDER):
        return None
    marks = [_ROWS[mark] for mark in cell[1:]]
    if not marks:
        return (left[0], left[1] + 1) if left else (0, 0)
    if len(marks) == 1:
        return (marks[0], left[1] + 1) if left and left[0] == marks[0] else (marks[0], 0)
    return marks[0], marks[1]


def _decoded(keys: dict[str, str], payload: bytes) -> Image.Image:
    data = zlib.decompress(payload) if keys.get("o") == "z" else payload
    if keys.get("f") == "100":
        return Image.open(io.BytesIO(data)).convert("RGBA")
    mode = "RGB" if keys.get("f") == "24" else "RGBA"
    return Image.frombytes(mode, (int(keys["s"]), int(keys["v"])), data).convert("RGBA")
