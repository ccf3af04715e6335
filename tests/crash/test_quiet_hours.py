"""When it gets quiet a training saves its checkpoint and gives the card back; when it is over it goes on."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from db import library, queue
from db.connect import writing
from engine.lane import run_job
from engine.models import Models
from engine.studio import Studio
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.engine_control import start_engine, stop_engine
from tests.crash.story import RECIPE, STORY, begin, make_material
from tests.waiting import wait_until

LONG = msgspec.structs.replace(RECIPE, steps=100_000, checkpoint_every=100_000)


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A studio in which a long training is about to begin."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    material = make_material(tmp_path)
    create_studio(tmp_path / "studio")
    studio, models = Studio(tmp_path / "studio"), Models()
    for chapter in list(STORY)[: list(STORY).index("train")]:
        job_id = begin(chapter, material, studio.db)
        claimed = queue.claim(studio.db, queue.get(studio.db, job_id).lane, os.getpid())
        assert claimed is not None
        run_job(studio, claimed, models, lambda: False)
    begin("train", material, studio.db)
    with writing(studio.db) as db:
        db.execute("UPDATE run SET recipe = ?", (msgspec.json.encode(LONG).decode(),))
    return studio


def _is_stepping(studio: Studio, job_id: int, after: int) -> queue.Job | None:
    job = queue.get(studio.db, job_id)
    return job if job.state == "running" and job.unit == "steps" and job.done > after else None


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_quiet_hours_end_the_workers_process_and_lose_no_step(studio: Studio) -> None:
    db, job_id = studio.db, queue.active(studio.db)[0].id
    start_engine(studio.root)
    try:
        running = wait_until(lambda: _is_stepping(studio, job_id, 3), "it trains")
        now = datetime.now()
        begins, ends = now - timedelta(hours=1), now + timedelta(hours=2)
        library.set_setting(db, "quiet", f"{begins:%H:%M}-{ends:%H:%M}")
        wait_until(lambda: queue.get(db, job_id).state == "paused", "it is quiet")
        paused = queue.get(db, job_id)
        assert paused.error == f"paused until {ends:%H:%M} (quiet hours)" and running.worker_pid
        wait_until(lambda: _is_gone(running.worker_pid or 0), "the process that held the card ends")
        saved = db.execute("SELECT max(step) AS step FROM checkpoint").fetchone()["step"]
        assert saved == paused.done >= running.done
        library.set_setting(db, "quiet", "")
        wait_until(lambda: _is_stepping(studio, job_id, saved), "it goes on where it stopped")
    finally:
        stop_engine(studio.root)
