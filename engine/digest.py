"""`python -m engine.digest STUDIO`: what a studio's rows and files hold, as JSON of one hash for each part.

A LoRA counts by its tensors and a picture by its pixels: metadata tell the time, and packing is the library's choice.
"""

import hashlib
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from db.connect import connect_studio
from db.digest import hash_rows, table_digests
from db.errors import UserError
from db.studio_files import inside

TENSORS, PIXELS = "tensors of LoRAs", "pixels of pictures"


def digests(root: Path) -> dict[str, str]:
    """A hash for each table, one for the tensors of all LoRAs and one for the pixels of all pictures."""
    with closing(connect_studio(root, read_only=True)) as db:
        db.execute("BEGIN")  # one moment, while others write
        loras = _files(root, db, "SELECT id, path FROM lora ORDER BY id", tensors_of)
        images = _files(root, db, "SELECT id, path FROM image WHERE state = 'done' ORDER BY id", pixels_of)
        return {**table_digests(db), TENSORS: hash_rows(loras), PIXELS: hash_rows(images)}


def _files(root: Path, db: sqlite3.Connection, sql: str, content: Callable[[Path], str]) -> Iterator[tuple[int, str]]:
    """(id, hash of the content) of the files that rows name; one that cannot be read, or leads out of the studio, has
    the reason's kind."""
    for row in db.execute(sql):
        try:
            found = content(inside(root, row["path"]))
        except (OSError, ValueError, KeyError, UserError) as error:
            found = type(error).__name__
        yield row["id"], found


def tensors_of(path: Path) -> str:
    """Hash of a safetensors file's names, types, shapes and values, without its metadata."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        return hash_rows(_tensors(file, 8 + length, header))


def _tensors(file: BinaryIO, start: int, header: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """(name, type, shape, bytes) of each tensor, in order of names; their places count from `start`."""
    for name, tensor in sorted(header.items()):
        first, last = tensor["data_offsets"]
        file.seek(start + first)
        yield name, tensor["dtype"], tensor["shape"], file.read(last - first)


def pixels_of(path: Path) -> str:
    """Hash of a picture's mode, size and pixels, without its metadata."""
    with Image.open(path) as image:
        return hash_rows([(image.mode, *image.size, hashlib.sha256(image.tobytes()).digest())])


def main(root: Path) -> None:
    """Print the digests of a studio."""
    print(json.dumps(digests(root)))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except UserError as error:
        sys.exit(f"kimikoe: {error}")
