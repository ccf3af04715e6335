"""`kimikoe status` and `kimikoe resemblance`: where the studio stands, and what its pictures resemble."""

import click

from db import films, overview, pictures, query
from db.i18n import _
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.engine_control import engine_state
from kimikoe_tui.text import plain


@click.command()
@json_option
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Where the studio stands: film, tags, runs, pictures and what runs now.

    \b
    Example:
      kimikoe status
    """
    found = overview.overview(context.db)
    running = engine_state(context.root).running
    if as_json:
        print_json({"engine": running, "studio": found})
        return
    for film in found.films:
        click.echo(
            _("{name}: {frames} frames → {holds} holds → {shots} shots; {scored} of {keys} key frames tagged").format(
                name=plain(film.name),
                frames=film.frames,
                holds=film.holds,
                shots=film.shots,
                scored=film.scored,
                keys=film.key_frames,
            )  # fmt: skip
        )
    click.echo(
        _("{datasets} datasets, {runs} runs, {loras} LoRAs").format(
            datasets=found.datasets, runs=found.runs, loras=found.loras
        )
    )
    click.echo(
        _("{done} pictures: {rated} rated, {rejected} rejected, {planned} planned").format(
            done=found.pictures, rated=found.rated, rejected=found.rejected, planned=found.planned
        )
    )
    click.echo(_("engine: {state}; jobs: {jobs}").format(
        state=_("running") if running else _("stopped"), jobs=found.active_jobs or _("none")))  # fmt: skip


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


COMMANDS = (status, resemblance)
