"""A real file system of a few megabytes, which a test fills and empties."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BLOCK = 4096
FINELY = 2**20


class SmallDisk:
    """A mounted file system; `studio` is where to make a studio on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.studio = folder, folder / "studio"
        self._filler = folder / "filler"

    @property
    def free(self) -> int:
        """The bytes that are free."""
        figures = os.statvfs(self.folder)
        return figures.f_bavail * figures.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Have another program's file take all but so many bytes."""
        with open(self._filler, "ab", buffering=0) as file:
            if (much := self.free - leave - FINELY) >= BLOCK:
                os.posix_fallocate(file.fileno(), file.tell(), much)
            file.seek(0, os.SEEK_END)
            while self.free - leave >= BLOCK and _written(file.fileno()):
                pass

    def empty(self) -> None:
        """Take the other program's file away."""
        self._filler.unlink(missing_ok=True)


def _written(file: int) -> bool:
    """Whether one more block found room."""
    try:
        return os.write(file, bytes(BLOCK)) > 0
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return False
        raise


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount one in memory; skips the test where that is not allowed."""
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs") as disk:
        yield disk


@contextmanager
def small_ext4(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount one that lies in a file, with the journal and the delays of a real one."""
    image = folder.with_name(f"{folder.name}.img")
    with image.open("wb") as file:
        file.truncate(megabytes * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
    try:
        with _mounted(folder, "-o", "loop", str(image)) as disk:
            yield disk
    finally:
        image.unlink()


@contextmanager
def _mounted(folder: Path, *arguments: str) -> Iterator[SmallDisk]:
    folder.mkdir()
    mounted = subprocess.run(["mount", *arguments, str(folder)], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
