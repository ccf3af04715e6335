"""`kimikoe sheet` and `rate`: pictures on a numbered sheet, to be looked at anywhere, and the verdicts in one line."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from warnings import catch_warnings

import click
import msgspec

from db import query, sheets
from db.errors import UserError
from db.i18n import _, plural
from db.ratings import Decision, rate_all, summary_of
from db.sheets import SheetContents, SheetMade, SheetRequest
from db.text import size_text
from kimikoe_tui.cli.context import SESSION, Context, QueryCommand, json_option, pass_context, print_json
from kimikoe_tui.cli.engine_program import told_by
from kimikoe_tui.text import plain, stars
from kimikoe_tui.verdict_line import read_verdicts

FORMATS = (".webp", ".png", ".jpg", ".jpeg")
EVERY_PICTURE = "-is:rejected"


@click.command(cls=QueryCommand)
@click.argument("expression", default=EVERY_PICTURE)
@click.option("--out", type=click.Path(path_type=Path), default=Path("sheet.webp"), show_default=True,
              help="Where to write it: .webp, .png or .jpg.")  # fmt: skip
@click.option("--columns", type=click.IntRange(1, 100), default=5, show_default=True, help="Pictures in a row.")
@click.option("--size", type=click.IntRange(32, 2048), default=256, show_default=True, help="Pixels a side.")
@click.option("--films", is_flag=True, help="Beside each picture, the film's frame it most resembles.")
@json_option
@pass_context
def sheet(
    context: Context, expression: str, out: Path, columns: int, size: int, films: bool, as_json: bool
) -> None:  # fmt: skip
    """Write the pictures that match EXPRESSION (all that are not rejected) on one sheet, each with its number.

    Numbers are the pictures' own and stay: look at the sheet on any screen, then say `kimikoe rate`.

    \b
    Example:
      kimikoe sheet 'gen:3 is:unrated' --out sheet.webp
    """
    if out.suffix.lower() not in FORMATS or out.is_dir():
        raise UserError(_("{path} cannot be written: name a file that ends in .webp, .png or .jpg.").format(path=out))
    image_ids = list(query.image_ids(context.db, expression))
    if not image_ids:
        raise UserError(_("No picture matches “{expression}”.").format(expression=expression))
    request = SheetRequest(out=str(out.absolute()), image_ids=image_ids, columns=columns, size=size, films=films)
    made = _made(context.root, request)
    if as_json:
        print_json({"path": out, "pictures": image_ids, "made": made})
    else:
        _tell(out, image_ids, made)


def _made(root: Path, request: SheetRequest) -> SheetMade:
    told = told_by(["engine.sheet", str(root.resolve())], sheets.Told, msgspec.json.encode(request))
    return next(each for each in list(told) if isinstance(each, SheetMade))


def _tell(out: Path, image_ids: Sequence[int], made: SheetMade) -> None:
    count = plural("{count} picture", "{count} pictures", len(image_ids)).format(count=len(image_ids))
    click.echo(f"{plain(str(out))}: {count}, {made.width}x{made.height}, {size_text(made.bytes)}")
    for fault in made.faults:
        click.echo(_("not shown: {reason}").format(reason=plain(fault)), err=True)
    first, last = image_ids[0], image_ids[-1]
    click.echo(_("Judge it: kimikoe rate --sheet {path} {first}=5 {last}=x").format(
        path=plain(str(out)), first=first, last=last))  # fmt: skip


@click.command()
@click.argument("ratings", metavar="ID=STARS|ID=x...", nargs=-1, required=True)
@click.option("--sheet", "sheet_file", type=click.Path(path_type=Path), help="Only pictures of this sheet are meant.")
@json_option
@pass_context
def rate(context: Context, ratings: tuple[str, ...], sheet_file: Path | None, as_json: bool) -> None:
    """Rate pictures 1 to 5, reject them (x) or clear their rating (0); of a line with a fault, nothing is taken.

    `kimikoe undo` takes the whole line back. With --sheet, 20-24=x means those of them that are on the sheet.

    \b
    Example:
      kimikoe rate 12=5 17=x 20-24=x --sheet sheet.webp
    """
    on_sheet = _on_sheet(context.db, sheet_file) if sheet_file else None
    decisions = read_verdicts(context.db, " ".join(ratings), on_sheet)
    rate_all(context.db, SESSION, decisions)
    if as_json:
        print_json({str(key): {"stars": each.stars, "rejected": each.rejected} for key, each in decisions.items()})
        return
    click.echo(summary_of(decisions))
    for words, image_ids in _by_decision(decisions):
        click.echo(f"  {words}  {ranges(image_ids)}")


def _by_decision(decisions: Mapping[int, Decision]) -> Iterator[tuple[str, list[int]]]:
    """What was decided, the best first, and of which pictures."""

    def rank(image_id: int) -> tuple[bool, int]:
        return decisions[image_id].rejected, -(decisions[image_id].stars or 0)

    for _rank, alike in groupby(sorted(decisions, key=lambda each: (*rank(each), each)), rank):
        image_ids = list(alike)
        each = decisions[image_ids[0]]
        yield _("rejected") if each.rejected else stars(each.stars) if each.stars else _("cleared"), image_ids


def ranges(image_ids: Sequence[int]) -> str:
    """`12 20-24`: numbers that follow one another as a range."""
    runs = []
    for _distance, run in groupby(enumerate(image_ids), lambda pair: pair[1] - pair[0]):
        numbers = [image_id for _index, image_id in run]
        runs.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}")
    return " ".join(runs)


def _on_sheet(db: sqlite3.Connection, path: Path) -> set[int]:
    """The pictures on a sheet; raises `UserError` where the file is none, or one of another studio."""
    found = _contents(path).kimikoe_sheet
    for image_id, mark in found.items():
        if mark != sheets.mark(db, image_id):
            raise UserError(
                _("{path} is a sheet of another studio, or picture {id} is another one now.").format(
                    path=path, id=image_id
                )
            )
    return set(found)


def _contents(path: Path) -> SheetContents:
    from PIL import Image

    try:
        with catch_warnings(action="ignore"), Image.open(path, formats=("WEBP", "PNG", "JPEG")) as image:
            return msgspec.json.decode(str(image.getexif()[sheets.DESCRIPTION_TAG]), type=SheetContents)
    except FileNotFoundError as error:
        raise UserError(_("There is no file {path}.").format(path=path)) from error
    except (OSError, ValueError, KeyError, SyntaxError, msgspec.MsgspecError, Image.DecompressionBombError) as error:
        raise UserError(
            _("{path} is no sheet that `kimikoe sheet` wrote: some programs drop what it says of itself.").format(
                path=path
            )
        ) from error


COMMANDS = (sheet, rate)
