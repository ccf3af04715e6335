"""`kimikoe status` and `report`: where the studio stands, and what happened meanwhile; narrow enough for a phone."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from db import overview, queue, report, waits
from db.connect import now
from db.i18n import _, plural
from kimikoe_tui import collapse, homecoming
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.engine_control import engine_state
from kimikoe_tui.job_words import kind_name, state_name
from kimikoe_tui.text import duration, percent, plain, thousands

NARROW = 40
MOST_JOBS = 8


@click.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Where the studio stands: what runs and how long it will take, what waits for you, films, runs and pictures.

    \b
    Example:
      kimikoe status
    """
    found = overview.overview(context.db)
    engine = engine_state(context.root).running
    jobs = [job if engine else queue.as_left(job) for job in queue.active(context.db)]
    waiting = report.waiting(context.db, 0.0)
    if as_json:
        print_json({"engine": engine, "studio": found, "jobs": jobs, "waiting": waiting})
        return
    click.echo(_("engine: running") if engine else _("engine: stopped"))
    reasons = {wait.job_id: wait.words for wait in waits.waits(context.db)}
    for line in (*_jobs(jobs, reasons), *homecoming.decisions(waiting), *_standing(found)):
        click.echo(line)


def _jobs(jobs: Sequence[queue.Job], reasons: dict[int, str]) -> Iterator[str]:
    """What runs with the time it has left, then what waits and for what."""
    order = sorted(jobs, key=lambda job: (job.state != "running", job.id))
    for job in order[:MOST_JOBS]:
        yield from _job(job, reasons.get(job.id, ""))
    if (more := len(order) - MOST_JOBS) > 0:
        yield plural("… and {count} more job", "… and {count} more jobs", more).format(count=more)


def _job(job: queue.Job, reason: str) -> Iterator[str]:
    share = [percent(job.done / job.total)] if job.total else []
    eta = job.eta_seconds(now())
    left = [_("{time} left").format(time=duration(eta))] if eta is not None else []
    count = [f"{thousands(job.done)}/{thousands(job.total)} {plain(job.unit)}"] if job.total else []
    yield from _folded([f"{job.id} {kind_name(job.kind)} {state_name(job.state)}", *share, *left, *count])
    if words := plain(reason or job.error):
        yield from _folded(words.split(" "), " ", "    ")


def _standing(found: overview.Overview) -> Iterator[str]:
    for film in found.films:
        yield _clipped(plain(film.name))
        yield from _folded(collapse.collapsed(film.frames, film.holds, film.shots), " → ", "  ")
        if film.holds:
            yield "  " + collapse.saved(film.frames, film.holds)
            yield from _folded(collapse.in_short(film.exposures), "  ", "  ")
        yield "  " + _("{scored} of {keys} drawings tagged").format(scored=film.scored, keys=film.key_frames)
    yield from _folded([
        _("{count} datasets").format(count=found.datasets), _("{count} runs").format(count=found.runs),
        _("{count} LoRAs").format(count=found.loras),
    ])  # fmt: skip
    yield from _folded([
        _("{count} pictures").format(count=found.pictures), _("{count} rated").format(count=found.rated),
        _("{count} rejected").format(count=found.rejected), _("{count} planned").format(count=found.planned),
    ])  # fmt: skip


def _folded(parts: Sequence[str], joint: str = ", ", indent: str = "") -> Iterator[str]:
    """Parts on as few lines as fit the terminal; a longer part is cut."""
    from rich.cells import cell_len

    line = indent
    for part in parts:
        longer = line + part if line.isspace() or not line else line + joint + part
        if cell_len(longer) > _width() and not (line.isspace() or not line):
            yield _clipped(line)
            longer = (indent or "  ") + part
        line = longer
    yield _clipped(line)


def _width() -> int:
    return max(NARROW, shutil.get_terminal_size().columns)


def _clipped(line: str) -> str:
    """The line in the cells of the terminal, of which a Japanese character takes two."""
    from rich.cells import cell_len, set_cell_size

    return line if cell_len(line) <= _width() else set_cell_size(line, _width() - 1).rstrip() + "…"


@click.command("report")
@click.option("--since", default="", help='12h, 3d, 2023-10-18 or "2023-10-18 22:00"; when a terminal was here last.')
@json_option
@pass_context
def report_command(context: Context, since: str, as_json: bool) -> None:
    """What happened while nobody looked: what ran, stops and the time they cost, what was made, what waits for you.

    \b
    Example:
      kimikoe report --since 12h
    """
    if since:
        moment = report.parse_moment(since, datetime.now())
    else:
        moment = report.last_visit(context.db) or report.beginning(context.db)
    found = report.report(context.db, moment, engine_runs=engine_state(context.root).running)
    if as_json:
        print_json({"seconds": found.seconds, **{name: getattr(found, name) for name in found.__struct_fields__}})
        return
    for line in homecoming.lines(found):
        for folded in _folded(line.split(" "), " "):
            click.echo(folded)


COMMANDS = (status, report_command)
