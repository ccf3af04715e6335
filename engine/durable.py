"""Files that are on the disk whole or not at all, whenever the power goes."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.durable import partial_path, sync_folder, write_synced

__all__ = ["removed_on_failure", "sync_folder", "write_synced", "write_whole"]


@contextmanager
def removed_on_failure(partial: Path) -> Iterator[None]:
    """Take away the file or folder that is being made where it could not be finished: the disk may be full."""
    try:
        yield
    except BaseException:
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        else:
            partial.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file aside and rename it into place, waiting for the disk at both."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(path)
    with removed_on_failure(partial):
        write_synced(partial, content)
        partial.rename(path)
    sync_folder(path.parent)
