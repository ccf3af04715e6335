"""The queue by keyboard."""

import threading
from pathlib import Path
from sqlite3 import Connection

from textual.widgets import Static

from db import queue
from db.errors import UserError
from db.requests import BaseRequest, TagRequest, TrainRequest
from kimikoe_tui.app import KimikoeApp
from kimikoe_tui.screens.jobs import JobsRoom
from tests.pilot.conftest import Open, until


def jobs_room(app: KimikoeApp) -> JobsRoom:
    """The open room, which is the jobs room."""
    assert isinstance(app.room, JobsRoom)
    return app.room


async def test_a_waiting_job_is_paused_resumed_and_cancelled(db: Connection, open_studio: Open) -> None:
    job_id = queue.enqueue(db, TagRequest())
    async with open_studio("g", "j") as (app, pilot):
        for key, state in (("p", "paused"), ("r", "queued"), ("c", "cancelled"), ("r", "queued")):
            await pilot.press(key)
            await until(pilot, lambda state=state: queue.get(db, job_id).state == state)
            assert jobs_room(app).lines.jobs[0].state == state


async def test_a_running_job_is_asked_to_stop(db: Connection, open_studio: Open) -> None:
    job_id = queue.enqueue(db, TagRequest())
    queue.claim(db, "cpu", 1)
    async with open_studio("g", "j") as (app, pilot):
        await pilot.press("p")
        await until(pilot, lambda: queue.wanted(db, job_id) == "pause")
        assert "after its batch" in jobs_room(app).status.said
        assert "pausing" in jobs_room(app).lines.line(0, 80).plain
        await pilot.press("c")
        await until(pilot, lambda: queue.wanted(db, job_id) == "cancel")


async def test_a_finished_job_cannot_be_stopped(db: Connection, open_studio: Open) -> None:
    job_id = queue.enqueue(db, TagRequest())
    queue.claim(db, "cpu", 1)
    queue.finish(db, job_id, {})
    async with open_studio("g", "j") as (app, pilot):
        for key in "cpr":
            await pilot.press(key)
            await until(pilot, lambda: "done already" in jobs_room(app).status.said)


async def test_progress_and_the_cursor_follow_the_queue(db: Connection, open_studio: Open) -> None:
    first = queue.enqueue(db, TagRequest())
    queue.claim(db, "cpu", 1)
    async with open_studio("g", "j") as (app, pilot):
        queue.report_progress(db, first, 25, 100, "key frames", "on the CPU")
        queue.enqueue(db, TrainRequest(run_id=1))
        app.poll()
        lines = jobs_room(app).lines
        await until(pilot, lambda: len(lines.jobs) == 2)
        assert lines.job is not None and lines.job.id == first
        assert "25/100 key frames" in lines.line(lines.cursor, 120).plain
        assert "25%" in lines.line(lines.cursor, 120).plain


async def test_errors_and_logs_are_shown_as_plain_text(db: Connection, studio: Path, open_studio: Open) -> None:
    job_id = queue.enqueue(db, BaseRequest(source="x"))
    queue.fail(db, job_id, "no [red]model[/] \x1b]0;x\x07 here")
    (studio / "logs").mkdir(exist_ok=True)
    (studio / "logs" / f"job-{job_id}.log").write_text("first\n[b]last\x1b[2J line\n")
    (studio / "logs" / "engine.log").write_text("supervisor up\n")
    async with open_studio("g", "j") as (app, pilot):
        log = jobs_room(app).query_one("#log", Static)
        await until(pilot, lambda: "[b]last [2J line" in str(log.content))
        assert "no [red]model[/]  ]0;x  here" in str(jobs_room(app).query_one("#about", Static).content)
        await pilot.press("l")
        await until(pilot, lambda: "supervisor up" in str(log.content))


async def test_the_engine_is_started_behind_the_first_paint_and_by_key(open_studio: Open) -> None:
    started = threading.Semaphore(0)
    async with open_studio(start_engine=started.release) as (app, pilot):
        await until(pilot, lambda: started.acquire(blocking=False))
        await pilot.press("g", "j", "S")
        await until(pilot, lambda: started.acquire(blocking=False))
        assert "being started" in jobs_room(app).status.said


async def test_an_engine_that_does_not_start_says_why(open_studio: Open) -> None:
    def fail() -> None:
        raise UserError("The engine did not start: no space left")

    async with open_studio(start_engine=fail) as (app, pilot):
        await until(pilot, lambda: app.room is not None and "no space left" in app.room.status.said)


async def test_an_empty_queue_answers_every_key(open_studio: Open) -> None:
    async with open_studio("g", "j") as (app, pilot):
        await pilot.press(*"cprlSjkG")
        assert "kimikoe engine start" in jobs_room(app).status.said
