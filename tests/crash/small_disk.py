"""A real file system of a few megabytes, which a test fills and empties."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BLOCK = 4096


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
        with open(self._filler, "ab") as file:
            if self.free - leave >= BLOCK:
                os.posix_fallocate(file.fileno(), file.tell(), self.free - leave)

    def empty(self) -> None:
        """Take the other program's file away."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount one; skips the test where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
