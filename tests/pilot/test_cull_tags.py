"""Tags of pictures in the culling room: written by keyboard over one picture or what is marked, shown and undone."""

from pathlib import Path
from sqlite3 import Connection

from textual.widgets import Input, Static

from db import picture_tags, query
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.tag_line import TagLine
from kimikoe_tui.widgets.facts import facts_text
from tests.pilot.conftest import Open, Pilot, add_pictures, cull_room, drawn, until


def said(app: KimikoeApp) -> str:
    """What the pane beside the picture says, whatever its size."""
    shown = cull_room(app).shown
    return facts_text(shown, 60, 60).plain if shown else ""


async def written(app: KimikoeApp, pilot: Pilot[None], text: str) -> None:
    """Write a line of tags."""
    await pilot.press("e")
    await until(pilot, lambda: isinstance(app.screen, TagLine))
    await pilot.press(*text, "enter")
    await until(pilot, lambda: not isinstance(app.screen, TagLine))


async def test_tags_are_said_of_the_picture_that_is_seen(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        assert "1girl 0.94" in said(app) and "you say" not in said(app)
        await written(app, pilot, "nagisa, -1girl")
        assert cull_room(app).current == first, "an edit does not move"
        assert "● nagisa, − 1girl" in said(app) and "the tagger sees" not in said(app)
        assert list(query.image_ids(db, "nagisa")) == [first] and list(query.image_ids(db, "1girl")) == [second]
        await written(app, pilot, "~1girl")
        assert "1girl 0.94" in said(app) and "● nagisa" in said(app)
        await pilot.press("l")
        await pilot.press("u", "u")
        await until(pilot, lambda: "undone: +nagisa, -1girl" in cull_room(app).status.said)
        assert cull_room(app).current == first and "you say" not in said(app)
        assert list(query.image_ids(db, "1girl")) == [first, second]


async def test_tags_are_said_of_all_that_are_marked(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 4)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("m", "l", "l", "m")
        await written(app, pilot, "nagisa")
        assert "+nagisa on 2 pictures" in cull_room(app).status.said and not cull_room(app).marked
        assert list(query.image_ids(db, "nagisa")) == [image_ids[0], image_ids[2]]


async def test_what_is_no_tag_is_said_in_the_line(db: Connection, studio: Path, open_studio: Open) -> None:
    (first,) = add_pictures(db, studio, 1)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, TagLine))
        app.screen.query_one(Input).value = "hat, " + "a" * 200
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one("#fault", Static).has_class("-shown"))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, TagLine))
        assert list(query.image_ids(db, "is:judged")) == []


async def test_what_another_terminal_says_is_shown(db: Connection, studio: Path, open_studio: Open) -> None:
    (first,) = add_pictures(db, studio, 1)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        picture_tags.set_tags(db, "other", [first], [("nagisa", True)], [])
        await until(pilot, lambda: "● nagisa" in said(app))


async def test_without_a_picture_there_is_nothing_to_tag(studio: Path, open_studio: Open) -> None:
    async with open_studio("g", "c", "e") as (app, pilot):
        await until(pilot, lambda: "no picture here" in cull_room(app).status.said)
