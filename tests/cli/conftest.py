"""Commands run as a person runs them, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.connect import connect_studio
from kimikoe_tui.engine_control import engine_state, stop_engine
from tests.rows import add_small_film

Run = Callable[..., "subprocess.CompletedProcess[str]"]
OFFLINE = {"HF_HUB_OFFLINE": "1", "COLUMNS": "200"}


@pytest.fixture
def run(studio_root: Path) -> Iterator[Run]:
    """Run `kimikoe ARGUMENTS` on an empty studio; its engine is stopped afterwards."""

    def run_command(*arguments: object, studio: Path = studio_root) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "kimikoe_tui", "--studio", str(studio), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **OFFLINE}, timeout=120)

    yield run_command
    if engine_state(studio_root).running:
        stop_engine(studio_root)


@pytest.fixture
def film_studio(studio_root: Path) -> Path:
    """A studio with the small film of `tests.rows`."""
    db = connect_studio(studio_root)
    add_small_film(db)
    db.close()
    return studio_root


def refused(result: "subprocess.CompletedProcess[str]") -> str:
    """The message of a command that refused in one clear line (with a caret below it at most)."""
    assert result.returncode not in (0, 130), result.stdout
    assert "Traceback" not in result.stderr
    message = [line for line in result.stderr.splitlines() if line.startswith("kimikoe: ")]
    assert len(message) == 1, result.stderr
    return result.stderr[result.stderr.index("kimikoe: ") :]
