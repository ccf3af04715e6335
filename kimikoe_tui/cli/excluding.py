"""`kimikoe exclude`, `exclusions`, `include` and `repeats`: what of the films stays out of datasets."""

import click

from db import exclusions as rows
from db import films, repeats
from db.errors import UserError
from db.exclusions import Exclusion
from db.films import Film
from db.i18n import _
from kimikoe_tui.cli.context import SESSION, Context, json_option, pass_context, print_json
from kimikoe_tui.text import plain


@click.command("exclude")
@click.argument("references", metavar="RANGE...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why: credits, logo, subtitles, or in your words.")
@pass_context
def exclude_command(context: Context, references: tuple[str, ...], reason: str) -> None:
    """Keep frames out of datasets; they stay visible. RANGE is film@0:30..1:59 or film#901..3600, both ends in it.

    `kimikoe undo` takes it back.

    \b
    Example:
      kimikoe exclude 'film@0:30..1:59' 'film@1:35:00..1:38:20' --reason credits
    """
    found = [films.resolve_range(context.db, reference) for reference in references]
    wanted = [(film.id, first, last, reason) for film, first, last in found]
    click.echo(plain(rows.exclude_all(context.db, SESSION, wanted)))


@click.command("exclusions")
@click.argument("film_name", metavar="[FILM]", default="")
@json_option
@pass_context
def exclusions_command(context: Context, film_name: str, as_json: bool) -> None:
    """List what is kept out of datasets, of one film or of all; `kimikoe include ID` takes one back.

    \b
    Example:
      kimikoe exclusions
    """
    known = {film.id: film for film in films.films(context.db)}
    only = films.film_named(context.db, film_name).id if film_name else None
    found = rows.exclusions(context.db, only)
    if as_json:
        print_json([{"film": known[each.film_id].name, "exclusion": each} for each in found])
        return
    for each in found:
        click.echo(_line(each, known[each.film_id]))


def _line(each: Exclusion, film: Film) -> str:
    place = f"{plain(film.name)}#{each.first}..{each.last}"
    times = f"{film.timecode(each.first)}–{film.timecode(each.last)}"
    return f"{each.id:>4}  {place:<28} {times:<16} {plain(each.reason)}"


@click.command("include")
@click.argument("exclusion_id", metavar="ID", type=int)
@pass_context
def include_command(context: Context, exclusion_id: int) -> None:
    """Let frames into datasets again: ID is an exclusion's number as `kimikoe exclusions` lists it.

    \b
    Example:
      kimikoe include 3
    """
    click.echo(plain(rows.include(context.db, SESSION, exclusion_id)))


@click.command("repeats")
@click.option("--exclude", "exclude_them", is_flag=True, help="Keep them all out of datasets.")
@click.option("--reason", default="", help="The reason to give; “comes again in” and the other film if not given.")
@json_option
@pass_context
def repeats_command(context: Context, exclude_them: bool, reason: str, as_json: bool) -> None:
    """List the stretches that films share, such as openings and endings, and exclude them if asked.

    They are found when a film has been taken in whole, by comparing its drawings with those of the films before.

    \b
    Example:
      kimikoe repeats --exclude --reason "opening and ending"
    """
    known = {film.id: film for film in films.films(context.db)}
    found = repeats.repeats(context.db)
    if exclude_them:
        if not found:
            raise UserError(_("No two films of this studio share a stretch."))
        wanted = [
            (each.film_id, each.first, each.last, reason or _("comes again in {film}").format(
                film=known[each.other_film_id].name))
            for each in repeats.once_each(found)
        ]  # fmt: skip
        click.echo(plain(rows.exclude_all(context.db, SESSION, wanted)))
    elif as_json:
        print_json([{"film": known[each.film_id].name, "other": known[each.other_film_id].name, "repeat": each}
                    for each in found])  # fmt: skip
    else:
        for each in found:
            click.echo(_repeat_line(each, known))


def _repeat_line(each: repeats.Repeat, known: dict[int, Film]) -> str:
    film, other = known[each.film_id], known[each.other_film_id]
    return _("{film}#{first}..{last}  {from_}–{to}  as {other}#{other_first}..{other_last}, {alike:.0%} alike").format(
        film=plain(film.name), first=each.first, last=each.last, from_=film.timecode(each.first),
        to=film.timecode(each.last), other=plain(other.name), other_first=each.other_first,
        other_last=each.other_last, alike=each.alike,
    )  # fmt: skip


COMMANDS = (exclude_command, exclusions_command, include_command, repeats_command)
