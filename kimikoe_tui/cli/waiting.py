"""Queue jobs, then wait for them with a progress bar, or leave them to the engine."""

import sys
import time
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click
import msgspec

from db import changes, queue
from db.errors import UserError
from db.i18n import _
from db.requests import Request
from kimikoe_tui.cli.context import Context, json_option, print_json
from kimikoe_tui.engine_control import engine_state, start_engine
from kimikoe_tui.job_words import kind_name, state_name
from kimikoe_tui.text import plain

POLL_SECONDS = 0.1


class Wait(msgspec.Struct, frozen=True):
    """Whether to wait for queued jobs (None: in a terminal) and to print them as JSON."""

    wait: bool | None = None
    as_json: bool = False

    @property
    def wanted(self) -> bool:
        """Whether to wait here and now."""
        return sys.stderr.isatty() if self.wait is None else self.wait


def wait_option(command: Callable[..., None]) -> Callable[..., None]:
    """The `--wait/--detach` and `--json` options of commands that queue work, as one argument `wait`."""

    @click.option(
        "--wait/--detach",
        default=None,
        help="Show a progress bar until the work is done, or leave it to the engine. Waits in a terminal.",
    )
    @json_option
    @wraps(command)
    def with_wait(*arguments: Any, wait: bool | None, as_json: bool, **options: Any) -> None:
        command(*arguments, wait=Wait(wait, as_json), **options)

    return with_wait


def submit(context: Context, requests: Sequence[Request], wait: Wait) -> None:
    """Queue requests, each behind the one before; start the engine; wait for them where that is wanted.

    Raises `UserError` where a job that was waited for did not get done.
    """
    job_ids = queue.enqueue_chain(context.db, requests)
    start_engine(context.root)
    jobs = [wait_for(context, job_id) if wait.wanted else queue.get(context.db, job_id) for job_id in job_ids]
    if wait.as_json:
        print_json([{"job": job.id, "kind": job.kind, "state": job.state, "made": job.outcome} for job in jobs])
    elif not wait.wanted:
        for job in jobs:
            click.echo(
                _("job {id} ({kind}) is queued; `kimikoe jobs` shows it").format(id=job.id, kind=kind_name(job.kind))
            )


def wait_for(context: Context, job_id: int) -> queue.Job:
    """Show a job's progress until it ends; raises `UserError` where it is not done then."""
    job = watch(context, job_id)
    if job.state == "done":
        return job
    if job.state == "failed":
        raise UserError(plain_lines(job.error))
    if job.state == "paused" and job.wanted == "run":
        raise UserError(_("Job {id} ({kind}) waits: {reason}; `kimikoe jobs resume {id}` does not wait for it.").format(
            id=job.id, kind=kind_name(job.kind), reason=plain_lines(job.error)))  # fmt: skip
    reason = plain_lines(job.error) or _("`kimikoe jobs resume {id}` goes on with it").format(id=job.id)
    raise UserError(_("Job {id} ({kind}) is {state}: {reason}").format(
        id=job.id, kind=kind_name(job.kind), state=state_name(job.state), reason=reason))  # fmt: skip


def watch(context: Context, job_id: int) -> queue.Job:
    """Show a job's progress until it has ended or is paused; returns it."""
    with progress_bar() as bar:
        task = bar.add_task(queue.get(context.db, job_id).kind, total=None, unit="")
        return follow(context, job_id, lambda job: bar.update(task, **_fields(job)))


def follow(context: Context, job_id: int, show: Callable[[queue.Job], None]) -> queue.Job:
    """Call `show` whenever the studio changes, until the job has ended or is paused; returns it.

    Raises `UserError` where the engine stops meanwhile.
    """
    seen = -1
    while True:
        version = changes.data_version(context.db)
        if version != seen:
            seen = version
            job = queue.get(context.db, job_id)
            show(job)
            if job.finished or job.state == "paused":
                return job
        if not engine_state(context.root).running:
            raise UserError(
                _("The engine has stopped; job {id} goes on when `kimikoe engine start` starts it.").format(id=job_id)
            )
        time.sleep(POLL_SECONDS)


def _fields(job: queue.Job) -> dict[str, Any]:
    return {"completed": job.done, "total": job.total, "unit": job.unit, "description": kind_name(job.kind)}


def plain_lines(text: str) -> str:
    """Untrusted text, line by line without control characters."""
    return "\n".join(plain(line) for line in text.splitlines())


def progress_bar() -> Any:
    """A bar with count, unit, time gone and time left, on standard error."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description:>9}", markup=False),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}", markup=False),
        TimeElapsedColumn(),
        TextColumn(_("to go"), markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
