"""States are words or signs: the text of a line or a title, without its colours, differs wherever the state does."""

from itertools import combinations
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import msgspec
import pytest

from db import library, pictures, queue, tags
from db.connect import writing
from db.library import Run
from db.requests import TagRequest, TrainRecipe
from kimikoe_tui.screens.blind import BlindRoom
from kimikoe_tui.screens.room import ListRoom
from kimikoe_tui.screens.runs import RunLine, run_text
from kimikoe_tui.widgets.facts import rating_text
from kimikoe_tui.widgets.job_list import state_words
from kimikoe_tui.widgets.pane import Pane
from tests.pilot.conftest import Open, add_pictures, drawn, frames_room, looked_at, until
from tests.pilot.test_blind import seen, two_sides

JOBS = [
    *((state, "run") for state in ("queued", "running", "paused", "done", "failed", "cancelled")),
    ("running", "pause"), ("running", "cancel"),
]  # fmt: skip
RATINGS: list[dict[str, Any]] = [{}, {"rejected": True}, *({"stars": stars} for stars in range(1, 6))]


def all_differ(texts: list[str]) -> bool:
    return len(set(texts)) == len(texts)


@pytest.mark.parametrize(("one", "other"), combinations(JOBS, 2))
def test_jobs(db: Connection, one: tuple[str, str], other: tuple[str, str]) -> None:
    job = queue.get(db, queue.enqueue(db, TagRequest()))
    words = [state_words(msgspec.structs.replace(job, state=state, wanted=wanted))[0] for state, wanted in (one, other)]
    assert all_differ(words)


def test_runs() -> None:
    begun = Run(1, "run", "dataset", "base", "{}", 5, 0.0, None, None)
    ended = msgspec.structs.replace(begun, finished_at=1.0)
    published = msgspec.structs.replace(ended, lora="run-1")
    assert all_differ([run_text(RunLine(run, 10, []), 40).plain for run in (begun, ended, published)])


def test_ratings_as_the_survey_and_the_cull_room_show_them(db: Connection, studio: Path) -> None:
    picture = pictures.picture(db, add_pictures(db, studio, 1)[0])
    each = [msgspec.structs.replace(picture, unseen=unseen, **rated) for rated in RATINGS for unseen in (False, True)]
    assert all_differ([rating_text(known).plain for known in each])


async def test_frames(db: Connection, open_studio: Open) -> None:
    with writing(db):
        db.execute("UPDATE frame SET corrupt = 1 WHERE number = 3")
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        lines = frames_room(app).lines
        await until(pilot, lambda: lines.row(0) is not None)
        before = lines.line(0, 80).plain
        assert "corrupt" in lines.line(2, 80).plain and "corrupt" not in before
        tags.set_tag(db, "other", 1, 1, "frame", "1girl", True)
        app.poll()
        await until(pilot, lambda: "+1girl" in lines.line(0, 80).plain)
        assert "+1girl" not in before, "a person's word and the tagger's are told apart"
        await pilot.press("s")
        assert [lines.line(index, 80).plain[0] for index in range(2)] == ["▎", " "], "what an edit would reach"
        assert "●" not in lines.line(0, 80).plain
        await pilot.press("m")
        assert "●" in lines.line(0, 80).plain, "a marked frame is told from others"


@pytest.mark.parametrize("key", ["h", "l", "space"])
async def test_blind(db: Connection, studio: Path, open_studio: Open, key: str) -> None:
    first, *_rest = two_sides(db, studio)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("b", "enter")
        await seen(app, pilot, 0)
        room = app.room
        assert isinstance(room, BlindRoom)
        await pilot.press(key)
        await seen(app, pilot, 1)
        assert [pane.title_text for pane in room.query(Pane)] == ["left", "right"]
        await pilot.press("k")
        await until(pilot, lambda: room.index == 0)
        wanted = {"h": ["left  chosen", "right"], "l": ["left", "right  chosen"]}
        titles = [pane.title_text for pane in room.query(Pane)]
        assert titles == wanted.get(key, ["left  neither", "right  neither"])


@pytest.mark.parametrize("key", ["f", "t", "d", "r", "n", "m", "j"])
async def test_the_line_under_the_cursor(db: Connection, studio: Path, open_studio: Open, key: str) -> None:
    add_pictures(db, studio, 2)
    with writing(db):
        db.executemany("INSERT INTO dataset VALUES (?, ?, 'aa', '{}', 0)", [(1, "first"), (2, "second")])
    for _each in range(2):
        queue.enqueue(db, TagRequest())
        library.plan_run(db, 1, 1, TrainRecipe())
    async with open_studio("g", key) as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, ListRoom) and app.room.lines.count >= 2)
        assert isinstance(app.room, ListRoom)
        lines = app.room.lines
        for place in (0, 1):
            lines.move_to(place)
            await pilot.pause()
            signs = [lines.render_line(y).text[:1] for y in range(min(lines.count, lines.size.height))]
            assert [index for index, sign in enumerate(signs) if sign == "▸"] == [place]
