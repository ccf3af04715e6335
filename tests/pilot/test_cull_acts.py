"""Marks, reasons, search, copies and the purge in the cull room."""

import base64
from pathlib import Path
from sqlite3 import Connection

import pytest
from textual.geometry import Region

from db import query, settings
from kimikoe_tui import clipboard
from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.screens.home import HomeRoom
from kimikoe_tui.screens.line import LinePrompt
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.real_pixels import Span, touches
from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, ratings, until


async def test_a_decision_over_marks_is_one_act(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 6)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("m", "]")
        await drawn(app, pilot, image_ids[5])
        await pilot.press("k", "v")
        await drawn(app, pilot, image_ids[4])
        await pilot.press("k")
        await drawn(app, pilot, image_ids[3])
        assert cull_room(app).chosen == [image_ids[0], image_ids[3], image_ids[4]]
        await pilot.press("2")
        await until(pilot, lambda: len(ratings(db)) == 3)
        assert ratings(db) == {image_ids[n]: (2, 0, 0) for n in (0, 3, 4)}
        await pilot.press("x")
        await until(pilot, lambda: len(query.image_ids(db, "is:rejected")) == 1)
        await pilot.press("u", "u")
        await until(pilot, lambda: ratings(db) == {})
        assert cull_room(app).current == image_ids[0]


async def test_a_reason_is_stored_and_a_person_has_their_own(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second, third = add_pictures(db, studio, 3)
    settings.store(db, "reject_reasons", "h bad hands, e empty eyes")
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("r", "e")
        await drawn(app, pilot, second)
        assert list(query.image_ids(db, "reason:empty")) == [first]
        assert "empty eyes" in cull_room(app).status.said
        await pilot.press("r", "b", "r", "5")
        await pilot.pause()
        assert list(ratings(db)) == [first], "what is no reason decides nothing"
        await pilot.press("h")
        await drawn(app, pilot, first)
        await pilot.press("r", "h")
        await until(pilot, lambda: list(query.image_ids(db, "reason:hands")) == [first])
        assert third not in ratings(db)


async def test_a_search_moves_in_the_list_as_it_is(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 6)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("slash", *"seed:102 or seed:104", "enter")
        await until(pilot, lambda: cull_room(app).current == image_ids[2])
        await pilot.press("n")
        await until(pilot, lambda: cull_room(app).current == image_ids[4])
        await pilot.press("n")
        await until(pilot, lambda: "No picture that way" in cull_room(app).status.said)
        await pilot.press("N")
        await until(pilot, lambda: cull_room(app).current == image_ids[2])
        assert list(cull_room(app).ids) == image_ids


async def test_purging_wants_its_count_and_keeps_the_rows(db: Connection, studio: Path, open_studio: Open) -> None:
    image_ids = add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("x", "x", "P", *"3", "enter")
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        assert len(list((studio / "images").iterdir())) == 3
        await pilot.press("backspace", *"2", "enter")
        await until(pilot, lambda: "2 pictures purged" in cull_room(app).status.said)
        assert [path.name for path in (studio / "images").iterdir()] == [f"{image_ids[2]}.png"]
        assert db.execute("SELECT count(*) FROM image").fetchone()[0] == 3
        await until(pilot, lambda: list(cull_room(app).ids) == [image_ids[2]])
        await pilot.press("P")
        assert "No rejected picture" in cull_room(app).status.said


async def test_what_was_rejected_before_it_was_shown_is_counted_and_stays(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    image_ids = add_pictures(db, studio, 3)
    hidden = studio / "images" / f"{image_ids[0]}.png"
    hidden.rename(studio / "away.png")
    async with open_studio("g", "c") as (app, pilot):
        await until(pilot, lambda: "is gone" in str(cull_room(app).picture.shown))
        await pilot.press("x")
        await pilot.press("P")
        assert cull_room(app).status.said.endswith("1 stays, never shown (f n)")
        await drawn(app, pilot, image_ids[1])
        await pilot.press("x", "P")
        await until(pilot, lambda: isinstance(app.screen, LinePrompt))
        assert app.screen.query_one("#box").border_title == (
            "delete the files of 1 rejected pictures · 1 stays, never shown (f n)"
        )
        (studio / "away.png").rename(hidden)
        await pilot.press("1", "enter")
        await until(pilot, lambda: "1 pictures purged" in cull_room(app).status.said)
    assert {path.name for path in (studio / "images").iterdir()} == {f"{image_ids[0]}.png", f"{image_ids[2]}.png"}


@pytest.mark.parametrize("key", ["3", "３"])
async def test_a_key_right_after_a_purge_is_for_the_picture_that_is_left(
    db: Connection, studio: Path, open_studio: Open, key: str
) -> None:
    image_ids = add_pictures(db, studio, 3)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("a", "x", "P", "1", "enter")
        await until(pilot, lambda: isinstance(app.screen, CullRoom))
        await pilot.press(key)
        await until(pilot, lambda: len(ratings(db)) == 2)
        assert ratings(db)[image_ids[0]][:2] == (None, 1) and ratings(db)[image_ids[1]][0] == 3
        assert cull_room(app).current == image_ids[1]


async def test_a_list_that_a_purge_empties_gives_way_to_what_is_left(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    image_ids = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_ids[0])
        await pilot.press("x", "f", "x")
        await until(pilot, lambda: list(cull_room(app).ids) == image_ids[:1])
        await pilot.press("P", "1", "enter")
        await until(pilot, lambda: list(cull_room(app).ids) == image_ids[1:])


async def test_what_a_picture_is_may_be_copied(
    db: Connection, studio: Path, open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    (image_id,) = add_pictures(db, studio, 1, prompt="1girl, 傘\x1b]0;bad\x07")
    sent: list[str] = []
    monkeypatch.setattr(clipboard, "write_raw", lambda _app, data: sent.append(data))
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        await pilot.press("y", "p", "y", "c", "y", "f")
        await until(pilot, lambda: len(sent) == 3)
        texts = [base64.b64decode(data.removeprefix("\x1b]52;c;").removesuffix("\x07")).decode() for data in sent]
        assert texts == ["1girl, 傘?]0;bad?", "0:00:01 (frame 51)", str(studio / "images" / f"{image_id}.png")]
        assert "sent to the terminal's clipboard" in cull_room(app).status.said


async def test_what_was_decided_unseen_is_offered_at_the_end(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_pictures(db, studio, 2)
    hidden = studio / "images" / f"{first}.png"
    hidden.rename(studio / "away.png")
    async with open_studio("g", "c") as (app, pilot):
        await until(pilot, lambda: "is gone" in str(cull_room(app).picture.shown))
        await pilot.press("4")
        await drawn(app, pilot, second)
        await pilot.press("3")
        assert "1 decided unseen" in cull_room(app).status.said and "f n" in cull_room(app).status.said
    (studio / "away.png").rename(hidden)
    async with open_studio("g", "c", "f", "n") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("5")
        assert ratings(db) == {first: (5, 0, 0), second: (3, 0, 0)}


async def test_q_goes_back_a_level_and_escape_never_leaves(studio: Path, open_studio: Open) -> None:
    async with open_studio("g", "c") as (app, pilot):
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.room, HomeRoom))
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert app.is_running and isinstance(app.room, HomeRoom)


async def test_a_decision_and_its_move_are_painted_at_once(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_pictures(db, studio, 2)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.pause(0.1)
        painted: list[list[Span]] = []
        app.picture_layer.write_over = lambda spans: painted.append(list(spans or []))  # type: ignore[method-assign]
        await pilot.press("3")
        await drawn(app, pilot, second)
        pane = cull_room(app).query_one("#picture-pane", Pane).region
        parts: list[Region] = [cull_room(app).status.region, pane.shrink((0, 0, pane.height - 1, 0))]
        assert [touches(painted[0], part) for part in parts] == [True, True]
