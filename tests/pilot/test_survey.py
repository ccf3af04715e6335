"""The survey: a generation's pictures in a grid, judged there, and one kept of all."""

from pathlib import Path
from sqlite3 import Connection

from db import query
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.screens.survey import SurveyRoom, Tile
from kimikoe_tui.screens.tag_line import TagLine
from kimikoe_tui.screens.tags import TagsRoom
from kimikoe_tui.widgets.tally_line import TallyLine
from tests.pilot.conftest import Open, Pilot, add_pictures, cull_room, drawn, finish_picture, ratings, until


def survey(app: KimikoeApp) -> SurveyRoom:
    """The open room, which is the survey."""
    assert isinstance(app.room, SurveyRoom)
    return app.room


async def laid_out(app: KimikoeApp, pilot: Pilot[None], image_ids: list[int]) -> None:
    """Wait until these pictures have reached the terminal."""
    await until(
        pilot,
        lambda: isinstance(app.room, SurveyRoom) and {tile.painted for tile in app.room.tiles} >= set(image_ids),
    )


async def test_stars_work_in_the_grid_and_enter_opens_the_picture(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    image_ids = add_pictures(db, studio, 5)
    add_pictures(db, studio, 2, prompt="another")
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("s")
        await laid_out(app, pilot, image_ids)
        assert list(survey(app).ids) == image_ids
        await pilot.press("4", "x", "r", "b")
        await until(pilot, lambda: len(ratings(db)) == 3)
        assert ratings(db) == {image_ids[0]: (4, 0, 0), image_ids[1]: (None, 1, 0), image_ids[2]: (None, 1, 0)}
        assert list(query.image_ids(db, "reason:hands")) == [image_ids[2]]
        assert "3 of 5" in survey(app).query_one(TallyLine).render().plain
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.room, SurveyRoom) and cull_room(app).current == image_ids[3])


async def test_keep_this_reject_the_rest_is_one_act(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 4)
    others = add_pictures(db, studio, 2, prompt="another")
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("s")
        await laid_out(app, pilot, image_ids)
        await pilot.press("l", "X")
        await until(pilot, lambda: len(ratings(db)) == 3)
        assert list(query.image_ids(db, "is:rejected")) == [image_ids[0], *image_ids[2:]]
        assert list(query.image_ids(db, "is:unseen")) == []
        await pilot.press("u")
        await until(pilot, lambda: ratings(db) == {})
        assert survey(app).current == image_ids[1] and "undone" in survey(app).status.said
        await pilot.press("U")
        await until(pilot, lambda: len(ratings(db)) == 3)
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(app.room, SurveyRoom))
        await pilot.press("F")
        await until(pilot, lambda: list(cull_room(app).ids) == [image_ids[1], *others])


async def test_it_is_shown_where_the_cursor_is_without_colour(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 3)
    async with open_studio("g", "c", size=(45, 14)) as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("s")
        await laid_out(app, pilot, image_ids[:2])
        titles = [tile.title_text for tile in survey(app).query(Tile)]
        assert titles == ["▶ undecided", "undecided"]
        await pilot.press("l", "l")
        await laid_out(app, pilot, image_ids[2:])
        assert [tile.image_id for tile in survey(app).query(Tile)] == [image_ids[2], None]


async def test_a_picture_of_a_running_generation_comes_to_the_end(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    *image_ids, last = add_pictures(db, studio, 3)
    with db:
        db.execute("UPDATE image SET state = 'planned' WHERE id = ?", (last,))
        db.execute("DELETE FROM match WHERE image_id = ?", (last,))
        db.execute("DELETE FROM image_score WHERE image_id = ?", (last,))
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("s", "l")
        await laid_out(app, pilot, image_ids)
        finish_picture(db, studio, last)
        app.poll()
        await until(pilot, lambda: list(survey(app).ids) == [*image_ids, last])
        assert survey(app).current == image_ids[1]


async def test_tags_are_written_over_the_picture_under_the_cursor(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    image_ids = add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("s")
        await laid_out(app, pilot, image_ids)
        await pilot.press("l", "e")
        await until(pilot, lambda: isinstance(app.screen, TagLine))
        await pilot.press(*"nagisa, -1girl", "enter")
        await until(pilot, lambda: isinstance(app.screen, SurveyRoom))
        assert list(query.image_ids(db, "nagisa")) == [image_ids[1]]
        assert image_ids[1] not in query.image_ids(db, "1girl") and "u undoes" in survey(app).status.said
        assert survey(app).current == image_ids[1], "an edit does not move"
        await pilot.press("u")
        await until(pilot, lambda: not list(query.image_ids(db, "nagisa")))
        assert isinstance(app.room, SurveyRoom)


async def test_a_decision_stays_in_the_grid_too(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("a", "s")
        await laid_out(app, pilot, image_ids)
        await pilot.press("4", "5")
        await until(pilot, lambda: ratings(db) == {image_ids[0]: (5, 0, 0)})
        assert survey(app).current == image_ids[0]
        assert "stays" in survey(app).query_one(TallyLine).render().plain


async def test_a_query_of_another_room_closes_what_is_open_over_cull(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    first, *_rest = add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.room, SurveyRoom))
        await pilot.press("g", "t")
        await until(pilot, lambda: isinstance(app.room, TagsRoom) and app.room.lines.count)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.room, CullRoom) and app.room.expression == "1girl")
