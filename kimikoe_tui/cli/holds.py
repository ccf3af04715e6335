"""`kimikoe holds`: what a film collapsed to, which threshold does that, and what another would."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection

import click
import msgspec

from db import exposures, films
from db.errors import UserError
from db.i18n import _
from db.requests import HoldsRequest
from kimikoe_tui import collapse
from kimikoe_tui.cli.context import Context, pass_context, print_json
from kimikoe_tui.cli.waiting import Wait, submit, wait_option
from kimikoe_tui.engine_command import engine_command
from kimikoe_tui.text import plain, thousands

PREVIEWED = range(2, exposures.HIGHEST_THRESHOLD + 1)
EXAMPLES = 5
_threshold = click.IntRange(0, exposures.GREATEST_DISTANCE)


@click.command("holds")
@click.argument("name", metavar="[FILM]", default="")
@click.option("--threshold", type=_threshold, help="Luma change (0..255) up to which a drawing counts as held.")
@click.option("--estimate", is_flag=True, help="Group by the threshold that fits the film's encode.")
@click.option("--preview", is_flag=True, help="Only show what thresholds would do, and what changes between them.")
@wait_option
@pass_context
def holds_command(
    context: Context, name: str, threshold: int | None, estimate: bool, preview: bool, wait: Wait
) -> None:  # fmt: skip
    """Show how a film's frames collapse to holds and shots, or group them anew: nothing is decoded for that.

    A higher threshold joins more frames to one drawing, a lower one keeps smaller changes apart. One that was chosen
    stays when more of the film is taken in, until --estimate. Verdicts, scores and vectors are of frames, and stay. A
    dissolve is not a cut: both pictures lie in one shot.

    Key frames that have no thumbnail yet get one afterwards, and are decoded for it; --wait waits for that too.

    \b
    Example:
      kimikoe holds --threshold 6 --preview
    """
    film = films.film_named(context.db, name)
    current = exposures.threshold_in_use(context.db, film.id)
    if current is None:
        raise UserError(_("{film} is not in yet: `kimikoe ingest` goes on with it.").format(film=film.name))
    if preview:
        _preview(context, film, current, threshold, wait.as_json)
    elif estimate or threshold is not None:
        submit(context, [HoldsRequest(film_id=film.id, threshold=None if estimate else threshold)], wait)
    else:
        _show(context.db, film, current, wait.as_json)


def _show(db: Connection, film: films.Film, current: int, as_json: bool) -> None:
    held, chosen = exposures.exposures(db, film.id), exposures.chosen_threshold(db, film.id)
    estimated = exposures.estimate_threshold(exposures.distance_counts(db, film.id))
    shots = int(db.execute("SELECT count(*) FROM shot WHERE film_id = ?", (film.id,)).fetchone()[0])
    if as_json:
        figures = {"frames": film.frames_in, "holds": held.holds, "shots": shots, "exposures": held}
        thresholds = {"threshold": current, "chosen_threshold": chosen, "estimated_threshold": estimated}
        print_json({"film": film.name, **figures, **thresholds})
        return
    click.echo(plain(film.name))
    click.echo(" → ".join(collapse.collapsed(film.frames_in, held.holds, shots)))
    click.echo(collapse.saved(film.frames_in, held.holds))
    for line in collapse.histogram(held):
        click.echo(line)
    words = (
        _("threshold {current}; {estimated} fits the film's encode")
        if chosen is None
        else _("threshold {current}, which was chosen; {estimated} fits the film's encode")
    )
    click.echo(words.format(current=current, estimated=estimated))


def _preview(context: Context, film: films.Film, current: int, wanted: int | None, as_json: bool) -> None:
    thresholds = sorted({*PREVIEWED, current, *([] if wanted is None else [wanted])})
    found = _previews(context.root, film.id, thresholds)
    estimated = exposures.estimate_threshold(exposures.distance_counts(context.db, film.id))
    low, high = sorted((current, estimated if wanted is None else wanted))
    examples = exposures.changes_between(context.db, film.id, low, high, EXAMPLES)
    if as_json:
        print_json({"film": film.name, "threshold": current, "estimated_threshold": estimated,
                    "previews": found, "examples": examples})  # fmt: skip
        return
    for line in (*_table(film, found, current, estimated, wanted), *_examples(film, low, high, examples)):
        click.echo(line)


def _previews(root: Path, film_id: int, thresholds: list[int]) -> dict[int, exposures.Exposures]:
    """What a child of the engine's says, for grouping needs its arrays."""
    command = engine_command("engine.hold_preview", str(root.resolve()), str(film_id), *map(str, thresholds))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise UserError(_("The holds could not be previewed: {reason}").format(reason=said))
    return msgspec.convert(json.loads(done.stdout), dict[int, exposures.Exposures], strict=False)


def _table(
    film: films.Film, found: dict[int, exposures.Exposures], current: int, estimated: int, wanted: int | None
) -> Iterator[str]:
    for threshold, held in found.items():
        words = ((current, _("in use")), (estimated, _("fits the encode")), (wanted, _("asked for")))
        said = [word for value, word in words if value == threshold]
        factor = f"{film.frames_in / max(held.holds, 1):.1f}×"
        short = "  ".join(collapse.in_short(held))
        yield f"{threshold:>4} {thousands(held.holds):>9} {factor:>6}  {short}  {', '.join(said)}".rstrip()


def _examples(film: films.Film, low: int, high: int, found: list[exposures.Example]) -> Iterator[str]:
    if low == high:
        return
    yield _("Changes between {low} and {high}, which are held at {high} at most:").format(low=low, high=high)
    for example in found:
        yield f"  {film.citation(example.number)}  {example.distance}"
    if not found:
        yield "  " + _("none")


COMMANDS = (holds_command,)
