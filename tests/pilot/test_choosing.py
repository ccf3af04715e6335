"""Choosing among frames: queries with completions and counts, facets, saved queries, marks, places, citations."""

from pathlib import Path
from sqlite3 import Connection

import pytest
from textual._context import visible_screen_stack

from db import exclusions, saved_views
from db.films import pack, unpack
from kimikoe_tui import citing
from kimikoe_tui.screens.facets import FacetsPane
from kimikoe_tui.screens.query_line import QueryLine
from kimikoe_tui.screens.room import Room
from kimikoe_tui.screens.views import ViewsPane
from tests.pilot.conftest import Open, frames_room, looked_at, until, verdicts
from tests.pilot.test_shots import shots_room
from tests.rows import FIRST_SHOT, FRAMES


async def test_a_query_is_completed_and_counted_while_it_is_typed(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("slash", *"gla")
        line = app.screen
        assert isinstance(line, QueryLine)
        await until(pilot, lambda: [each.text for each in line.candidates] == ["glasses"])
        await pilot.press("tab", *"shot:2")
        assert line.input.value == "glasses shot:2"
        await until(pilot, lambda: line.foot == "30 match")
        await pilot.press("enter")
        await until(pilot, lambda: len(frames_room(app).lines.ids) == 30)


async def test_the_room_is_seen_under_a_line_as_it_was(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.pause()
        before = [strip.text for strip in app.screen._compositor.render_strips()]
        assert any("glasses" in line for line in before)
        await pilot.press("slash")
        await until(pilot, lambda: bool(app.screen.query("#suggestions")))
        await pilot.pause()
        visible_screen_stack.set(app._background_screens)
        after = [strip.text for strip in app.screen._compositor.render_strips()]
        assert (below := app.screen.query_one("#box").region.y) > 5
        assert after[:below] == before[:below]


async def test_facets_narrow_step_by_step_and_back(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("f")
        pane = app.screen
        assert isinstance(pane, FacetsPane)
        await until(pilot, lambda: pane.lines.facets and pane.lines.facets[0].tag == "1girl")
        names = [facet.tag for facet in pane.lines.facets]
        await pilot.press(*["j"] * names.index("glasses"), "x")
        await until(pilot, lambda: frames_room(app).expression == "-glasses")
        assert len(frames_room(app).lines.ids) == FRAMES // 2
        await until(pilot, lambda: "glasses" not in [facet.tag for facet in pane.lines.facets])
        await pilot.press("u")
        await until(pilot, lambda: len(frames_room(app).lines.ids) == FRAMES)
        await pilot.press("q")
        assert app.screen is frames_room(app)


async def test_a_query_is_kept_and_chosen_again(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("slash", *"glasses", "enter")
        await until(pilot, lambda: frames_room(app).expression == "glasses")
        await pilot.press("w", *"with", "enter")
        await until(pilot, lambda: app.screen is frames_room(app))
        assert [view.name for view in saved_views.views(db)] == ["with"]
        await pilot.press("F")
        await until(pilot, lambda: frames_room(app).expression == "")
        await pilot.press("V")
        pane = app.screen
        assert isinstance(pane, ViewsPane)
        await until(pilot, lambda: pane.lines.views and pane.lines.views[0][1] == FRAMES // 2)
        await pilot.press("enter")
        await until(pilot, lambda: frames_room(app).expression == "glasses")
        await pilot.press("u")
        await until(pilot, lambda: saved_views.views(db) == [])
        await until(pilot, lambda: "undone" in frames_room(app).status.said)


async def test_marked_shots_are_tagged_as_one_act(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "s") as (app, pilot):
        await until(pilot, lambda: shots_room(app).grid.count == 2)
        await pilot.press("m", "m")
        assert "100 frames marked" in shots_room(app).status.said
        await pilot.press("e", *"hat, -1girl", "enter")
        await until(pilot, lambda: len(verdicts(db, "hat")) == len(verdicts(db, "1girl")) == FRAMES)
        assert {how for _present, how in verdicts(db, "hat").values()} == {"seen", "spread", "bulk"}
        await pilot.press("u")
        await until(pilot, lambda: not verdicts(db, "hat") and not verdicts(db, "1girl"))


async def test_a_range_is_marked_judged_and_left_out(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f", "s") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("J", "v", "j", "j", "v")
        room = frames_room(app)
        assert app.session.marks.ids == [pack(1, number) for number in (1, 2, 3)]
        await until(pilot, lambda: "●" in room.lines.line(1, 80).plain)
        await pilot.press("x")
        await until(pilot, lambda: sorted(verdicts(db, "1girl")) == [1, 2, 3])
        await pilot.press("E", *"logo", "enter")
        await until(pilot, lambda: app.screen is room)
        assert [(each.first, each.last) for each in exclusions.exclusions(db)] == [(1, 3)]
        await pilot.press("M", "a")
        assert len(app.session.marks) == FRAMES
        await pilot.press("M")
        assert not app.session.marks


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0:00:02", 61),
        ("2秒", 61),
        ("17", 17),
        ("17フレーム目", 17),
        ("shot 2", FIRST_SHOT + 1),
        ("s1", 1),
        ("#17", 17),
        ("film#17", 17),
        ("film@0:00:02", 61),
        ("@2秒", 61),
    ],
)
async def test_a_place_is_said_in_many_ways(open_studio: Open, typed: str, number: int) -> None:
    async with open_studio("g", "f", "j") as (app, pilot):
        await looked_at(app, pilot, 2)
        await pilot.press("t", *typed, "enter")
        await looked_at(app, pilot, number)


async def test_holds_are_steps_and_the_strip_follows(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("l", "l")
        await looked_at(app, pilot, 5)
        strip = frames_room(app).strip
        await until(pilot, lambda: strip.holds and strip.holds[strip.cursor].first == 5)
        await pilot.press("h", "j", "h")
        await looked_at(app, pilot, 3)


def copies(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is copied from now on."""
    copied: list[str] = []

    async def copy(room: Room, text: str, what: str) -> None:
        copied.append(text)
        room.say(what)

    monkeypatch.setattr(citing, "copy", copy)
    return copied


async def test_a_citation_is_copied_in_the_language_asked_for(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = copies(monkeypatch)
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
        await pilot.press("c")
        await until(pilot, lambda: copied == ["0:00:00 (1フレーム目)"])
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        await pilot.press("c")
        await until(pilot, lambda: copied[1:] == ["0:00:00 (frame 1)"])


async def test_what_is_marked_is_cited_line_by_line(open_studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = copies(monkeypatch)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        app.session.marks.add([pack(1, 1), pack(1, 2)])
        await pilot.press("c")
        await until(pilot, lambda: copied == ["0:00:00 (frame 1)\n0:00:00 (frame 2)"])
        await until(pilot, lambda: "2 citations" in frames_room(app).status.said)
        monkeypatch.setattr(citing, "MOST_AT_ONCE", 7)
        await pilot.press("a", "c")
        await until(pilot, lambda: copied[1:] and len(copied[1].splitlines()) == 7)
        await until(pilot, lambda: f"the first 7 citations of {FRAMES}" in frames_room(app).status.said)
        await pilot.press("g", "s")
        await until(pilot, lambda: shots_room(app).grid.count == 2)
        await pilot.press("c")
        await until(pilot, lambda: copied[2:] == [f"0:00:00 (frame 1)\n0:00:01 (frame {FIRST_SHOT + 1})"])


async def test_a_shot_is_played_in_place_and_stopped_by_any_key(studio: Path, open_studio: Open) -> None:
    async with open_studio("g", "f", "n") as (app, pilot):
        await looked_at(app, pilot, FIRST_SHOT + 1)
        room = frames_room(app)
        await pilot.press("space")
        await until(pilot, lambda: room.player is not None and room.player.number > FIRST_SHOT + 1)
        await pilot.press("x")
        assert room.player is None
        frame_id = room.lines.frame_id
        assert frame_id is not None and unpack(frame_id)[1] > FIRST_SHOT + 1
        assert "No tag" not in room.status.said
