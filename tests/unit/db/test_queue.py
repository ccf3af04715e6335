from sqlite3 import Connection

import pytest

from db import queue
from db.errors import UserError
from db.requests import REQUESTS, GenerateRequest, MatchRequest, TagRequest, decode, encode


def test_a_chain_runs_in_order_and_in_its_lanes(db: Connection) -> None:
    drawn, tagged, matched = queue.enqueue_chain(db, [GenerateRequest(generation_id=1), TagRequest(), MatchRequest()])
    assert queue.claim(db, "cpu", 1) is None
    claimed = queue.claim(db, "device", 1)
    assert claimed is not None and claimed.id == drawn and claimed.attempts == 1
    assert queue.claim(db, "device", 1) is None
    queue.finish(db, drawn, {"images": 8})
    assert queue.get(db, drawn).outcome == {"images": 8}
    assert (queue.claim(db, "cpu", 1) or claimed).id == tagged
    queue.finish(db, tagged, {})
    assert (queue.claim(db, "cpu", 1) or claimed).id == matched


def test_what_waits_for_a_failed_job_is_cancelled_with_the_reason(db: Connection) -> None:
    first, second, third = queue.enqueue_chain(db, [TagRequest(), MatchRequest(), MatchRequest()])
    queue.claim(db, "cpu", 1)
    queue.fail(db, first, "no such film")
    assert queue.get(db, first).error == "no such film"
    assert [queue.get(db, job_id).state for job_id in (second, third)] == ["cancelled", "cancelled"]
    assert str(first) in queue.get(db, second).error


def test_pause_resume_and_cancel_of_a_waiting_job(db: Connection) -> None:
    job_id = queue.enqueue(db, TagRequest())
    queue.pause(db, job_id)
    assert queue.get(db, job_id).state == "paused"
    assert queue.claim(db, "cpu", 1) is None
    queue.resume(db, job_id)
    assert queue.claim(db, "cpu", 1) is not None
    queue.cancel(db, job_id)
    assert (queue.get(db, job_id).state, queue.wanted(db, job_id)) == ("running", "cancel")
    assert queue.stopped(db, job_id) == "cancelled"
    with pytest.raises(UserError, match="cancelled already"):
        queue.cancel(db, job_id)
    queue.resume(db, job_id)
    assert queue.get(db, job_id).state == "queued"


def test_a_dead_workers_job_comes_back_with_the_reason_until_it_dies_too_often(db: Connection) -> None:
    job_id = queue.enqueue(db, TagRequest())
    for _death in range(queue.MAX_ATTEMPTS):
        assert queue.claim(db, "cpu", 1) is not None
        queue.requeue_after_death(db, job_id, "killed")
    assert (queue.get(db, job_id).state, queue.get(db, job_id).error) == ("failed", "killed")


def test_deaths_after_progress_do_not_add_up(db: Connection) -> None:
    job_id = queue.enqueue(db, TagRequest())
    for _death in range(3 * queue.MAX_ATTEMPTS):
        assert queue.claim(db, "cpu", 1) is not None
        for done in (0, 1):
            queue.report_progress(db, job_id, done, 10, "frames", "")
        queue.requeue_after_death(db, job_id, "killed")
    assert queue.get(db, job_id).state == "queued"


def test_a_job_put_back_is_where_a_person_wanted_it(db: Connection) -> None:
    for want, state in ((queue.pause, "paused"), (queue.cancel, "cancelled")):
        job_id = queue.enqueue(db, TagRequest())
        queue.claim(db, "cpu", 1)
        want(db, job_id)
        queue.put_back(db, job_id, "engine stopped")
        assert (queue.get(db, job_id).state, queue.get(db, job_id).error) == (state, ""), "not for the engine's sake"


def test_a_job_done_before_it_could_be_set_aside_is_as_any_other(db: Connection) -> None:
    for too_late in (queue.pause, queue.cancel):
        job_id = queue.enqueue(db, TagRequest())
        queue.claim(db, "cpu", 1)
        too_late(db, job_id)
        queue.finish(db, job_id, {})
        assert (queue.get(db, job_id).state, queue.wanted(db, job_id)) == ("done", "run")


def test_no_such_job_is_one_clear_line(db: Connection) -> None:
    with pytest.raises(UserError, match="no job 99"):
        queue.cancel(db, 99)


def test_requests_survive_their_rows() -> None:
    request = GenerateRequest(generation_id=4)
    assert decode("generate", encode(request)) == request
    assert {request.lane for request in REQUESTS.values()} == {"cpu", "device"}


def test_the_time_left_counts_from_what_this_attempt_did(db: Connection) -> None:
    job_id = queue.enqueue(db, TagRequest())
    queue.claim(db, "cpu", 1)
    queue.report_progress(db, job_id, 800, 1000, "frames", "")
    job = queue.get(db, job_id)
    assert job.first_at is not None and job.eta_seconds(job.first_at + 5) is None
    queue.report_progress(db, job_id, 900, 1000, "frames", "")
    assert queue.get(db, job_id).eta_seconds(job.first_at + 10) == pytest.approx(10)
    queue.report_progress(db, job_id, 0, 50, "thumbnails", "")
    queue.report_progress(db, job_id, 25, 50, "thumbnails", "")
    job = queue.get(db, job_id)
    assert job.first_at is not None and job.eta_seconds(job.first_at + 3) == pytest.approx(3)


def test_a_later_phase_that_counts_anew_is_progress(db: Connection) -> None:
    job_id = queue.enqueue(db, TagRequest())
    for _death in range(3 * queue.MAX_ATTEMPTS):
        assert queue.claim(db, "cpu", 1) is not None
        queue.report_progress(db, job_id, 15_032, 20_000, "latents", "")
        queue.report_progress(db, job_id, 1, 10_000, "steps", "")
        queue.requeue_after_death(db, job_id, "killed")
    assert queue.get(db, job_id).state == "queued"


def test_what_a_person_wants_while_a_job_stops_is_what_happens(db: Connection) -> None:
    for acts, state in (
        ((queue.pause,), "paused"),
        ((queue.pause, queue.resume), "queued"),
        ((queue.pause, queue.cancel), "cancelled"),
    ):
        job_id = queue.enqueue(db, TagRequest())
        queue.claim(db, "cpu", 1)
        for act in acts:
            act(db, job_id)
        assert queue.stopped(db, job_id) == state
        assert queue.get(db, job_id).state == state
        queue.claim(db, "cpu", 1)


def test_a_worker_that_dies_under_a_cancelled_job_strands_nothing(db: Connection) -> None:
    first, second = queue.enqueue_chain(db, [TagRequest(), MatchRequest()])
    queue.claim(db, "cpu", 1)
    queue.cancel(db, first)
    queue.requeue_after_death(db, first, "killed")
    assert [queue.get(db, job_id).state for job_id in (first, second)] == ["cancelled", "cancelled"]
    assert queue.get(db, first).finished_at is not None


def test_work_of_earlier_attempts_is_no_progress_of_this_one(db: Connection) -> None:
    job_id = queue.enqueue(db, TagRequest())
    for _death in range(queue.MAX_ATTEMPTS):
        assert queue.claim(db, "cpu", 1) is not None
        queue.report_progress(db, job_id, 10, 32, "pictures", "")
        queue.requeue_after_death(db, job_id, "killed")
    assert queue.get(db, job_id).state == "failed"


def test_a_chain_is_resumed_whole(db: Connection) -> None:
    chain = queue.enqueue_chain(db, [TagRequest(), MatchRequest(), MatchRequest()])
    for resumed in chain:
        queue.claim(db, "cpu", 1)
        queue.fail(db, chain[0], "no")
        queue.resume(db, resumed)
        assert {queue.get(db, job_id).state for job_id in chain} == {"queued"}
