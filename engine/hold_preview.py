"""What a film would be grouped into: `python -m engine.hold_preview STUDIO FILM THRESHOLD...` prints it as JSON.

Nothing is written, no frame decoded and no queue waited for, so that a person can try thresholds while work goes on.
"""

import json
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

import msgspec

from db.connect import connect_studio
from db.exposures import Exposures, exposures_of
from engine.holds import hold_heads


def previews(db: Connection, film_id: int, thresholds: Iterable[int]) -> dict[int, Exposures]:
    """How long drawings would be held at each of the thresholds."""
    rows = db.execute("SELECT distance, signature FROM frame WHERE film_id = ? ORDER BY number", (film_id,)).fetchall()
    distances, signatures = [row["distance"] for row in rows], [row["signature"] for row in rows]
    return {
        threshold: exposures_of(hold_heads(distances, signatures, threshold), len(rows)) for threshold in thresholds
    }


def main() -> None:
    """Print `{"4": {"ones": 1, "twos": 2, "threes": 3, "longer": 4}}`."""
    root, film_id, *thresholds = sys.argv[1:]
    with closing(connect_studio(Path(root))) as db:
        print(json.dumps(msgspec.to_builtins(previews(db, int(film_id), map(int, thresholds)), str_keys=True)))


if __name__ == "__main__":
    main()
