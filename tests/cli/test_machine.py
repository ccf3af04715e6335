"""Commands about the machine that the engine lives on."""

import os
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
