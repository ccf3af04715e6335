"""When a picture's data is sent, by what it writes to the driver: once a picture, at its cell, never under a menu."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from sqlite3 import Connection

import pytest
from textual.pilot import Pilot

from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.graphics.display import Display, Method
from kimikoe_tui.graphics.renderer import Drawing
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.widgets import real_pixels, sending
from kimikoe_tui.widgets.real_pixels import MOST_BACKLOG, at_cell
from kimikoe_tui.widgets.sending import AGAIN
from tests.pilot.conftest import FAKE_SERVER, add_pictures, cull_room, drawn, ratings, until
from tests.terminal.pictures import drawn_picture

DATA = re.compile(r"\x1b(?:_Ga=T|P0;1|\]1337;File)")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pictures wrote beside the text."""
    written: list[str] = []
    for module in (sending, real_pixels):
        monkeypatch.setattr(module, "write_raw", lambda _app, data: written.append(data))
    return written


def last_picture(sent: list[str]) -> str:
    """What was sent of the last picture."""
    return next(each for each in reversed(sent) if DATA.search(each))


def program(studio: Path, method: Method) -> KimikoeApp:
    """Without a terminal nothing is painted; pictures follow what would be."""
    server = FrameServer([*FAKE_SERVER, str(studio)], studio / "logs" / "pixels.log")
    app = KimikoeApp(studio, None, server, Display(method=method))
    app.post_display_hook = app.picture_layer.settle  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def culling(studio: Path, method: Method, ids: list[int]) -> AsyncIterator[tuple[KimikoeApp, Pilot[None]]]:
    """The program in the culling room, its first picture drawn and all of them at hand."""
    async with program(studio, method).run_test(size=(100, 30)) as pilot:
        app = pilot.app
        assert isinstance(app, KimikoeApp)
        await pilot.press("g", "c")
        await drawn(app, pilot, ids[0])
        await until(pilot, lambda: len(cull_room(app).picture._kept) == len(ids))
        yield app, pilot


@pytest.mark.parametrize("method", ["kitty", "kitty-direct", "sixel", "inline"])
async def test_a_key_sends_one_picture(db: Connection, studio: Path, sent: list[str], method: Method) -> None:
    ids = add_pictures(db, studio, 4)
    async with culling(studio, method, ids) as (app, pilot):
        for image_id in ids[1:]:
            sent.clear()
            await pilot.press("l")
            await drawn(app, pilot, image_id)
            assert len(DATA.findall("".join(sent))) == 1


async def test_kitty_is_told_once_more_the_place_of_a_picture_whose_cells_were_painted(
    db: Connection, studio: Path, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add_pictures(db, studio, 3)
    async with culling(studio, "kitty", ids) as (app, pilot):
        picture = cull_room(app).picture
        await until(pilot, lambda: picture._repeating is None)
        sent.clear()
        await pilot.press("l")
        await drawn(app, pilot, ids[1])
        assert picture._repeating is None, "its cells stand, and the key ends with its data"
        with monkeypatch.context() as unheard:
            unheard.setattr(sending, "has_arrived", lambda _app, _sent: False)
            await pilot.resize_terminal(90, 28)
            await until(pilot, lambda: len(DATA.findall("".join(sent))) >= 2)
            await pilot.pause(2 * AGAIN)
            assert "a=p" not in "".join(sent), "not before it has arrived"
        await until(pilot, lambda: "a=p" in "".join(sent))
        await until(pilot, lambda: picture._repeating is None)
        placed = [data for data in sent if "a=p,U=1,p=1" in data]
        assert placed == [sent[-1]], "once, after its data"


async def test_what_waits_for_a_slow_line_has_not_been_seen(
    db: Connection, studio: Path, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add_pictures(db, studio, 3)
    async with culling(studio, "kitty", ids) as (app, pilot):
        with monkeypatch.context() as slow:
            slow.setattr(sending, "is_behind", lambda _app: True)
            await pilot.press("l", "4")
        assert ratings(db) == {ids[1]: (4, 0, 1)}
        await drawn(app, pilot, ids[2])
        await pilot.press("5")
        assert ratings(db)[ids[2]] == (5, 0, 0)


@pytest.fixture
def slow_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line on which each picture is sent as a draft first."""
    for name in ("is_slow", "may_be_slow"):
        monkeypatch.setattr(sending, name, lambda _app, _count: True)


def add_detailed(db: Connection, studio: Path, count: int) -> list[int]:
    """Pictures whose drafts differ from the whole, as those of one colour do not."""
    ids = add_pictures(db, studio, count)
    for image_id in ids:
        drawn_picture(64, image_id).save(studio / "images" / f"{image_id}.png")
    return ids


def whole(app: KimikoeApp) -> Drawing:
    """The picture that is shown."""
    shown = cull_room(app).picture.shown
    assert isinstance(shown, Drawing) and shown.data and shown.draft not in ("", shown.data)
    return shown


@pytest.mark.parametrize("method", ["kitty", "kitty-direct", "sixel", "inline"])
async def test_on_a_slow_line_a_draft_comes_first_and_is_refined_where_the_cursor_rests(
    db: Connection, studio: Path, sent: list[str], slow_line: None, monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    ids = add_detailed(db, studio, 3)
    monkeypatch.setattr(sending, "REFINE", 0.001)
    async with culling(studio, method, ids) as (app, pilot):
        await until(pilot, lambda: sent and whole(app).data in last_picture(sent))
        sent.clear()
        await pilot.press("l")
        await drawn(app, pilot, ids[1])
        await until(pilot, lambda: whole(app).data in last_picture(sent))
        assert whole(app).draft in next(each for each in sent if DATA.search(each))


@pytest.mark.parametrize("method", ["kitty", "kitty-direct", "sixel", "inline"])
async def test_a_draft_is_refined_also_where_it_was_hidden_at_the_moment(
    db: Connection, studio: Path, sent: list[str], slow_line: None, monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    ids = add_detailed(db, studio, 3)
    monkeypatch.setattr(sending, "REFINE", 3600.0)
    async with culling(studio, method, ids) as (app, pilot):
        picture = cull_room(app).picture
        await until(pilot, lambda: sent and whole(app).draft in last_picture(sent))
        await pilot.press("question_mark")
        await until(pilot, lambda: not picture._shows_pixels())
        picture._refine()
        assert all(whole(app).data not in each for each in sent), "nothing is painted over another screen"
        monkeypatch.setattr(sending, "REFINE", 0.001)
        await pilot.press("escape")
        await until(pilot, lambda: whole(app).data in last_picture(sent))


async def test_a_picture_has_been_seen_once_the_terminal_says_so(
    db: Connection, studio: Path, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add_pictures(db, studio, 3)
    async with culling(studio, "kitty", ids) as (app, pilot):
        with monkeypatch.context() as silent:
            silent.setattr(sending, "has_arrived", lambda _app, _sent: False)
            await pilot.press("l", "4")
        assert ratings(db) == {ids[1]: (4, 0, 1)}, "sent, but not yet there"
        app.picture_layer.note_arrived()
        assert cull_room(app).picture.painted == ids[2]


def test_data_is_sent_at_its_cell_and_the_cursor_stays() -> None:
    assert at_cell(2, 0, "data") == "\x1b7\x1b[1;3Hdata\x1b8"
    assert MOST_BACKLOG < 170 * 1024, "no whole picture waits behind another"
