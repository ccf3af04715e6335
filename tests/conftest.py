"""Fixtures that every test may use: an empty studio, and one with a small film's rows."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection

import pytest

from db.connect import connect_studio
from kimikoe_tui.cli.models import create_studio
from tests.rows import add_small_film

MANY_FILES = 400


@pytest.fixture(autouse=True)
def open_files_stay_few() -> Iterator[None]:
    """Programs that have ended in this process are collected: theirs leave old objects alone while keys come."""
    yield
    if len(os.listdir("/proc/self/fd")) > MANY_FILES:
        gc.collect()


@pytest.fixture(autouse=True)
def clipboards_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs the tests in tmux keeps what they copied."""
    monkeypatch.delenv("TMUX", raising=False)


@pytest.fixture
def studio_root(tmp_path: Path) -> Path:
    """The folder of an empty studio."""
    root = tmp_path / "studio"
    create_studio(root)
    return root


@pytest.fixture
def db(studio_root: Path) -> Iterator[Connection]:
    """The database of an empty studio."""
    connection = connect_studio(studio_root)
    yield connection
    connection.close()


@pytest.fixture
def film_db(db: Connection) -> Connection:
    """A studio with the small film of `tests.rows`."""
    add_small_film(db)
    return db
