"""`kimikoe cull`: the room opens on a query, goes on where it was left, and its list stays in hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from sqlite3 import Connection

from textual.pilot import Pilot

from db import cullings
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.pixels import FrameServer
from tests.pilot.conftest import FAKE_SERVER, add_pictures, cull_room, drawn, finish_picture, until


@asynccontextmanager
async def _culling(root: Path, expression: str) -> AsyncIterator[tuple[KimikoeApp, Pilot[None]]]:
    server = FrameServer([*FAKE_SERVER, str(root)], root / "logs" / "pixels.log")
    app = KimikoeApp(root, None, server, culling=expression)
    async with app.run_test(size=(100, 30)) as pilot:
        yield app, pilot


async def test_it_opens_on_the_query_and_goes_on_where_it_was_left(db: Connection, studio: Path) -> None:
    add_pictures(db, studio, 2)
    first, second, third, fourth = add_pictures(db, studio, 4)
    culling = cullings.begin(db, "gen:2")
    async with _culling(studio, culling.expression) as (app, pilot):
        await drawn(app, pilot, first)
        assert list(cull_room(app).ids) == [first, second, third, fourth]
        await pilot.press("4")
        await drawn(app, pilot, second)
        await pilot.press("l")
        await drawn(app, pilot, third)
    async with _culling(studio, culling.expression) as (app, pilot):
        await drawn(app, pilot, third)


async def test_the_place_is_kept_while_the_cursor_rests(db: Connection, studio: Path) -> None:
    _first, second = add_pictures(db, studio, 2)
    culling = cullings.begin(db, "gen:1")
    async with _culling(studio, culling.expression) as (app, pilot):
        await until(pilot, lambda: cull_room(app).ids)
        await pilot.press("l")
        await until(pilot, lambda: (cullings.named(db, "gen:1") or culling).image_id == second)


async def test_a_query_typed_in_the_room_goes_on_with_its_own_culling(db: Connection, studio: Path) -> None:
    _first, second, third = add_pictures(db, studio, 3)
    other = cullings.begin(db, "seed:101..102")
    cullings.stop_at(db, other.id, third)
    async with _culling(studio, cullings.begin(db, "gen:1").expression) as (app, pilot):
        await until(pilot, lambda: len(cull_room(app).ids) == 3)
        await pilot.press("f", "/", *["backspace"] * len("gen:1"), *"seed:101..102", "enter")
        await until(pilot, lambda: list(cull_room(app).ids) == [second, third])
        await drawn(app, pilot, third)


async def test_pictures_that_arrive_are_in_hand_too(db: Connection, studio: Path) -> None:
    first, second = add_pictures(db, studio, 2)
    db.execute("UPDATE image SET state = 'planned' WHERE id = ?", (second,))
    db.execute("DELETE FROM match WHERE image_id = ?", (second,))
    db.execute("DELETE FROM image_score WHERE image_id = ?", (second,))
    culling = cullings.begin(db, "gen:1")
    async with _culling(studio, culling.expression) as (app, pilot):
        await drawn(app, pilot, first)
        assert cullings.counts(db, culling.id).total == 1
        finish_picture(db, studio, second)
        await until(pilot, lambda: cullings.counts(db, culling.id).total == 2)


async def test_one_key_leaves_the_program_that_was_opened_to_cull(db: Connection, studio: Path) -> None:
    (first,) = add_pictures(db, studio, 1)
    culling = cullings.begin(db, "gen:1")
    async with _culling(studio, culling.expression) as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("z", "q")
        assert not cull_room(app).zoom.is_close
        await pilot.press("q")
        await until(pilot, lambda: app._exit)
