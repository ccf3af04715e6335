"""A phone's keyboard, which has no Esc: whatever was opened closes without it, and nothing has moved."""

from pathlib import Path
from sqlite3 import Connection

import pytest
from textual.widgets import Input

from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.screens.cull_reading import NOT_REJECTED
from kimikoe_tui.screens.frames import FramesRoom
from kimikoe_tui.screens.jobs import JobsRoom
from kimikoe_tui.screens.line import LineScreen
from kimikoe_tui.widgets import line_input
from kimikoe_tui.widgets.line_input import LineInput
from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, until
from tests.pilot.test_typing_ahead import type_at_once

PHONE = (45, 14)


@pytest.mark.parametrize("decisions", [(), ("1", "1", "1")])
async def test_an_empty_search_closes_and_stays(
    db: Connection, studio: Path, open_studio: Open, decisions: tuple[str, ...]
) -> None:
    image_ids = add_pictures(db, studio, 3)
    async with open_studio("g", "c", size=PHONE) as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press(*decisions, "home", "slash", *"seed:102", "enter")
        await until(pilot, lambda: cull_room(app).current == image_ids[2])
        await pilot.press("k", "slash", "backspace", "enter")
        await until(pilot, lambda: app.screen is cull_room(app))
        assert cull_room(app).current == image_ids[1] and cull_room(app).searched == "is:unrated"


async def test_the_query_that_is_listed_already_moves_nothing(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 4)
    async with open_studio("g", "c", size=PHONE) as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("G")
        await drawn(app, pilot, image_ids[3])
        await pilot.press("f", "slash")
        await until(pilot, lambda: isinstance(app.screen, LineScreen))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is cull_room(app))
        await pilot.pause(0.1)
        assert (cull_room(app).expression, cull_room(app).index) == (NOT_REJECTED, 3)


LINES = {
    "search": ("c", "slash"),
    "filter": ("c", "f", "slash"),
    "blind": ("c", "b"),
    "tags": ("c", "e"),
    "frame tags": ("f", "e"),
    "frame query": ("f", "slash"),
    "place": ("f", "t"),
    "command": ("c", "colon"),
}


@pytest.mark.parametrize("way", LINES.values(), ids=LINES)
async def test_backspace_closes_a_line_that_is_empty(
    db: Connection, studio: Path, open_studio: Open, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...]
) -> None:
    monkeypatch.setattr(line_input, "REST_SECONDS", 60)
    add_pictures(db, studio, 3)
    room_key, *opens = way
    async with open_studio("g", room_key, size=PHONE) as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, CullRoom if room_key == "c" else FramesRoom))
        room = app.room
        await pilot.pause(0.2)
        await pilot.press(*opens)
        await until(pilot, lambda: app.screen is not room and app.screen.query(Input))
        line = app.screen.query_one(Input)
        assert isinstance(line, LineInput)
        await pilot.press("a", *["backspace"] * 20)
        assert app.screen is not room and line.value == "", "a key that is held only rubs out"
        monkeypatch.setattr(line_input, "REST_SECONDS", 0)
        await pilot.press("backspace")
        await until(pilot, lambda: app.screen is room)
        assert app.is_running and app.room is room


async def test_backspace_closes_at_once_what_opened_empty(
    db: Connection, studio: Path, open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_input, "REST_SECONDS", 60)
    image_ids = add_pictures(db, studio, 3)
    async with open_studio("g", "c", size=PHONE) as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        for opens in ("e", "colon"):
            await pilot.press(opens)
            await until(pilot, lambda: app.screen is not app.room and app.screen.query(Input))
            type_at_once(app, ("backspace", "backspace"))
            await until(pilot, lambda: app.screen is app.room)
            assert isinstance(app.room, CullRoom)


async def test_enter_closes_the_command_line_where_nothing_is_found(open_studio: Open) -> None:
    async with open_studio("g", "j", size=PHONE) as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, JobsRoom))
        type_at_once(app, (":", *"qqqq", "enter"))
        await until(pilot, lambda: app.screen is app.room)
        type_at_once(app, (":", *"go to cull", "enter"))
        await until(pilot, lambda: isinstance(app.room, CullRoom) and app.screen is app.room)
