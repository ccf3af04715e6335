"""The cull room: which pictures are listed, and what is shown of one."""

from pathlib import Path
from sqlite3 import Connection

import pytest
from textual.widgets import Static

from kimikoe_tui.graphics.renderer import Drawing
from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.paragraphs import Paragraphs
from kimikoe_tui.widgets.picture import Picture
from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, finish_picture, ratings, until


async def test_a_filter_keeps_the_picture_under_the_cursor_when_its_rating_changes(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    image_ids = add_pictures(db, studio, 4)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("4", "2", "5", "3")
        await pilot.press("f", "4")
        await until(pilot, lambda: list(cull_room(app).ids) == [image_ids[0], image_ids[2]])
        await pilot.press("g", "g", "a", "1")
        app.poll()
        await pilot.pause()
        assert cull_room(app).current == image_ids[0]
        assert list(cull_room(app).ids) == [image_ids[0], image_ids[2]]
        assert ratings(db)[image_ids[0]][0] == 1
        await pilot.press("F")
        await until(pilot, lambda: list(cull_room(app).ids) == image_ids)
        assert cull_room(app).current == image_ids[0]


async def test_the_quick_filters(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second, third = add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("x", "5")
        for key, expected in (("x", [first]), ("u", [third]), ("0", [first, second, third]), ("5", [second])):
            await pilot.press("f", key)
            await until(pilot, lambda expected=expected: list(cull_room(app).ids) == expected)
        await pilot.press("F")
        await until(pilot, lambda: list(cull_room(app).ids) == [second, third])


async def test_a_filter_without_pictures_changes_nothing(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("f", "5")
        await until(pilot, lambda: "No picture" in cull_room(app).status.said)
        assert list(cull_room(app).ids) == image_ids


async def test_a_query_filters_and_its_faults_are_shown(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("f", "slash", "ctrl+u", *"seed:x", "enter")
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        assert "^" in str(app.screen.query_one("#fault", Static).content)
        await pilot.press("backspace", *"101", "enter")
        await until(pilot, lambda: list(cull_room(app).ids) == [image_ids[1]])


async def test_new_pictures_come_at_the_end(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("l")
        new = add_pictures(db, studio, 2)
        app.poll()
        await until(pilot, lambda: list(cull_room(app).ids) == [*image_ids, *new])
        assert cull_room(app).current == image_ids[1]


async def test_pictures_that_arrived_in_another_room_are_there_on_return(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    image_ids = add_pictures(db, studio, 1)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("g", "j")
        new = add_pictures(db, studio, 1)
        app.poll()
        await pilot.press("g", "c")
        await until(pilot, lambda: isinstance(app.room, CullRoom) and list(app.room.ids) == [*image_ids, *new])


async def test_the_facts_of_a_picture(db: Connection, studio: Path, open_studio: Open) -> None:
    (image_id,) = add_pictures(db, studio, 1)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        facts = cull_room(app).query_one(Paragraphs).text.plain
        for words in ("1girl <film-1:0.7>", "film-1  0.7", "seed 100", "DPM++ 2M", "uncalibrated"):
            assert words in facts
        assert "0:00:01 (frame 51)" in facts and "0.93" in facts
        assert "1girl 0.94" in facts


async def test_untrusted_text_is_shown_as_it_is_without_control_characters(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    (image_id,) = add_pictures(db, studio, 1, prompt="[bold red]girl[/] \x1b[31mhat\u202e")
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        facts = cull_room(app).query_one(Paragraphs).text.plain
        assert "[bold red]girl[/]" in facts
        assert "\x1b" not in facts and "\u202e" not in facts


async def test_the_nearest_film_frame_beside_the_picture(db: Connection, studio: Path, open_studio: Open) -> None:
    (image_id,) = add_pictures(db, studio, 1)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        film_frame = cull_room(app).query_one("#film-frame", Picture)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(film_frame.shown, Drawing))
        assert isinstance(film_frame.shown, Drawing)
        style = film_frame.shown.rows[0][0].style
        assert style is not None and style.color is not None
        assert style.color.triplet == (51, 0, 0)
        assert "frame 51" in cull_room(app).query_one("#film-pane", Pane).title_text
        await pilot.press("w", "o", "O", "w")
        await until(pilot, lambda: "frame 61" in cull_room(app).query_one("#film-pane", Pane).title_text)
        assert cull_room(app).under_the_eye == image_id


async def test_a_studio_without_pictures_says_how_to_make_some(open_studio: Open) -> None:
    async with open_studio("g", "c") as (app, pilot):
        await until(pilot, lambda: "g n asks for some" in cull_room(app).query_one(Paragraphs).text.plain)
        await pilot.press("3", "x", "0", "l", "G")


async def test_a_picture_finished_later_is_found(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_pictures(db, studio, 2)
    with db:
        db.execute("UPDATE image SET state = 'planned' WHERE id = ?", (second,))
        db.execute("DELETE FROM match WHERE image_id = ?", (second,))
        db.execute("DELETE FROM image_score WHERE image_id = ?", (second,))
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        assert list(cull_room(app).ids) == [first]
        finish_picture(db, studio, second)
        app.poll()
        await until(pilot, lambda: list(cull_room(app).ids) == [first, second])


async def test_a_lora_may_have_any_name(db: Connection, studio: Path, open_studio: Open) -> None:
    db.execute("UPDATE lora SET name = 'my own: lora 2'")
    (image_id,) = add_pictures(db, studio, 1, prompt="1girl")
    db.execute("INSERT INTO image_lora VALUES (?, 1, 0.5, 0.5)", (image_id,))
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        assert "my own: lora 2  0.5" in cull_room(app).query_one(Paragraphs).text.plain


@pytest.mark.parametrize("size", [(80, 24), (45, 14)])
async def test_all_that_made_a_picture_can_be_read(
    db: Connection, studio: Path, open_studio: Open, size: tuple[int, int]
) -> None:
    (image_id,) = add_pictures(db, studio, 1, "1girl, " + ", ".join(["brown hair", "glasses"] * 12) + " <film-1:0.7>")
    async with open_studio("g", "c", size=size) as (app, pilot):
        await drawn(app, pilot, image_id)
        room = cull_room(app)
        if not room.has_class("-facts"):
            await pilot.press("i")
        read, paragraphs = "", room.query_one(Paragraphs)
        await until(pilot, lambda: paragraphs.size.height and paragraphs.has_more)
        while room.has_class("-facts"):
            page = [paragraphs.render_line(y).text for y in range(paragraphs.size.height)]
            assert paragraphs.has_more == ("i: more" in str(room.query_one("#facts-pane").border_subtitle))
            read += "\n".join(page)
            await pilot.press("i")
        for part in ("prompt", "film-1  0.7", "seed 100", "20 steps", "0:00:01 (frame 51)", "1girl 0.94", "hat"):
            assert part in read, part
        await pilot.press("i")
        await until(pilot, lambda: room.has_class("-facts") and "prompt" in paragraphs.render_line(0).text)
