"""`kimikoe engine start|stop|status|logs|unit`."""

from collections import deque

import click

from db import engine_life, queue
from db.i18n import _
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.doctor.machine import Machine
from kimikoe_tui.engine_control import engine_state, other_version, start_engine, stop_engine
from kimikoe_tui.engine_unit import next_commands, unit_text, write_unit
from kimikoe_tui.job_words import kind_name, state_name
from kimikoe_tui.text import padded, plain


@click.group("engine")
def engine() -> None:
    """Start, stop and watch the process that does the work.

    \b
    Example:
      kimikoe engine status
    """


@engine.command()
@pass_context
def start(context: Context) -> None:
    """Start the engine; it goes on when the terminal closes.

    \b
    Example:
      kimikoe engine start
    """
    context.check()
    if engine_state(context.root).running:
        from db.errors import UserError

        raise UserError(_("An engine already works on this studio; `kimikoe engine status` shows it."))
    state = start_engine(context.root)
    click.echo(_("The engine runs as process {pid}.").format(pid=state.pid))


@engine.command()
@pass_context
def stop(context: Context) -> None:
    """Stop the engine; running jobs are set aside and go on at the next start.

    \b
    Example:
      kimikoe engine stop
    """
    context.check_folder()
    stopped = stop_engine(context.root)
    click.echo(_("The engine has stopped.") if stopped else _("No engine runs on this studio."))


@engine.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Say whether the engine runs and what it does.

    \b
    Example:
      kimikoe engine status --json
    """
    state = engine_state(context.root)
    jobs = queue.active(context.db)
    life = engine_life.living(context.db, state.pid)
    if as_json:
        program = life.program if life else None
        print_json({"running": state.running, "pid": state.pid, "program": program, "jobs": jobs})
        return
    click.echo(_("The engine runs as process {pid}.").format(pid=state.pid) if state.running else _("No engine runs."))
    if words := other_version(life):
        click.echo(words)
    for job in jobs:
        total = f"/{job.total}" if job.total else ""
        names = f"{padded(kind_name(job.kind), 9)} {padded(state_name(job.state), 8)}"
        click.echo(f"  {job.id:>4} {names} {job.done}{total} {plain(job.unit)}")


@engine.command()
@click.option("-n", "--lines", default=40, show_default=True, help="How many of the last lines to print.")
@pass_context
def logs(context: Context, lines: int) -> None:
    """Print the end of the engine's log.

    \b
    Example:
      kimikoe engine logs -n 100
    """
    context.check_folder()
    path = context.root / "logs" / "engine.log"
    if path.is_file():
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in deque(file, maxlen=lines):
                click.echo(plain(line.rstrip("\n")))


@engine.command()
@click.option("--write", is_flag=True, help="Write it where systemd looks for it, instead of printing it.")
@pass_context
def unit(context: Context, write: bool) -> None:
    """Print the systemd user unit that keeps this studio's engine running after a crash or a reboot.

    The commands that enable it are printed beside it; nothing is enabled here.

    \b
    Example:
      kimikoe engine unit --write
    """
    context.check_folder()
    if write:
        click.echo(_("Written: {path}").format(path=plain(str(write_unit(context.root)))))
    else:
        click.echo(unit_text(context.root), nl=False)
    for line in next_commands(context.root, Machine()):
        click.echo(line, err=not write)


COMMANDS = (engine,)
