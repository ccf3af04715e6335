"""The job queue: rows a terminal inserts, lanes claim, and both watch. Every state survives `kill -9`."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from db import attempts, requests, waits
from db.connect import now, writing
from db.errors import UserError
from db.i18n import _

Wanted = Literal["run", "pause", "cancel", "wait"]
ACTIVE_STATES = ("queued", "running", "paused")
MAX_ATTEMPTS = 5


class Job(msgspec.Struct, frozen=True):
    """One row of `job`."""

    id: int
    kind: str
    lane: str
    request: str
    after: int | None
    state: str
    wanted: str
    done: int
    first_done: int | None
    first_at: float | None
    total: int | None
    unit: str
    message: str
    result: str | None
    error: str
    attempts: int
    worker_pid: int | None
    queued_at: float
    started_at: float | None
    progress_at: float | None
    finished_at: float | None
    resumed_at: float | None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in ("done", "failed", "cancelled")

    @property
    def outcome(self) -> dict[str, Any]:
        """What the job has made, by name; the counts of a job that goes on are of all its attempts."""
        return json.loads(self.result) if self.result else {}

    def eta_seconds(self, at: float) -> float | None:
        """Seconds left at the pace of this attempt, or None where that is unknown."""
        if self.state != "running" or not self.total or self.first_done is None or self.first_at is None:
            return None
        did = self.done - self.first_done
        return max(0.0, (at - self.first_at) * (self.total - self.done) / did) if did > 0 else None


def _job(row: sqlite3.Row) -> Job:
    return Job(**dict(row))


def enqueue(db: sqlite3.Connection, request: requests.Request, *, after: int | None = None) -> int:
    """Queue a request, behind job `after` if given; returns the job's id."""
    with writing(db):
        row = db.execute(
            "INSERT INTO job (kind, lane, request, after, queued_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
            (request.kind, request.lane, requests.encode(request), after, now()),
        ).fetchone()
    return int(row["id"])


def enqueue_chain(db: sqlite3.Connection, chain: Sequence[requests.Request]) -> list[int]:
    """Queue requests, each behind the one before, all or none; returns the jobs' ids."""
    job_ids: list[int] = []
    with writing(db):
        for request in chain:
            job_ids.append(enqueue(db, request, after=job_ids[-1] if job_ids else None))
    return job_ids


def get(db: sqlite3.Connection, job_id: int) -> Job:
    """The job with this id; raises `UserError` where there is none."""
    row = db.execute("SELECT * FROM job WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        raise UserError(_("There is no job {id}: `kimikoe jobs` lists them.").format(id=job_id))
    return _job(row)


def jobs(db: sqlite3.Connection, *, limit: int = 200) -> list[Job]:
    """The newest jobs, newest first."""
    return [_job(row) for row in db.execute("SELECT * FROM job ORDER BY id DESC LIMIT ?", (limit,))]


def active(db: sqlite3.Connection) -> list[Job]:
    """Jobs that are queued, running or paused, oldest first."""
    return [
        _job(row) for row in db.execute("SELECT * FROM job WHERE state IN ('queued', 'running', 'paused') ORDER BY id")
    ]


def as_left(job: Job) -> Job:
    """A job as the next engine will find it where there is none: what is marked as running does not run."""
    if job.state != "running":
        return job
    return msgspec.structs.replace(job, state="queued", error=_("the engine ended while it ran"))


def claim(db: sqlite3.Connection, lane: str, worker_pid: int) -> Job | None:
    """Take the lane's oldest runnable job, marking it running; None where there is nothing to do."""
    with writing(db):
        row = db.execute(
            """UPDATE job SET state = 'running', worker_pid = :pid, attempts = attempts + 1, error = '',
                   started_at = :now, progress_at = :now, finished_at = NULL, done = 0,
                   first_done = NULL, first_at = NULL, total = NULL
               WHERE id = (
                   SELECT j.id FROM job j LEFT JOIN job parent ON parent.id = j.after
                   WHERE j.lane = :lane AND j.state = 'queued' AND (j.after IS NULL OR parent.state = 'done')
                   ORDER BY j.id LIMIT 1)
               RETURNING *""",
            {"pid": worker_pid, "now": now(), "lane": lane},
        ).fetchone()
        if row:
            attempts.begin(db, row["id"], row["started_at"])
    return _job(row) if row else None


def report_progress(db: sqlite3.Connection, job_id: int, done: int, total: int | None, unit: str, message: str) -> None:
    """Write how far a running job is; an attempt that gets on makes the deaths before it forgotten."""
    with writing(db):
        db.execute(
            """UPDATE job SET done = :done, total = :total, unit = :unit, message = :message, progress_at = :now,
                   attempts = CASE WHEN first_done IS NULL OR (unit = :unit AND :done <= first_done)
                       THEN attempts ELSE 0 END,
                   first_at = CASE WHEN first_done IS NULL OR unit != :unit THEN :now ELSE first_at END,
                   first_done = CASE WHEN first_done IS NULL OR unit != :unit THEN :done ELSE first_done END
               WHERE id = :id""",
            {"done": done, "total": total, "unit": unit, "message": message, "now": now(), "id": job_id},
        )


def wanted(db: sqlite3.Connection, job_id: int) -> Wanted:
    """What a person wants of a running job, or "wait" where only the engine wants it set aside."""
    row = db.execute(
        """SELECT CASE WHEN wanted = 'run' AND w.job_id IS NOT NULL THEN 'wait' ELSE wanted END AS wanted
           FROM job LEFT JOIN job_wait w ON w.job_id = job.id WHERE id = ?""",
        (job_id,),
    ).fetchone()
    value: Wanted = row["wanted"]
    return value


def record_outcome(db: sqlite3.Connection, job_id: int, outcome: Mapping[str, Any]) -> None:
    """Store what a running job has made so far, inside the transaction that makes it."""
    with writing(db):
        db.execute("UPDATE job SET result = ? WHERE id = ?", (json.dumps(dict(outcome)), job_id))


def finish(db: sqlite3.Connection, job_id: int, outcome: Mapping[str, Any]) -> None:
    """Mark a job done, with what it made."""
    with writing(db):
        db.execute(
            """UPDATE job SET state = 'done', wanted = 'run', result = ?, error = '', worker_pid = NULL, finished_at = ?
               WHERE id = ?""",
            (json.dumps(dict(outcome)), now(), job_id),
        )
        attempts.end(db, job_id, "done")
        waits.forget(db, job_id)


def fail(db: sqlite3.Connection, job_id: int, error: str) -> None:
    """Mark a job failed, and cancel what waits for it."""
    with writing(db):
        attempts.end(db, job_id, "failed", error)
        _leave(db, job_id, "failed", error)


def stopped(db: sqlite3.Connection, job_id: int, reason: str = "", *, died: bool = False) -> str:
    """Set a running job that has stopped to where it is wanted by now: paused, cancelled, or queued again."""
    with writing(db):
        want = wanted(db, job_id)
        if want == "pause":
            waits.forget(db, job_id)
        state = {"pause": "paused", "wait": "paused", "cancel": "cancelled", "run": "queued"}[want]
        ending = "died" if died else _ENDINGS[want]
        reason = waits.words(db, job_id) or (reason if died or want == "run" else "")  # else a person is the reason
        attempts.end(db, job_id, ending, reason)
        _leave(db, job_id, state, reason)
    return state


_ENDINGS: dict[Wanted, attempts.AttemptEnding] = {
    "pause": "paused", "wait": "waits", "cancel": "cancelled", "run": "stopped",
}  # fmt: skip


def _leave(db: sqlite3.Connection, job_id: int, state: str, error: str) -> None:
    with writing(db):
        db.execute(
            """UPDATE job SET state = :state, error = :error, worker_pid = NULL,
                   wanted = CASE WHEN :state = 'paused' THEN wanted ELSE 'run' END,
                   finished_at = CASE WHEN :state IN ('failed', 'cancelled') THEN :now END WHERE id = :id""",
            {"state": state, "error": error, "now": now(), "id": job_id},
        )
        if state in ("failed", "cancelled"):
            waits.forget(db, job_id)
            _cancel_followers(db, job_id)


_FOLLOWERS = """
WITH RECURSIVE follower(id) AS (
    SELECT id FROM job WHERE after = :id
    UNION SELECT job.id FROM job JOIN follower ON job.after = follower.id)
"""


def _cancel_followers(db: sqlite3.Connection, job_id: int) -> None:
    reason = _("job {id}, which it waited for, did not finish").format(id=job_id)
    db.execute(
        f"""{_FOLLOWERS} UPDATE job SET state = 'cancelled', error = :reason, finished_at = :now
            WHERE id IN (SELECT id FROM follower) AND state IN ('queued', 'paused')""",
        {"id": job_id, "reason": reason, "now": now()},
    )


def requeue_after_death(db: sqlite3.Connection, job_id: int, reason: str) -> None:
    """Put a job whose worker died back, or fail it after many deaths in a row without progress."""
    if get(db, job_id).attempts >= MAX_ATTEMPTS:
        fail(db, job_id, reason)
    else:
        _put_back(db, job_id, reason, True)


def put_back(db: sqlite3.Connection, job_id: int, reason: str, *, died: bool = False) -> None:
    """Set a running job back to where a person wants it, with the reason; that it stopped was not its own doing.

    `died`: nobody stopped it either, its engine was killed.
    """
    with writing(db):
        db.execute("UPDATE job SET attempts = 0 WHERE id = ? AND state = 'running'", (job_id,))
        _put_back(db, job_id, reason, died)


def _put_back(db: sqlite3.Connection, job_id: int, reason: str, died: bool) -> None:
    with writing(db):
        if get(db, job_id).state == "running":
            stopped(db, job_id, reason, died=died)


def running(db: sqlite3.Connection, lane: str | None = None) -> list[Job]:
    """Jobs marked running, of one lane or of all."""
    return [
        _job(row)
        for row in db.execute("SELECT * FROM job WHERE state = 'running' AND (? IS NULL OR lane = ?)", (lane, lane))
    ]


def explain(db: sqlite3.Connection, words: str) -> None:
    """Say of all jobs whose turn it could be why none is begun; forgotten when they are."""
    if db.execute("SELECT 1 FROM job WHERE state = 'queued' AND error != ? LIMIT 1", (words,)).fetchone():
        with writing(db):
            db.execute("UPDATE job SET error = ? WHERE state = 'queued'", (words,))


def cancel(db: sqlite3.Connection, job_id: int) -> None:
    """Stop a job for good: at once where it waits, at its next batch where it runs. What it finished stays."""
    with writing(db):
        job = get(db, job_id)
        if job.finished:
            raise UserError(_("Job {id} is {state} already.").format(id=job_id, state=job.state))
        if job.state == "running":
            _want(db, job_id, "cancel")
        else:
            _leave(db, job_id, "cancelled", "")


def pause(db: sqlite3.Connection, job_id: int) -> None:
    """Set a job aside, freeing its lane, until it is resumed."""
    with writing(db):
        job = get(db, job_id)
        if job.finished:
            raise UserError(_("Job {id} is {state} already.").format(id=job_id, state=job.state))
        _want(db, job_id, "pause")
        waits.forget(db, job_id)
        if job.state != "running":
            _leave(db, job_id, "paused", "")


def resume(db: sqlite3.Connection, job_id: int) -> None:
    """Queue a paused, failed or cancelled job again, with what it waits for and what was cancelled for its sake."""
    with writing(db):
        if get(db, job_id).state == "done":
            raise UserError(_("Job {id} is done already.").format(id=job_id))
        for each in (*_waited_for(db, job_id), job_id, *_cancelled_followers(db, job_id)):
            _requeue(db, each)


def _requeue(db: sqlite3.Connection, job_id: int) -> None:
    _want(db, job_id, "run")
    waits.forget(db, job_id)
    db.execute("UPDATE job SET resumed_at = ? WHERE id = ?", (now(), job_id))
    db.execute(
        """UPDATE job SET state = 'queued', attempts = 0, error = '', finished_at = NULL
           WHERE id = ? AND state NOT IN ('running', 'done')""",
        (job_id,),
    )


def _waited_for(db: sqlite3.Connection, job_id: int) -> list[int]:
    """The jobs before this one in its chain that are not done."""
    rows = db.execute(
        """WITH RECURSIVE earlier(id) AS (
               SELECT after FROM job WHERE id = :id
               UNION SELECT job.after FROM job JOIN earlier ON job.id = earlier.id)
           SELECT job.id FROM earlier JOIN job USING (id) WHERE state NOT IN ('done', 'running')""",
        {"id": job_id},
    )
    return [int(row["id"]) for row in rows]


def _cancelled_followers(db: sqlite3.Connection, job_id: int) -> list[int]:
    rows = db.execute(
        f"{_FOLLOWERS} SELECT job.id FROM follower JOIN job USING (id) WHERE state = 'cancelled'", {"id": job_id}
    )
    return [int(row["id"]) for row in rows]


def _want(db: sqlite3.Connection, job_id: int, wanted: Wanted) -> None:
    db.execute("UPDATE job SET wanted = ? WHERE id = ?", (wanted, job_id))
