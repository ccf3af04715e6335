"""On which disk a folder lies. SQLite's log needs shared memory, which disks of other machines do not have."""

import os
import re
from pathlib import Path

import msgspec

from db.errors import UserError
from db.i18n import _

MOUNTS = Path("/proc/self/mountinfo")
SHARED = frozenset(
    """9p afs beegfs ceph cifs coda davfs drvfs gfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs panfs
    prl_fs smb2 smb3 smbfs sshfs vboxsf vmhgfs""".split()
)
PASSING = frozenset({"tmpfs", "ramfs"})


class Disk(msgspec.Struct, frozen=True):
    """A mounted file system."""

    mount_point: str
    type: str
    source: str

    @property
    def shared(self) -> bool:
        """Whether another machine (or Windows, beside WSL) writes it too. A root of type 9p is a container's own."""
        kind = self.type.removeprefix("fuse.").removesuffix("-fuse").removesuffix("fs_fuse")
        network = kind in SHARED or kind in ("rclone", "s3fs", "gvfsd", "gcsfuse", "juicefs", "mergerfs_remote")
        return network and self.mount_point != "/"

    @property
    def passing(self) -> bool:
        """Whether it is lost at a reboot."""
        return self.type in PASSING


def disk_of(path: Path, mounts: Path | None = None) -> Disk | None:
    """The disk on which a path lies or would lie; None where the system does not tell. `mounts` is a mountinfo file."""
    try:
        lines = (mounts or MOUNTS).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place = path.expanduser().resolve()
    found = [disk for line in lines if (disk := _parsed(line)) and place.is_relative_to(disk.mount_point)]
    return max(enumerate(found), key=lambda each: (len(Path(each[1].mount_point).parts), each[0]))[1] if found else None


def _parsed(line: str) -> Disk | None:
    """One line of mountinfo: six fields, optional ones, a dash, then type, source and options."""
    before, dash, after = line.partition(" - ")
    fields, rest = before.split(" "), after.split(" ")
    if not dash or len(fields) < 6 or len(rest) < 2:
        return None
    return Disk(_unescaped(fields[4]), rest[0], _unescaped(rest[1]))


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def check_disk(root: Path, mounts: Path | None = None) -> None:
    """Raise `UserError` where a studio in this folder would not be safe."""
    disk = disk_of(root, mounts)
    if disk is not None and disk.shared:
        raise UserError(
            _(
                "{folder} is on a disk of another system ({type} at {mount}): a studio breaks there, use a local disk."
            ).format(folder=root, type=disk.type, mount=disk.mount_point)
        )


def free_bytes(folder: Path) -> int:
    """The bytes that a user may still write on the disk of `folder`."""
    figures = os.statvfs(nearest_present(folder))
    return figures.f_bavail * figures.f_frsize


def nearest_present(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.exists())
