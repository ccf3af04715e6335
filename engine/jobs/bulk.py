"""Many rows into the studio in transactions so short that a key press can commit between any two."""

import time
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from db.connect import writing
from engine.room import ROWS_TWICE
from engine.running import RunningJob

ROWS_PER_WRITE = 300
PAUSE_BETWEEN_WRITES = 0.001
ROW_BYTES = 300


def room_for(rows: int, thumbnails: Sequence[tuple[int, bytes]] = ()) -> int:
    """What so many rows and these thumbnails take up at most while they are written, in bytes."""
    return ROWS_TWICE * (rows * ROW_BYTES + sum(len(jpeg) for _number, jpeg in thumbnails))


def write_rows(sql: str, rows: Iterable[tuple[Any, ...]], job: RunningJob) -> int:
    """Run a statement for each row; returns how many there were. Rows may be read from the same database meanwhile."""
    waiting, count = iter(rows), 0
    while batch := list(islice(waiting, ROWS_PER_WRITE)):
        job.studio.need_room(room_for(len(batch)))
        with writing(job.studio.db) as db:
            db.executemany(sql, batch)
        time.sleep(PAUSE_BETWEEN_WRITES)
        job.check()
        count += len(batch)
    return count
