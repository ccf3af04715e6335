"""`kimikoe status` and `report` fit forty columns, whatever things are called."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection

import pytest
from rich.cells import cell_len

from db import engine_lock, queue, waits
from db.connect import connect_studio, now
from db.requests import TagRequest
from tests.cli.conftest import Run, refused
from tests.kept_studio import fill_studio

JAPANESE = "ひぐらしのなく頃に 第一話 鬼隠し編 その壱 完全版 " * 2


@pytest.fixture
def studio(studio_root: Path, db: Connection) -> Path:
    """A long film with a long name, a running job with little left, jobs that wait, and one that failed."""
    fill_studio(studio_root, db)
    db.execute("UPDATE film SET name = ?", (JAPANESE,))
    jobs = [queue.enqueue(db, TagRequest()) for _job in range(4)]
    db.execute(
        """UPDATE job SET state = 'running', done = 120000, total = 170000, unit = 'pictures', first_done = 0,
               first_at = ?, started_at = ? WHERE id = ?""",
        (now() - 120, now() - 120, jobs[0]),
    )
    db.execute("INSERT INTO attempt (job_id, started_at) VALUES (?, ?)", (jobs[0], now() - 120))
    queue.pause(db, jobs[1])
    waits.ask(
        db, waits.Wait(jobs[2], "room", "needs room: 1.4 GB free, 2.3 GB needed on /data/" + "very-long-name" * 5)
    )
    db.execute("UPDATE job SET state = 'failed', error = ?, finished_at = ? WHERE id = ?", (JAPANESE, now(), jobs[3]))
    return studio_root


def _narrow(studio: Path, *command: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-m", "kimikoe_tui", "--studio", str(studio), *command],
        capture_output=True, text=True, env={**os.environ, "COLUMNS": "40"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert [line for line in lines if cell_len(line) > 40] == []
    return lines


@pytest.fixture
def engine(studio: Path) -> Iterator[None]:
    """What tells an engine that works."""
    with engine_lock.hold(studio, "engine"):
        yield


@pytest.mark.usefixtures("engine")
def test_the_status_fits_forty_columns_and_says_what_matters(studio: Path) -> None:
    text = "\n".join(_narrow(studio, "status"))
    for words in ("1 tag running, 70%, 0:00:5", "2 tag paused", "3 tag paused", "needs room: 1.4 GB free",
                  "2 pictures to judge", "failed: job 4", "paused: job 2", "engine: running", "ひぐらし"):  # fmt: skip
        assert words in text, text


def test_without_an_engine_nothing_runs_whatever_rows_say(run: Run, studio: Path) -> None:
    text = "\n".join(_narrow(studio, "status"))
    for words in ("engine: stopped", "1 tag queued, 70%", "the engine ended while it ran"):
        assert words in text, text
    assert " running " not in text and " left" not in text
    assert "1 tag       queued" in run("jobs").stdout
    assert "tag" in (found := run("report", "--since", "1h").stdout) and "running" not in found


@pytest.mark.usefixtures("engine")
def test_the_report_fits_forty_columns(studio: Path) -> None:
    lines = _narrow(studio, "report", "--since", "1h")
    assert lines[0].startswith("in 1:00:00 jobs ran 0:02:0")
    assert any(line.startswith("1 tag 0:02:0") for line in lines)


def test_both_for_scripts(run: Run, studio: Path) -> None:
    status = json.loads(run("status", "--json").stdout)
    assert status["engine"] is False and status["waiting"] == {"pictures": 2, "failed": [4], "paused": [2]}
    found = json.loads(run("report", "--since", "1h", "--json").stdout)
    assert found["jobs"][0]["kind"] == "tag" and found["energy"] is None


def test_a_moment_that_is_none_is_refused(run: Run) -> None:
    assert "no moment" in refused(run("report", "--since", "lately"))


def test_a_studio_in_which_nothing_happened(run: Run, studio_root: Path) -> None:
    connect_studio(studio_root).close()
    assert run("report").stdout == "in 0:00:00 jobs ran 0:00:00\n"
    assert run("status").returncode == 0
