"""What goes wrong is said in one line, and ends nothing."""

import sqlite3
from pathlib import Path
from sqlite3 import Connection

import pytest
from textual.widgets import Static

from db import pictures, query
from db import ratings as stored_ratings
from db.errors import UserError
from kimikoe_tui.app import KimikoeApp, run_studio
from kimikoe_tui.session import Session
from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, frames_room, looked_at, ratings, until


async def test_a_rating_that_cannot_be_written_is_said_and_does_not_lead_on(
    db: Connection, studio: Path, open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = add_pictures(db, studio, 2)

    def full(*_arguments: object, **_options: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        with monkeypatch.context() as patched:
            patched.setattr(stored_ratings, "rate_all", full)
            await pilot.press("3")
        assert "disk is full" in cull_room(app).status.said
        assert cull_room(app).current == first and ratings(db) == {}
        await pilot.press("3")
        assert cull_room(app).current == second


async def test_a_tag_that_cannot_be_written_stays_in_the_line(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_session: Session, _act: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        monkeypatch.setattr(Session, "commit", fail)
        await pilot.press("e", *"hat", "enter")
        fault = app.screen.query_one("#fault")
        await until(pilot, lambda: fault.has_class("-shown"))
        await pilot.press("s")
        assert not fault.has_class("-shown")
        await pilot.press(*["backspace"] * 4, "enter")
        await until(pilot, lambda: app.screen is app.room)
        assert frames_room(app).status.said == ""


@pytest.mark.parametrize(("room", "reading"), [("f", "frame_ids"), ("c", "image_ids")])
@pytest.mark.parametrize("error", [OverflowError("int too large"), sqlite3.OperationalError("too complex")])
async def test_a_filter_that_cannot_be_read_is_said_below_its_line(
    db: Connection, studio: Path, open_studio: Open, monkeypatch: pytest.MonkeyPatch,
    room: str, reading: str, error: Exception,
) -> None:  # fmt: skip
    add_pictures(db, studio, 1)

    def fail(*_arguments: object) -> None:
        raise error

    async with open_studio("g", room, "slash", *"seed:7") as (app, pilot):
        monkeypatch.setattr(query, reading, fail)
        await pilot.press("enter")
        fault = app.screen.query_one("#fault", Static)
        await until(pilot, lambda: fault.has_class("-shown"))
        assert str(fault.content) == str(error)
        await pilot.press("backspace")
        assert not fault.has_class("-shown")


async def test_work_that_fails_behind_the_screen_is_said_and_logged(
    db: Connection, studio: Path, open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_pictures(db, studio, 1)

    def broken(*_arguments: object) -> pictures.Counts:
        raise ZeroDivisionError("cannot count [b]")

    monkeypatch.setattr(pictures, "counts", broken)
    async with open_studio("g", "c") as (app, pilot):
        await until(pilot, lambda: "cannot count [b]" in cull_room(app).status.said)
        assert "ZeroDivisionError" in (studio / "logs" / "terminal.log").read_text()


def test_a_folder_without_a_studio_is_refused_before_the_screen_is_taken(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no studio"):
        run_studio(tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_the_program_over_a_studio_leaves_no_process_behind(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await until(pilot, lambda: frames_room(app).picture.painted is not None)
        child = child_of(app)
        assert child.poll() is None
    assert child.poll() is not None


def child_of(app: KimikoeApp):  # type: ignore[no-untyped-def]
    """The frame server's process."""
    assert app.frame_server._child is not None
    return app.frame_server._child
