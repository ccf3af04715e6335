"""The real engine on a real clip: killed, stopped, paused, and asked twice, it ends in the same rows."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from db import queue
from db.connect import connect_studio
from db.requests import IngestRequest
from db.short_log import LONGEST, START_LOG
from engine import lane
from engine.lane import run_job
from engine.models import Models
from engine.studio import Studio
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.engine_control import engine_state, start_engine, stop_engine
from tests.engine.film.clips import numbered_clip
from tests.waiting import wait_until

FRAMES = 1500


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return numbered_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", FRAMES)


@pytest.fixture(scope="module")
def undisturbed(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """The rows of an ingest that nothing interrupts."""
    root = tmp_path_factory.mktemp("undisturbed") / "studio"
    create_studio(root)
    studio = Studio(root)
    queue.enqueue(studio.db, IngestRequest(path=str(clip)))
    job = queue.claim(studio.db, "cpu", os.getpid())
    assert job is not None
    run_job(studio, job, Models(), lambda: False)
    assert queue.get(studio.db, job.id).state == "done"
    return _rows(studio.db)


@pytest.fixture
def studio_root(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "studio"
    create_studio(root)
    yield root
    if engine_state(root).running:
        stop_engine(root)


def _rows(db: Connection) -> list[tuple[Any, ...]]:
    frames = db.execute("SELECT number, pts, is_key, corrupt, tainted, distance, cut_change, signature FROM frame")
    holds = db.execute("SELECT h.first, h.last, h.key_frame FROM hold h JOIN film f ON f.grouping_id = h.grouping_id")
    shots = db.execute("SELECT number, first, last FROM shot")
    return [tuple(row) for rows in (frames, holds, shots) for row in rows]


def _started(db: Connection, clip: Path, root: Path) -> queue.Job:
    """An ingest that has stored frames and is not at its end."""
    job_id = queue.enqueue(db, IngestRequest(path=str(clip)))
    start_engine(root)
    return wait_until(lambda: _running_with_progress(db, job_id), "the ingest stores frames")


def _running_with_progress(db: Connection, job_id: int) -> queue.Job | None:
    job = queue.get(db, job_id)
    return job if job.state == "running" and 0 < job.done < FRAMES else None


def _done(db: Connection, job_id: int) -> bool:
    job = queue.get(db, job_id)
    assert job.state != "failed", job.error
    return job.state == "done"


def test_a_killed_workers_job_comes_back_with_the_reason(
    studio_root: Path, clip: Path, undisturbed: list[tuple[Any, ...]]
) -> None:
    db = connect_studio(studio_root)
    job = _started(db, clip, studio_root)
    assert job.worker_pid
    os.kill(job.worker_pid, signal.SIGKILL)
    reason = wait_until(lambda: queue.get(db, job.id).error, "the job is marked with the reason")
    assert "killed" in reason
    wait_until(lambda: _done(db, job.id), "the job is resumed")
    assert _rows(db) == undisturbed


def test_a_killed_engine_takes_its_workers_along_and_goes_on_when_started(
    studio_root: Path, clip: Path, undisturbed: list[tuple[Any, ...]]
) -> None:
    db = connect_studio(studio_root)
    job = _started(db, clip, studio_root)
    engine = engine_state(studio_root).pid
    assert engine and job.worker_pid
    os.kill(engine, signal.SIGKILL)
    wait_until(lambda: not _alive(job.worker_pid), "the worker ends with its supervisor")
    wait_until(lambda: not engine_state(studio_root).running, "the kernel lets go of the lock")
    start_engine(studio_root)
    wait_until(lambda: _done(db, job.id), "the job is resumed")
    assert _rows(db) == undisturbed


def _alive(pid: int | None) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_stopped_engine_sets_its_job_aside(studio_root: Path, clip: Path, undisturbed: list[tuple[Any, ...]]) -> None:
    db = connect_studio(studio_root)
    job = _started(db, clip, studio_root)
    assert stop_engine(studio_root)
    assert queue.get(db, job.id).state == "queued"
    assert not stop_engine(studio_root)
    start_engine(studio_root)
    wait_until(lambda: _done(db, job.id), "the job is resumed")
    assert _rows(db) == undisturbed


def test_a_paused_job_waits_and_a_cancelled_one_ends(studio_root: Path, clip: Path) -> None:
    db = connect_studio(studio_root)
    job = _started(db, clip, studio_root)
    queue.pause(db, job.id)
    wait_until(lambda: queue.get(db, job.id).state == "paused", "the job pauses")
    wait_until(lambda: not _alive(job.worker_pid), "its worker gives everything back")
    stored = db.execute("SELECT count(*) FROM frame").fetchone()[0]
    assert 0 < stored < FRAMES
    queue.resume(db, job.id)
    wait_until(lambda: db.execute("SELECT count(*) FROM frame").fetchone()[0] > stored, "the job goes on")
    queue.cancel(db, job.id)
    wait_until(lambda: queue.get(db, job.id).state == "cancelled", "the job is cancelled")


def test_an_idle_worker_ends(studio_root: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "WARM_SECONDS", 0.0)
    worker = lane.Worker(studio_root, "cpu")
    job_id = queue.enqueue(worker.studio.db, IngestRequest(path=str(clip)))
    db = connect_studio(studio_root)
    worker.run()
    assert queue.get(db, job_id).state == "queued"
    monkeypatch.setattr(lane, "WARM_SECONDS", 1.0)
    lane.Worker(studio_root, "cpu").run()
    assert queue.get(db, job_id).state == "done"


def test_an_engine_leaves_a_studio_that_was_moved_and_touches_none_in_its_place(
    studio_root: Path, clip: Path, undisturbed: list[tuple[Any, ...]]
) -> None:
    db = connect_studio(studio_root)
    job = _started(db, clip, studio_root)
    engine, worker = engine_state(studio_root).pid, job.worker_pid
    db.close()
    moved = studio_root.rename(studio_root.with_name("moved"))
    create_studio(studio_root)
    before = sorted(studio_root.rglob("*"))
    wait_until(lambda: not _alive(engine) and not _alive(worker), "engine and worker end")
    assert sorted(studio_root.rglob("*")) == before and not engine_state(studio_root).running
    shutil.rmtree(studio_root)
    moved.rename(studio_root)
    db = connect_studio(studio_root)
    start_engine(studio_root)
    wait_until(lambda: _done(db, job.id), "the job is resumed")
    assert _rows(db) == undisturbed


def test_a_second_engine_is_refused_in_one_line(studio_root: Path) -> None:
    first = start_engine(studio_root)
    second = subprocess.run([sys.executable, "-m", "engine", str(studio_root)], capture_output=True, text=True)
    assert second.returncode != 0
    assert second.stderr.count("\n") == 1 and str(first.pid) in second.stderr and "engine stop" in second.stderr
    assert engine_state(studio_root) == first


def test_whatever_the_umask_all_that_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    clip = numbered_clip(tmp_path / "clip.mp4", 30)
    root = tmp_path / "private"
    command = [sys.executable, "-m", "kimikoe_tui", "--studio", str(root)]
    run = partial(subprocess.run, capture_output=True, text=True, timeout=120, preexec_fn=partial(os.umask, 0))
    run([sys.executable, "-m", "kimikoe_tui", "init", str(root)], check=True)
    try:
        run([*command, "ingest", str(clip), "--wait"], check=True)
        run([*command, "frame", f"{clip.stem}#3", "--out", str(tmp_path / "given.png")], check=True)
    finally:
        stop_engine(root)
    assert (root / "thumbs.db").exists() and (root / "logs" / "frames.log").exists()
    assert [path for path in [root, *root.rglob("*")] if path.stat().st_mode & 0o077] == []
    assert (tmp_path / "given.png").stat().st_mode & 0o777 == 0o666


def test_what_workers_print_is_kept_short(studio_root: Path) -> None:
    start_engine(studio_root)
    log = studio_root / "logs" / START_LOG
    with log.open("ab") as printed:
        printed.write(b"x" * (LONGEST + 1))
    wait_until(lambda: log.stat().st_size == 0, "the engine empties it")
