"""Studios for benchmarks, made of rows alone."""

from collections.abc import Sequence
from pathlib import Path
from sqlite3 import Connection

from db.connect import connect_studio, writing
from kimikoe_tui.cli.models import create_studio

SMALL, LONG = 2_000, 170_000
DRAWING_LENGTH, SHOT_LENGTH = 2, 100


def small_studio(folder: Path) -> Path:
    """A studio with a film of a minute."""
    return _studio(folder, SMALL)


def long_studio(folder: Path) -> Path:
    """A studio with a film of 95 minutes."""
    return _studio(folder, LONG)


def _studio(folder: Path, frames: int) -> Path:
    root = folder / "studio"
    create_studio(root)
    db = connect_studio(root)
    with writing(db):
        add_film(db, frames, range(1, frames, DRAWING_LENGTH), range(1, frames, SHOT_LENGTH))
    db.close()
    return root


def add_film(
    db: Connection, frames: int, holds: Sequence[int], shots: Sequence[int], size: tuple[int, int] = (960, 540)
) -> None:
    """A film at 30 frames a second, with these first frames of its held drawings and of its shots."""
    width, height = size
    db.execute(
        """INSERT INTO film (id, name, sha256, path, bytes, width, height, fps_num, fps_den, decode, crop_x, crop_y,
               crop_w, crop_h, fit, frame_count, added_at)
           VALUES (1, 'film', 'aa', '/nowhere.mp4', 1, ?1, ?2, 30, 1, '{}', 0, 0, ?1, ?2, 'cover', ?3, 0)""",
        (width, height, frames),
    )
    db.executemany(
        """INSERT INTO frame (film_id, number, pts, is_key, distance, cut_change, signature)
           VALUES (1, ?, ?, 0, 0, 0, x'')""",
        ((number, number * 512) for number in range(1, frames + 1)),
    )
    db.execute("INSERT INTO grouping VALUES (1, 1, 5, 'bench', 0)")
    db.execute("UPDATE film SET grouping_id = 1")
    db.executemany("INSERT INTO hold VALUES (1, ?1, ?2, ?1)", spans(holds, frames))
    db.executemany(
        "INSERT INTO shot VALUES (1, ?, ?, ?)", ((n, *span) for n, span in enumerate(spans(shots, frames), 1))
    )


def spans(firsts: Sequence[int], last: int) -> list[tuple[int, int]]:
    """First and last of the parts that begin at `firsts`, the last part ending at `last`."""
    return list(zip(firsts, [*(first - 1 for first in firsts[1:]), last], strict=True))
