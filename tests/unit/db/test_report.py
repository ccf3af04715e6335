"""A report counts what lies in its time, once: work, losses, deaths of the engine, pictures, energy, decisions."""

from datetime import datetime
from sqlite3 import Connection

import pytest

from db import library, pictures, queue, report, waits
from db.errors import UserError
from db.requests import TagRequest
from tests.pilot.conftest import add_base


def _job(db: Connection, state: str = "done", finished_at: float | None = None) -> int:
    job_id = queue.enqueue(db, TagRequest())
    db.execute("UPDATE job SET state = ?, finished_at = ? WHERE id = ?", (state, finished_at, job_id))
    return job_id


def _attempt(
    db: Connection, job_id: int, begin: float, end: float | None, ending: str | None, joules: float | None = None
) -> None:
    db.execute(
        "INSERT INTO attempt (job_id, started_at, ended_at, ending, joules) VALUES (?, ?, ?, ?, ?)",
        (job_id, begin, end, ending, joules),
    )


def _losses(found: report.Report) -> dict[str, tuple[int, float]]:
    return {each.ending: (each.times, each.seconds) for each in found.losses}


def test_work_and_losses_are_counted_in_their_time(db: Connection) -> None:
    job = _job(db)
    _attempt(db, job, 100, 200, "died")
    _attempt(db, job, 230, 300, "stopped")
    _attempt(db, job, 400, 450, "paused")
    _attempt(db, job, 500, 600, "done")
    found = report.report(db, 0, 1000)
    assert (found.seconds, found.jobs[0].attempts) == (320, 4)
    assert _losses(found) == {"died": (1, 30), "stopped": (1, 100), "paused": (1, 50)}
    found = report.report(db, 250, 420)
    assert found.seconds == 50 + 20 and _losses(found) == {"stopped": (1, 100)}
    assert report.report(db, 700, 1000).empty


def test_a_job_that_still_waits_loses_time_until_now(db: Connection) -> None:
    paused, queued, running = _job(db, "paused"), _job(db, "queued"), _job(db, "running")
    _attempt(db, paused, 100, 200, "waits")
    _attempt(db, queued, 100, 300, "died")
    _attempt(db, running, 100, None, None)
    found = report.report(db, 250, 1000)
    assert _losses(found) == {"died": (1, 700), "waits": (1, 750)}
    assert {job.job_id: job.seconds for job in found.jobs} == {queued: 50, running: 750}


def test_what_ran_when_its_engine_vanished_ran_until_its_last_sign_of_life(db: Connection) -> None:
    """As after a reboot from which nobody has started the engine yet, or an engine has just begun."""
    db.execute("INSERT INTO engine (pid, program, schema, started_at) VALUES (1, 'x', 1, 90)")
    job = _job(db, "running")
    _attempt(db, job, 100, None, None)
    db.execute("UPDATE job SET progress_at = 400 WHERE id = ?", (job,))
    assert report.report(db, 0, 1000).seconds == 900
    found = report.report(db, 0, 1000, engine_runs=False)
    assert (found.seconds, found.jobs[0].state, found.engine_deaths) == (300, "queued", 1)
    assert _losses(found) == {"died": (1, 600)}
    db.execute("INSERT INTO engine (pid, program, schema, started_at) VALUES (2, 'x', 1, 900)")
    found = report.report(db, 0, 1000)
    assert (found.seconds, found.engine_deaths, _losses(found)) == (300, 1, {"died": (1, 600)})


def test_a_job_that_ended_otherwise_loses_nothing_more(db: Connection) -> None:
    job = _job(db, "cancelled")
    _attempt(db, job, 100, 200, "paused")
    assert report.report(db, 0, 1000).losses == []


def test_killed_engines_are_counted(db: Connection) -> None:
    for pid, begin, end in ((1, 100, 150), (2, 200, None), (3, 300, None)):
        db.execute("INSERT INTO engine (pid, program, schema, started_at, ended_at) VALUES (?, 'x', 1, ?, ?)",
                   (pid, begin, end))  # fmt: skip
    found = report.report(db, 50, 1000)
    assert (found.engine_starts, found.engine_deaths) == (3, 1)
    assert report.report(db, 350, 1000).engine_deaths == 0


def test_energy_is_there_only_where_a_card_told_and_costs_only_where_a_price_is_stated(db: Connection) -> None:
    job = _job(db)
    _attempt(db, job, 100, 200, "done")
    assert report.report(db, 0, 1000).energy is None
    _attempt(db, job, 300, 400, "done", 7_200_000)
    energy = report.report(db, 0, 1000).energy
    assert energy == report.Energy(2.0, None, "")
    library.set_setting(db, "energy_price", "0.30")
    library.set_setting(db, "energy_currency", "EUR")
    assert report.report(db, 0, 1000).energy == report.Energy(2.0, pytest.approx(0.6), "EUR")
    assert report.report(db, 500, 1000).energy is None


def test_what_waits_for_a_decision(db: Connection) -> None:
    add_base(db)
    pictures.plan(db, 1, pictures.PictureSettings(prompt="sky", count=4))
    db.execute("UPDATE image SET state = 'done', made_at = 150 WHERE id < 4")
    pictures.rate(db, "me", 1, stars=3)
    pictures.rate(db, "me", 2, rejected=True)
    failed, _old = _job(db, "failed", 200), _job(db, "failed", 50)
    paused, set_aside = _job(db, "paused"), _job(db, "queued")
    waits.ask(db, waits.Wait(set_aside, "quiet", "until morning"))
    found = report.report(db, 100, 1000)
    assert found.waiting == report.Waiting(1, [failed], [paused]) and found.pictures == 3


def test_a_visit_is_the_terminals_own(db: Connection) -> None:
    assert report.last_visit(db) is None
    report.visit(db, "terminal-1")
    assert report.last_visit(db, "terminal-2") is None
    assert report.last_visit(db, "terminal-1") == report.last_visit(db)


NOW = datetime(2023, 10, 18, 12, 0)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90m", datetime(2023, 10, 18, 10, 30)),
        ("12h", datetime(2023, 10, 18)),
        (" 3d ", datetime(2023, 10, 15, 12)),
        ("2023-10-01", datetime(2023, 10, 1)),
        ("2023-10-01 22:15", datetime(2023, 10, 1, 22, 15)),
    ],
)
def test_a_moment_is_said_in_few_ways(text: str, moment: datetime) -> None:
    assert report.parse_moment(text, NOW) == moment.timestamp()


@pytest.mark.parametrize("text", ["", "yesterday", "12", "h", "2023-13-01", "9999999d x", "١٢h\x1b"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no moment"):
        report.parse_moment(text, NOW)


def test_a_moment_before_time_began_is_the_beginning() -> None:
    assert report.parse_moment("999999999999d", NOW) == 0.0
