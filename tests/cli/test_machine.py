"""Commands about the machine that the engine lives on."""

import json
import os
import sqlite3
from pathlib import Path

import pytest

from kimikoe_tui.engine_unit import unit_name, unit_path, unit_text
from tests.cli.conftest import OFFLINE, Run


def test_the_unit_is_printed_or_written(
    run: Run, studio_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    printed = run("engine", "unit")
    assert printed.stdout == unit_text(studio_root, {**os.environ, **OFFLINE})
    assert not (tmp_path / "config").exists()
    assert "Written: " in run("engine", "unit", "--write").stdout
    assert unit_path(studio_root).read_text() == printed.stdout
    assert [path.name for path in unit_path(studio_root).parent.iterdir()] == [unit_name(studio_root)]
    assert run("engine", "unit", "--write").returncode == 0


def test_the_doctor_says_how_all_is_and_ends_with_a_problem(run: Run, studio_root: Path) -> None:
    found = run("doctor", "--json")
    findings = json.loads(found.stdout)
    assert {"linger", "sleep", "disk", "room", "privacy", "card", "torch", "onnx", "clock"} <= {
        finding["check"] for finding in findings
    }
    assert all(finding["do"] for finding in findings if finding["state"] != "ok")
    problems = [finding for finding in findings if finding["state"] == "problem"]
    assert found.returncode == bool(problems)
    with sqlite3.connect(studio_root / "kimikoe.db") as db:
        db.execute("PRAGMA user_version = 999")
    ill = run("doctor")
    assert ill.returncode == 1 and ill.stderr == ""
    lines = ill.stdout.splitlines()
    assert len(lines) >= len(findings) - 1 and all(line.split()[0] in ("ok", "warning", "problem") for line in lines)
    assert any(line.startswith("problem  studio") and "upgrade" in line for line in lines)


def test_the_doctor_needs_no_studio(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = run("doctor", "--json", studio=tmp_path / "empty")
    checks = {finding["check"] for finding in json.loads(found.stdout)}
    assert {"disk", "card"} <= checks and "privacy" not in checks
    assert list((tmp_path / "empty").iterdir()) == []
