"""Files that are on the disk whole or not at all, whenever the power goes."""

from pathlib import Path

from db.durable import partial_path, sync_folder, write_synced

__all__ = ["sync_folder", "write_synced", "write_whole"]


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file aside and rename it into place, waiting for the disk at both."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(path)
    write_synced(partial, content)
    partial.rename(path)
    sync_folder(path.parent)
