"""`kimikoe backup` and `restore`: a copy of a studio, and a studio from its copy."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from db.durable import Progress
from db.i18n import _, plural
from db.manifest import LeftOut, Manifest
from db.text import size_text
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.text import plain


@click.command()
@click.argument("target", type=click.Path(path_type=Path), required=False)
@click.option("--full", is_flag=True, help="Also all other pictures, checkpoints and logs.")
@json_option
@pass_context
def backup(context: Context, target: Path | None, full: bool, as_json: bool) -> None:
    """Copy the studio into the new folder TARGET, while everything runs: rows, LoRAs and rated pictures.

    Without TARGET it goes into the studio's own folder backups/, under the date. The copy appears whole or not at all.

    \b
    Example:
      kimikoe backup /mnt/usb/my-film-2023-10-18 --full
    """
    from db.backup import default_target, make_backup

    place = target or default_target(context.root, full)
    with byte_bar(_("backup")) as progress:
        manifest = make_backup(context.root, place, full=full, progress=progress)
    if as_json:
        print_json({"backup": str(place.absolute()), **_facts(manifest)})
        return
    room = size_text(manifest.size)
    click.echo(_("{path}: {kind} backup, {files}, {size}").format(
        path=plain(str(place)), kind=manifest.kind, files=_files(manifest), size=room))  # fmt: skip
    for line in _reservations(manifest):
        click.echo(line)


@click.command()
@click.argument("backup_folder", metavar="BACKUP", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--force", is_flag=True, help="Set a studio aside that is there; nothing is deleted.")
@json_option
def restore(backup_folder: Path, folder: Path | None, force: bool, as_json: bool) -> None:
    """Make a studio in the new folder FOLDER from BACKUP, and prove it: files by hash, rows by digest.

    Without FOLDER it is made here, under the name it had.

    \b
    Example:
      kimikoe restore /mnt/usb/my-film-2023-10-18 my-film
    """
    from db.restore import restore as make

    with byte_bar(_("restore")) as progress:
        manifest, studio, before = make(backup_folder, folder, force=force, progress=progress)
    if as_json:
        print_json({"studio": str(studio), "set_aside": before, **_facts(manifest)})
        return
    click.echo(_("{path}: restored and proved, {files}, {size}, digest of its rows {digest}").format(
        path=plain(str(studio)), files=_files(manifest), size=size_text(manifest.size),
        digest=manifest.digest[:16]))  # fmt: skip
    if before:
        click.echo(_("What was there is now {path}.").format(path=plain(str(before))))
    for line in _reservations(manifest):
        click.echo(line)


def _files(manifest: Manifest) -> str:
    return plural("{count} file", "{count} files", len(manifest.files)).format(count=len(manifest.files))


def _facts(manifest: Manifest) -> dict[str, object]:
    return {
        "kind": manifest.kind, "files": len(manifest.files), "size": manifest.size, "digest": manifest.digest,
        "left_out": manifest.left_out, "missing": manifest.missing, "changed": manifest.changed,
    }  # fmt: skip


def _reservations(manifest: Manifest) -> Iterator[str]:
    """What the backup does not hold, and what in it is not what rows tell."""
    for each in manifest.left_out:
        yield _("not in it: {what}").format(what=_left_out(each))
    for path in manifest.missing:
        yield _("missing in the studio when it was made: {path}").format(path=plain(path))
    for path in manifest.changed:
        yield _("not the file that its row tells: {path}").format(path=plain(path))


def _left_out(each: LeftOut) -> str:
    reasons = {
        "made again": _("the engine makes them again"),
        "outside": _("they lie outside the studio"),
        "not kept": _("only a full backup takes them"),
        "backup": _("backups are not backed up"),
    }
    room = f", {size_text(each.size)}" if each.size else ""
    return f"{each.what} ({each.files}{room}): {reasons.get(each.why, plain(each.why))}"


@contextmanager
def byte_bar(name: str) -> Iterator[Progress]:
    """A bar of bytes on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(20), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


COMMANDS = (backup, restore)
