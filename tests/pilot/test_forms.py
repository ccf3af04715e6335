"""Asking for pictures, datasets and trainings by keyboard."""

import threading
from pathlib import Path
from sqlite3 import Connection

import msgspec
import pytest
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import Static

from db import library, pictures, queue
from db.connect import writing
from db.pictures import PictureSettings
from db.requests import CaptionRecipe, DatasetRequest, TrainRecipe, TrainRequest, decode, encode
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.datasets import DatasetsRoom
from kimikoe_tui.screens.form import FormRoom, Meant
from kimikoe_tui.screens.line import LineScreen
from kimikoe_tui.screens.new import NewRoom
from kimikoe_tui.screens.new_dataset import NewDatasetRoom
from kimikoe_tui.screens.train import TrainRoom
from kimikoe_tui.widgets.paragraphs import Paragraphs
from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, until
from tests.pilot.test_typing_ahead import type_at_once


def form(app: KimikoeApp) -> FormRoom:
    """The open room, which is a form."""
    assert isinstance(app.room, FormRoom)
    return app.room


def about(app: KimikoeApp) -> str:
    """What the form says will come of it."""
    return form(app).query_one(Paragraphs).text.plain


async def ready(app: KimikoeApp, pilot: Pilot[None], kind: type[FormRoom]) -> None:
    """Wait until a form is there, and what comes of it."""
    await until(pilot, lambda: isinstance(app.room, kind) and app.room.fields and about(app))


async def write(app: KimikoeApp, pilot: Pilot[None], field: str, text: str) -> None:
    """Write a value into a line of the form, over what stands there."""
    names = [each.name for each in form(app).fields]
    form(app).lines.move_to(names.index(field))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, LineScreen))
    await pilot.press("end", *["backspace"] * len(form(app).lines.values[field]))
    await pilot.press(*text, "enter")


async def test_pictures_are_asked_for(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "n") as (app, pilot):
        await ready(app, pilot, NewRoom)
        assert form(app).lines.values["prompt"] == "1girl, solo <film-1:0.7>"
        await write(app, pilot, "count", "12")
        await write(app, pilot, "seed", "7")
        await until(pilot, lambda: "12 pictures of 64×64, seeds 7 to 18" in about(app))
        assert "film-1  0.7" in about(app)
        await pilot.press("d")
        await until(pilot, lambda: "job 1 draws 12 pictures" in form(app).status.said)
        await until(pilot, lambda: "generation 1 again" in about(app))
        await write(app, pilot, "seed", "")
        await until(pilot, lambda: "generation 1 again" not in about(app))
    seeds = [row["seed"] for row in db.execute("SELECT seed FROM image ORDER BY id")]
    assert seeds == list(range(7, 19))
    assert [job.kind for job in reversed(queue.jobs(db))] == ["generate", "tag", "match"]


async def test_what_is_asked_for_starts_the_engine(db: Connection, open_studio: Open) -> None:
    started: list[int] = []
    async with open_studio("g", "n", start_engine=lambda: started.append(1)) as (app, pilot):
        await ready(app, pilot, NewRoom)
        await until(pilot, lambda: started == [1])  # as the program opens
        await pilot.press("d")
        await until(pilot, lambda: started == [1, 1])


async def test_the_last_line_of_a_form_does_it(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "n") as (app, pilot):
        await ready(app, pilot, NewRoom)
        await pilot.press("G", "enter")
        await until(pilot, lambda: "job 1 draws 8 pictures" in form(app).status.said)
    assert pictures.picture(db, 8).prompt == "1girl, solo <film-1:0.7>"


async def test_what_cannot_be_drawn_is_said_in_its_line(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "n") as (app, pilot):
        await ready(app, pilot, NewRoom)
        await write(app, pilot, "count", "many")
        assert isinstance(app.screen, LineScreen)
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        await pilot.press("escape")
        await write(app, pilot, "prompt", "1girl <nobody:1>")
        assert isinstance(app.screen, LineScreen)
        await pilot.press("escape")
        assert form(app).lines.values["prompt"] == "1girl, solo <film-1:0.7>"
    assert not queue.jobs(db)


async def test_what_was_asked_once_is_done_once(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "n") as (app, pilot):
        await ready(app, pilot, NewRoom)
        type_at_once(app, ("d", "d", "d"))
        await until(pilot, lambda: "job 1 draws" in form(app).status.said)
        assert len(queue.jobs(db)) == 3, "drawn, tagged and matched"
        await pilot.press("d")
        await until(pilot, lambda: "job 4 draws" in form(app).status.said)


@pytest.mark.parametrize("keys", [("enter", "enter"), ("enter", "g", "f"), ("enter", "?"), ("enter", "q")])
async def test_a_training_is_queued_once_whatever_follows(
    db: Connection, open_studio: Open, keys: tuple[str, ...]
) -> None:
    with writing(db):
        db.execute("INSERT INTO dataset VALUES (1, 'first', 'aa', '{}', 0)")
    async with open_studio("g", "d") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom) and app.room.lines.count)
        await pilot.press("t")
        await ready(app, pilot, TrainRoom)
        await pilot.press("G")
        type_at_once(app, keys)
        await until(pilot, lambda: queue.jobs(db))
        await pilot.press("escape", "g", "d")
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom))
        await pilot.pause(0.2)
        assert isinstance(app.room, DatasetsRoom)
    assert len(queue.jobs(db)) == 1


async def test_what_was_written_comes_back(db: Connection, studio: Path, open_studio: Open) -> None:
    (image_id,) = add_pictures(db, studio, 1, "hat <film-1:0.7>")
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        await pilot.press("g", "n")
        await ready(app, pilot, NewRoom)
        await write(app, pilot, "prompt", "mine")
        await pilot.press("p")
        assert form(app).lines.values["prompt"] == "hat <film-1:0.7>"
        await pilot.press("n")
        assert form(app).lines.values["prompt"] == "mine"
        await pilot.press("g", "c", "M")
        await until(pilot, lambda: form(app).lines.values["prompt"] == "hat <film-1:0.7>")
        await pilot.press("p")
        assert form(app).lines.values["prompt"] == "mine"
        await pilot.press("p", "p")
        assert form(app).lines.values["seed"] == "100", "the last request, as it was asked for"


async def test_two_bases_of_one_name_are_told_apart(db: Connection, studio: Path, open_studio: Open) -> None:
    (image_id,) = add_pictures(db, studio, 1)
    with writing(db):
        db.execute(
            """INSERT INTO base (id, name, source, sha256, architecture, prediction_type, width, height, added_at)
               VALUES (2, 'base', '/other', 'dd', 'sd15', 'epsilon', 64, 64, 0)"""
        )
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        await pilot.press("M")
        await until(pilot, lambda: isinstance(app.room, NewRoom) and app.room.lines.values.get("base") == "base (1)")
        await pilot.press("d")
        await until(pilot, lambda: "draws" in form(app).status.said)
    assert [row["base_id"] for row in db.execute("SELECT base_id FROM generation ORDER BY id")] == [1, 1]


async def test_a_base_that_is_added_meanwhile_is_offered(db: Connection, open_studio: Open) -> None:
    with writing(db):
        (row,) = db.execute("SELECT * FROM base").fetchall()
        db.execute("DELETE FROM base")
    async with open_studio("g", "n") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, NewRoom) and "no base model" in about(app))
        with writing(db):
            db.execute(f"INSERT INTO base VALUES ({', '.join('?' * len(row))})", tuple(row))
        app.poll()
        await until(pilot, lambda: form(app).lines.values["base"] == "base" and "base: base" in about(app))


async def test_what_is_said_is_of_what_is_written(
    db: Connection, open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = threading.Event(), threading.Event()
    described = NewRoom.describe

    def slowly(room: NewRoom, db: Connection, meant: Meant) -> Text:
        if meant["count"] == 5:
            asked.set()
            answer.wait(20)
        return described(room, db, meant)

    monkeypatch.setattr(NewRoom, "describe", slowly)
    async with open_studio("g", "n") as (app, pilot):
        await ready(app, pilot, NewRoom)
        await write(app, pilot, "count", "5")
        await until(pilot, lambda: asked.is_set() and about(app) == "…")
        await write(app, pilot, "count", "6")
        await until(pilot, lambda: "6 pictures" in about(app))
        answer.set()
        await pilot.pause(0.2)
        assert "6 pictures" in about(app)


async def test_the_usual_dataset_is_the_one_it_was_opened_on(db: Connection, open_studio: Open) -> None:
    with writing(db):
        db.executemany("INSERT INTO dataset VALUES (?, ?, 'aa', '{}', 0)", [(1, "first"), (2, "second")])
    async with open_studio("g", "d") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom) and app.room.lines.count == 2)
        await pilot.press("j", "t")
        await ready(app, pilot, TrainRoom)
        await pilot.press("enter")
        assert form(app).lines.values["dataset"] == "second"
        await pilot.press("backspace")
        await until(pilot, lambda: "first: 0 items" in about(app))
        await pilot.press("G", "enter")
        await until(pilot, lambda: queue.jobs(db))
    assert [run.dataset for run in library.runs(db)] == ["first"]


@pytest.mark.parametrize(
    ("field", "text"),
    [("steps", "1" + "0" * 400), ("rank", "2000"), ("alpha", "-1"), ("learning_rate", "nan"), ("tag_dropout", "1"),
     ("seed", "1e5")],
)  # fmt: skip
async def test_numbers_that_are_none_or_beyond_reason_are_refused(
    db: Connection, open_studio: Open, field: str, text: str
) -> None:
    with writing(db):
        db.execute("INSERT INTO dataset VALUES (1, 'first', 'aa', '{}', 0)")
    async with open_studio("g", "d") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom) and app.room.lines.count)
        await pilot.press("t")
        await ready(app, pilot, TrainRoom)
        before = form(app).lines.values[field]
        await write(app, pilot, field, text)
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        await pilot.press("escape")
        assert form(app).lines.values[field] == before


async def test_a_phone_shows_what_comes_of_it_on_the_last_line(open_studio: Open) -> None:
    async with open_studio("g", "n", size=(45, 14)) as (app, pilot):
        await ready(app, pilot, NewRoom)
        pane = form(app).query_one("#about-pane")
        assert not pane.region.area
        await pilot.press("G")
        await until(pilot, lambda: pane.region.height > 4)
        assert form(app).lines.region.height == 1 and form(app).lines.field is None


async def test_a_prompt_is_completed_by_tags_and_loras(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "n") as (app, pilot):
        await ready(app, pilot, NewRoom)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LineScreen))
        await pilot.press(*["backspace"] * 30, *"glas")
        line = app.screen
        assert isinstance(line, LineScreen)
        await until(pilot, lambda: getattr(line, "suggestions", ()))
        await pilot.press("tab", "comma", *" x_")
        await until(pilot, lambda: [each.tag for each in getattr(line, "suggestions", ())] == ["x_(y)"])
        await pilot.press("tab", *" <fil")
        await until(pilot, lambda: [each.tag for each in getattr(line, "suggestions", ())] == ["<film-1:0.7>"])
        await pilot.press("tab", "comma", *" :d")
        await until(pilot, lambda: [each.tag for each in getattr(line, "suggestions", ())] == [":d"])
        await pilot.press("home", "tab", "end", "tab", "enter")
        written = r"glasses, x \(y\) <film-1:0.7>, :d"
        await until(pilot, lambda: form(app).lines.values["prompt"] == written)


async def test_a_lora_in_the_negative_prompt_is_refused(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "n") as (app, pilot):
        await ready(app, pilot, NewRoom)
        await write(app, pilot, "negative_prompt", "hat <film-1:1>")
        await until(pilot, lambda: app.screen.query_one("#fault").has_class("-shown"))
        assert "not in the negative one" in str(app.screen.query_one("#fault", Static).content)


async def test_a_choice_goes_round_and_a_usual_value_comes_back(open_studio: Open) -> None:
    async with open_studio("g", "n") as (app, pilot):
        await ready(app, pilot, NewRoom)
        names = [each.name for each in form(app).fields]
        form(app).lines.move_to(names.index("sampler"))
        for sampler in ("DPM++ 2M Karras", "DPM++ 2M SDE"):
            await pilot.press("enter")
            await until(pilot, lambda sampler=sampler: form(app).lines.values["sampler"] == sampler)
        await pilot.press("backspace")
        assert form(app).lines.values["sampler"] == "DPM++ 2M"


async def test_earlier_requests_come_back(db: Connection, open_studio: Open) -> None:
    for prompt, count in (("first", 3), ("second", 4), ("second", 4)):
        pictures.plan(db, 1, PictureSettings(prompt=prompt, count=count, steps=9, sampler="Euler a", clip_skip=2))
    async with open_studio("g", "n") as (app, pilot):
        await ready(app, pilot, NewRoom)
        values = form(app).lines.values
        assert (values["prompt"], values["count"], values["sampler"], values["clip_skip"]) == (
            "second", "4", "Euler a", "2")  # fmt: skip
        await pilot.press("p")
        assert form(app).lines.values["prompt"] == "first"
        await pilot.press("p", "n")
        assert form(app).lines.values["prompt"] == "second"


async def test_more_like_a_picture_that_is_judged(db: Connection, studio: Path, open_studio: Open) -> None:
    (image_id,) = add_pictures(db, studio, 1, "hat <film-1:0.7>")
    pictures.plan(db, 1, PictureSettings(prompt="another"))
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        await pilot.press("M")
        await ready(app, pilot, NewRoom)
        await until(pilot, lambda: "1:0.7" in about(app) or "film-1  0.7" in about(app))
        values = form(app).lines.values
        assert (values["prompt"], values["negative_prompt"], values["seed"]) == ("hat <film-1:0.7>", "hat", "")
        await pilot.press("g", "c")
        assert cull_room(app).current == image_id


async def test_a_dataset_is_frozen(db: Connection, open_studio: Open) -> None:
    async with open_studio("g", "d") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.room, NewDatasetRoom) and app.room.fields)
        await until(pilot, lambda: "100 frames of 100" in about(app))
        await pilot.press("G", "enter")
        await until(pilot, lambda: "Write a name first" in form(app).status.said)
        await write(app, pilot, "name", "first")
        await write(app, pilot, "query", "glasses")
        await write(app, pilot, "core_tags", "blue hair, red eyes")
        await until(pilot, lambda: "50 frames of 100" in about(app))
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom) and "“first”" in app.room.status.said)
    request = decode("dataset", queue.get(db, 1).request)
    assert isinstance(request, DatasetRequest)
    assert (request.name, request.query, request.captions.core_tags) == ("first", "glasses", ("blue_hair", "red_eyes"))


async def test_a_dataset_begins_with_the_recipe_of_the_newest(db: Connection, open_studio: Open) -> None:
    captions = CaptionRecipe(core_tags=("blue_hair",), separator="###")
    before = DatasetRequest(name="first", query="glasses", captions=captions, seed=4)
    with writing(db):
        db.execute("INSERT INTO dataset VALUES (1, 'first', 'aa', ?, 0)", (encode(before),))
    async with open_studio("g", "d", "n") as (app, pilot):
        await ready(app, pilot, NewDatasetRoom)
        await write(app, pilot, "name", "second")
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom) and "“second”" in app.room.status.said)
    assert decode("dataset", queue.get(db, 1).request) == msgspec.structs.replace(before, name="second")


async def test_no_dataset_is_asked_for_twice_or_of_no_frame(db: Connection, open_studio: Open) -> None:
    with writing(db):
        db.execute("INSERT INTO dataset VALUES (1, 'first', 'aa', '{}', 0)")
    queue.enqueue(db, DatasetRequest(name="queued"))
    async with open_studio("g", "d", "n") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, NewDatasetRoom) and app.room.fields)
        await write(app, pilot, "name", "first")
        await pilot.press("G", "enter")
        await until(pilot, lambda: "choose another name" in form(app).status.said)
        await write(app, pilot, "name", "queued")
        await pilot.press("G", "enter")
        await until(pilot, lambda: "Job 1 makes a dataset “queued” already" in form(app).status.said)
        await write(app, pilot, "name", "other")
        await write(app, pilot, "query", "glasses -glasses")
        await pilot.press("G", "enter")
        await until(pilot, lambda: "No frame matches" in form(app).status.said)
    assert len(queue.jobs(db)) == 1


async def test_a_lora_is_trained_as_the_last_one_was(db: Connection, open_studio: Open) -> None:
    with writing(db):
        db.execute("INSERT INTO dataset VALUES (1, 'first', 'aa', '{}', 0)")
        library.plan_run(db, 1, 1, TrainRecipe(steps=300, rank=8, alpha=4.0, warmup_steps=7, min_snr_gamma=None))
    async with open_studio("g", "d") as (app, pilot):
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom) and app.room.lines.count)
        await pilot.press("t")
        await ready(app, pilot, TrainRoom)
        assert "licence: not stated" in about(app)
        await write(app, pilot, "steps", "500")
        await write(app, pilot, "alpha", "")
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(app.room, DatasetsRoom) and "job 1 trains" in app.room.status.said)
    request = decode("train", queue.get(db, 1).request)
    assert isinstance(request, TrainRequest)
    recipe = library.recipe_of(db, request.run_id)
    assert recipe == TrainRecipe(steps=500, rank=8, alpha=8.0, warmup_steps=7, min_snr_gamma=None)
