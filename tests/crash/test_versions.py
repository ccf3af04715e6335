"""Programs of two versions at one studio: real processes, the newer one with an invented migration."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db import engine_life, engine_lock, migrations, queue
from db.connect import connect_studio, writing
from db.requests import BaseRequest
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.engine_control import engine_state, start_engine, stop_engine
from kimikoe_tui.session import Session
from tests.cli.conftest import refused
from tests.waiting import wait_until

NEWER = {**os.environ, "PYTHONPATH": str(Path(__file__).with_name("newer"))}
KNOWN = len(migrations.MIGRATIONS)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    studio = tmp_path / "studio"
    create_studio(studio)
    with closing(connect_studio(studio)) as db, writing(db):
        db.execute("INSERT INTO tag (name) VALUES ('nagisa')")
    yield studio
    if engine_state(studio).running:
        stop_engine(studio)


def kimikoe(root: Path, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "kimikoe_tui", "--studio", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)


def newer(root: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return kimikoe(root, *arguments, env={**NEWER, **env})


def schema(root: Path) -> int:
    with closing(sqlite3.connect(root / "kimikoe.db")) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def copies(root: Path) -> list[Path]:
    return sorted((root / "backups").glob("*")) if (root / "backups").is_dir() else []


def test_nothing_is_migrated_under_a_living_engine(root: Path) -> None:
    engine = start_engine(root)
    message = refused(newer(root, "status"))
    assert message.count("\n") == 1
    assert f"process {engine.pid}" in message and "kimikoe 99.0" in message and "`kimikoe engine stop`" in message
    assert schema(root) == KNOWN and copies(root) == []
    assert newer(root, "engine", "stop").returncode == 0
    assert newer(root, "status").returncode == 0
    assert schema(root) == KNOWN + 1


def test_a_migration_leaves_a_whole_copy_and_an_older_program_is_refused_in_one_line(root: Path) -> None:
    assert newer(root, "status").returncode == 0
    [copy] = copies(root)
    assert copy.stat().st_mode & 0o777 == 0o600 and copy.parent.stat().st_mode & 0o777 == 0o700
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == KNOWN
        assert db.execute("SELECT name FROM tag").fetchall() == [("nagisa",)]
    message = refused(kimikoe(root, "status"))
    assert message.count("\n") == 1 and "newer kimikoe" in message and "upgrade" in message
    engine = subprocess.run([sys.executable, "-m", "engine", str(root)], capture_output=True, text=True, timeout=120)
    assert engine.returncode == 1 and engine.stderr.count("\n") == 1 and "newer kimikoe" in engine.stderr
    assert not engine_state(root).running
    assert kimikoe(root, "engine", "stop").returncode == 0


def test_a_failed_migration_leaves_the_studio_as_it_was(root: Path) -> None:
    message = refused(newer(root, "status", INVENTED_STEP="fails"))
    assert message.count("\n") == 1 and "no such table: nowhere" in message and "as it was" in message
    assert schema(root) == KNOWN and copies(root) == []
    with closing(connect_studio(root)) as db:
        assert [row["name"] for row in db.execute("SELECT name FROM tag")] == ["nagisa"]
        assert db.execute("SELECT 1 FROM sqlite_master WHERE name = 'invented'").fetchone() is None
    assert kimikoe(root, "status").returncode == 0


def test_a_newer_engine_that_is_started_migrates_and_says_who_it_is(root: Path) -> None:
    engine = subprocess.Popen([sys.executable, "-m", "engine", str(root)], env=NEWER)
    try:
        wait_until(lambda: engine_state(root).pid == engine.pid, "the newer engine is up")
        assert schema(root) == KNOWN + 1 and len(copies(root)) == 1
        status = newer(root, "engine", "status")
        assert f"process {engine.pid}" in status.stdout and "stop" not in status.stdout
        with closing(sqlite3.connect(root / "kimikoe.db")) as db:
            db.row_factory = sqlite3.Row
            life = engine_life.living(db, engine.pid)
            assert life and (life.program, life.schema, life.ended_at) == ("99.0", KNOWN + 1, None)
    finally:
        engine.send_signal(signal.SIGTERM)
        assert engine.wait(60) == 0
    with closing(sqlite3.connect(root / "kimikoe.db")) as db:
        assert db.execute("SELECT ended_at FROM engine").fetchone()[0] is not None


def test_an_engine_whose_program_is_changed_begins_anew_when_nobody_is_in_the_way(root: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    later.mkdir()
    engine = subprocess.Popen([sys.executable, "-m", "engine", str(root)], env={**os.environ, "PYTHONPATH": str(later)})
    try:
        wait_until(lambda: engine_state(root).pid == engine.pid, "the engine is up")
        shutil.copytree(NEWER["PYTHONPATH"], later, dirs_exist_ok=True)
        session = Session(root)
        with closing(connect_studio(root)) as db:
            job_id = queue.enqueue(db, BaseRequest(source=str(tmp_path / "nowhere")))
            wait_until(
                lambda: "leave all terminals (terminal-1)" in queue.get(db, job_id).error, "it says why it waits"
            )
            assert schema(root) == KNOWN and engine_state(root).pid == engine.pid
        session.close()
        wait_until(lambda: schema(root) == KNOWN + 1, "the newer program changes the schema")
        with closing(sqlite3.connect(root / "kimikoe.db")) as db:
            db.row_factory = sqlite3.Row
            wait_until(lambda: queue.get(db, job_id).state == "failed", "the job is tried: there is no such base")
            life = engine_life.living(db, engine.pid)
            assert life and life.program == "99.0" and engine_state(root).pid == engine.pid
            assert [row["ended_at"] is None for row in db.execute("SELECT ended_at FROM engine")] == [False, True]
        assert len(copies(root)) == 1
    finally:
        engine.send_signal(signal.SIGTERM)
        assert engine.wait(60) == 0


def test_an_engine_of_another_version_and_the_same_schema_is_told(root: Path) -> None:
    start_engine(root)
    with closing(connect_studio(root)) as db, writing(db):
        db.execute("UPDATE engine SET program = '0.0.1'")
    told = kimikoe(root, "engine", "status").stdout
    assert "kimikoe 0.0.1" in told and "`kimikoe engine stop`" in told


def test_nothing_is_migrated_under_an_open_terminal(root: Path) -> None:
    session = Session(root)
    message = refused(newer(root, "status"))
    assert message.count("\n") == 1 and "terminal-1" in message
    assert schema(root) == KNOWN
    session.close()
    assert newer(root, "status").returncode == 0


def test_programs_that_come_at_once_migrate_once(root: Path) -> None:
    command = [sys.executable, "-m", "kimikoe_tui", "--studio", str(root), "status"]
    together = [subprocess.Popen(command, env=NEWER, stdout=subprocess.DEVNULL) for _process in range(4)]
    assert [process.wait(120) for process in together] == [0] * 4
    assert schema(root) == KNOWN + 1 and len(copies(root)) == 1


def test_a_program_waits_while_another_one_migrates(root: Path) -> None:
    lock = engine_lock.try_hold(root, "migration")
    assert lock and engine_lock.holder(root) is None
    results: list[subprocess.CompletedProcess[str]] = []
    waiting = threading.Thread(target=lambda: results.append(newer(root, "status")))
    waiting.start()
    second = subprocess.run([sys.executable, "-m", "engine", str(root)], capture_output=True, text=True, timeout=120)
    assert "brought up to date" in second.stderr
    lock.close()
    waiting.join(120)
    assert results[0].returncode == 0 and schema(root) == KNOWN + 1


def test_few_copies_are_kept_and_the_oldest_go(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, lambda db: None))
        connect_studio(root).close()
        for copy in copies(root):
            os.utime(copy, (copy.stat().st_mtime - 10, copy.stat().st_mtime - 10))
        assert len(copies(root)) == min(number + 1, 3)
    assert {copy.name.split("-")[4] for copy in copies(root)} == {str(KNOWN + number) for number in (2, 3, 4)}
