"""The list of frames: moving, jumping, filtering, and what is read of a long film."""

import asyncio
from collections.abc import Sequence
from sqlite3 import Connection

import pytest
from rich.text import Text
from textual.widgets import Static

from db import changes, films
from db.connect import writing
from db.films import unpack
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.graphics.renderer import Drawing
from kimikoe_tui.widgets.frame_list import PAGE, FrameList, read_pages
from tests.pilot.conftest import Open, frames_room, looked_at, until
from tests.pilot.fake_frame_server import DEADLY, UNKNOWN
from tests.rows import FIRST_SHOT, FRAMES

ONE_MORE = """INSERT INTO frame (film_id, number, pts, is_key, distance, cut_change, signature)
              VALUES (1, ?, 0, 0, 0, 0, x'')"""


def number(app: KimikoeApp) -> int:
    """The frame under the cursor."""
    frame_id = frames_room(app).lines.frame_id
    assert frame_id is not None
    return unpack(frame_id)[1]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("j j k", 2),
        ("]", 11),
        ("] ] [", 11),
        ("G", FRAMES),
        ("G g g", 1),
        ("j k k", 1),
        ("n", FIRST_SHOT + 1),
        ("n N", 1),
        ("n j N", FIRST_SHOT + 1),
        ("down up down", 2),
        ("G home", 1),
    ],
)
async def test_moving(open_studio: Open, keys: str, expected: int) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press(*keys.split())
        assert number(app) == expected


async def test_a_jump_by_timecode_and_by_number(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("t", *"0:00:02", "enter")
        await until(pilot, lambda: number(app) == 61)
        await pilot.press("t", *"17", "enter")
        await until(pilot, lambda: number(app) == 17)
        await pilot.press("t", *"500", "enter")
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        assert "has frames 1 to 100" in str(app.screen.query_one("#fault", Static).content)
        await pilot.press("escape")
        assert number(app) == 17


async def test_a_line_shows_number_timecode_shot_hold_and_tags(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        lines = frames_room(app).lines
        await until(pilot, lambda: lines.row(0) is not None)
        assert lines.line(0, 80).plain.split() == ["▎", "1", "0:00:00", "1", "┌", "2s", "1girl,", ">:(,", "x_(y)"]
        assert lines.line(61, 80).plain.split()[:3] == ["62", "0:00:02", "2"]


async def test_a_filter_lists_what_matches(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("slash", *"glasses shot:2", "enter")
        await until(pilot, lambda: frames_room(app).expression == "glasses shot:2")
        lines = frames_room(app).lines
        assert len(lines.ids) == 30 and number(app) == 43
        await pilot.press("j", "j", "F")
        await until(pilot, lambda: len(lines.ids) == FRAMES)
        assert number(app) == 47


async def test_facets_that_leave_no_frame_leave_nothing_of_one(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        room = frames_room(app)
        room.narrow("shot:1 shot:2")
        await until(pilot, lambda: room.query_one("#empty").display)
        assert "No frame matches." in str(room.query_one("#empty", Static).content)
        assert room.here is None and not room.tag_list.lines and not room.strip.count
        await pilot.press("F")
        await looked_at(app, pilot, 1)
        assert room.tag_list.lines and not room.query_one("#empty").display


async def test_facets_of_nothing_say_so(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        frames_room(app).narrow("shot:1 shot:2")
        await until(pilot, lambda: not frames_room(app).lines.ids)
        await pilot.press("f")
        await until(pilot, lambda: app.screen.query("#none") and app.screen.query_one("#none").display)


async def test_a_filter_shows_its_faults_with_a_caret(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("slash", *"1girl spoon", "enter")
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        lines = str(app.screen.query_one("#fault", Static).content).splitlines()
        assert lines[0] == "1girl spoon"
        assert lines[1].index("^") == lines[0].index("spoon")
        await pilot.press("escape")
        assert len(frames_room(app).lines.ids) == FRAMES


async def test_undo_finds_a_frame_that_the_filter_hides(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("e", *"hat", "enter")
        await until(pilot, lambda: "+hat" in frames_room(app).status.said)
        await pilot.press("slash", *"shot:2", "enter")
        await looked_at(app, pilot, FIRST_SHOT + 1)
        await pilot.press("u")
        await looked_at(app, pilot, 1)
        assert frames_room(app).expression == ""


async def test_the_picture_follows_the_cursor(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await pilot.press("j", "j", "j")
        picture = frames_room(app).picture
        await until(pilot, lambda: picture.painted is not None and picture.painted.number == 4)  # type: ignore[attr-defined]
        assert isinstance(picture.shown, Drawing)
        style = picture.shown.rows[0][0].style
        assert style is not None and style.color is not None
        assert style.color.triplet == (4, 0, 0)


async def test_a_missing_picture_has_a_reason_and_the_server_comes_back(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        picture = frames_room(app).picture
        await pilot.press("t", *str(UNKNOWN), "enter")
        await until(pilot, lambda: "there is no such frame" in str(picture.shown))
        await pilot.press("t", *str(DEADLY), "enter")
        await until(pilot, lambda: "the film ran out" in str(picture.shown))
        await pilot.press("t", *"50", "enter")
        await until(pilot, lambda: picture.painted is not None and picture.painted.number == 50)  # type: ignore[attr-defined]


async def test_new_frames_are_listed_and_the_cursor_stays(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f", "]") as (app, pilot):
        await looked_at(app, pilot, 11)
        with writing(db):
            db.execute(ONE_MORE, (FRAMES + 1,))
            changes.announce(db, "frames", 1, 101, 101)
        app.poll()
        lines = frames_room(app).lines
        await until(pilot, lambda: len(lines.ids) == FRAMES + 1)
        assert number(app) == 11
        await until(pilot, lambda: lines.row(FRAMES) is not None)


async def test_a_long_film_is_read_in_pages(db: Connection, open_studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    read_frames = films.frames

    def counted(reader: Connection, ids: Sequence[int]) -> list[films.Frame]:
        read.append(len(ids))
        return read_frames(reader, ids)

    monkeypatch.setattr(films, "frames", counted)
    with writing(db):
        db.executemany(
            ONE_MORE,
            [(each,) for each in range(FRAMES + 1, 20_001)],
        )
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        lines = frames_room(app).lines
        assert len(lines.ids) == 20_000
        await pilot.press("G")
        await until(pilot, lambda: lines.row(19_999) is not None)
        assert max(read) == PAGE and sum(read) <= 4 * PAGE
        await pilot.press("t", *"10000", "enter")
        await until(pilot, lambda: number(app) == 10_000)


async def test_rows_are_read_before_they_come_into_view(
    db: Connection, open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    read_frames = films.frames

    def noted(reader: Connection, ids: Sequence[int]) -> list[films.Frame]:
        read.append(unpack(ids[0])[1])
        return read_frames(reader, ids)

    monkeypatch.setattr(films, "frames", noted)
    with writing(db):
        db.executemany(ONE_MORE, [(each,) for each in range(FRAMES + 1, 1001)])
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        lines = frames_room(app).lines
        lines.move_to(PAGE - lines.size.height)
        await until(pilot, lambda: PAGE + 1 in read)
        assert lines.scroll_offset.y + lines.size.height <= PAGE
        assert 2 * PAGE + 1 not in read


async def test_a_studio_without_a_film_says_how_to_take_one_in(db: Connection, open_studio: Open) -> None:
    for table in ("verdict", "score", "scored", "hold", "shot", "frame"):
        db.execute(f"DELETE FROM {table}")
    db.execute("UPDATE film SET grouping_id = NULL")
    db.execute("DELETE FROM grouping")
    db.execute("DELETE FROM film")
    async with open_studio("g", "f") as (app, pilot):
        empty = frames_room(app).query_one("#empty")
        await until(pilot, lambda: empty.display)
        await pilot.press("j", "e", "x", "n", "t", "s", "G")


async def test_rows_asked_for_before_the_film_grew_are_read_again(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        lines = frames_room(app).lines
        whole = lines.ids
        lines.show(whole[:70], frames_room(app).films, None, {})
        lines.row(69)
        lines.show(whole, frames_room(app).films, None, read_pages(db, whole, FRAMES - 1))
        await pilot.pause()
        await until(pilot, lambda: lines.row(FRAMES - 1) is not None)


async def test_a_list_that_was_read_before_a_change_is_read_again(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        room = frames_room(app)

        def is_shown() -> bool:
            known = room.here is not None and "sparkle" in [tag.tag for tag in room.here.tags]
            return known and "sparkle" in in_view(app)[0]

        old = await asyncio.to_thread(lambda: room.read_list("", None, None))
        await pilot.press("e", *"sparkle", "enter")
        await until(pilot, lambda: is_shown() and room.changes >= 2)  # the act, and a look at the commit
        room.post_message(old)
        await pilot.pause()
        await until(pilot, is_shown)


def in_view(app: KimikoeApp) -> list[str]:
    """The lines as they are painted."""
    lines = frames_room(app).lines
    return [strip.text for strip in lines.render_lines(lines.size.region)]


async def test_scrolling_draws_the_new_lines_alone(open_studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    line = FrameList.line

    def counted(self: FrameList, index: int, width: int) -> Text:
        drawn.append(index)
        return line(self, index, width)

    monkeypatch.setattr(FrameList, "line", counted)
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        below = frames_room(app).lines.size.height
        await pilot.press(*"j" * below)
        await looked_at(app, pilot, below + 1)
        in_view(app)
        drawn.clear()
        await pilot.press("j")
        await looked_at(app, pilot, below + 2)
        in_view(app)
        assert sorted(drawn) == [below + 1, below + 3]


async def test_lines_that_change_are_drawn_anew(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        await until(pilot, lambda: all(each.startswith("▎") for each in in_view(app)[1:]))
        await pilot.press("s")
        await until(pilot, lambda: [each[0] for each in in_view(app)][:2] == ["▸", " "])
        await pilot.press("m")
        assert ["●" in each for each in in_view(app)][:2] == [True, False]
        await pilot.press("M")
        assert not any("●" in each for each in in_view(app))
