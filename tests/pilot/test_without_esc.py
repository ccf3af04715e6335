"""A phone's keyboard, which has no Esc: whatever was opened closes without it, and nothing has moved."""

from pathlib import Path
from sqlite3 import Connection

import pytest

from kimikoe_tui.screens.cull_reading import NOT_REJECTED
from kimikoe_tui.screens.line import LinePrompt
from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, until

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
        await pilot.press("k", "slash", *["backspace"] * len("seed:102"), "enter")
        await until(pilot, lambda: app.screen is cull_room(app))
        assert cull_room(app).current == image_ids[1] and cull_room(app).searched == "is:unrated"


async def test_the_query_that_is_listed_already_moves_nothing(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 4)
    async with open_studio("g", "c", size=PHONE) as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("G")
        await drawn(app, pilot, image_ids[3])
        await pilot.press("f", "slash")
        await until(pilot, lambda: isinstance(app.screen, LinePrompt))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is cull_room(app))
        await pilot.pause(0.1)
        assert (cull_room(app).expression, cull_room(app).index) == (NOT_REJECTED, 3)
