"""The datasets and what is in them, by keyboard."""

import base64
from pathlib import Path
from sqlite3 import Connection

import pytest
from rich.console import Console
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import Input, Static

from db import library, queue
from db.changes import announce
from db.connect import writing
from db.requests import CaptionRecipe, DatasetRequest, TrainRecipe
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.dataset import DatasetRoom
from kimikoe_tui.screens.datasets import DatasetsRoom
from kimikoe_tui.screens.line import LinePrompt
from kimikoe_tui.screens.new_dataset import NewDatasetRoom
from kimikoe_tui.screens.train import TrainRoom
from kimikoe_tui.widgets.item_list import PAGE
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.paragraphs import Paragraphs
from kimikoe_tui.widgets.sources import FilmFrame
from tests.pilot.conftest import Open, frames_room, looked_at, until
from tests.pilot.test_typing_ahead import type_at_once
from tests.unit.db.test_dataset_items import add_dataset

RECIPE = CaptionRecipe(trigger="kimikoe", max_tags=30, drop_tags=("blush",), core_tags=("green_hair", "glasses"))
NAMED = DatasetRequest(name="named", query="nagisa", captions=RECIPE, exposure_cap=4, validation_share=0.2)
OLDER = DatasetRequest(name="older")
ITEMS = [
    (1, 2, 2.0, 0, "kimikoe, nagisa ||| 1girl, brown hair"),
    (3, 2, 2.0, 0, "kimikoe, nagisa ||| 1girl, smile"),
    (41, 9, 4.0, 1, "kimikoe ||| scenery"),
]


@pytest.fixture
def two_datasets(db: Connection, studio: Path) -> None:
    """Two datasets, the newer one of which a run was trained on."""
    add_dataset(db, OLDER, [(51, 1, 1.0, 0, "1girl")])
    dataset_id = add_dataset(db, NAMED, ITEMS)
    run_id = library.plan_run(db, dataset_id, 1, TrainRecipe(steps=200))
    with writing(db):
        db.execute("UPDATE run SET step = 50, name = 'run-1'")
        db.execute("UPDATE lora SET run_id = ?", (run_id,))


def datasets_room(app: KimikoeApp) -> DatasetsRoom:
    """The open room, which is the datasets room."""
    assert isinstance(app.room, DatasetsRoom)
    return app.room


def dataset_room(app: KimikoeApp) -> DatasetRoom:
    """The open room, which shows one dataset."""
    assert isinstance(app.room, DatasetRoom)
    return app.room


def facts(app: KimikoeApp) -> str:
    """All that is said of the dataset under the cursor."""
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(datasets_room(app).query_one("#facts", Static).content)
    return " ".join(capture.get().split())


def line(app: KimikoeApp, index: int) -> str:
    """A line of the open room's list."""
    room = app.room
    assert isinstance(room, DatasetsRoom | DatasetRoom)
    return " ".join(room.lines.line(index, 116).plain.split())


async def listed(app: KimikoeApp, pilot: Pilot[None], count: int) -> None:
    """Wait until so many datasets are listed."""
    await until(pilot, lambda: isinstance(app.room, DatasetsRoom) and len(app.room.lines.rows) == count)


async def opened(app: KimikoeApp, pilot: Pilot[None], count: int = len(ITEMS)) -> None:
    """Wait until so many items are listed, and the one under the cursor is there."""
    await until(
        pilot,
        lambda: isinstance(app.room, DatasetRoom) and app.room.lines.count == count and app.room.item is not None,
    )


async def asked_for(app: KimikoeApp, pilot: Pilot[None], part: str) -> None:
    """Type a part of captions."""
    await pilot.press("slash")
    await until(pilot, lambda: isinstance(app.screen, LinePrompt))
    app.screen.query_one(Input).value = ""
    await pilot.press(*part, "enter")


def title(app: KimikoeApp, pane: str) -> str:
    """The title of a pane."""
    assert app.room is not None
    return app.room.query_one(f"#{pane}-pane", Pane).title_text


def foot(app: KimikoeApp, pane: str) -> str:
    """What stands at the foot of a pane."""
    assert app.room is not None
    return Text.from_markup(str(app.room.query_one(f"#{pane}-pane", Pane).border_subtitle)).plain


@pytest.mark.usefixtures("two_datasets")
async def test_datasets_are_listed_with_what_came_of_them(open_studio: Open) -> None:
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        assert title(app, "list") == "2 datasets"
        assert line(app, 0) == "named 3 1 1970-01-01 1 film-1"
        assert line(app, 1) == "older 1 0 1970-01-01 0"


@pytest.mark.usefixtures("two_datasets")
async def test_the_one_under_the_cursor_is_told_in_full(open_studio: Open) -> None:
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        await until(pilot, lambda: "nagisa 2" in facts(app))
        for words in (
            "query nagisa", "trigger kimikoe", "at most 30 tags", "without blush", "green_hair, glasses",
            "by frames held, up to 4", "20% of shots held out", "3 items · 1 held out · 13 frames of the film",
            "sha256 named-sha256", "run-1 50 / 200 → film-1", "come first kimikoe 3, nagisa 2", "tags 1girl 2, brown",
        ):  # fmt: skip
            assert words in facts(app)
        await pilot.press("j")
        await until(pilot, lambda: "1girl 1" in facts(app))
        assert "query every frame" in facts(app) and "no trigger" in facts(app) and "none yet: t trains" in facts(app)
        assert "come first none" in facts(app), "one sees that no name is in"
        assert title(app, "dataset") == "older"


async def test_an_empty_studio_says_what_to_do(open_studio: Open) -> None:
    async with open_studio("g", "d") as (app, pilot):
        await until(pilot, lambda: datasets_room(app).query_one("#empty").region.area > 0)
        assert "n freezes one, or `kimikoe dataset NAME`" in str(datasets_room(app).query_one("#empty", Static).content)
        assert not datasets_room(app).query_one("#dataset-pane").region.area
        for key in ("enter", "t", "f", "j", "G"):
            await pilot.press(key)
            assert isinstance(app.room, DatasetsRoom)
        assert "no dataset yet" in datasets_room(app).status.said
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NewDatasetRoom))


@pytest.mark.usefixtures("two_datasets")
async def test_one_that_is_being_made_is_shown_and_not_opened(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        waiting = queue.enqueue(db, DatasetRequest(name="third", query="1girl"))
        app.poll()
        await listed(app, pilot, 3)
        assert title(app, "list") == "2 datasets · 1 not frozen yet"
        assert line(app, 0) == "third waits" and datasets_room(app).lines.cursor == 1, "the cursor stays on its own"
        await pilot.press("k")
        assert "state waits" in facts(app) and "query 1girl" in facts(app)
        queue.claim(db, "cpu", 1)
        queue.report_progress(db, waiting, 530, None, "drawings", "")
        app.poll()
        await until(pilot, lambda: line(app, 0) == "third being made 530 drawings")
        for key in ("enter", "t"):
            await pilot.press(key)
            await until(pilot, lambda: "not frozen yet" in datasets_room(app).status.said)
            datasets_room(app).say("")
        add_dataset(db, DatasetRequest(name="third", query="1girl"), ITEMS)
        queue.finish(db, waiting, {})
        app.poll()
        await until(pilot, lambda: line(app, 0) == "third 3 1 1970-01-01 0")
        assert datasets_room(app).lines.cursor == 0


@pytest.mark.usefixtures("two_datasets")
async def test_runs_that_get_on_are_followed(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        with writing(db):
            db.execute("UPDATE run SET step = 200")
            announce(db, "runs")
        app.poll()
        await until(pilot, lambda: "run-1 200 / 200" in facts(app))


@pytest.mark.usefixtures("two_datasets")
async def test_t_trains_on_it_and_f_lists_what_its_query_finds_now(open_studio: Open) -> None:
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TrainRoom))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, DatasetsRoom))
        await pilot.press("f")
        await until(pilot, lambda: app.room is not None and app.room.context == "frames")
        await until(pilot, lambda: frames_room(app).expression == "nagisa")


@pytest.mark.usefixtures("two_datasets")
async def test_one_of_another_version_is_shown_without_what_it_was_made_from(db: Connection, open_studio: Open) -> None:
    with writing(db):
        db.execute("UPDATE dataset SET recipe = '{\"unheard\": 1}' WHERE name = 'named'")
        db.execute("UPDATE run SET recipe = '{\"unheard\": 1}'")
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        await until(pilot, lambda: "nagisa 2" in facts(app))
        assert "another version made it" in facts(app) and "3 items" in facts(app) and "run-1 50 →" in facts(app)
        await pilot.press("f")
        await until(pilot, lambda: "cannot be read" in datasets_room(app).status.said)
        await pilot.press("enter")
        await opened(app, pilot)


@pytest.mark.usefixtures("two_datasets")
async def test_an_item_is_shown_with_its_picture_and_its_caption(open_studio: Open) -> None:
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        await pilot.press("enter")
        await opened(app, pilot)
        room = dataset_room(app)
        assert title(app, "list") == "3 items · 1 held out"
        assert line(app, 0) == "1 0:00:00 2s 2 kimikoe, nagisa ||| 1girl, brown hair"
        assert line(app, 2) == "41 0:00:01 9s 4 held out kimikoe ||| scenery", "told without colour"
        await until(pilot, lambda: room.picture.painted == FilmFrame(1, 1, 960, 540))
        assert title(app, "picture") == "weight 2 · stands for 2 frames"
        assert room.query_one(Paragraphs).text.plain == "kimikoe, nagisa ||| 1girl, brown hair"
        assert foot(app, "caption") == "2 kept first · 2 shuffled"
        await pilot.press("G")
        await until(pilot, lambda: room.picture.painted == FilmFrame(1, 41, 960, 540))
        assert title(app, "picture") == "held out · stands for 9 frames"
        assert foot(app, "picture") == "0:00:01 (frame 41)"
        assert room.query_one(Paragraphs).text.plain == "kimikoe ||| scenery"


@pytest.mark.usefixtures("two_datasets")
async def test_captions_are_found_by_a_part_and_by_whether_they_are_held_out(open_studio: Open) -> None:
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        await pilot.press("enter")
        await opened(app, pilot)
        await asked_for(app, pilot, "nothing like it")
        await until(pilot, lambda: "No caption" in str(app.screen.query_one("#fault", Static).content))
        await pilot.press("escape")
        await asked_for(app, pilot, "nagisa")
        await opened(app, pilot, 2)
        assert title(app, "list") == "2 items / 3" and foot(app, "list") == "named · “nagisa”"
        text = dataset_room(app).query_one(Paragraphs).text
        assert [text.plain[each.start : each.end] for each in text.spans if "underline" in str(each.style)] == [
            "nagisa"
        ]
        await pilot.press("v")
        await until(pilot, lambda: "held out" in dataset_room(app).status.said)
        assert dataset_room(app).lines.count == 2, "what would list nothing leaves the list"
        await pilot.press("F")
        await opened(app, pilot, 3)
        await pilot.press("v")
        await opened(app, pilot, 1)
        assert title(app, "list") == "1 item / 3" and foot(app, "list") == "named · held out only"
        assert line(app, 0) == "41 0:00:01 9s 4 kimikoe ||| scenery", "not said on every line"
        await pilot.press("v")
        await opened(app, pilot, 3)
        type_at_once(app, "vv")
        await pilot.pause(0.3)
        await opened(app, pilot, 3)
        assert not dataset_room(app).held_out, "the second press takes the first one back"


@pytest.mark.usefixtures("two_datasets")
async def test_y_copies_the_caption(open_studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        await pilot.press("enter")
        await opened(app, pilot)
        monkeypatch.setattr("kimikoe_tui.clipboard.write_raw", lambda _app, data: written.append(data))
        await pilot.press("j", "y")
        caption = "kimikoe, nagisa ||| 1girl, smile"
        await until(pilot, lambda: dataset_room(app).status.said == f"sent to the terminal's clipboard: {caption}")
        assert written == [f"\x1b]52;c;{base64.b64encode(caption.encode()).decode()}\x07"]


@pytest.mark.usefixtures("two_datasets")
async def test_enter_goes_to_the_frame_and_the_place_is_kept(open_studio: Open) -> None:
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        await pilot.press("enter")
        await opened(app, pilot)
        await pilot.press("G", "enter")
        assert app.room is not None and app.room.context == "frames", "the next key is meant for that room"
        await looked_at(app, pilot, 41)
        await pilot.press("g", "d")
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom))
        await pilot.press("enter")
        await opened(app, pilot)
        assert dataset_room(app).lines.cursor == 2
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom))


async def test_a_picture_that_cannot_be_had_says_why(db: Connection, open_studio: Open) -> None:
    add_dataset(db, NAMED, [(99, 1, 1.0, 0, "1girl")])
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 1)
        await pilot.press("enter")
        await opened(app, pilot, 1)
        await until(pilot, lambda: dataset_room(app).picture.shown == "there is no such frame")


async def test_a_long_dataset_is_read_by_pages(db: Connection, open_studio: Open) -> None:
    count = 5 * PAGE
    add_dataset(db, NAMED, [(n % 100 + 1, 1, 1.0, 0, f"tag {n}") for n in range(count)])
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 1)
        await pilot.press("enter")
        await opened(app, pilot, count)
        lines = dataset_room(app).lines
        assert len(lines._pages) < 4, "only what is in view was read"
        await pilot.press("G")
        await until(pilot, lambda: dataset_room(app).query_one(Paragraphs).text.plain == f"tag {count - 1}")
        assert line(app, count - 1).endswith(f"tag {count - 1}")


async def test_hostile_texts_stay_texts(db: Connection, open_studio: Open) -> None:
    evil = "[red]\x1b[2Jhat"
    request = DatasetRequest(name=evil, query=evil, captions=CaptionRecipe(trigger=evil, separator="|||"))
    add_dataset(db, request, [(1, 1, 1.0, 0, f"{evil} ||| {evil}, {evil}")])
    queue.enqueue(db, DatasetRequest(name=evil, query=evil))
    async with open_studio("g", "d") as (app, pilot):
        await listed(app, pilot, 2)
        await pilot.press("j")
        await until(pilot, lambda: "come first [red]" in facts(app))
        for text in (facts(app), line(app, 0), line(app, 1)):
            assert "[red] [2Jhat" in text and "\x1b[2J" not in text
        await pilot.press("enter")
        await opened(app, pilot, 1)
        assert "\x1b" not in dataset_room(app).query_one(Paragraphs).text.plain
        assert "\x1b" not in line(app, 0) and "\x1b" not in foot(app, "list")


@pytest.mark.parametrize(
    ("size", "is_seen"),
    [((120, 40), True), ((80, 24), True), ((45, 30), True), ((45, 14), False)],
)
@pytest.mark.usefixtures("two_datasets")
async def test_the_rooms_fit(open_studio: Open, size: tuple[int, int], is_seen: bool) -> None:
    async with open_studio("g", "d", size=size) as (app, pilot):
        await listed(app, pilot, 2)
        room = datasets_room(app)
        await until(pilot, lambda: bool(room.query_one("#dataset-pane").region.area) is is_seen)
        assert room.lines.size.height >= 3 and room.max_scroll_x == room.max_scroll_y == 0
        assert room.lines.render_line(0).text.lstrip("▸").split()[:3] == ["named", "3", "1"]
        await pilot.press("enter")
        await opened(app, pilot)
        inside = dataset_room(app)
        assert inside.lines.size.height >= 5 and bool(inside.picture.region.area) is is_seen
        assert "kimikoe, nagisa" in inside.lines.render_line(0).text
        if is_seen:
            await until(pilot, lambda: inside.picture.painted == FilmFrame(1, 1, 960, 540))
