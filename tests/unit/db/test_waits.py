"""Jobs that the engine sets aside go on by themselves, and never against a person's word."""

from sqlite3 import Connection

import pytest

from db import queue, waits
from db.requests import TagRequest

NEEDS = "needs room: 1 kB free, 2 kB needed on /"


@pytest.fixture
def job_id(db: Connection) -> int:
    return queue.enqueue(db, TagRequest())


def _ask(db: Connection, job_id: int) -> None:
    waits.ask(db, waits.Wait(job_id, "room", NEEDS, "/", 2000))


def test_a_job_that_waits_its_turn_is_set_aside_at_once_and_let_go_again(db: Connection, job_id: int) -> None:
    _ask(db, job_id)
    assert (queue.get(db, job_id).state, queue.get(db, job_id).error) == ("paused", NEEDS)
    assert queue.claim(db, "cpu", 1) is None
    waits.release(db, job_id)
    assert (queue.get(db, job_id).state, queue.get(db, job_id).error, waits.waits(db)) == ("queued", "", [])


def test_a_running_job_is_asked_and_stops_with_the_reason(db: Connection, job_id: int) -> None:
    queue.claim(db, "cpu", 1)
    _ask(db, job_id)
    assert (queue.get(db, job_id).state, queue.wanted(db, job_id)) == ("running", "wait")
    assert queue.stopped(db, job_id) == "paused"
    assert queue.get(db, job_id).error == NEEDS


def test_a_running_job_that_is_let_go_before_it_stopped_runs_on(db: Connection, job_id: int) -> None:
    queue.claim(db, "cpu", 1)
    _ask(db, job_id)
    waits.release(db, job_id)
    assert (queue.get(db, job_id).state, queue.wanted(db, job_id)) == ("running", "run")


def test_a_persons_pause_before_during_or_after_is_never_undone(db: Connection, job_id: int) -> None:
    _ask(db, job_id)
    queue.pause(db, job_id)
    assert (queue.get(db, job_id).state, queue.get(db, job_id).error) == ("paused", "")
    waits.release(db, job_id)
    assert queue.get(db, job_id).state == "paused"
    queue.resume(db, job_id)
    queue.claim(db, "cpu", 1)
    queue.pause(db, job_id)
    _ask(db, job_id)
    assert queue.stopped(db, job_id) == "paused"
    assert (queue.get(db, job_id).error, waits.waits(db)) == ("", [])
    waits.release(db, job_id)
    assert queue.get(db, job_id).state == "paused"


def test_a_persons_resume_outranks_the_wait(db: Connection, job_id: int) -> None:
    _ask(db, job_id)
    queue.resume(db, job_id)
    job = queue.get(db, job_id)
    assert (job.state, job.error, waits.waits(db)) == ("queued", "", []) and job.resumed_at


def test_a_job_that_ends_waits_for_nothing(db: Connection, job_id: int) -> None:
    queue.claim(db, "cpu", 1)
    _ask(db, job_id)
    queue.finish(db, job_id, {})
    assert waits.waits(db) == []
    other = queue.enqueue(db, TagRequest())
    _ask(db, other)
    queue.cancel(db, other)
    assert (waits.waits(db), queue.get(db, other).state) == ([], "cancelled")


def test_a_dead_workers_job_keeps_waiting(db: Connection, job_id: int) -> None:
    queue.claim(db, "cpu", 1)
    _ask(db, job_id)
    queue.requeue_after_death(db, job_id, "killed")
    assert (queue.get(db, job_id).state, queue.get(db, job_id).error) == ("paused", NEEDS)
