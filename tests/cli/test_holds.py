"""`kimikoe holds`: what a film collapsed to is shown, thresholds are tried without writing, and a film is regrouped."""

import json
from pathlib import Path

import pytest

from db.connect import connect_studio, writing
from engine.jobs.bulk import ROWS_PER_WRITE
from tests.cli.conftest import Run, refused

FRAMES, NUDGE = 900, 7


@pytest.fixture
def studio(film_studio: Path) -> Path:
    """A film on threes, of which every second drawing is only a little (7) away from the one before."""
    assert FRAMES > ROWS_PER_WRITE
    db = connect_studio(film_studio)
    with writing(db):
        for table in ("score", "scored", "verdict", "hold", "shot", "frame"):
            db.execute(f"DELETE FROM {table}")
        db.execute("UPDATE film SET frame_count = ?", (FRAMES,))
        film_id = db.execute("SELECT id FROM film").fetchone()[0]
        db.executemany(
            """INSERT INTO frame (film_id, number, pts, is_key, distance, cut_change, signature)
               VALUES (?, ?, ?, 0, ?, 0, ?)""",
            ((film_id, number, number, _distance(number), bytes(144)) for number in range(1, FRAMES + 1)),
        )
        db.executemany(
            "INSERT INTO hold VALUES ((SELECT grouping_id FROM film), ?, ?, ?)",
            ((first, first + 2, first) for first in range(1, FRAMES, 3)),
        )
        db.execute("INSERT INTO shot VALUES (?, 1, 1, ?)", (film_id, FRAMES))
    db.close()
    return film_studio


def _distance(number: int) -> int:
    if number % 3 != 1:
        return number % 2
    return 90 if number % 2 else NUDGE


def test_what_was_collapsed_is_shown(run: Run, studio: Path) -> None:
    lines = run("holds").stdout.splitlines()
    assert lines[1:3] == ["900 frames → 300 holds → 1 shot", "3.0× fewer drawings than frames"]
    assert lines[5].split()[:3] == ["3s", "300", "100%"] and lines[5].endswith("█" * 24)
    assert lines[-1].endswith("4 fits the film's encode")
    status = run("status").stdout
    assert "900 frames → 300 holds → 1 shot" in status and "3s 100%" in status


def test_a_threshold_is_tried_without_a_trace(run: Run, studio: Path) -> None:
    before = run("digest").stdout
    lines = run("holds", "--threshold", 8, "--preview").stdout.splitlines()
    tried = next(line for line in lines if line.split()[0] == "8")
    assert tried.split()[1:3] == ["150", "6.0×"] and tried.endswith("asked for")
    assert any("frame 4)  7" in line for line in lines)
    found = json.loads(run("holds", "--preview", "--json").stdout)
    assert found["previews"]["4"] == {"ones": 0, "twos": 0, "threes": 300, "longer": 0}
    assert run("digest").stdout == before


def test_a_film_is_grouped_anew_and_back_by_the_estimate(run: Run, studio: Path) -> None:
    made = json.loads(run("holds", "--threshold", 8, "--wait", "--json").stdout)[0]["made"]
    assert made == {"threshold": 8, "estimated_threshold": 4, "holds": 150}
    assert json.loads(run("holds", "--json").stdout)["exposures"]["longer"] == 150
    assert run("holds").stdout.splitlines()[-1] == "threshold 8, which was chosen; 4 fits the film's encode"
    run("holds", "--estimate", "--wait")
    assert json.loads(run("holds", "--json").stdout)["chosen_threshold"] is None
    assert json.loads(run("holds", "--json").stdout)["holds"] == 300


def test_a_threshold_that_is_none_and_a_film_that_is_none_are_refused(run: Run, studio: Path) -> None:
    assert run("holds", "--threshold", 300).returncode == 2
    assert "no film “other”" in refused(run("holds", "other"))
