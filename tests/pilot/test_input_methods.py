"""Keys that an input method commits, pasted text, and where the terminal's cursor stands."""

from pathlib import Path
from sqlite3 import Connection

from textual import events
from textual.widgets import Input

from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, ratings, until


async def test_a_full_width_key_acts_as_its_key_with_a_hint(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second, third = add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        app.post_message(events.Key("３", "３"))
        await until(pilot, lambda: ratings(db) == {first: (3, 0, 0)})
        await until(pilot, lambda: "full-width" in cull_room(app).status.said)
        assert "★★★☆☆" in cull_room(app).status.said
        await drawn(app, pilot, second)
        app.post_message(events.Key("ｘ", "ｘ"))
        await drawn(app, pilot, third)
        app.post_message(events.Key("ｆ", "ｆ"))
        await until(pilot, lambda: app.screen is not app.room)
        app.post_message(events.Key("ｘ", "ｘ"))
        await until(pilot, lambda: list(cull_room(app).ids) == [second])


async def test_pasted_text_never_rates(db: Connection, studio: Path, open_studio: Open) -> None:
    (first,) = add_pictures(db, studio, 1)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        app.post_message(events.Paste("3x５\x1b[31m"))
        await until(pilot, lambda: "presses no keys" in cull_room(app).status.said)
        assert ratings(db) == {}
        await pilot.press("slash")
        app.post_message(events.Paste("眼鏡"))
        await until(pilot, lambda: app.screen.query_one(Input).value == "眼鏡")


async def test_the_terminals_cursor_stands_in_a_text_field(db: Connection, studio: Path, open_studio: Open) -> None:
    (first,) = add_pictures(db, studio, 1)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("slash", "a")
        field = app.screen.query_one(Input)
        await until(pilot, lambda: app.cursor_position == field.cursor_screen_offset)
        before = app.cursor_position
        assert field.region.contains_point(before)
        app.post_message(events.Paste("眼鏡"))
        await until(pilot, lambda: app.cursor_position.x == before.x + 4)
