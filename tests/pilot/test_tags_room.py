"""The tags by keyboard: the list and its orders, one tag in full, and the ways to its frames and pictures."""

from pathlib import Path
from sqlite3 import Connection

import pytest
from textual.pilot import Pilot

from db import library, tags
from db.connect import writing
from db.index import Index
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.cull import CullRoom
from kimikoe_tui.screens.frames import FramesRoom
from kimikoe_tui.screens.tags import TagsRoom
from kimikoe_tui.widgets.example_strip import ExampleStrip
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.vocabulary_list import VocabularyColumns
from tests.pilot.conftest import Open, add_pictures, cull_room, frames_room, until
from tests.rows import FIRST_SHOT, FRAMES

BY_FRAMES = ["1girl", "safe", ":d", "glasses", ">:(", "x_(y)"]


def tags_room(app: KimikoeApp) -> TagsRoom:
    """The open room, which is the tags room."""
    assert isinstance(app.room, TagsRoom)
    return app.room


def names(app: KimikoeApp) -> list[str]:
    return [tag.name for tag in tags_room(app).lines.tags]


def words(app: KimikoeApp, name: str) -> str:
    return str(tags_room(app).query_one(f"#{name}").render())


def title(app: KimikoeApp) -> str:
    return tags_room(app).query_one("#list-pane", Pane).title_text


async def listed(app: KimikoeApp, pilot: Pilot[None]) -> None:
    """Wait until the index has counted the tags."""
    await until(pilot, lambda: any(tag.flicker for tag in tags_room(app).lines.tags))


async def on_tag(app: KimikoeApp, pilot: Pilot[None], name: str) -> None:
    """Put the cursor on a tag with the keys, and wait until it is shown in full."""
    await listed(app, pilot)
    await pilot.press("home", *["j"] * names(app).index(name))
    await until(pilot, lambda: (here := tags_room(app).here) is not None and here.name == name)


async def test_tags_are_listed_in_several_orders_and_the_cursor_stays(open_studio: Open, db: Connection) -> None:
    tags.set_tag_on(db, "other", 1, [2, 4, 6], "x_(y)", False)
    async with open_studio("g", "t") as (app, pilot):
        await listed(app, pilot)
        assert names(app) == BY_FRAMES and title(app) == "6 tags · by frames"
        await pilot.press("j", "j", "j")
        orders = (("decisions", "x_(y)"), ("flicker", ":d"), ("name", "1girl"), ("frames", "1girl"))
        for order, first in orders:
            await pilot.press("s")
            tag = tags_room(app).lines.tag
            assert tag is not None and tag.name == "glasses", order
            assert (names(app)[0], title(app)) == (first, f"6 tags · by {order}")


async def test_a_line_says_what_carries_the_tag_and_what_people_decided(
    open_studio: Open, db: Connection, studio: Path
) -> None:
    add_pictures(db, studio, 3)
    tags.set_tag_on(db, "other", 1, range(1, 13), "nagisa", True)
    tags.set_tag_on(db, "other", 1, [20, 21, 22], "nagisa", False)
    async with open_studio("g", "t") as (app, pilot):
        await listed(app, pilot)
        lines = tags_room(app).lines
        assert lines.line(names(app).index("nagisa"), 80).plain.split()[:2] == ["@", "nagisa"]
        assert lines.line(names(app).index("nagisa"), 80).plain.split()[-5:-2] == ["12", "+12", "−3"]
        assert lines.line(0, 80).plain.split()[-3:] == [str(FRAMES), "3", "·"]
        assert lines.line(1, 80).plain.split()[:2] == ["R", "safe"]
        for width in (120, 78, 43, 41):
            heading = tags_room(app).query_one(VocabularyColumns)
            heading.styles.width = width + 1
            await until(pilot, lambda heading=heading, width=width: heading.size.width == width + 1)
            assert {lines.line(index, width).cell_len for index in range(lines.count)} == {width - 1}
            end = heading.render().plain.index("frames") + len("frames")
            assert lines.line(0, width).plain[:end].endswith(f" {FRAMES}")


async def test_tags_are_found_by_a_part_of_their_names(open_studio: Open) -> None:
    async with open_studio("g", "t") as (app, pilot):
        await on_tag(app, pilot, "glasses")
        await pilot.press("slash", *"G", "enter")
        await until(pilot, lambda: names(app) == ["1girl", "glasses"])
        assert title(app) == "2 / 6 tags · by frames"
        tag = tags_room(app).lines.tag
        assert tag is not None and tag.name == "glasses"
        await pilot.press("slash", *"zzz", "enter")
        await until(pilot, lambda: names(app) == [])
        assert "No tag's name" in words(app, "empty")
        assert tags_room(app).here is None and not tags_room(app).query_one("#tag-pane").display
        await pilot.press("F")
        assert names(app) == BY_FRAMES
        assert not tags_room(app).query_one("#empty").display


async def test_the_tag_under_the_cursor_is_shown_in_full(open_studio: Open, db: Connection) -> None:
    tags.set_tag_on(db, "other", 1, [3, 4], "glasses", True, looked_at=3)
    with writing(db):
        db.execute("UPDATE score SET score = 80 WHERE frame_number = 51")
        db.execute("INSERT INTO tag_alias VALUES ('spectacles', (SELECT id FROM tag WHERE name = 'glasses'))")
    async with open_studio("g", "t") as (app, pilot):
        await on_tag(app, pilot, "glasses")
        facts, scores = words(app, "facts"), words(app, "scores")
        assert "50 in 2 shots" in facts and "0.30 (general)" in facts
        assert "seen +2" in facts and "spectacles" in facts
        assert "25 key frames" in scores and "▴0.30" in scores
        strip = tags_room(app).query_one(ExampleStrip)
        numbers = [each.number for each in strip.examples if each]
        assert numbers[0] <= FIRST_SHOT < numbers[1] and 51 in numbers
        captions = [strip.caption(index, row).plain for index in range(strip.count) for row in (0, 1)]
        assert "0:00:01 0.31" in captions and "over by 0.01" in captions and "surest" in captions
        await until(pilot, lambda: strip.picture_at(0).painted is not None)


async def test_keys_lead_to_the_frames_of_a_tag(open_studio: Open, db: Connection) -> None:
    tags.set_tag_on(db, "other", 1, [50], "x_(y)", True)
    db.execute("UPDATE score SET score = 70 WHERE frame_number = 11 AND score = 150")
    async with open_studio("g", "t") as (app, pilot):
        expected = (
            ("enter", "x_(y)", 19),
            ("v", "verdict:x_(y)", 1),
            ("d", "score:x_(y)>=0.20 score:x_(y)<=0.40 -verdict:x_(y)", 2),
        )
        for key, expression, count in expected:
            await on_tag(app, pilot, "x_(y)")
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.room, FramesRoom))
            await until(pilot, lambda start=expression: frames_room(app).expression == start)
            assert len(frames_room(app).lines.ids) == count, key
            await pilot.press("g", "t")


async def test_pictures_that_carry_a_tag_are_culled(open_studio: Open, db: Connection, studio: Path) -> None:
    add_pictures(db, studio, 3)
    async with open_studio("g", "t") as (app, pilot):
        await on_tag(app, pilot, "1girl")
        assert "pictures" in words(app, "facts")
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.room, CullRoom) and cull_room(app).expression == "1girl")
        await until(pilot, lambda: len(cull_room(app).ids) == 3)


async def test_where_nothing_matches_the_room_says_so_and_stays(open_studio: Open, db: Connection) -> None:
    tags.set_tag_on(db, "other", 1, [5], "hat", False)
    async with open_studio("g", "t") as (app, pilot):
        for name, key, said in (
            ("hat", "enter", "No frame carries hat."),
            ("glasses", "v", "Nobody has decided of a frame whether it carries glasses."),
            ("glasses", "c", "No picture carries glasses."), ("1girl", "d", "No undecided frame has a score of 1girl"),
        ):  # fmt: skip
            await on_tag(app, pilot, name)
            await pilot.press(key)
            await until(pilot, lambda said=said: tags_room(app).status.said.startswith(said))


async def test_what_changes_elsewhere_is_counted_again(open_studio: Open, db: Connection) -> None:
    async with open_studio("g", "t") as (app, pilot):
        await on_tag(app, pilot, "glasses")
        tags.set_tag_on(db, "other", 1, range(1, FRAMES + 1), "hat", True)
        app.poll()
        await until(pilot, lambda: "hat" in names(app))
        tag = tags_room(app).lines.tag
        assert tag is not None and tag.name == "glasses" and names(app).index("hat") == 1
        library.set_policy(db, 1, 0.9, 0.85)
        app.poll()
        await until(pilot, lambda: "glasses" not in names(app))
        assert names(app) == ["1girl", "hat", "safe"]


async def test_sql_counts_until_there_is_an_index(open_studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh = Index.refresh
    monkeypatch.setattr(Index, "refresh", lambda self, db: False)
    async with open_studio("g", "t") as (app, pilot):
        await until(pilot, lambda: names(app) == BY_FRAMES)
        assert {tag.flicker for tag in tags_room(app).lines.tags} == {None}
        monkeypatch.setattr(Index, "refresh", refresh)
        app.session.refresh_index()
        await listed(app, pilot)


async def test_without_tags_it_says_what_to_do(open_studio: Open, db: Connection) -> None:
    for table in ("score", "scored", "tag"):
        db.execute(f"DELETE FROM {table}")
    async with open_studio("g", "t", "enter", "d", "v", "c", "s", "j") as (app, pilot):
        await until(pilot, lambda: "kimikoe tag" in words(app, "empty"))
        assert isinstance(app.room, TagsRoom) and not names(app)


@pytest.mark.parametrize(
    ("size", "portrait", "examples"), [((120, 40), True, True), ((80, 24), True, True), ((45, 14), False, False)]
)
async def test_what_there_is_room_for(open_studio: Open, size: tuple[int, int], portrait: bool, examples: bool) -> None:
    async with open_studio("g", "t", size=size) as (app, pilot):
        await listed(app, pilot)
        room = tags_room(app)
        assert room.query_one("#tag-pane").display == portrait
        assert (room.query_one(ExampleStrip).display and portrait) == examples
        assert room.lines.size.height >= 7
        rows = [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]
        assert any("glasses" in row and "50" in row for row in rows)


async def test_names_reach_the_terminal_plain(open_studio: Open, db: Connection) -> None:
    with writing(db):
        db.execute("UPDATE tag SET name = '\x1b[31m[b]red' WHERE name = 'glasses'")
    async with open_studio("g", "t") as (app, pilot):
        await on_tag(app, pilot, "\x1b[31m[b]red")
        rows = [strip.text for strip in app.screen._compositor.render_strips()]
        assert any("[b]red" in row for row in rows) and not any("\x1b" in row for row in rows)
