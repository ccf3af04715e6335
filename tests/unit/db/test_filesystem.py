from pathlib import Path

import pytest

from db import filesystem
from db.connect import connect_studio
from db.errors import UserError
from db.filesystem import check_disk, disk_of
from kimikoe_tui.cli.models import create_studio

ROOT = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw"


def mounts_of(folder: Path, *lines: str) -> Path:
    path = folder / "mountinfo"
    path.write_text("\n".join([ROOT, *lines]) + "\n")
    return path


def mount(point: object, kind: str, source: str = "source") -> str:
    return f"40 22 0:40 / {point} rw,relatime shared:1 - {kind} {source} rw"


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "drvfs", "fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "vboxsf"]
)
def test_a_disk_of_another_system_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    mounts = mounts_of(tmp_path, mount(tmp_path, kind))
    with pytest.raises(UserError) as refusal:
        check_disk(tmp_path / "studio", mounts)
    assert kind in str(refusal.value) and "local disk" in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["ext4", "btrfs", "xfs", "zfs", "overlay", "tmpfs", "fuseblk", "f2fs"])
def test_a_disk_of_this_machine_is_taken(tmp_path: Path, kind: str) -> None:
    check_disk(tmp_path / "studio", mounts_of(tmp_path, mount(tmp_path, kind)))


def test_windows_disks_beside_wsl_are_refused_and_its_own_is_not(tmp_path: Path) -> None:
    mounts = mounts_of(tmp_path, mount("/mnt/c", "9p", "C:\\134"), mount("/mnt/wslg", "tmpfs"))
    with pytest.raises(UserError, match="/mnt/c"):
        check_disk(Path("/mnt/c/Users/me/studio"), mounts)
    check_disk(Path("/home/me/studio"), mounts)


def test_a_containers_root_of_type_9p_is_its_own(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("22 1 0:1 / / rw - 9p none rw\n")
    check_disk(tmp_path, mounts)


def test_the_innermost_and_the_newest_mount_count(tmp_path: Path) -> None:
    lines = [
        mount("/film", "nfs4"),
        mount("/film/local\\040disk", "ext4"),
        mount("/again", "nfs"),
        mount("/again", "xfs"),
    ]
    mounts = mounts_of(tmp_path, *lines)
    inner, again = disk_of(Path("/film/local disk/studio"), mounts), disk_of(Path("/again/studio"), mounts)
    assert inner and (inner.mount_point, inner.type) == ("/film/local disk", "ext4")
    assert again and again.type == "xfs"
    beside = disk_of(Path("/filmed"), mounts)
    assert beside and beside.mount_point == "/"


def test_where_the_system_does_not_tell_nothing_is_refused(tmp_path: Path) -> None:
    check_disk(tmp_path, tmp_path / "missing")
    garbled = tmp_path / "garbled"
    garbled.write_bytes(b"\xff\xfe - \nno dash\n1 2 3 - x\n")
    check_disk(tmp_path, garbled)


def test_no_studio_is_opened_or_made_on_such_a_disk(
    studio_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesystem, "MOUNTS", mounts_of(tmp_path, mount(tmp_path, "nfs4")))
    for read_only in (False, True):
        with pytest.raises(UserError, match="nfs4"):
            connect_studio(studio_root, read_only=read_only)
    with pytest.raises(UserError, match="nfs4"):
        create_studio(tmp_path / "another")
    assert not (tmp_path / "another").exists()
