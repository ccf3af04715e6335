"""A studio as the engine sees it: the directory, its database and the caches beside it."""

import sqlite3
from pathlib import Path

from db.connect import connect_studio
from engine.room import need_room


class Studio:
    """An open studio. Use it on the thread that opened it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.db: sqlite3.Connection = connect_studio(self.root)

    @property
    def thumbs_path(self) -> Path:
        """The cache of thumbnails of key frames."""
        return self.root / "thumbs.db"

    @property
    def latents_path(self) -> Path:
        """The cache of encoded pictures."""
        return self.root / "latents.db"

    @property
    def vectors_path(self) -> Path:
        """The memory-mapped copy of the vectors."""
        return self.root / "vectors.npy"

    @property
    def loras(self) -> Path:
        """Published LoRA files."""
        return self.root / "loras"

    @property
    def images(self) -> Path:
        """Generated pictures."""
        return self.root / "images"

    @property
    def runs(self) -> Path:
        """Checkpoints, one folder for each run."""
        return self.root / "runs"

    @property
    def logs(self) -> Path:
        """Logs of the engine and of each job."""
        return self.root / "logs"

    def relative(self, path: Path) -> str:
        """A path as rows store it: below the studio."""
        return path.relative_to(self.root).as_posix()

    def need_room(self, size: int, folder: Path | None = None) -> None:
        """Raise `NeedsRoom` where the disk of `folder`, or of the studio, has not so many bytes above its reserve."""
        need_room(self.db, folder or self.root, size)

    def close(self) -> None:
        """Close the database."""
        self.db.close()
