"""The whole loop, killed at random: run again, it goes on, and ends as the issue of the product says it must."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection

import pytest

from db import comparisons, queue
from db.connect import DATABASE_NAME, connect_studio
from kimikoe_tui.engine_control import engine_state, stop_engine
from tests.waiting import wait_until

STEPS = ("4", "4")
KILLS = 6


def _demo(root: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "kimikoe_tui", "demo", str(root), "--steps", *STEPS]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "demo-studio"
    yield folder
    if folder.exists() and engine_state(folder).running:
        stop_engine(folder)


@pytest.mark.slow
def test_the_demo_goes_on_after_kills_and_leaves_a_whole_studio(root: Path) -> None:
    chance = random.Random(os.environ.get("KIMIKOE_TEST_SEED", "1"))
    for _kill in range(KILLS):
        _kill_somewhere(root, chance)
    finished = _demo(root)
    output, _none = finished.communicate()
    assert finished.returncode == 0, output
    db = connect_studio(root)
    _assert_whole(db, root)
    again = _demo(root)
    output, _none = again.communicate()
    assert again.returncode == 0 and "done already" in output
    assert db.execute("SELECT count(*) FROM image").fetchone()[0] == 64


def _kill_somewhere(root: Path, chance: random.Random) -> None:
    """Kill the demo, its engine and a worker when a job that was not done at the start has come some way."""
    done = _jobs_done(root)
    wanted = done + chance.randrange(1, 5)
    demo = _demo(root)
    wait_until(lambda: demo.poll() is not None or _jobs_done(root) >= wanted, "the demo gets on", 600)
    running = _workers(root)
    demo.kill()
    demo.communicate()
    pid = engine_state(root).pid if root.exists() else None
    for victim in (chance.choice([*running, None]), pid):
        if victim:
            os.kill(victim, signal.SIGKILL)
    wait_until(lambda: not engine_state(root).running, "the engine is gone")


def _jobs_done(root: Path) -> int:
    if not (root / DATABASE_NAME).exists():
        return 0
    db = connect_studio(root)
    count: int = db.execute("SELECT count(*) FROM job WHERE state = 'done'").fetchone()[0]
    db.close()
    return count


def _workers(root: Path) -> list[int]:
    db = connect_studio(root)
    pids = [job.worker_pid for job in queue.running(db) if job.worker_pid]
    db.close()
    return pids


def _assert_whole(db: Connection, root: Path) -> None:
    decoded = db.execute("SELECT frame_count FROM film").fetchone()[0]
    assert db.execute("SELECT count(*), max(number) FROM frame").fetchone()[:] == (decoded, decoded)
    untagged = """SELECT count(*) FROM frame f WHERE NOT f.tainted AND NOT EXISTS (
        SELECT 1 FROM frame_tag t WHERE t.film_id = f.film_id AND t.frame_number = f.number)"""
    assert db.execute(untagged).fetchone()[0] == 0
    assert db.execute("SELECT count(*) FROM lora").fetchone()[0] == 2
    assert all((root / row["path"]).is_file() for row in db.execute("SELECT path FROM lora"))
    finished = """SELECT count(*) FROM image_full i WHERE i.state = 'done' AND (i.stars IS NOT NULL OR i.rejected)
        AND (SELECT count(*) FROM match m WHERE m.image_id = i.id) = 5"""
    assert db.execute(finished).fetchone()[0] == 64
    sides = comparisons.suggestion(db)
    assert sides is not None and all(side.startswith("lora:") for side in sides)
    assert len(comparisons.pairs(db, comparisons.begin(db, *sides))) == 8
    assert {row["state"] for row in db.execute("SELECT state FROM job")} == {"done"}
