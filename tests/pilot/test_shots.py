"""The shots room: a page of small pictures of any number of shots, and the way to the frames and back."""

from sqlite3 import Connection

import pytest

from db.connect import writing
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.shots import ShotsRoom
from kimikoe_tui.widgets.picture_grid import fit_layout
from kimikoe_tui.widgets.sources import FilmFrame
from tests.pilot.conftest import Open, looked_at, until
from tests.rows import FIRST_SHOT

MANY = 1_500


def shots_room(app: KimikoeApp) -> ShotsRoom:
    """The open room, which is the shots room."""
    assert isinstance(app.room, ShotsRoom)
    return app.room


def add_many_shots(db: Connection, count: int = MANY) -> None:
    """A long film of `count` shots, eight frames each."""
    with writing(db):
        db.execute("DELETE FROM shot")
        db.executemany(
            """INSERT INTO frame (film_id, number, pts, is_key, distance, cut_change, signature)
               VALUES (1, ?, 0, 0, 0, 0, x'')""",
            [(each,) for each in range(101, count * 8 + 1)],
        )
        db.executemany("INSERT INTO hold VALUES (1, ?, ?, ?)", [(n, n + 1, n) for n in range(101, count * 8, 2)])
        db.executemany(
            "INSERT INTO shot VALUES (1, ?, ?, ?)", [(n + 1, n * 8 + 1, n * 8 + 8) for n in range(count)]
        )  # fmt: skip


def text_of(room: ShotsRoom) -> str:
    """All that the grid says in its captions."""
    return "\n".join(room.grid.render_line(y).text for y in range(room.grid.size.height))


async def test_each_shot_is_shown_with_its_time_length_and_holds(open_studio: Open) -> None:
    async with open_studio("g", "s") as (app, pilot):
        grid = shots_room(app).grid
        await until(pilot, lambda: len(grid.shots) == 2)
        await until(pilot, lambda: grid.picture_at(0).painted == FilmFrame(1, 19, 960, 540))
        await until(pilot, lambda: grid.picture_at(1).painted is not None)
        assert "1  0:00:00" in text_of(shots_room(app)) and "1.3 s  20 holds" in text_of(shots_room(app))
        assert "2  0:00:01" in text_of(shots_room(app)) and "2.0 s  30 holds" in text_of(shots_room(app))


async def test_enter_opens_the_frames_there_and_enter_comes_back(open_studio: Open) -> None:
    async with open_studio("g", "s") as (app, pilot):
        await until(pilot, lambda: len(shots_room(app).grid.shots) == 2)
        await pilot.press("l", "enter")
        await looked_at(app, pilot, FIRST_SHOT + 1)
        await pilot.press("g", "g", "enter")
        await until(pilot, lambda: isinstance(app.room, ShotsRoom) and app.room.grid.cursor == 0)


async def test_a_thousand_shots_cost_one_page_of_pictures(db: Connection, open_studio: Open) -> None:
    add_many_shots(db)
    async with open_studio("g", "s", size=(120, 40)) as (app, pilot):
        grid = shots_room(app).grid
        await until(pilot, lambda: len(grid.shots) == MANY)
        per_page = grid.layout_now.per_page
        await until(pilot, lambda: grid.picture_at(per_page - 1).painted is not None)
        assert len(grid._pictures) == per_page < 40
        await pilot.press("G")
        assert grid.cursor == MANY - 1 and len(grid._pictures) == per_page
        last = grid.picture_at(MANY - 1)
        await until(pilot, lambda: last.painted == FilmFrame(1, MANY * 8 - 5, 960, 540))
        assert f"{MANY}  " in text_of(shots_room(app))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [("l l h", 1), ("j", 5), ("j k", 0), ("k", 0), ("] [", 0), ("G l j", MANY - 1), ("G home", 0), ("G g g", 0)],
)
async def test_moving(db: Connection, open_studio: Open, keys: str, expected: int) -> None:
    add_many_shots(db)
    async with open_studio("g", "s", size=(120, 40)) as (app, pilot):
        grid = shots_room(app).grid
        await until(pilot, lambda: len(grid.shots) == MANY)
        await pilot.press(*keys.split())
        assert grid.cursor == expected


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (45, 14), (200, 60), (20, 6)])
async def test_at_least_one_shot_fits_and_all_pictures_are_within(
    db: Connection, open_studio: Open, size: tuple[int, int]
) -> None:
    add_many_shots(db, 100)
    async with open_studio("g", "s", size=size) as (app, pilot):
        grid = shots_room(app).grid
        await until(pilot, lambda: len(grid.shots) == 100 and grid.picture_at(0).painted is not None)
        for _size in grid.widths:
            shown = [picture for picture in grid._pictures if picture.display]
            assert shown and all(grid.region.contains_region(picture.region) for picture in shown)
            await pilot.press("z")
            await pilot.pause()


def test_a_page_is_filled() -> None:
    layout = fit_layout((120, 36), 22, 2, (16, 9), (10, 20))
    assert (layout.columns, layout.rows, layout.picture) == (5, 4, (23, 6))
    assert fit_layout((1, 1), 22, 2, (16, 9), (10, 20)).per_page == 1
