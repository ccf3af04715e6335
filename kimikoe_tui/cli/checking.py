"""`kimikoe check`: what in the studio is not as its rows tell, and its repair."""

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import click

from db.connect import studio_file
from db.errors import UserError
from db.findings import Finding, Told
from db.i18n import _, plural
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.cli.engine_program import told_by
from kimikoe_tui.text import padded, plain

SHOWN = 5


@click.command()
@click.option("--repair", is_flag=True, help="Put right what can be; the engine must be stopped.")
@click.option(
    "--from", "backup", type=click.Path(path_type=Path), help="A backup to take missing or changed files from."
)
@json_option
@pass_context
def check(context: Context, repair: bool, backup: Path | None, as_json: bool) -> None:
    """Compare the whole studio with its rows: databases, caches, LoRAs, pictures, checkpoints, leftovers.

    Rows are never changed and no file of yours is deleted: --repair drops damaged caches, which are made again, takes
    damaged files from backups, and moves files that no row names to orphans/. Exits with 1 where a fault is left.

    \b
    Example:
      kimikoe check --repair
    """
    studio_file(context.root)
    if backup and not repair:
        raise UserError(_("--from is of use with --repair only."))
    found: list[Finding] = []
    try:
        found.extend(told for told in _told(context.root, repair, backup) if isinstance(told, Finding))
    except UserError:
        _show(found, as_json)
        raise
    _show(found, as_json)
    if not found and not as_json:
        click.echo(_("Everything is as its rows tell."))
    if any(each.level == "fault" and not each.repaired for each in found):
        sys.exit(1)


def _told(root: Path, repair: bool, backup: Path | None) -> Iterator[Told]:
    """What the engine's program finds; raises `UserError` with its last words."""
    arguments = ["engine.check", str(root.resolve())]
    arguments += ["--repair"] if repair else []
    arguments += ["--from", str(backup.resolve())] if backup else []
    return told_by(arguments, Told)


def _show(found: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        print_json(found)
    elif found:
        _print(found)


def _print(found: Sequence[Finding]) -> None:
    """The findings, a few of each kind, then how many there are."""
    for _kind, group in groupby(found, key=lambda each: (each.level, each.what, each.fault, bool(each.repaired))):
        alike = list(group)
        for each in alike[:SHOWN]:
            click.echo(_line(each))
        if (more := len(alike) - SHOWN) > 0:
            click.echo(_("  … and {count} more of these (--json lists all)").format(count=more))
    left = [each for each in found if not each.repaired]
    faults = sum(each.level == "fault" for each in left)
    words = plural("{count} fault left", "{count} faults left", faults).format(count=faults)
    notes = plural("{count} note", "{count} notes", len(left) - faults).format(count=len(left) - faults)
    repaired = _("{count} put right").format(count=len(found) - len(left))
    click.echo(f"{words}, {notes}, {repaired}")


def _line(each: Finding) -> str:
    mark = _("repaired") if each.repaired else _("fault") if each.level == "fault" else _("note")
    return f"{padded(mark, 8)}  {plain(each.where)}: {plain(each.fault)} ({plain(each.repaired or each.remedy)})"


COMMANDS = (check,)
