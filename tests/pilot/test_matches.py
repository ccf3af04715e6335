"""Pictures beside the frames of the film that they resemble: seen, flicked between, decided over."""

from collections.abc import Mapping
from pathlib import Path
from sqlite3 import Connection

import pytest
from textual.widgets import Static

from db import ratings as judging
from db.changes import announce
from db.connect import writing
from db.ratings import Decision
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.line import LineScreen
from kimikoe_tui.screens.matches import MatchesRoom
from kimikoe_tui.widgets.closeup import shown_of
from kimikoe_tui.widgets.match_list import decision_sign, decision_text
from kimikoe_tui.widgets.sources import Closeup, FilmFrame
from tests.pilot.conftest import (
    Open,
    Pilot,
    add_pictures,
    cull_room,
    drawn,
    frames_room,
    looked_at,
    ratings,
    until,
)
from tests.pilot.test_typing_ahead import type_at_once

NEAREST, NEXT = 51, 61
PHONE = (45, 14)


def add_alike(db: Connection, root: Path, *scores: float) -> list[int]:
    """Pictures that resemble the film so much."""
    image_ids = add_pictures(db, root, len(scores))
    rescore(db, dict(zip(image_ids, scores, strict=True)))
    return image_ids


def rescore(db: Connection, scores: Mapping[int, float]) -> None:
    """Say how much pictures resemble their nearest frame."""
    with writing(db):
        db.executemany(
            "UPDATE match SET score = ? WHERE image_id = ? AND rank = 1",
            [(score, image_id) for image_id, score in scores.items()],
        )


def matches_room(app: KimikoeApp) -> MatchesRoom:
    """The open room, which is the matches room."""
    assert isinstance(app.room, MatchesRoom)
    return app.room


def listed(app: KimikoeApp) -> list[int]:
    """The pictures in the list, in its order."""
    return [each.image_id for each in matches_room(app).lines.pictures]


async def compared(app: KimikoeApp, pilot: Pilot[None], image_id: int, number: int = NEAREST) -> None:
    """Wait until a picture and a frame have reached the terminal beside each other."""

    def is_seen() -> bool:
        if not isinstance(app.room, MatchesRoom) or app.room.kept != image_id:
            return False
        frame = shown_of(app.room.picture_at("right").painted)
        picture = shown_of(app.room.picture_at("left").painted)
        return picture == image_id and isinstance(frame, FilmFrame) and frame.number == number

    await until(pilot, is_seen)


async def alone(app: KimikoeApp, pilot: Pilot[None], what: object) -> None:
    """Wait until this has reached the terminal in the one place where things are seen alone."""
    await until(pilot, lambda: matches_room(app).picture_at("left").painted == what)


def foot(app: KimikoeApp) -> str:
    """The line about the scores."""
    return str(matches_room(app).query_one("#foot", Static).content)


def empty_words(app: KimikoeApp) -> str:
    """What an empty room says."""
    return str(matches_room(app).query_one("#empty", Static).content)


def nearest(app: KimikoeApp) -> FilmFrame:
    """The frame that every picture resembles most, as a pane is asked for it."""
    film = matches_room(app).lines.films[1]
    return FilmFrame(1, NEAREST, film.width, film.height)


async def test_the_most_alike_is_seen_first_beside_its_frame(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second, third = add_alike(db, studio, 0.7, 0.9, 0.8)
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, second)
        assert listed(app) == [second, third, first]
        room = matches_room(app)
        cited = room.lines.films[1].citation(NEAREST)
        assert room.lines.line(0, 80).plain.split() == ["0.90", str(second), *cited.split(), "undecided"]
        assert room.pane_at("left").title_text == f"picture {second}  undecided"
        assert cited in room.pane_at("right").title_text and "0.90  1 of 2" in room.pane_at("right").title_text
        assert foot(app) == "uncalibrated · compared with 80% of the film"
        await pilot.press("j")
        await compared(app, pilot, third)


async def test_a_decision_goes_on_and_the_list_stays(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second, third = add_alike(db, studio, 0.9, 0.8, 0.7)
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        await pilot.press("x")
        assert ratings(db) == {first: (None, 1, 0)}, "on the disk before the next one is seen"
        await compared(app, pilot, second)
        await pilot.press("r", "f")
        await compared(app, pilot, third)
        await pilot.press("4")
        await until(pilot, lambda: len(ratings(db)) == 3)
        assert "last one" in matches_room(app).status.said
        app.poll()
        lines = matches_room(app).lines
        await until(pilot, lambda: "★★★★☆" in lines.line(2, 80).plain)
        assert listed(app) == [first, second, third]
        assert lines.line(0, 80).plain.endswith("rejected")
        assert lines.line(1, 80).plain.endswith("rejected, too close to film")
        assert ratings(db) == {first: (None, 1, 0), second: (None, 1, 0), third: (4, 0, 0)}
        await pilot.press("F")
        await until(pilot, lambda: listed(app) == [third])


async def test_clearing_stays_at_the_picture(db: Connection, studio: Path, open_studio: Open) -> None:
    first, _second = add_alike(db, studio, 0.9, 0.8)
    judging.rate_all(db, "other", {first: Decision(stars=2)})
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        assert "★★☆☆☆" in matches_room(app).pane_at("left").title_text
        await pilot.press("0")
        await until(pilot, lambda: "undecided" in matches_room(app).pane_at("left").title_text)
        assert ratings(db) == {} and matches_room(app).kept == first


async def test_a_picture_that_was_not_shown_is_judged_unseen(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second, third = add_alike(db, studio, 0.9, 0.8, 0.7)
    (studio / "images" / f"{second}.png").unlink()
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        await pilot.press("3")
        await until(pilot, lambda: "is gone" in str(matches_room(app).picture_at("left").shown))
        await pilot.press("4")
        await compared(app, pilot, third)
        assert ratings(db) == {first: (3, 0, 0), second: (4, 0, 1)}


async def test_keys_that_outrun_the_pictures_judge_unseen(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second, third = add_alike(db, studio, 0.9, 0.8, 0.7)
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        await pilot.press("tab", "tab", "tab", "j")
        await compared(app, pilot, second)
        type_at_once(app, ("k", "x", "j", "x"))
        await until(pilot, lambda: len(ratings(db)) == 2)
        assert ratings(db) == {first: (None, 1, 1), third: (None, 1, 1)}, "neither stood there again yet"


async def test_undo_stays_and_goes_back_to_the_picture(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_alike(db, studio, 0.9, 0.8)
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        await pilot.press("x")
        await compared(app, pilot, second)
        await pilot.press("u")
        await compared(app, pilot, first)
        assert ratings(db) == {} and "undone" in matches_room(app).status.said
        await until(pilot, lambda: "undecided" in matches_room(app).lines.line(0, 80).plain)


async def test_undo_of_what_is_not_listed_goes_where_it_is(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_alike(db, studio, 0.9, 0.8)
    with writing(db):
        db.execute("DELETE FROM match WHERE image_id = ?", (second,))
    judging.rate_all(db, "terminal-1", {second: Decision(stars=1)})
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        await pilot.press("u")
        await drawn(app, pilot, second)
        assert ratings(db) == {}


async def test_the_frames_of_a_picture_are_gone_through(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_alike(db, studio, 0.9, 0.8)
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        await pilot.press("l")
        await compared(app, pilot, first, NEXT)
        assert "0.81  2 of 2" in matches_room(app).pane_at("right").title_text
        await pilot.press("l")
        await compared(app, pilot, first, NEAREST)
        await pilot.press("h")
        await compared(app, pilot, first, NEXT)
        await pilot.press("j")
        await compared(app, pilot, second, NEAREST)


async def test_tab_flicks_in_the_same_place_and_then_shows_both(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    first, second = add_alike(db, studio, 0.9, 0.8)
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        room = matches_room(app)
        both = room.picture_at("left").region
        await pilot.press("tab")
        await until(pilot, lambda: room.picture_at("left").size.width > both.width)
        place = room.picture_at("left").region
        assert not room.pane_at("right").display
        await pilot.press("tab")
        await alone(app, pilot, nearest(app))
        assert room.picture_at("left").region == place
        cited = room.lines.films[1].citation(NEAREST)
        await until(pilot, lambda: room.pane_at("left").title_text == f"film {cited}  0.90  1 of 2")
        await pilot.press("tab")
        await until(pilot, lambda: room.picture_at("left").region == both)
        await pilot.press("tab", "tab", "j")
        await alone(app, pilot, second)
        await pilot.press("q")
        await compared(app, pilot, second)


async def test_on_a_phone_one_is_seen_at_a_time(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_alike(db, studio, 0.9, 0.8)
    async with open_studio("g", "m", size=PHONE) as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, MatchesRoom))
        await alone(app, pilot, first)
        place = matches_room(app).picture_at("left").region
        assert matches_room(app).pane_at("left").title_text == f"picture {first}  undecided"
        await pilot.press("tab")
        await alone(app, pilot, nearest(app))
        assert matches_room(app).picture_at("left").region == place
        await pilot.press("x")
        await alone(app, pilot, second)
        assert ratings(db) == {first: (None, 1, 0)}, "it was seen before the frame was"
        assert matches_room(app).lines.region.y > place.y and matches_room(app).lines.size.height >= 2


@pytest.mark.parametrize("size", [(120, 40), (80, 24), PHONE])
async def test_nothing_is_cut_off(db: Connection, studio: Path, open_studio: Open, size: tuple[int, int]) -> None:
    first, second = add_alike(db, studio, 0.9, 0.8)
    with writing(db):
        db.execute("DELETE FROM match WHERE image_id = ?", (second,))
    async with open_studio("g", "m", size=size) as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, MatchesRoom) and app.room.kept == first)
        room = matches_room(app)
        await until(pilot, lambda: "1 not compared yet" in foot(app) or "1 to compare" in foot(app))
        assert len(foot(app)) <= size[0] - 2 and "uncalibrated" in foot(app) and "80%" in foot(app)
        width = room.lines.size.width
        line = room.lines.line(0, width)
        assert line.cell_len <= width and room.lines.films[1].timecode(NEAREST) in line.plain and "…" not in line.plain
        for pane in (room.pane_at("left"), room.pane_at("right")):
            assert not pane.display or len(pane.title_text) <= pane.outer_size.width - 4


async def test_both_are_zoomed_and_moved_over_at_the_same_place(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    first, _second = add_alike(db, studio, 0.9, 0.8)
    with writing(db):
        db.execute("UPDATE image SET width = 2048, height = 2048")
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        await pilot.press("z")
        room = matches_room(app)
        await until(pilot, lambda: room.picture_at("left").painted == Closeup(first, 0.5, 0.5))
        await until(pilot, lambda: room.picture_at("right").painted == Closeup(nearest(app), 0.5, 0.5))
        await pilot.press("L", "J")

        def places() -> list[tuple[float, float]]:
            shown = [room.picture_at(side).painted for side in ("left", "right")]
            return [(each.x, each.y) for each in shown if isinstance(each, Closeup)]

        await until(pilot, lambda: len(set(places())) == 1 and min(places()[0]) > 0.5)
        await pilot.press("z")
        await compared(app, pilot, first)
        assert room.picture_at("left").painted == first


async def test_it_leads_to_the_frame_and_to_the_picture(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_alike(db, studio, 0.8, 0.9)
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, second)
        await pilot.press("l", "o")
        await looked_at(app, pilot, NEXT)
        assert frames_room(app).frame_here is not None
        await pilot.press("g", "m", "j")
        await compared(app, pilot, first)
        await pilot.press("enter")
        await until(pilot, lambda: cull_room(app).current == first)


async def test_the_citation_is_copied(db: Connection, studio: Path, open_studio: Open) -> None:
    (first,) = add_alike(db, studio, 0.9)
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        await pilot.press("l", "c")
        cited = matches_room(app).lines.films[1].citation(NEXT)
        said = f"sent to the terminal's clipboard: {cited}"
        await until(pilot, lambda: matches_room(app).status.said == said)


async def test_a_query_lists_and_the_cursor_stays_on_its_picture(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    first, second, third = add_alike(db, studio, 0.9, 0.8, 0.7)
    judging.rate_all(db, "other", {first: Decision(rejected=True)})
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, second)
        await pilot.press("j", "/")
        await until(pilot, lambda: isinstance(app.screen, LineScreen))
        await pilot.press(*["backspace"] * len("-is:rejected"), *"match:>=0.7", "enter")
        await until(pilot, lambda: listed(app) == [first, second, third])
        assert matches_room(app).kept == third
        await pilot.press("/")
        await until(pilot, lambda: isinstance(app.screen, LineScreen))
        await pilot.press(*" match:<0.1", "enter")
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        await pilot.press("escape", "F")
        await until(pilot, lambda: listed(app) == [second, third])
        assert matches_room(app).kept == third


async def test_what_is_compared_later_comes_in_at_its_place(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_alike(db, studio, 0.9, 0.7)
    async with open_studio("g", "m") as (app, pilot):
        await compared(app, pilot, first)
        await pilot.press("j")
        await compared(app, pilot, second)
        (third,) = add_pictures(db, studio, 1)
        rescore(db, {third: 0.8})
        app.poll()
        await until(pilot, lambda: listed(app) == [first, third, second])
        assert matches_room(app).kept == second
        judging.rate_all(db, "other", {first: Decision(rejected=True), second: Decision(stars=5)})
        app.poll()
        await until(pilot, lambda: "★★★★★" in matches_room(app).pane_at("left").title_text)
        assert listed(app) == [first, third, second], "what another terminal decides moves nothing either"


async def test_an_empty_room_says_what_to_do_and_fills(db: Connection, studio: Path, open_studio: Open) -> None:
    async with open_studio("g", "m") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, MatchesRoom) and app.room.has_class("-empty"))
        assert "g n asks for more" in empty_words(app)
        await pilot.press("j", "x", "l", "tab", "z", "o", "c", "enter", "0", "r")
        assert ratings(db) == {} and isinstance(app.room, MatchesRoom)
        await pilot.press("z")
        image_ids = add_pictures(db, studio, 2)
        with writing(db):
            db.execute("DELETE FROM match")
        app.poll()
        await until(pilot, lambda: "kimikoe match" in empty_words(app) and "2" in empty_words(app))
        with writing(db):
            db.execute("INSERT INTO match VALUES (?, 1, 1, 51, 0.93, 'cosine', 'v1', 0.8)", (image_ids[0],))
            announce(db, "matches")
        app.poll()
        await until(pilot, lambda: isinstance(app.room, MatchesRoom) and app.room.kept == image_ids[0])
        await until(pilot, lambda: "1 not compared yet: kimikoe match" in foot(app))


def test_decisions_are_told_without_colour() -> None:
    each = [
        Decision(),
        *(Decision(stars=stars, unseen=unseen) for stars in range(1, 6) for unseen in (False, True)),
        *(Decision(rejected=True, reason=reason) for reason in ("", "off model")),
    ]
    assert len({decision_text(decision).plain for decision in each}) == len(each)
    signs = [decision_sign(decision).plain for decision in each[:-1]]
    assert len(set(signs)) == len(signs)


async def test_a_match_in_a_film_that_came_meanwhile_is_shown(db: Connection, studio: Path, open_studio: Open) -> None:
    first, second = add_pictures(db, studio, 2)
    async with open_studio("g", "m") as (app, pilot):
        await until(pilot, lambda: matches_room(app).kept == first)
        film = dict(db.execute("SELECT * FROM film").fetchone()) | {"id": 2, "name": "other", "sha256": "zz"}
        with writing(db):
            db.execute(f"INSERT INTO film ({', '.join(film)}) VALUES ({', '.join('?' * len(film))})", [*film.values()])
            db.execute("UPDATE match SET film_id = 2 WHERE image_id = ? AND rank = 2", (second,))
        await pilot.press("j", "l")
        await until(pilot, lambda: (match := matches_room(app).match) is not None and match.film_id == 2)
        await until(pilot, lambda: "other" in matches_room(app).pane_at("right").title_text)
