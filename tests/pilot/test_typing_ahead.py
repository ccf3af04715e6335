"""Keys that come at once, as over a slow line: each means what it would have meant one after another."""

from collections.abc import Sequence
from pathlib import Path
from sqlite3 import Connection

from textual import events
from textual.keys import Keys, _character_to_key
from textual.widgets import Input

from db import queue, settings
from db.requests import TagRequest
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.screens.jobs import JobsRoom
from kimikoe_tui.screens.line import LinePrompt
from kimikoe_tui.screens.room import Room
from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, until


def type_at_once(app: KimikoeApp, keys: Sequence[str]) -> None:
    """Have keys wait in the program's queue before it sees the first; a character, or the name of a key."""
    for key in keys:
        character = key if len(key) == 1 else {"tab": "\t", "enter": "\r"}.get(key)
        app.post_message(events.Key(_character_to_key(key) if len(key) == 1 else Keys(key).value, character))


async def test_keys_beyond_the_one_that_closes_a_menu_close_nothing_else(db: Connection, open_studio: Open) -> None:
    job_id = queue.enqueue(db, TagRequest())
    async with open_studio("g", "j") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, JobsRoom))
        for keys in ("zz", "zyxw", "zcp", ("q", "z")):
            await pilot.press("g")
            await until(pilot, lambda: app.screen is not app.room)
            type_at_once(app, keys)
            await until(pilot, lambda: app.screen is app.room)
            await pilot.pause(0.1)
            assert isinstance(app.room, JobsRoom) and app.is_running
            assert queue.get(db, job_id).state == "queued", "it was typed at the menu"


async def test_the_way_to_other_rooms_is_gone_in_order(db: Connection, open_studio: Open) -> None:
    job_id = queue.enqueue(db, TagRequest())
    async with open_studio("g", "f") as (app, pilot):
        for _time in range(5):
            type_at_once(app, "gjgcgjgc")
            await until(pilot, lambda: isinstance(app.room, CullRoom) and app.screen is app.room)
            assert queue.get(db, job_id).state == "queued"
        assert not [screen for stack in app._screen_stacks.values() for screen in stack if not isinstance(screen, Room)]


async def test_a_room_gone_to_takes_the_next_key(db: Connection, open_studio: Open) -> None:
    job_id = queue.enqueue(db, TagRequest())
    async with open_studio() as (app, pilot):
        type_at_once(app, "gjp")
        await until(pilot, lambda: queue.get(db, job_id).state == "paused")
        assert isinstance(app.room, JobsRoom)


async def test_what_is_typed_after_an_editing_key_stays(db: Connection, open_studio: Open) -> None:
    cases: tuple[tuple[Sequence[str], str], ...] = (
        (("a", "b", "ctrl+u", *"seed:>=7"), "seed:>=7"),
        ((*"seedx", "backspace", *":>=7"), "seed:>=7"),
        ((*"ed:>=7", "home", *"se"), "seed:>=7"),
    )
    async with open_studio("g", "c") as (app, pilot):
        for keys, typed in cases:
            await pilot.press("slash")
            await until(pilot, lambda: app.screen is not app.room)
            type_at_once(app, keys)
            await until(pilot, lambda typed=typed: app.screen.query_one(Input).value == typed)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.room)


async def test_a_line_is_handed_in_once_and_as_it_was(db: Connection, studio: Path, open_studio: Open) -> None:
    add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await pilot.press("slash")
        await until(pilot, lambda: app.screen is not app.room)
        type_at_once(app, (*"seed:>=7", "enter", "enter", *"xx"))
        await until(pilot, lambda: app.screen is app.room and cull_room(app).searched == "seed:>=7")
        await pilot.pause(0.1)
        assert app.is_running and isinstance(app.room, CullRoom)


async def test_a_line_takes_what_was_typed_before_it_had_opened(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "c") as (app, pilot):
        for keys in ("/seed:7", ("/", *"seedx", "backspace", *":7"), ("/", "down", "f5", *"seed:7")):
            type_at_once(app, keys)
            await until(pilot, lambda: isinstance(app.screen, LinePrompt))
            await until(pilot, lambda: app.screen.query_one(Input).value == "seed:7")
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.room)


async def test_a_reason_of_ones_own_is_known_however_fast_it_is_typed(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    first, second, _third = add_pictures(db, studio, 3)
    settings.store(db, "reject_reasons", "b blurred, k bad eyes")
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        type_at_once(app, "rb")
        await until(pilot, lambda: reason(db, first) == "blurred")
        await drawn(app, pilot, second)
        type_at_once(app, "rk")
        await until(pilot, lambda: reason(db, second) == "bad eyes")


def reason(db: Connection, image_id: int) -> str | None:
    """Why a picture is rejected."""
    row = db.execute("SELECT reason FROM rating WHERE image_id = ?", (image_id,)).fetchone()
    return row and row["reason"]
