"""Judging pictures: what the keys write and where they lead."""

from pathlib import Path
from sqlite3 import Connection

from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.widgets.tally_line import TallyLine
from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, ratings, until


async def test_a_rating_is_written_and_leads_on(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second, _third = add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("4")
        assert ratings(db) == {first: (4, 0, 0)}
        assert cull_room(app).current == second
        assert "★★★★☆" in cull_room(app).status.said


async def test_a_rejection_is_written_leads_on_and_deletes_nothing(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    first, second = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("x")
        assert ratings(db) == {first: (None, 1, 0)}
        await pilot.press("h")
        assert cull_room(app).current == first
        assert (studio / "images" / f"{first}.png").is_file()
        await pilot.press("l")
        assert cull_room(app).current == second


async def test_zero_clears_and_stays(db: Connection, studio: Path, open_studio: Open) -> None:
    first, _second = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("5", "h", "0")
        assert ratings(db) == {}
        assert cull_room(app).current == first
        await pilot.press("0")
        assert "no rating" in cull_room(app).status.said


async def test_undo_goes_back_to_the_picture_and_redo_too(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second, _third = add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("3")
        await drawn(app, pilot, second)
        await pilot.press("2", "G", "u")
        await until(pilot, lambda: cull_room(app).current == second)
        assert ratings(db) == {first: (3, 0, 0)}
        await pilot.press("u")
        await until(pilot, lambda: cull_room(app).current == first)
        assert ratings(db) == {}
        await pilot.press("U")
        await until(pilot, lambda: ratings(db) == {first: (3, 0, 0)})
        assert "done again" in cull_room(app).status.said


async def test_undo_after_a_restart_goes_back_to_the_picture(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("x")
    async with open_studio("u") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, CullRoom) and cull_room(app).current == first)
        assert ratings(db) == {}
        assert f"picture {first} rejected" in cull_room(app).status.said


async def test_without_auto_advance_a_decision_stays(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("a", "5")
        assert cull_room(app).current == first
        await pilot.press("a", "5")
        assert cull_room(app).current == second


async def test_digits_in_a_line_or_a_menu_do_not_rate(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("slash", "5", "x", "escape", "f", "5", "g", "3")
        await pilot.pause()
        assert ratings(db) == {}


async def test_a_picture_that_was_not_shown_is_judged_unseen(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_pictures(db, studio, 2)
    (studio / "images" / f"{second}.png").unlink()
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("3")
        await until(pilot, lambda: "is gone" in str(cull_room(app).picture.shown))
        await pilot.press("4")
        assert ratings(db) == {first: (3, 0, 0), second: (4, 0, 1)}
        assert "unseen" in cull_room(app).status.said


async def test_it_begins_with_the_first_undecided_picture(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 4)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("3", "3")
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[2])
        await pilot.press("3", "g", "g", "n")
        await until(pilot, lambda: cull_room(app).current == image_ids[3])


async def test_the_tally_counts(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 4)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("3", "x", "5")
        tally = cull_room(app).query_one(TallyLine)
        await until(pilot, lambda: tally.counts.decided == 3)
        assert (tally.counts.total, tally.counts.rated, tally.counts.rejected) == (4, 2, 1)
        assert "1 left" in tally.render().plain
