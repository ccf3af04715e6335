"""Blind comparisons: sides stay unsaid, choices are stored, counted and undone."""

from pathlib import Path
from sqlite3 import Connection

from textual.widgets import Static

from db import comparisons, purging, ratings
from db.connect import writing
from db.ratings import Decision
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.blind import BlindRoom
from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.widgets.closeup import CloseupPicture
from kimikoe_tui.widgets.pane import Pane
from tests.pilot.conftest import Open, Pilot, add_pictures, cull_room, drawn, until


def two_sides(db: Connection, root: Path) -> list[int]:
    """Three pairs of pictures by two LoRAs."""
    with writing(db):
        db.execute(
            """INSERT INTO lora (id, name, path, sha256, tensors_sha256, sshs_hash, made_at)
               VALUES (2, 'film-2', 'loras/film-2.safetensors', 'd2', 'e2', 'f2', 0)"""
        )
    return [*add_pictures(db, root, 3), *add_pictures(db, root, 3, prompt="1girl <film-2:0.7>")]


def room(app: KimikoeApp) -> BlindRoom:
    """The open room, which is the blind comparison."""
    assert isinstance(app.room, BlindRoom)
    return app.room


async def seen(app: KimikoeApp, pilot: Pilot[None], pair: int) -> None:
    """Wait until both pictures of a pair have reached the terminal."""
    await until(
        pilot,
        lambda: (
            isinstance(app.room, BlindRoom)
            and app.room.index == pair
            and {picture.painted for picture in app.room.query(CloseupPicture)}
            == {app.room.pair.left_id, app.room.pair.right_id}
        ),
    )


def standing(app: KimikoeApp) -> str:
    """How the trial stands, as it is shown."""
    return str(room(app).query_one("#result", Static).content)


async def test_choices_count_for_the_side_that_stood_there(db: Connection, studio: Path, open_studio: Open) -> None:
    first, *_rest = two_sides(db, studio)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("b", "enter")
        for pair in range(3):
            await seen(app, pilot, pair)
            assert "film-" not in "".join(pane.title_text for pane in room(app).query(Pane))
            assert "film-" not in standing(app) and f"{pair} : 0, which is which unsaid" in standing(app)
            await pilot.press("h" if room(app).pair.one_is_left else "l")
        trial = room(app).trial
        assert (trial.one, trial.other) == ("lora:film-1", "lora:film-2")
        assert comparisons.result(db, trial).one == 3
        assert "lora:film-1 3 : 0 lora:film-2" in standing(app) and "100%" in standing(app)
        assert "0 left" in str(room(app).query_one("#left-pane", Pane).border_subtitle)


async def test_undo_goes_back_to_the_pair_without_limit(db: Connection, studio: Path, open_studio: Open) -> None:
    first, *_rest = two_sides(db, studio)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("b", "enter")
        await seen(app, pilot, 0)
        await pilot.press("h")
        await seen(app, pilot, 1)
        await pilot.press("space")
        await seen(app, pilot, 2)
        trial = room(app).trial
        assert comparisons.result(db, trial).ties == 1
        await pilot.press("u")
        await until(pilot, lambda: room(app).index == 1)
        await pilot.press("u")
        await until(pilot, lambda: room(app).index == 0)
        assert comparisons.result(db, trial) == comparisons.Result(0, 0, 0, 0)
    async with open_studio("U") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, BlindRoom) and "done again" in app.room.status.said)
        assert comparisons.result(db, trial).decided == 1
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.room, CullRoom))


async def test_what_was_asked_for_stands_below_a_pair_without_its_loras(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    first, *_rest = two_sides(db, studio)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("b", "enter")
        await seen(app, pilot, 0)
        asked = str(room(app).query_one("#prompt", Static).content)
        assert asked.startswith("1girl") and "film-" not in asked


async def test_a_revealed_choice_counts_apart(db: Connection, studio: Path, open_studio: Open) -> None:
    first, *_rest = two_sides(db, studio)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("b", "enter")
        await seen(app, pilot, 0)
        await pilot.press("i")
        assert "film-" in room(app).query_one("#left-pane", Pane).title_text
        await pilot.press("h")
        await until(pilot, lambda: room(app).index == 1)
        assert comparisons.result(db, room(app).trial) == comparisons.Result(0, 0, 0, 1)
        assert "film-" not in room(app).query_one("#left-pane", Pane).title_text


async def test_on_a_phone_both_are_flicked_in_one_place_and_both_must_be_seen(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    first, *_rest = two_sides(db, studio)
    async with open_studio("g", "c", size=(45, 14)) as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("b", "enter")
        await until(pilot, lambda: isinstance(app.room, BlindRoom))
        picture = room(app).query_one("#left-picture", CloseupPicture)
        await until(pilot, lambda: picture.painted == room(app).pair.left_id)
        place = picture.region
        await pilot.press("h")
        assert "Not both" in room(app).status.said and not comparisons.chosen(db, room(app).trial)
        await pilot.press("tab")
        await until(pilot, lambda: picture.painted == room(app).pair.right_id)
        assert picture.region == place
        right = room(app).pair.right_id
        await pilot.press("enter")
        await until(pilot, lambda: right in comparisons.chosen(db, room(app).trial).values())


async def test_a_trial_whose_pictures_are_purged_says_how_it_stands(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    first, *rest = two_sides(db, studio)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("b", "enter")
        await seen(app, pilot, 0)
        await pilot.press("h" if room(app).pair.one_is_left else "l")
        await seen(app, pilot, 1)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.room, CullRoom))
        ratings.rate_all(db, "other", dict.fromkeys(rest[2:], Decision(rejected=True)))
        purging.purge(db, studio, rest)
        await pilot.press("b", *"lora:film-1 vs lora:film-2", "enter")
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        fault = str(app.screen.query_one("#fault", Static).content)
        assert "1 : 0" in fault and "no pair is left" in fault
        await pilot.press("escape", "u")
        await until(pilot, lambda: "no pair is left" in cull_room(app).status.said)
        assert "undone" in cull_room(app).status.said and "0 : 0" in cull_room(app).status.said


async def test_sides_without_a_pair_are_said_in_the_line(db: Connection, studio: Path, open_studio: Open) -> None:
    (first, *_rest) = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("b", *"seed:100 vs seed:101", "enter")
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        assert comparisons.trials(db) == []
