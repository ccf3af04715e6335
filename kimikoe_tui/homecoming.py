"""A report in a few short lines, for the command line and for the home room; narrow enough for a phone."""

from collections.abc import Iterator

from db.i18n import _, plural
from db.report import Loss, Ran, Report, Waiting
from kimikoe_tui.job_words import kind_name, state_name
from kimikoe_tui.text import duration, percent, plain

LONGEST_LIST = 6


def lines(report: Report, most_jobs: int = LONGEST_LIST) -> Iterator[str]:
    """What ran, what stopped it, what came of it, what waits."""
    yield _("in {time} jobs ran {ran}").format(time=duration(report.until - report.since), ran=duration(report.seconds))
    for job in report.jobs[-most_jobs:]:
        yield _job(job)
    if (more := len(report.jobs) - most_jobs) > 0:
        yield plural("… and {count} job before", "… and {count} jobs before", more).format(count=more)
    yield from map(_loss, report.losses)
    if report.engine_deaths:
        yield plural("engine killed {count} time", "engine killed {count} times", report.engine_deaths).format(
            count=report.engine_deaths)  # fmt: skip
    yield from _made(report)
    yield from decisions(report.waiting)


def _job(job: Ran) -> str:
    """`3 train     9:12:04  done`."""
    share = f" {percent(job.done / job.total)}" if job.total and job.state not in ("done", "failed") else ""
    tries = _(", {count} tries").format(count=job.attempts) if job.attempts > 1 else ""
    line = f"{job.job_id} {kind_name(job.kind)} {duration(job.seconds)} {state_name(job.state)}{share}{tries}"
    return f"{line}: {plain(job.error)}" if job.error else line


def _loss(loss: Loss) -> str:
    words = {
        "died": plural("{count} death", "{count} deaths", loss.times),
        "stopped": plural("engine stopped {count} time", "engine stopped {count} times", loss.times),
        "paused": plural("{count} pause", "{count} pauses", loss.times),
        "waits": plural("set aside {count} time", "set aside {count} times", loss.times),
    }[loss.ending]
    return _("{what}, {time} lost").format(what=words.format(count=loss.times), time=duration(loss.seconds))


def _made(report: Report) -> Iterator[str]:
    if report.pictures:
        yield plural("{count} picture drawn", "{count} pictures drawn", report.pictures).format(count=report.pictures)
    for name in report.loras[-LONGEST_LIST:]:
        yield _("new LoRA {name}").format(name=plain(name))
    if (energy := report.energy) is not None:
        cost = f", {energy.cost:.2f} {plain(energy.currency)}".rstrip() if energy.cost is not None else ""
        yield _("{kwh:.2f} kWh").format(kwh=energy.kwh) + cost


def decisions(waits: Waiting) -> Iterator[str]:
    """What waits for a person's decision."""
    if waits.pictures:
        yield plural("{count} picture to judge", "{count} pictures to judge", waits.pictures).format(
            count=waits.pictures)  # fmt: skip
    for ids, words in ((waits.failed, _("failed: job {ids}")), (waits.paused, _("paused: job {ids}"))):
        if ids:
            yield words.format(ids=", ".join(map(str, ids[-LONGEST_LIST:])))
