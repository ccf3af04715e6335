"""`kimikoe query` and `kimikoe view`: frames and pictures that match an expression, and expressions under a name."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import click

from db import films, picture_tags, pictures, query, saved_views
from db.i18n import _
from db.index import Index
from db.query import Subject
from kimikoe_tui.cli.context import SESSION, Context, QueryCommand, json_option, pass_context, print_json
from kimikoe_tui.text import plain

PICTURE_COLUMNS = (
    "id", "path", "stars", "rejected", "seed", "steps", "sampler", "cfg_scale", "loras", "prompt", "tags",
)  # fmt: skip
FRAME_COLUMNS = ("film", "frame", "timecode")


@click.command("query", cls=QueryCommand)
@click.argument("expression", default="")
@click.option("--pictures", "of_pictures", is_flag=True, help="Ask for generated pictures, not frames.")
@click.option("--count", is_flag=True, help="Print only how many match.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table of comma-separated values.")
@json_option
@pass_context
def query_command(
    context: Context, expression: str, of_pictures: bool, count: bool, as_csv: bool, as_json: bool
) -> None:
    """List the frames (or pictures) that match an expression.

    \b
    Words are tags and must all hold; `-` denies, `or` joins, `*` is any text, "quotes" say odd tags.
    Frames:   film:NAME shot:12 frame:1..90 t:3:10..3:45 hold:>=3 score:glasses<0.5 flicker:>3 match:>=0.9
              verdict:+TAG origin:verdict|seen|spread|bulk|tagger tagged:TAGGER dataset:NAME
              is:tainted|corrupt|key|judged|excluded|untagged
    Pictures: stars:>=4 lora:*-18-1 match:>p99 seed:7 steps:20 cfg:5..8 sampler:euler gen:3 date:2023-10-18
              base:NAME prompt:rain negative:hat reason:hands width:512 height:512 cull:1 score:glasses<0.5
              verdict:+TAG is:rejected|rated|unrated|unseen|matched|untagged|judged
    Both:     view:NAME limit:500

    \b
    Example:
      kimikoe query 'nagisa -glasses t:3:10..3:45' --count
    """
    subject: Subject = "image" if of_pictures else "frame"
    index = _index(context, expression, subject)
    if count:
        click.echo(query.count(context.db, expression, subject, index))
        return
    found = _pictures(context, expression) if of_pictures else _frames(context, expression, index)
    if as_json:
        print_json(list(found))
    elif as_csv:
        _print_csv(PICTURE_COLUMNS if of_pictures else FRAME_COLUMNS, found)
    else:
        for row in found:
            click.echo(_picture_line(context, row) if of_pictures else _frame_line(row))


def _index(context: Context, expression: str, subject: Subject) -> Index | None:
    """An index where building one is the shortest way to the answer."""
    if not query.is_costly(context.db, expression, subject):
        return None
    index = Index()
    index.refresh(context.db)
    return index


def _frames(context: Context, expression: str, index: Index | None) -> Iterator[dict[str, Any]]:
    known = {film.id: film for film in films.films(context.db)}
    for film_id, number in map(films.unpack, query.frame_ids(context.db, expression, index)):
        film = known[film_id]
        yield {"film": film.name, "frame": number, "timecode": film.timecode(number)}


def _pictures(context: Context, expression: str) -> Iterator[dict[str, Any]]:
    import msgspec

    for image_id in query.image_ids(context.db, expression):
        carried = [each.tag for each in picture_tags.effective(context.db, image_id)]
        yield {**msgspec.to_builtins(pictures.picture(context.db, image_id)), "tags": carried}


def _frame_line(row: dict[str, Any]) -> str:
    return f"{plain(row['film'])}#{row['frame']}  {row['timecode']}"


def _picture_line(context: Context, row: dict[str, Any]) -> str:
    return f"{row['id']}  {plain(str(context.root / str(row['path'])))}"


def _print_csv(columns: Sequence[str], rows: Iterator[dict[str, Any]]) -> None:
    """One line for each row, line ends and control characters inside of a value made spaces."""
    for values in (columns, *(tuple(row[column] for column in columns) for row in rows)):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(map(_cell, values))
        click.echo(line.getvalue())


def _cell(value: object) -> str:
    """A value of a table; several of them between commas."""
    return plain(", ".join(value)) if isinstance(value, list) else "" if value is None else plain(str(value))


@click.group("view")
def view_command() -> None:
    """Keep queries under names, as which other queries say them: view:NAME.

    \b
    Example:
      kimikoe view save heroines 'nagisa or shion'
    """


@view_command.command("save", cls=QueryCommand)
@click.argument("name")
@click.argument("expression")
@click.option("--pictures", "of_pictures", is_flag=True, help="A query of generated pictures, not of frames.")
@pass_context
def save_view(context: Context, name: str, expression: str, of_pictures: bool) -> None:
    """Keep a query under a name, in place of what had it. `kimikoe undo` takes it back.

    \b
    Example:
      kimikoe view save keepers 'stars:>=4 -is:unseen' --pictures
    """
    saved_views.save(context.db, SESSION, name, "image" if of_pictures else "frame", expression)
    click.echo(_("view:{name} is {expression}").format(name=plain(name), expression=plain(expression)))


@view_command.command("list")
@json_option
@pass_context
def list_views(context: Context, as_json: bool) -> None:
    """List the queries that have a name.

    \b
    Example:
      kimikoe view list
    """
    found = saved_views.views(context.db)
    if as_json:
        print_json(found)
        return
    for view in found:
        kind = _("pictures") if view.subject == "image" else _("frames")
        click.echo(f"{plain(view.name):<20} {kind:<9} {plain(view.expression)}")


@view_command.command("delete")
@click.argument("name")
@pass_context
def delete_view(context: Context, name: str) -> None:
    """Forget a named query. `kimikoe undo` takes it back.

    \b
    Example:
      kimikoe view delete keepers
    """
    saved_views.delete(context.db, SESSION, name)
    click.echo(_("view {name} deleted").format(name=plain(name)))


COMMANDS = (query_command, view_command)
