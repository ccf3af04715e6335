"""`kimikoe setting` lists, shows, sets and resets."""

import json
from pathlib import Path
from sqlite3 import Connection

import pytest

from db import notices, queue
from db.requests import TagRequest
from tests.cli.conftest import Run, refused


def test_settings_are_listed_with_value_default_and_meaning(run: Run) -> None:
    run("setting", "quiet", "22:00-07:30")
    lines = run("setting").stdout.splitlines()
    assert any(line.startswith("quiet") and "22:00-07:30" in line and "(default: none)" in line for line in lines)
    rows = {row["name"]: row for row in json.loads(run("setting", "--json").stdout)}
    assert rows["quiet"]["value"] == "22:00-07:30" and rows["quiet"]["default"] == ""
    assert all(row["meaning"] for row in rows.values())


def test_one_setting_is_shown_set_and_reset(run: Run) -> None:
    assert run("setting", "reserve", "5 GB").stdout.split("  ")[0] == "reserve"
    assert json.loads(run("setting", "reserve", "--json").stdout)[0]["value"] == "5 GB"
    assert "2 GB or 1%" in run("setting", "reserve", "--reset").stdout


def test_bad_names_and_values_are_refused_in_one_line(run: Run) -> None:
    assert "did you mean “quiet”" in refused(run("setting", "quite", "22:00-07:30"))
    assert "write them as 22:00-07:30" in refused(run("setting", "quiet", "at night"))
    assert "--reset" in refused(run("setting", "--reset"))


def test_a_command_is_told_of_what_happens_from_when_it_is_set(
    run: Run, db: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    _run_a_job(db)
    assert run("setting", "notify", "true").returncode == 0
    assert notices.take_untold(db) is None
    after = _run_a_job(db)
    assert run("setting", "notify", "cat").returncode == 0, "another command is told what the first one was not"
    notices.note_new(db, tmp_path)
    notice = notices.take_untold(db)
    assert notice is not None and json.loads(notice.facts)["job"] == after


def _run_a_job(db: Connection) -> int:
    job_id = queue.enqueue(db, TagRequest())
    queue.claim(db, "cpu", 1)
    queue.finish(db, job_id, {})
    return job_id
