"""Every attempt to run a job: when it began, when and how it ended, and what the card used meanwhile."""

import sqlite3
from collections.abc import Sequence
from typing import Literal

import msgspec

from db.connect import now, writing

AttemptEnding = Literal["done", "failed", "paused", "waits", "cancelled", "stopped", "died"]


class Attempt(msgspec.Struct, frozen=True):
    """One row of `attempt`, with the kind of its job; `joules` of energy."""

    id: int
    job_id: int
    kind: str
    started_at: float
    ended_at: float | None
    ending: AttemptEnding | None
    reason: str
    joules: float | None


def begin(db: sqlite3.Connection, job_id: int, at: float) -> None:
    """Note that a job begins to run, inside the transaction that claims it."""
    db.execute("INSERT INTO attempt (job_id, started_at) VALUES (?, ?)", (job_id, at))


def end(db: sqlite3.Connection, job_id: int, ending: AttemptEnding, reason: str = "") -> None:
    """Note how a job's attempt ended, if one was open, inside the transaction that ends it.

    One that died ended at its last sign of life: nobody knows the moment, after a power cut least of all.
    """
    db.execute(
        """UPDATE attempt SET ending = :ending, reason = :reason, ended_at = CASE WHEN :ending = 'died' THEN
               (SELECT max(COALESCE(progress_at, 0), attempt.started_at) FROM job WHERE job.id = attempt.job_id)
               ELSE :now END
           WHERE job_id = :job AND ended_at IS NULL""",
        {"job": job_id, "ending": ending, "reason": reason, "now": now()},
    )


def add_energy(db: sqlite3.Connection, job_ids: Sequence[int], joules: float) -> None:
    """Add what the card used to the open attempts of the jobs that shared it, in equal parts."""
    with writing(db):
        db.executemany(
            "UPDATE attempt SET joules = COALESCE(joules, 0) + ? WHERE job_id = ? AND ended_at IS NULL",
            [(joules / len(job_ids), job_id) for job_id in job_ids],
        )


def since(db: sqlite3.Connection, at: float) -> list[Attempt]:
    """Attempts of which some part lies after `at`, and the last one before of their jobs, in the order they began."""
    rows = db.execute(
        """SELECT a.id, a.job_id, j.kind, a.started_at, a.ended_at, a.ending, a.reason, a.joules
           FROM attempt a JOIN job j ON j.id = a.job_id
           WHERE a.ended_at IS NULL OR a.ended_at >= :at OR a.id = (
               SELECT max(x.id) FROM attempt x WHERE x.job_id = a.job_id AND x.ended_at < :at)
           ORDER BY a.id""",
        {"at": at},
    )
    return [Attempt(**dict(row)) for row in rows]
