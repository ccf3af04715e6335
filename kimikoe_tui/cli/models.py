"""`kimikoe init`, `base`, `tagger` and `policy`: what a studio works with."""

import os
import shutil
from contextlib import closing
from pathlib import Path

import click

from db import library
from db.connect import DATABASE_NAME, connect
from db.durable import folder_aside, sync_folder
from db.errors import UserError
from db.filesystem import check_disk
from db.i18n import _
from db.migrations import migrate
from db.requests import BaseRequest, Request, TaggerRequest
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.cli.waiting import Wait, submit, wait_option
from kimikoe_tui.engine_control import engine_state, stop_engine
from kimikoe_tui.text import plain

FOLDERS = ("loras", "images", "runs", "logs", "locks")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--base", "base_source", help="Base model: a diffusers folder, a hub id, or a .safetensors file.")
@click.option("--base-licence", default="", help="Licence of the base, shown before training and kept with its works.")
@click.option("--base-licence-url", default="", help="Where that licence can be read.")
@click.option("--tagger", "tagger_source", help="Tagger: a folder with model.onnx and selected_tags.csv, or a hub id.")
def init(
    folder: Path, base_source: str | None, base_licence: str, base_licence_url: str, tagger_source: str | None
) -> None:
    """Make a studio in FOLDER, with its base model and tagger.

    \b
    Example:
      kimikoe init my-film --base ~/models/anylora.safetensors --tagger SmilingWolf/wd-swinv2-tagger-v3
    """
    if (folder / DATABASE_NAME).exists():
        raise UserError(_("{folder} is a studio already.").format(folder=folder))
    requests: list[Request] = []
    if base_source:
        requests.append(BaseRequest(source=_absolute(base_source), licence=base_licence, licence_url=base_licence_url))
    if tagger_source:
        requests.append(TaggerRequest(source=_absolute(tagger_source)))
    if folder.exists() and any(folder.iterdir()):
        raise UserError(_("{folder} is not empty: a studio wants a folder of its own.").format(folder=folder))
    existed = folder.exists()
    create_studio(folder)
    try:
        for request in requests:
            submit(Context(folder), [request], Wait(wait=True))
    except BaseException:
        _unmake(folder, existed)
        raise
    click.echo(_("The studio is ready: cd {folder} && kimikoe ingest FILM").format(folder=plain(str(folder))))


def create_studio(folder: Path) -> None:
    """Make an empty studio, for its owner's eyes only; its database is there whole or not at all.

    Raises `UserError` where its disk is unfit, and where another process makes it just now.
    """
    check_disk(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(folder, 0o700)
    for name in FOLDERS:
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    with folder_aside(folder / DATABASE_NAME) as aside:
        if not (folder / DATABASE_NAME).exists():
            _make_database(aside / DATABASE_NAME)
            (aside / DATABASE_NAME).rename(folder / DATABASE_NAME)
            sync_folder(folder)


def _make_database(path: Path) -> None:
    with closing(connect(path, durable=True)) as db:
        os.chmod(path, 0o600)
        migrate(db)


def _unmake(folder: Path, existed: bool) -> None:
    """Leave nothing of a studio that could not be made; the folder was empty or not there before."""
    if engine_state(folder).running:
        stop_engine(folder)
    shutil.rmtree(folder)
    if existed:
        folder.mkdir()


def _absolute(source: str) -> str:
    """A path as an absolute one, for the engine has another working folder; a hub id as it is."""
    path = Path(source).expanduser()
    return str(path.resolve()) if path.exists() or source.startswith((".", "/", "~")) else source


@click.group("base", invoke_without_command=True)
@json_option
@click.pass_context
def base(click_context: click.Context, as_json: bool) -> None:
    """List the base models of the studio, or add one.

    \b
    Example:
      kimikoe base add ~/models/anylora.safetensors --licence "CreativeML Open RAIL-M"
    """
    if click_context.invoked_subcommand:
        return
    found = library.bases(click_context.obj.db)
    if as_json:
        print_json(found)
    for each in [] if as_json else found:
        licence = each.licence or _("licence not stated")
        click.echo(f"{each.id:>3} {plain(each.name)}  {each.architecture} {each.width}x{each.height}  {plain(licence)}")


@base.command("add")
@click.argument("source")
@click.option("--licence", default="", help="Its licence, shown before training and kept with its works.")
@click.option("--licence-url", default="", help="Where that licence can be read.")
@wait_option
@pass_context
def base_add(context: Context, source: str, licence: str, licence_url: str, wait: Wait) -> None:
    """Add a base model from a diffusers folder, a hub id or a .safetensors file; the newest is used.

    \b
    Example:
      kimikoe base add ~/models/anylora.safetensors --wait
    """
    submit(context, [BaseRequest(source=_absolute(source), licence=licence, licence_url=licence_url)], wait)


@click.group("tagger", invoke_without_command=True)
@json_option
@click.pass_context
def tagger(click_context: click.Context, as_json: bool) -> None:
    """List the taggers of the studio, or add one.

    \b
    Example:
      kimikoe tagger add SmilingWolf/wd-swinv2-tagger-v3
    """
    if click_context.invoked_subcommand:
        return
    found = library.taggers(click_context.obj.db)
    if as_json:
        print_json(found)
    for each in [] if as_json else found:
        click.echo(f"{each.id:>3} {plain(each.name)}  {each.input_size} px")


@tagger.command("add")
@click.argument("source")
@wait_option
@pass_context
def tagger_add(context: Context, source: str, wait: Wait) -> None:
    """Add a tagger from a folder with model.onnx and selected_tags.csv, or from a hub id.

    \b
    Example:
      kimikoe tagger add ~/models/wd-tagger --wait
    """
    submit(context, [TaggerRequest(source=_absolute(source))], wait)


@click.command()
@click.option("--general", type=float, help="From which score (0..1) a general tag counts.")
@click.option("--character", type=float, help="From which score (0..1) a character tag counts.")
@click.option("--tagger", "tagger_id", type=int, help="Whose scores to use; see `kimikoe tagger`.")
@json_option
@pass_context
def policy(
    context: Context, general: float | None, character: float | None, tagger_id: int | None, as_json: bool
) -> None:
    """Show or set from which scores the tagger's tags count. Scores stay; nothing is tagged again.

    \b
    Example:
      kimikoe policy --general 0.35 --character 0.85
    """
    current = library.active_policy(context.db)
    if current is None:
        raise UserError(_("There is no tagger yet: `kimikoe tagger add` adds one."))
    if (general, character, tagger_id) != (None, None, None):
        library.set_policy(
            context.db,
            library.tagger(context.db, tagger_id).id,
            current.general if general is None else general,
            current.character if character is None else character,
        )
        current = library.active_policy(context.db)
    if as_json:
        print_json(current)
    elif current:
        click.echo(
            _("tagger {tagger}: general from {general}, character from {character}").format(
                tagger=current.tagger_id, general=current.general, character=current.character
            )
        )


COMMANDS = (init, base, tagger, policy)
