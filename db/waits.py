"""Jobs that the engine set aside by itself, and for what they wait. A person's word outranks it.

A row of `job_wait` asks a running job to stop at its next batch; it stays while the job is paused, and who removes it
lets the job go on. A job that a person paused has none, so that nothing but a person resumes it.
"""

import sqlite3
from typing import Literal

import msgspec

from db.connect import now, writing

Reason = Literal["room", "memory", "quiet"]


class Wait(msgspec.Struct, frozen=True):
    """Why a job is set aside: `path` and `bytes` tell what it needs, `since` when it began to wait."""

    job_id: int
    reason: Reason
    words: str
    path: str = ""
    bytes: int = 0
    since: float = 0.0


def waits(db: sqlite3.Connection) -> list[Wait]:
    """Every wait, oldest job first."""
    columns = "job_id, reason, words, path, bytes, since"
    return [Wait(**dict(row)) for row in db.execute(f"SELECT {columns} FROM job_wait ORDER BY job_id")]


def ask(db: sqlite3.Connection, wait: Wait) -> None:
    """Have the engine set a job aside: at once where it waits its turn, at its next batch where it runs."""
    with writing(db):
        db.execute(
            "INSERT OR REPLACE INTO job_wait (job_id, reason, words, path, bytes, since) VALUES (?, ?, ?, ?, ?, ?)",
            (wait.job_id, wait.reason, wait.words, wait.path, wait.bytes, wait.since or now()),
        )
        db.execute(
            """UPDATE job SET error = :words, state = 'paused'
               WHERE id = :id AND wanted = 'run' AND state IN ('queued', 'paused')""",
            {"words": wait.words, "id": wait.job_id},
        )


def words(db: sqlite3.Connection, job_id: int) -> str:
    """Why the engine sets a job aside, or nothing where it does not."""
    row = db.execute("SELECT words FROM job_wait WHERE job_id = ?", (job_id,)).fetchone()
    return str(row["words"]) if row else ""


def release(db: sqlite3.Connection, job_id: int) -> None:
    """Let a job go on that the engine set aside."""
    with writing(db):
        db.execute(
            """UPDATE job SET state = 'queued', error = '', attempts = 0
               WHERE id = ? AND state = 'paused' AND wanted = 'run' AND id IN (SELECT job_id FROM job_wait)""",
            (job_id,),
        )
        forget(db, job_id)


def forget(db: sqlite3.Connection, job_id: int) -> None:
    """Drop what a job waits for, inside the transaction that decides otherwise about it."""
    db.execute("DELETE FROM job_wait WHERE job_id = ?", (job_id,))
