"""Files that are on the disk whole or not at all, whenever the power goes."""

import errno
import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from db.errors import UserError
from db.i18n import _

BLOCK = 2**20
Progress = Callable[[int, int], None]  # bytes done, bytes in all


def write_synced(path: Path, content: bytes | memoryview) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


class NoRegularFile(OSError):
    """A pipe, a device or a folder is where a file belongs."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file to be read; raises `NoRegularFile` for what would never end, or make its reader wait for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NoRegularFile(errno.EINVAL, "not a regular file", str(path))
    return open(descriptor, "rb")


def copy_synced(source: Path, target: Path, most: int | None = None) -> tuple[int, str]:
    """Copy a file and wait until the disk has it; returns the bytes copied and their sha256.

    Of one that has more than `most` bytes only some more are copied.
    """
    digest, size = hashlib.sha256(), 0
    with open_regular(source) as original, target.open("wb") as copy:
        while (most is None or size <= most) and (block := original.read(BLOCK)):
            copy.write(block)
            digest.update(block)
            size += len(block)
        copy.flush()
        os.fsync(copy.fileno())
    return size, digest.hexdigest()


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner's eyes only."""
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's entries."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Wait until the disk has the entries of a folder and of all folders in it."""
    for path, _folders, _files in os.walk(folder, topdown=False):
        sync_folder(Path(path))


def partial_path(path: Path) -> Path:
    """Where a file or folder is made before it is renamed to `path`."""
    return path.with_name(f".{path.name}.partial")


@contextmanager
def folder_aside(path: Path) -> Iterator[Path]:
    """A new folder beside `path`, to be filled and given its name by `put_in_place`; gone at the end where it was not.

    One process at a time makes it: raises `UserError` for a second. What a killed one left there is removed first.
    """
    aside = partial_path(path)
    aside.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(aside, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise UserError(_("Another process is making {path}: wait for it.").format(path=path)) from error
    try:
        _empty(aside)
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        os.close(handle)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def put_in_place(aside: Path, path: Path) -> None:
    """Rename a folder that is whole to `path`, which is free or an empty folder; the disk has all of it then."""
    sync_tree(aside)
    aside.rename(path)
    sync_folder(path.parent)


def need_room(folder: Path, needed: int) -> None:
    """Raise `UserError` where the disk of `folder` has not so many bytes free."""
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free < needed:
        raise UserError(
            _("{folder} has {free} MB free and {needed} MB are needed: make room or name another disk.").format(
                folder=folder, free=free // 10**6, needed=-(-needed // 10**6)
            )
        )
