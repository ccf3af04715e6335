"""What lies in a studio's folder, by kind: what must be kept, what is made again, and what may go."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from db.connect import DATABASE_NAME
from db.errors import UserError
from db.i18n import _

Kind = Literal[
    "database", "wal", "thumbnails", "latents", "vectors", "checkpoints", "loras", "pictures", "logs", "backups",
    "orphans", "locks", "unfinished", "other",
]  # fmt: skip
FOLDERS = ("loras", "images", "runs", "logs", "locks")
RUNS = "runs"
BACKUPS = "backups"
ORPHANS = "orphans"
CACHES: tuple[Kind, ...] = ("thumbnails", "latents", "vectors")
PASSING: tuple[Kind, ...] = ("wal", "locks", "unfinished", "backups")

_BY_FOLDER: dict[str, Kind] = {
    "loras": "loras",
    "images": "pictures",
    RUNS: "checkpoints",
    "logs": "logs",
    "locks": "locks",
    BACKUPS: "backups",
    ORPHANS: "orphans",
}
_BY_NAME: dict[str, Kind] = {
    DATABASE_NAME: "database",
    "thumbs.db": "thumbnails",
    "latents.db": "latents",
    "vectors.npy": "vectors",
    "vectors.json": "vectors",
    "engine.lock": "locks",
}


class StudioFile(msgspec.Struct, frozen=True):
    """A file of a studio: its path below the studio, its size in bytes, its kind, and when it was written."""

    path: str
    size: int
    kind: Kind
    changed_at: float


def kind_of(path: str) -> Kind:
    """The kind of the file at this path below the studio."""
    parts = PurePosixPath(path).parts
    if any(part.endswith(".partial") for part in parts):
        return "unfinished"
    if len(parts) > 1:
        return _BY_FOLDER.get(parts[0], "other")
    if path.endswith(("-wal", "-shm", "-journal")):
        return "wal"
    return _BY_NAME.get(path, "other")


def files(root: Path) -> Iterator[StudioFile]:
    """Every file of the studio; only a folder directly in it may be a link to another disk."""
    for entry in sorted(os.scandir(root), key=lambda each: each.name):
        if entry.is_dir():
            for folder, _folders, names in os.walk(entry.path):
                yield from _present(root, (Path(folder, name) for name in sorted(names)))
        else:
            yield from _present(root, [Path(entry.path)])


def _present(root: Path, paths: Iterable[Path]) -> Iterator[StudioFile]:
    """Those that are still there, for the engine may be at work, and can be read without waiting."""
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            continue
        if stat.S_ISREG(found.st_mode):
            relative = path.relative_to(root).as_posix()
            yield StudioFile(relative, found.st_size, kind_of(relative), found.st_mtime)


def is_below(path: str) -> bool:
    """Whether a path that a row or a manifest names stays inside its studio."""
    pure = PurePosixPath(path)
    return bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts and "\0" not in path


def inside(root: Path, path: str) -> Path:
    """The place that a row's path names below the studio; raises `UserError` where it leads out of it, by a link too.

    A folder directly in the studio may be a link to another disk.
    """
    place = root / str(path)
    if not is_below(str(path)) or not place.resolve().is_relative_to((root / PurePosixPath(path).parts[0]).resolve()):
        raise UserError(_("{path} leads out of the studio {folder}: it is not read.").format(path=path, folder=root))
    return place
