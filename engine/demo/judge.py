"""What the demo asks of its film's truth: how right the automatic tags are, and where a character is alone."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from db import films
from db.connect import connect_studio
from engine.demo.truth import load_truth, tag_f1


def score_tags(root: Path, film: Path) -> dict[str, Any]:
    """Precision, recall and F1 of the studio's effective tags on every frame of the demo film."""
    db = connect_studio(root, read_only=True)
    film_id = films.film_named(db, film.stem).id
    predicted: dict[int, set[str]] = defaultdict(set)
    for row in db.execute("SELECT frame_number, tag FROM frame_tag WHERE film_id = ?", (film_id,)):
        predicted[row["frame_number"]].add(row["tag"])
    vocabulary = [row["name"] for row in db.execute("SELECT name FROM tag WHERE category = 0")]
    score = tag_f1(predicted, load_truth(film), vocabulary)
    return {**score._asdict(), "frames": len(predicted)}


def solo_shots(film: Path, name: str) -> list[int]:
    """The middle frame of each shot in which a character is alone."""
    alone = [shot for shot in load_truth(film).shots if shot.names == [name] and shot.people == 1]
    return [(shot.start + shot.end) // 2 for shot in alone]
