"""Going from room to room, help, small windows, home and runs."""

from pathlib import Path
from sqlite3 import Connection

import pytest
from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate
from textual._context import visible_screen_stack
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.widgets import Static

from db import library, queue, tags
from db.connect import writing
from db.requests import IngestRequest, TagRequest, TrainRecipe
from kimikoe_tui import keys
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.command_line import CommandLine
from kimikoe_tui.screens.help import HelpScreen
from kimikoe_tui.screens.home import HomeRoom
from kimikoe_tui.screens.menu import GoMenu
from kimikoe_tui.screens.runs import RunsRoom
from kimikoe_tui.widgets.bars import KeyBar, TopLine
from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, frames_room, looked_at, until

ROOMS = {key.keys[0]: key.name for key in keys.GO if key.name in keys.ROOMS}


@pytest.mark.parametrize(("key", "context"), [each for each in ROOMS.items() if each[1] != "home"])
async def test_g_goes_to_a_room_and_back_home(open_studio: Open, key: str, context: str) -> None:
    async with open_studio("g", key) as (app, pilot):
        await until(pilot, lambda: app.room is not None and app.room.context == context)
        await pilot.press("g", "h")
        assert isinstance(app.room, HomeRoom)


async def test_a_key_that_means_nothing_closes_the_menu(open_studio: Open) -> None:
    async with open_studio("g") as (app, pilot):
        assert isinstance(app.screen, GoMenu)
        await pilot.press("w")
        assert isinstance(app.screen, HomeRoom)


@pytest.mark.parametrize("key", [key for key in ROOMS if key != "h"])
async def test_help_lists_every_key_of_the_room(open_studio: Open, key: str) -> None:
    async with open_studio("g", key, "question_mark") as (app, pilot):
        assert isinstance(app.screen, HelpScreen) and app.room is not None
        strips = app.screen.query_one(Static).render_lines(Region(0, 0, 70, 200))
        text = " ".join(" ".join(strip.text for strip in strips).split())
        for each in keys.in_context(app.room.context):
            assert f"{each.display} {each.description}" in text
        await pilot.press("j", "k", "q")
        assert not isinstance(app.screen, HelpScreen)


@pytest.mark.parametrize("size", [(80, 24), (45, 14), (200, 60)])
async def test_every_room_fits(db: Connection, studio: Path, open_studio: Open, size: tuple[int, int]) -> None:
    (image_id,) = add_pictures(db, studio, 1)
    queue.enqueue(db, TagRequest())
    async with open_studio(size=size) as (app, pilot):
        for key in [*(key for key in ROOMS if key not in "cf"), "f"]:
            await pilot.press("g", key)
            await until(pilot, lambda: app.room is not None and app.room.query_one(KeyBar).region.bottom == size[1])
            assert app.room is not None and app.room.max_scroll_x == app.room.max_scroll_y == 0
        await looked_at(app, pilot, 1)
        await pilot.press("e", *"hat", "enter")
        await until(pilot, lambda: "+hat" in frames_room(app).status.said)
        await pilot.press("g", "c")
        await drawn(app, pilot, image_id)
        assert cull_room(app).picture.size.height >= size[1] - 8
        await pilot.press("5")
        await until(pilot, lambda: "★★★★★" in cull_room(app).status.said)


async def test_one_pane_at_a_time_on_a_phone(open_studio: Open) -> None:
    async with open_studio("g", "f", size=(45, 14)) as (app, pilot):
        await looked_at(app, pilot, 1)
        room = frames_room(app)
        for shown in ("list", "picture", "tags", "strip", "list"):
            panes = {name: room.query_one(f"#{name}-pane") for name in ("list", "picture", "tags", "strip")}
            visible = [name for name, pane in panes.items() if pane.region.area]
            assert visible == [shown]
            await pilot.press("tab")


async def test_an_input_method_is_noticed(open_studio: Open) -> None:
    async with open_studio() as (app, pilot):
        assert app.room is not None
        app.post_message(events.Key("あ", "あ"))
        await until(pilot, lambda: app.room is not None and "input method" in app.room.status.said)


async def test_home_shows_where_the_studio_stands_and_what_is_next(
    db: Connection, studio: Path, open_studio: Open
) -> None:
    async with open_studio() as (app, pilot):
        assert app.room is not None
        standing, step = app.room.query_one("#standing", Static), app.room.query_one("#next", Static)
        await until(pilot, lambda: "100 frames → 50 holds → 2 shots" in str(standing.content))
        assert "who is who" in str(step.content)
        tags.set_tag(db, "other", 1, 1, "shot", "nagisa", True)
        app.poll()
        await until(pilot, lambda: "40 of your verdicts" in str(standing.content))
        assert "g d, then n" in str(step.content)
        add_pictures(db, studio, 3)
        app.poll()
        await until(pilot, lambda: "3 pictures wait" in str(step.content))


async def test_the_top_line_shows_what_runs(db: Connection, open_studio: Open) -> None:
    async with open_studio() as (app, pilot):
        job_id = queue.enqueue(db, IngestRequest(path="/film.mkv"))
        queue.claim(db, "cpu", 1)
        queue.report_progress(db, job_id, 30, 60, "frames", "")
        app.poll()
        assert app.room is not None
        line = app.room.query_one(TopLine)
        await until(pilot, lambda: "ingest" in line.render().plain and "50%" in line.render().plain)


async def test_a_phone_shows_how_long_the_work_takes(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "f", size=(45, 14)) as (app, pilot):
        job_id = queue.enqueue(db, IngestRequest(path="/film.mkv"))
        queue.claim(db, "cpu", 1)
        queue.report_progress(db, job_id, 30, 60, "frames", "")
        app.poll()
        assert app.room is not None
        line = app.room.query_one(TopLine)
        await until(pilot, lambda: "ingest" in line.render().plain and "50%" in line.render().plain)
        assert "frames" in line.render().plain and line.render().cell_len <= line.size.width


async def test_runs_are_listed_with_their_loss_and_lora(db: Connection, open_studio: Open) -> None:
    with writing(db):
        db.execute("INSERT INTO dataset VALUES (1, 'first', 'aa', '{}', 0)")
        run_id = library.plan_run(db, 1, 1, TrainRecipe(steps=200))
        db.execute("UPDATE run SET step = 50 WHERE id = ?", (run_id,))
        db.executemany("INSERT INTO metric VALUES (?, ?, 'loss', ?)", [(run_id, n, 1 / n) for n in range(1, 51)])
        db.execute("UPDATE lora SET run_id = ?", (run_id,))
    async with open_studio("g", "r") as (app, pilot):
        assert isinstance(app.room, RunsRoom)
        lines = app.room.lines
        await until(pilot, lambda: lines.runs)
        line = lines.line(0, 110).plain
        assert "25%" in line and "0.0200" in line and "film-1" in line and "▁" in line
        text = str(app.room.query_one("#run", Static).content)
        assert "50 / 200" in text and "first" in text


async def test_a_run_by_a_recipe_that_cannot_be_read_is_listed(db: Connection, open_studio: Open) -> None:
    with writing(db):
        db.execute("INSERT INTO dataset VALUES (1, 'first', 'aa', '{}', 0)")
        library.plan_run(db, 1, 1, TrainRecipe())
        db.execute("UPDATE run SET step = 50, recipe = '['")
    async with open_studio("g", "r") as (app, pilot):
        await until(pilot, lambda: app.room is not None and "50 / 0" in str(app.room.query_one("#run", Static).content))


async def test_q_leaves_and_frees_the_terminals_name(studio: Path, open_studio: Open) -> None:
    async with open_studio() as (app, pilot):
        assert app.session.name == "terminal-1"
        await pilot.press("q")
        assert not app.is_running or app.return_code == 0
    async with open_studio() as (app, _pilot):
        assert app.session.name == "terminal-1"


async def test_the_command_palette_knows_the_rooms_and_their_keys(open_studio: Open) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert "go to cull" in titles and "next shot" in titles


async def test_a_menu_has_the_room_laid_out_for_another_size_alone(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out: list[str] = []
    refresh_layout = Screen._refresh_layout

    def noted(screen: Screen[None], size: Size | None = None, scroll: bool = False) -> None:
        laid_out.extend([type(screen).__name__] if size is not None else [])
        refresh_layout(screen, size, scroll)

    async with open_studio() as (app, pilot):
        await pilot.pause()
        monkeypatch.setattr(Screen, "_refresh_layout", noted)
        await pilot.press("g")
        await until(pilot, lambda: "GoMenu" in laid_out)
        await pilot.pause()
        assert laid_out == ["GoMenu"]
        await pilot.resize_terminal(90, 30)
        await until(pilot, lambda: {"GoMenu", "HomeRoom"} <= set(laid_out[1:]))
        assert app.screen.size == Size(90, 30)


async def test_a_menu_that_closes_has_nothing_laid_out_again(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out: list[Screen[None]] = []
    async with open_studio("g") as (app, pilot):
        await pilot.pause()
        menu = app.screen
        monkeypatch.setattr(Screen, "_refresh_layout", lambda screen, *_how, **_more: laid_out.append(screen))
        await pilot.press("escape")
        await until(pilot, lambda: not menu.is_attached)
        await pilot.pause()
        assert laid_out == []


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The rows of the screen that have been painted."""
    rows: set[int] = set()
    display = KimikoeApp._display

    def noted(app: KimikoeApp, screen: Screen[object], update: RenderableType | None) -> None:
        if update is not None:
            spans = update.spans if isinstance(update, ChopsUpdate) else [(row, 0, 0) for row in range(app.size.height)]
            rows.update(row for row, _first, _end in spans)
        display(app, screen, update)

    monkeypatch.setattr(KimikoeApp, "_display", noted)
    return rows


async def test_of_a_room_under_a_menu_what_changes_is_painted_alone(open_studio: Open, painted: set[int]) -> None:
    async with open_studio("g") as (app, pilot):
        room, menu = app.room, app.screen
        assert room is not None
        await until(pilot, lambda: not menu._dirty_widgets and not menu._layout_required and not room._dirty_widgets)
        painted.clear()
        room.say("some news")
        await until(pilot, lambda: room.status.region.y in painted)
        assert menu.query_one("#menu").region.y + 1 not in painted


async def test_what_changes_in_a_menu_and_under_it_at_once_is_painted(open_studio: Open, painted: set[int]) -> None:
    async with open_studio("g") as (app, pilot):
        room, menu = app.room, app.screen.query_one("#menu", Static)
        assert room is not None
        await pilot.pause()
        for first, second in (room.status, menu), (menu, room.status):
            painted.clear()
            for each in first, second:
                each.refresh()
                await pilot.pause(0)
            await until(pilot, lambda: room.status.region.y in painted)
            assert menu.region.y + 1 in painted


async def test_what_the_room_says_is_seen_under_menus(open_studio: Open) -> None:
    def is_seen(words: str) -> bool:
        visible_screen_stack.set(app._background_screens)
        return any(words in strip.text for strip in app.screen._compositor.render_strips())

    async with open_studio("g") as (app, pilot):
        room = app.room
        assert room is not None and not is_seen("some news")
        room.say("some news")
        await until(pilot, lambda: is_seen("some news"))
        app.push_screen(CommandLine())
        await until(pilot, lambda: isinstance(app.screen, CommandLine) and is_seen("some news"))
        room.say("other news")
        await until(pilot, lambda: is_seen("other news"))


async def test_a_menu_over_the_help_leaves_the_room_under_both_in_sight(open_studio: Open) -> None:
    async with open_studio("question_mark") as (app, pilot):
        assert isinstance(app.screen, HelpScreen)
        await pilot.pause()
        visible_screen_stack.set(app._background_screens)
        help_alone = [strip.text for strip in app.screen._compositor.render_strips()]
        assert any("kimikoe" in line for line in help_alone)
        app.push_screen(GoMenu())
        await until(pilot, lambda: bool(app.screen.query("#menu")))
        await pilot.pause()
        visible_screen_stack.set(app._background_screens)
        above = app.screen.query_one("#menu").region.y
        assert above > 0
        assert [strip.text for strip in app.screen._compositor.render_strips()][:above] == help_alone[:above]
