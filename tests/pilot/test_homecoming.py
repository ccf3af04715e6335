"""Home says what happened while this terminal was away, and notes that it is here."""

from pathlib import Path
from sqlite3 import Connection

import pytest
from textual.widgets import Static

from db import queue, report
from db.connect import now
from db.requests import TagRequest
from kimikoe_tui.app import KimikoeApp
from tests.pilot.conftest import Open, add_pictures, until


def _shown(app: KimikoeApp) -> str:
    assert app.room is not None
    box = app.room.query_one("#homecoming", Static)
    return str(box.content) if box.display else ""


def _away(db: Connection, seconds: float, terminal: str = "terminal-1") -> None:
    db.execute("INSERT OR REPLACE INTO visit VALUES (?, ?)", (terminal, now() - seconds))


def _failed(db: Connection) -> None:
    queue.enqueue(db, TagRequest())
    assert queue.claim(db, TagRequest.lane, 1) is not None
    queue.fail(db, 1, "[bold]no \x1b[31msuch file")


@pytest.mark.parametrize("size", [(80, 24), (45, 14)])
async def test_it_says_what_happened(db: Connection, studio: Path, open_studio: Open, size: tuple[int, int]) -> None:
    _away(db, 7200)
    _failed(db)
    add_pictures(db, studio, 2)
    async with open_studio(size=size) as (app, pilot):
        await until(pilot, lambda: _shown(app))
        for words in ("in 2:00:0", "1 tag 0:00:00 failed: [bold]no  [31msuch file", "2 pictures to judge", "job 1"):
            assert words in _shown(app)
        assert app.room is not None and app.room.max_scroll_x == 0
        await until(pilot, lambda: now() - (report.last_visit(db, "terminal-1") or 0) < 60)
    async with open_studio() as (app, pilot):
        await until(pilot, lambda: app.room and app.room.query_one("#standing", Static).content)
        assert _shown(app) == ""


@pytest.mark.parametrize("case", ["never here", "nothing happened", "another terminal"])
async def test_it_is_silent_where_there_is_nothing_to_say(db: Connection, open_studio: Open, case: str) -> None:
    if case == "nothing happened":
        _failed(db)
        db.execute("UPDATE attempt SET started_at = 1, ended_at = 2")
        _away(db, 7200)
    elif case == "another terminal":
        _failed(db)
        _away(db, 7200, "terminal-2")
    async with open_studio() as (app, pilot):
        await until(pilot, lambda: report.last_visit(db, "terminal-1"))
        await until(pilot, lambda: app.room and app.room.query_one("#standing", Static).content)
        assert _shown(app) == ""
