"""What happened in a studio since a moment: what ran, what stopped it, the time that was lost, what waits.

Lost is the time in which a job did not run that was neither done nor at its turn: from the end of an attempt to the
beginning of the next. Work that a death made again is not counted as lost.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from db import attempts, queue, settings
from db.attempts import Attempt
from db.connect import now
from db.errors import UserError
from db.i18n import _

JOULES_PER_KWH = 3_600_000
LOSSES = ("died", "stopped", "paused", "waits")
_AGO = re.compile(r"(\d+)\s*([mhd])\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Ran(msgspec.Struct, frozen=True):
    """A job of which something happened: seconds it ran in this time, attempts, and how it stands."""

    job_id: int
    kind: str
    seconds: float
    attempts: int
    state: str
    done: int
    total: int | None
    unit: str
    error: str


class Loss(msgspec.Struct, frozen=True):
    """How often jobs stopped in one way ("died", "stopped", "paused", "waits"), and seconds until they ran again."""

    ending: str
    times: int
    seconds: float


class Waiting(msgspec.Struct, frozen=True):
    """What waits for a person's decision: pictures to judge, failed jobs and paused jobs since the moment."""

    pictures: int
    failed: list[int]
    paused: list[int]


class Energy(msgspec.Struct, frozen=True):
    """What the card used, in kilowatt hours, and what that cost where a price is stated."""

    kwh: float
    cost: float | None
    currency: str


class Report(msgspec.Struct, frozen=True):
    """What happened from `since` to `until` (seconds since the epoch)."""

    since: float
    until: float
    jobs: list[Ran]
    losses: list[Loss]
    engine_starts: int
    engine_deaths: int
    pictures: int
    loras: list[str]
    waiting: Waiting
    energy: Energy | None

    @property
    def seconds(self) -> float:
        """How long jobs ran."""
        return sum(job.seconds for job in self.jobs)

    @property
    def empty(self) -> bool:
        """Whether nothing happened."""
        return not (self.jobs or self.pictures or self.losses or self.engine_deaths)


def report(db: sqlite3.Connection, since: float, until: float | None = None, *, engine_runs: bool = True) -> Report:
    """Look back from `until` (now) to `since`; without an engine nothing runs, whatever its rows say."""
    until = now() if until is None else until
    tried = (_as_it_was(db, each, engine_runs) for each in attempts.since(db, since))
    found = [each for each in tried if each.started_at < until]
    starts, deaths = _engine_lives(db, since, until, engine_runs)
    return Report(
        since=since,
        until=until,
        jobs=list(_jobs(db, found, since, until, engine_runs)),
        losses=list(_losses(db, found, since, until)),
        engine_starts=starts,
        engine_deaths=deaths,
        pictures=_count(db, "SELECT count(*) FROM image WHERE made_at >= ? AND made_at < ?", since, until),
        loras=[row[0] for row in db.execute(
            "SELECT name FROM lora WHERE made_at >= ? AND made_at < ? ORDER BY id", (since, until))],
        waiting=waiting(db, since),
        energy=_energy(db, found, since),
    )  # fmt: skip


def _as_it_was(db: sqlite3.Connection, attempt: Attempt, engine_runs: bool) -> Attempt:
    """An attempt whose engine is gone before anybody noted its end has died at its last sign of life."""
    engine = db.execute("SELECT max(started_at) FROM engine").fetchone()[0]
    if attempt.ended_at is not None or (engine_runs and attempt.started_at >= (engine or 0.0)):
        return attempt
    last_sign = max(queue.get(db, attempt.job_id).progress_at or 0.0, attempt.started_at)
    return msgspec.structs.replace(attempt, ended_at=last_sign, ending="died")


def _count(db: sqlite3.Connection, sql: str, *values: float) -> int:
    return int(db.execute(sql, values).fetchone()[0])


def _by_job(found: Iterable[Attempt]) -> dict[int, list[Attempt]]:
    by_job: dict[int, list[Attempt]] = {}
    for each in found:
        by_job.setdefault(each.job_id, []).append(each)
    return by_job


def _inside(begin: float, end: float | None, since: float, until: float) -> float:
    """Seconds of a span that lie between the two moments."""
    return max(0.0, min(until, until if end is None else end) - max(since, begin))


def _jobs(db: sqlite3.Connection, found: list[Attempt], since: float, until: float, engine_runs: bool) -> Iterator[Ran]:
    for job_id, tried in _by_job(found).items():
        lately = [each for each in tried if each.ended_at is None or each.ended_at >= since]
        if lately:
            job = queue.get(db, job_id) if engine_runs else queue.as_left(queue.get(db, job_id))
            seconds = sum(_inside(each.started_at, each.ended_at, since, until) for each in lately)
            yield Ran(
                job_id, job.kind, seconds, len(lately), job.state, job.done, job.total, job.unit,
                job.error if job.state in ("failed", "paused") else "",
            )  # fmt: skip


def _losses(db: sqlite3.Connection, found: list[Attempt], since: float, until: float) -> Iterator[Loss]:
    gaps: dict[str, list[float]] = {}
    for job_id, tried in _by_job(found).items():
        for each, next_one in pairwise([*tried, None]):
            if each is None or each.ending not in LOSSES or each.ended_at is None:
                continue
            if next_one is None and queue.get(db, job_id).finished:
                continue
            begins_again = next_one.started_at if next_one else None
            if begins_again is None or begins_again >= since:
                gaps.setdefault(each.ending, []).append(_inside(each.ended_at, begins_again, since, until))
    for ending in LOSSES:
        if ending in gaps:
            yield Loss(ending, len(gaps[ending]), sum(gaps[ending]))


def _engine_lives(db: sqlite3.Connection, since: float, until: float, engine_runs: bool) -> tuple[int, int]:
    """Engines that began, and those that were killed: without an end, and not the newest, or it does not run."""
    starts = _count(db, "SELECT count(*) FROM engine WHERE started_at >= ? AND started_at < ?", since, until)
    deaths = _count(
        db,
        """SELECT count(*) FROM engine e JOIN engine n ON n.id = (SELECT min(id) FROM engine WHERE id > e.id)
           WHERE e.ended_at IS NULL AND n.started_at >= ? AND n.started_at < ?""",
        since, until,
    )  # fmt: skip
    newest = db.execute("SELECT ended_at FROM engine ORDER BY id DESC LIMIT 1").fetchone()
    return starts, deaths + (not engine_runs and newest is not None and newest["ended_at"] is None)


def waiting(db: sqlite3.Connection, since: float) -> Waiting:
    """What waits for a person; jobs that failed before `since` do not."""
    unrated = """SELECT count(*) FROM image i LEFT JOIN rating r ON r.image_id = i.id
        WHERE i.state = 'done' AND (r.image_id IS NULL OR (r.stars IS NULL AND NOT r.rejected))"""
    failed = db.execute("SELECT id FROM job WHERE state = 'failed' AND finished_at >= ? ORDER BY id", (since,))
    paused = db.execute(
        """SELECT id FROM job WHERE state = 'paused' AND id NOT IN (SELECT job_id FROM job_wait) ORDER BY id"""
    )
    return Waiting(_count(db, unrated), [row[0] for row in failed], [row[0] for row in paused])


def _energy(db: sqlite3.Connection, found: list[Attempt], since: float) -> Energy | None:
    """Of the attempts that ended since, or run; none where no card told."""
    counted = [each.joules for each in found if each.joules is not None and (each.ended_at or since) >= since]
    if not counted:
        return None
    kwh = sum(counted) / JOULES_PER_KWH
    price = settings.value(db, settings.ENERGY_PRICE)
    return Energy(kwh, None if price is None else kwh * price, settings.value(db, settings.ENERGY_CURRENCY))


def last_visit(db: sqlite3.Connection, terminal: str = "") -> float | None:
    """When this terminal (or any) was here last."""
    row = db.execute("SELECT max(here_at) FROM visit WHERE ? IN ('', terminal)", (terminal,)).fetchone()
    return None if row[0] is None else float(row[0])


def beginning(db: sqlite3.Connection) -> float:
    """When the first job was queued; now where there is none."""
    row = db.execute("SELECT min(queued_at) FROM job").fetchone()
    return now() if row[0] is None else float(row[0])


def visit(db: sqlite3.Connection, terminal: str) -> None:
    """Note that this terminal is here."""
    db.execute("INSERT OR REPLACE INTO visit (terminal, here_at) VALUES (?, ?)", (terminal, now()))


def parse_moment(text: str, at: datetime) -> float:
    """`90m`, `12h`, `3d`, `2023-10-18` or `2023-10-18 22:00`, by this machine's clock; raises `UserError`."""
    if match := _AGO.match(text.strip()):
        try:
            return (at - timedelta(**{_UNITS[match[2]]: int(match[1])})).timestamp()
        except (OverflowError, ValueError):
            return 0.0
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError) as error:
        raise UserError(_("“{text}” is no moment: write 12h, 3d, 2023-10-18 or “2023-10-18 22:00”.").format(
            text=text)) from error  # fmt: skip
