"""`kimikoe jobs`: the queue, and what a person wants of it."""

from collections.abc import Callable
from sqlite3 import Connection

import click

from db import queue
from db.i18n import _
from kimikoe_tui.cli.context import Context, json_option, print_json
from kimikoe_tui.cli.waiting import wait_for
from kimikoe_tui.engine_control import engine_state, start_engine
from kimikoe_tui.job_words import kind_name, state_name
from kimikoe_tui.text import padded, plain


@click.group("jobs", invoke_without_command=True)
@json_option
@click.pass_context
def jobs(click_context: click.Context, as_json: bool) -> None:
    """List the queue; cancel, pause, resume or wait for a job.

    \b
    Example:
      kimikoe jobs pause 12
    """
    if click_context.invoked_subcommand is None:
        _list(click_context.obj, as_json)


def _list(context: Context, as_json: bool) -> None:
    runs = engine_state(context.root).running
    found = [job if runs else queue.as_left(job) for job in queue.jobs(context.db)]
    if as_json:
        print_json(found)
        return
    for job in reversed(found):
        total = f"/{job.total}" if job.total else ""
        note = plain((job.error or job.message).split("\n")[-1].strip(" ^"))
        click.echo(
            f"{job.id:>4} {padded(kind_name(job.kind), 9)} {padded(state_name(job.state), 9)} {job.done}{total} "
            f"{plain(job.unit)}  {note}".rstrip()
        )


def _act(act: Callable[[Connection, int], None], context: Context, job_ids: tuple[int, ...]) -> None:
    for job_id in job_ids:
        act(context.db, job_id)
        job = queue.get(context.db, job_id)
        stopping = job.state == "running" and job.wanted != "run"
        state = _("stopping after this batch") if stopping else state_name(job.state)
        click.echo(_("job {id} ({kind}): {state}").format(id=job.id, kind=kind_name(job.kind), state=state))


@jobs.command()
@click.argument("job_ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.pass_obj
def cancel(context: Context, job_ids: tuple[int, ...]) -> None:
    """Stop jobs for good; what they finished stays.

    \b
    Example:
      kimikoe jobs cancel 12
    """
    _act(queue.cancel, context, job_ids)


@jobs.command()
@click.argument("job_ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.pass_obj
def pause(context: Context, job_ids: tuple[int, ...]) -> None:
    """Set jobs aside and free the card they use.

    \b
    Example:
      kimikoe jobs pause 12
    """
    _act(queue.pause, context, job_ids)


@jobs.command()
@click.argument("job_ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.pass_obj
def resume(context: Context, job_ids: tuple[int, ...]) -> None:
    """Go on with paused, failed or cancelled jobs where they stopped.

    \b
    Example:
      kimikoe jobs resume 12
    """
    _act(queue.resume, context, job_ids)
    start_engine(context.root)


@jobs.command("wait")
@click.argument("job_ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.pass_obj
def wait_command(context: Context, job_ids: tuple[int, ...]) -> None:
    """Show the progress of jobs until they are done.

    \b
    Example:
      kimikoe jobs wait 12
    """
    start_engine(context.root)
    for job_id in job_ids:
        wait_for(context, job_id)


COMMANDS = (jobs,)
