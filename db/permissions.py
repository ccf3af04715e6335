"""A studio is for its owner's eyes: folders 0700, files 0600."""

import os
import stat
from pathlib import Path

UMASK = 0o077
_OTHERS = 0o077
_before = 0o022


def keep_private() -> None:
    """Let this process make files and folders that only their owner can read."""
    global _before
    _before = os.umask(UMASK)


def share(path: Path) -> None:
    """Give a file that was made for use outside the studio the mode it would have had otherwise."""
    os.chmod(path, 0o666 & ~_before)


def tighten(root: Path) -> None:
    """Close a studio to others; what is in a closed folder is only looked at where the folder was open.

    A file that belongs to someone else stays as it is.
    """
    root = root.resolve()
    was_open = _close(root)
    for entry in os.scandir(root):
        if entry.is_symlink():
            continue
        path = Path(entry.path)
        if (_close(path) or was_open) and entry.is_dir():
            _tighten_all(path)


def _tighten_all(folder: Path) -> None:
    for path, folders, names in os.walk(folder):
        for name in (*folders, *names):
            _close(Path(path, name))


def _close(path: Path) -> bool:
    """Take others' rights away; returns whether they had any."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode) or not mode & _OTHERS:
            return False
        os.chmod(path, stat.S_IMODE(mode) & ~_OTHERS)
    except (PermissionError, FileNotFoundError):
        return False
    return True
