"""How much room a disk has, and how much of it is left free for the system and for other programs."""

import os
import re
from pathlib import Path

import msgspec

from db.errors import UserError
from db.filesystem import disk_of, nearest_present
from db.i18n import _

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)\Z")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%\Z")


class Reserve(msgspec.Struct, frozen=True):
    """So many bytes or this share of the disk, and where both are given the smaller of the two."""

    size: int | None
    share: float | None

    def of(self, disk_bytes: int) -> int:
        """The bytes to leave free on a disk of this size."""
        wanted = [] if self.size is None else [self.size]
        if self.share is not None:
            wanted.append(int(self.share * disk_bytes))
        return min(wanted, default=0)


def parse_reserve(text: str) -> Reserve:
    """`2 GB`, `1%` or `2 GB or 1%`; raises `UserError` for anything else."""
    size: int | None = None
    share: float | None = None
    parts = [part.strip() for part in re.split(r"\bor\b", text)]
    for part in parts:
        if match := _SHARE.match(part):
            share = float(match[1]) / 100
        elif (match := _SIZE.match(part)) and (match[2] or "B").upper() in _UNITS:
            size = int(float(match[1]) * _UNITS[(match[2] or "B").upper()])
    if (size is not None) + (share is not None) != len(parts) or (share or 0) > 0.5:
        raise UserError(
            _("“{text}” is no reserve: write 2 GB, 1% (at most 50%), or “2 GB or 1%” for the smaller of both.").format(
                text=text
            )
        )
    return Reserve(size, share)


class DiskRoom(msgspec.Struct, frozen=True):
    """A disk's free and total bytes, and how many of them stay free."""

    disk: str
    free: int
    total: int
    reserve: int

    def holds(self, size: int) -> bool:
        """Whether so many bytes more leave the reserve free."""
        return self.free - size >= self.reserve


def disk_room(folder: Path, reserve: Reserve) -> DiskRoom:
    """The disk on which `folder` lies or would lie, named by where it is mounted."""
    present = nearest_present(folder)
    figures = os.statvfs(present)
    total = figures.f_blocks * figures.f_frsize
    disk = disk_of(present)
    name = disk.mount_point if disk else str(present)
    return DiskRoom(name, figures.f_bavail * figures.f_frsize, total, reserve.of(total))
