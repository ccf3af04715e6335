"""Every attempt of a job is a row that says how it ended."""

from collections.abc import Callable
from sqlite3 import Connection

import pytest

from db import attempts, queue, waits
from db.requests import TagRequest


def _claimed(db: Connection) -> queue.Job:
    queue.enqueue(db, TagRequest())
    job = queue.claim(db, TagRequest.lane, 1)
    assert job is not None
    return job


def _pause(db: Connection, job_id: int) -> None:
    queue.pause(db, job_id)
    queue.stopped(db, job_id)


def _cancel(db: Connection, job_id: int) -> None:
    queue.cancel(db, job_id)
    queue.stopped(db, job_id)


def _wait(db: Connection, job_id: int) -> None:
    waits.ask(db, waits.Wait(job_id, "room", "needs room"))
    queue.stopped(db, job_id)


@pytest.mark.parametrize(
    ("end", "ending", "reason"),
    [
        (lambda db, job: queue.finish(db, job, {}), "done", ""),
        (lambda db, job: queue.fail(db, job, "no file"), "failed", "no file"),
        (_pause, "paused", ""),
        (_cancel, "cancelled", ""),
        (_wait, "waits", "needs room"),
        (lambda db, job: queue.put_back(db, job, "engine stopped"), "stopped", "engine stopped"),
        (lambda db, job: queue.put_back(db, job, "engine died", died=True), "died", "engine died"),
        (lambda db, job: queue.requeue_after_death(db, job, "killed"), "died", "killed"),
    ],
)
def test_an_attempt_says_how_it_ended(
    db: Connection, end: Callable[[Connection, int], None], ending: str, reason: str
) -> None:
    job = _claimed(db)
    (open_attempt,) = attempts.since(db, 0)
    assert (open_attempt.job_id, open_attempt.ended_at, open_attempt.ending) == (job.id, None, None)
    end(db, job.id)
    (attempt,) = attempts.since(db, 0)
    assert (attempt.kind, attempt.ending, attempt.reason) == ("tag", ending, reason)
    assert attempt.ended_at is not None and attempt.started_at == job.started_at


def test_one_that_died_ended_at_its_last_sign_of_life(db: Connection) -> None:
    job = _claimed(db)
    db.execute("UPDATE job SET started_at = 100, progress_at = 160 WHERE id = ?", (job.id,))
    db.execute("UPDATE attempt SET started_at = 100")
    queue.put_back(db, job.id, "power cut", died=True)
    assert attempts.since(db, 0)[0].ended_at == 160


def test_a_job_that_is_tried_again_has_another_attempt(db: Connection) -> None:
    job = _claimed(db)
    queue.requeue_after_death(db, job.id, "killed")
    assert queue.claim(db, TagRequest.lane, 2) is not None
    queue.finish(db, job.id, {})
    assert [each.ending for each in attempts.since(db, 0)] == ["died", "done"]


def test_energy_is_shared_by_what_runs(db: Connection) -> None:
    first = _claimed(db)
    queue.finish(db, first.id, {})
    running = [_claimed(db).id, _claimed(db).id]
    attempts.add_energy(db, running, 300.0)
    attempts.add_energy(db, running[:1], 50.0)
    assert [each.joules for each in attempts.since(db, 0)] == [None, 200.0, 150.0]
