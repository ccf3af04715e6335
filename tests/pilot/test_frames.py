"""Correcting tags over frames: what the keys write, and what can be undone, also after a restart."""

from sqlite3 import Connection

from textual.widgets import Input, Static

from db import tags
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.tag_line import TagLine
from kimikoe_tui.widgets.pane import Pane
from tests.pilot.conftest import Open, frames_room, looked_at, until, verdicts
from tests.rows import FIRST_SHOT, FRAMES

SECOND_SHOT = range(FIRST_SHOT + 1, FRAMES + 1)


def shown_tags(app: KimikoeApp) -> list[tuple[str, str]]:
    """Names and origins in the tag list."""
    return [(line.tag, line.origin) for line in frames_room(app).tag_list.lines]


async def test_a_tag_is_added_over_the_shot(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("j", "j")
        await looked_at(app, pilot, 3)
        await pilot.press("e", *"nagisa", "enter")
        await until(pilot, lambda: not isinstance(app.screen, TagLine))
        written = verdicts(db, "nagisa")
        assert sorted(written) == list(range(1, FIRST_SHOT + 1))
        assert written[3] == written[4] == (1, "seen")
        assert written[1] == written[FIRST_SHOT] == (1, "spread")
        assert frames_room(app).status.said == "+nagisa on 40 frames (shot 1) · u undoes"
        await until(pilot, lambda: ("nagisa", "person") in shown_tags(app))


async def test_tags_that_stay_are_not_painted_anew(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        before = frames_room(app).tag_list.lines
        await pilot.press("j")
        await looked_at(app, pilot, 2)
        assert frames_room(app).tag_list.lines is before
        await pilot.press("j")
        await looked_at(app, pilot, 3)
        assert frames_room(app).tag_list.lines is not before


async def test_a_frame_without_tags_says_how_it_gets_some(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        assert "kimikoe tag" not in frames_room(app).tag_list.render_line(0).text
        db.execute("DELETE FROM score")
        await pilot.press("j")
        await looked_at(app, pilot, 2)
        assert "`kimikoe tag`" in frames_room(app).tag_list.render_line(0).text
        assert not frames_room(app).tag_list.render_line(1).text.strip()


async def test_the_scope_cycles_and_is_shown(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        room = frames_room(app)
        for scope, reach, words in (
            ("frame", (1, 1), "frame 1"),
            ("hold", (1, 2), "hold"),
            ("shot", (1, 40), "shot 1"),
        ):
            await pilot.press("s")
            await until(pilot, lambda reach=reach: room.here is not None and room.here.reach == reach)
            assert room.scope == scope
            assert words in room.query_one("#tags-pane", Pane).title_text
        await pilot.press("s", "s", "e", *"hat", "enter")
        await until(pilot, lambda: sorted(verdicts(db, "hat")) == [1, 2])


async def test_the_line_completes(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("s", "plus", *"hat, gla")
        line = app.screen
        assert isinstance(line, TagLine)
        await until(pilot, lambda: [each.tag for each in line.suggestions] == ["glasses"])
        await pilot.press("tab")
        assert line.query_one(Input).value == "hat, glasses"
        await pilot.press("enter")
        await until(pilot, lambda: sorted(verdicts(db, "hat")) == sorted(verdicts(db, "glasses")) == [1])


async def test_down_chooses_another_suggestion(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("e", "minus", "s")
        line = app.screen
        assert isinstance(line, TagLine)
        await until(pilot, lambda: len(line.suggestions) > 1)
        second = line.suggestions[1].tag
        await pilot.press("down", "tab")
        assert line.query_one(Input).value == f"-{second}"


async def test_a_minus_denies_and_a_bad_tag_is_refused(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("s", "e", *"-1girl", "enter")
        await until(pilot, lambda: verdicts(db, "1girl") == {1: (0, "seen")})
        await until(pilot, lambda: ("1girl", "denied") in shown_tags(app))
        await pilot.press("e")
        app.screen.query_one(Input).value = "a" * 171
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        assert "is no tag" in str(app.screen.query_one("#fault", Static).content)
        assert db.execute("SELECT count(*) FROM verdict").fetchone()[0] == 1


async def test_the_chosen_tag_is_denied_confirmed_and_left_to_the_tagger(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f", "s") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("x")
        assert "No tag is chosen" in frames_room(app).status.said
        await pilot.press("J")
        chosen = frames_room(app).tag_list.chosen
        assert chosen is not None and chosen.tag == "1girl"
        for key, expected in (("x", {1: (0, "seen")}), ("y", {1: (1, "seen")}), ("r", {})):
            await pilot.press(key)
            await until(pilot, lambda expected=expected: verdicts(db, "1girl") == expected)


async def test_undo_and_redo_survive_a_restart_and_go_to_the_frame(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f", "G") as (app, pilot):
        await looked_at(app, pilot, FRAMES)
        await pilot.press("e", *"shion", "enter")
        await until(pilot, lambda: sorted(verdicts(db, "shion")) == list(SECOND_SHOT))
    async with open_studio("u") as (app, pilot):
        await looked_at(app, pilot, FRAMES)
        assert verdicts(db, "shion") == {}
        assert frames_room(app).status.said == "undone: +shion on 60 frames"
    async with open_studio("U") as (app, pilot):
        await looked_at(app, pilot, FRAMES)
        assert sorted(verdicts(db, "shion")) == list(SECOND_SHOT)
        assert "done again" in frames_room(app).status.said


async def test_undo_leaves_what_another_terminal_changed_since(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("e", *"shion", "enter")
        await until(pilot, lambda: len(verdicts(db, "shion")) == 40)
        tags.set_tag(db, "terminal-2", 1, 5, "hold", "shion", False)
        await pilot.press("u")
        await until(pilot, lambda: len(verdicts(db, "shion")) == 2)
        assert "2 of 40 changed since" in frames_room(app).status.said


async def test_two_terminals_undo_their_own_acts(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f", "s") as (first, first_pilot), open_studio("g", "f", "s") as (second, second_pilot):
        assert (first.session.name, second.session.name) == ("terminal-1", "terminal-2")
        await looked_at(first, first_pilot, 1)
        await first_pilot.press("e", *"hat", "enter")
        await until(first_pilot, lambda: verdicts(db, "hat"))
        await second_pilot.press("u")
        assert "nothing to undo" in frames_room(second).status.said
        assert verdicts(db, "hat")


async def test_an_edit_by_the_command_line_is_seen(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        tags.set_tag(db, "command-line", 1, 1, "hold", "umbrella", True)
        app.poll()
        await until(pilot, lambda: ("umbrella", "person") in shown_tags(app))
        await until(pilot, lambda: "umbrella" in frames_room(app).lines.line(0, 80).plain)


async def test_a_key_that_comes_before_the_frame_is_shown_meets_that_frame(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f", "s") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("J", "J")
        chosen = frames_room(app).tag_list.chosen
        assert chosen is not None and chosen.tag == ">:("
        frames_room(app).action_move(2)
        frames_room(app).action_judge("deny")
        await until(pilot, lambda: "No tag is chosen" in frames_room(app).status.said)
        assert verdicts(db, ">:(") == {}
