"""What a film would be grouped into: `python -m engine.hold_preview STUDIO FILM THRESHOLD...` prints it as JSON.

Nothing is written, no frame decoded and no queue waited for, so that a person can try thresholds while work goes on.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection, Row

import msgspec

from db.connect import connect_studio
from db.exposures import Exposures, exposures_of
from engine.holds import hold_heads
from engine.jobs.film_parts import consecutive

Part = tuple[list[int], list[bytes]]


def previews(db: Connection, film_id: int, thresholds: Iterable[int]) -> dict[int, Exposures]:
    """How long drawings would be held at each of the thresholds."""
    rows = db.execute(
        "SELECT number, distance, signature FROM frame WHERE film_id = ? ORDER BY number", (film_id,)
    ).fetchall()
    parts = [_columns(part) for part in consecutive(rows)]
    return {threshold: _exposures(parts, threshold) for threshold in thresholds}


def _columns(part: Sequence[Row]) -> Part:
    return [row["distance"] for row in part], [row["signature"] for row in part]


def _exposures(parts: Sequence[Part], threshold: int) -> Exposures:
    """All parts' drawings; a gap between two parts ends a hold."""
    heads: list[int] = []
    length = 0
    for distances, signatures in parts:
        heads += [length + head for head in hold_heads(distances, signatures, threshold)]
        length += len(distances)
    return exposures_of(heads, length)


def main() -> None:
    """Print `{"4": {"ones": 1, "twos": 2, "threes": 3, "longer": 4}}`."""
    root, film_id, *thresholds = sys.argv[1:]
    with closing(connect_studio(Path(root))) as db:
        print(json.dumps(msgspec.to_builtins(previews(db, int(film_id), map(int, thresholds)), str_keys=True)))


if __name__ == "__main__":
    main()
