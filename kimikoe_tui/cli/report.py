"""`kimikoe resemblance` and `digest`: what the pictures resemble, and what the studio holds."""

import json
import subprocess

import click

from db import films, pictures, query
from db.digest import combined
from db.errors import UserError
from db.i18n import _
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.engine_command import engine_command


@click.command()
@click.argument("expression", default="")
@json_option
@pass_context
def resemblance(context: Context, expression: str, as_json: bool) -> None:
    """List pictures with the film frames they most resemble, as numbers to compare by eye; not calibrated.

    \b
    Example:
      kimikoe resemblance 'stars:>=4'
    """
    image_ids = query.image_ids(context.db, expression)
    found = {image_id: pictures.matches(context.db, image_id) for image_id in image_ids}
    if as_json:
        print_json([{"picture": image_id, "frames": frames} for image_id, frames in found.items()])
        return
    names = {film.id: film for film in films.films(context.db)}
    for image_id, frames in found.items():
        cited = [f"{names[each.film_id].citation(each.frame_number)} {each.score:.2f}" for each in frames]
        click.echo(f"{image_id:>5}  {', '.join(cited)}")


@click.command()
@click.option("--tables", is_flag=True, help="Also print one hash for each table, the tensors and the pixels.")
@json_option
@pass_context
def digest(context: Context, tables: bool, as_json: bool) -> None:
    """Print one hash of all that the studio holds: rows without times, tensors of LoRAs, pixels of pictures.

    Two studios with the same hash hold the same, however often their engines were stopped or killed.

    \b
    Example:
      kimikoe digest --tables
    """
    context.check()
    parts = _digests(context)
    if as_json:
        print_json({"digest": combined(parts), "tables": parts})
        return
    for name, each in parts.items() if tables else ():
        click.echo(f"{each}  {name}")
    click.echo(combined(parts))


def _digests(context: Context) -> dict[str, str]:
    """A hash for each part of the studio, from the engine's own program, which can read tensors and pictures."""
    command = engine_command("engine.digest", str(context.root.resolve()))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        answer, _errors = process.communicate()
    if process.returncode:
        raise UserError(_("The studio in {folder} could not be read whole.").format(folder=context.root))
    parts: dict[str, str] = json.loads(answer)
    return parts


COMMANDS = (resemblance, digest)
