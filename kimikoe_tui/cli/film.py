"""`kimikoe ingest`, `tag`, `frame`, `verdict` and `undo`: the film, its frames and their tags."""

from fractions import Fraction
from pathlib import Path

import click

from db import events, films, library, tags
from db.errors import UserError
from db.exposures import GREATEST_DISTANCE
from db.i18n import _
from db.permissions import share
from db.requests import IngestRequest, TagRequest
from db.timecode import citation, first_frame, parse_rate
from kimikoe_tui.cli.context import SESSION, Context, json_option, pass_context, print_json
from kimikoe_tui.cli.waiting import Wait, submit, wait_option
from kimikoe_tui.text import plain


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", default="", help="What to call the film; its file name if not given.")
@click.option(
    "--fit",
    type=click.Choice(["pad", "cover"]),
    default="pad",
    show_default=True,
    help="How a frame reaches a square model: padded to the whole, or its middle cut out.",
)
@click.option(
    "--hold-threshold",
    type=click.IntRange(0, GREATEST_DISTANCE),
    help="Luma change (0..255) up to which a drawing counts as held.",
)
@click.option("--note", default="", help="Where the film comes from.")
@click.option("--credit", default="", help="Whose film it is.")
@click.option("--from", "start", default="", help="Take in a part, from here: 31:50, 31分50秒 or 57301.")
@click.option("--to", "end", default="", help="Take in a part, up to here and with it.")
@click.option("--fps", "cite_fps", default="", help="Cite frames in this rate too, beside the film's own: 30, 29.97.")
@wait_option
@pass_context
def ingest(
    context: Context, path: Path, name: str, fit: str, hold_threshold: int | None, note: str, credit: str,
    start: str, end: str, cite_fps: str, wait: Wait,
) -> None:  # fmt: skip
    """Take in a film, or a part of it: number every frame, find held drawings and shots. Run again, it continues.

    After a part, the same command without --from and --to takes in the rest.

    \b
    Example:
      kimikoe ingest ~/film.mkv --to 10:00 --credit "the studio's name" --wait
    """
    _check_file(path)
    _check_places(start, end, cite_fps)
    request = IngestRequest(
        path=str(path.resolve()),
        name=name or path.stem,
        fit="cover" if fit == "cover" else "pad",
        hold_threshold=hold_threshold,
        note=note,
        credit=credit,
        start=start,
        end=end,
        cite_fps=cite_fps,
    )
    submit(context, [request], wait)


def _check_places(start: str, end: str, rate: str) -> None:
    """Raise `UserError` for what is no place or rate; the film's own rate, which the engine knows, tells the rest."""
    for place in filter(str.strip, (start, end)):
        first_frame(place, Fraction(1))
    if rate:
        parse_rate(rate)


def _check_file(path: Path) -> None:
    """The faults of a file that are known before the engine reads it."""
    if not path.exists():
        raise UserError(_("There is no file {path}.").format(path=path))
    if path.is_dir() or path.stat().st_size == 0:
        raise UserError(_("{path} is empty or a folder: name a video file.").format(path=path))


@click.command("tag")
@wait_option
@pass_context
def tag_command(context: Context, wait: Wait) -> None:
    """Score every key frame and every finished picture that the tagger in use has not seen.

    \b
    Example:
      kimikoe tag --wait
    """
    library.tagger(context.db)
    submit(context, [TagRequest()], wait)


@click.command()
@click.argument("reference")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture here, as PNG.")
@click.option("--fps", "cite_fps", default="", help="Read and cite times in this rate, beside the film's own.")
@json_option
@pass_context
def frame(context: Context, reference: str, out: Path | None, cite_fps: str, as_json: bool) -> None:
    """Show a frame's tags, and write its picture to a file. REFERENCE is film#57301, film@0:31:50 or film@31分50秒.

    \b
    Example:
      kimikoe frame 'film#57301' --out F.png
    """
    rate = parse_rate(cite_fps) if cite_fps else None
    film, number = films.resolve(context.db, reference, rate)
    if out:
        _write_picture(context.root, film, number, out)
    here = films.frame(context.db, film.id, number)
    carried = tags.frame_tags(context.db, film.id, number)
    cited = citation(number, film.fps, rate or film.cite_fps)
    if as_json:
        times = {"timecode": film.timecode(number), "citation": cited}
        print_json({"film": film.name, **times, "frame": here, "tags": carried})
        return
    click.echo(f"{plain(film.name)} {cited}")
    if here.excluded:
        click.echo(_("kept out of datasets: {reason}").format(reason=plain(here.excluded)))
    click.echo(_("shot {shot}, drawing held for {exposure} frames").format(shot=here.shot, exposure=here.exposure))
    for tag in carried:
        score = "" if tag.score is None else f"{tag.score:.2f}"
        click.echo(f"  {plain(tag.tag):<24} {score:>5} {tag.origin}")


def _write_picture(root: Path, film: films.Film, number: int, out: Path) -> None:
    """Write a frame as the film shows it, without its letterbox; the file is there whole or not at all."""
    from PIL import Image

    from kimikoe_tui.pixels import FrameServer, frame_server_command

    server = FrameServer(frame_server_command(root), root / "logs" / "frames.log")
    try:
        pixels = server.request(film.id, number, film.picture_width).result()
    finally:
        server.close()
    aside = out.with_name(f".{out.name}.part")
    try:
        Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb).save(aside, "PNG")
        share(aside)
        aside.replace(out)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise UserError(_("{path} cannot be written: {error}.").format(path=out, error=error.strerror)) from error


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("reference")
@click.argument("changes", metavar="+TAG|-TAG...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--scope", type=click.Choice(["frame", "hold", "shot"]), default="hold", show_default=True)
@pass_context
def verdict(context: Context, reference: str, changes: tuple[str, ...], scope: films.Scope) -> None:
    """Say that a frame, its held drawing or its shot carries tags (+) or does not (-), as one act.

    `kimikoe undo` takes all of it back.

    \b
    Example:
      kimikoe verdict 'film@0:31:50' +character:nagisa -glasses --scope shot
    """
    film, number = films.resolve(context.db, reference)
    for change in changes:
        if change[:1] not in ("+", "-"):
            raise UserError(_("“{change}” must begin with + or -.").format(change=change))
        tags.normal_name(change[1:])
    first, last = films.scope_range(context.db, film.id, number, scope)
    reached = [films.pack(film.id, each) for each in range(first, last + 1)]
    words = [(change[1:], change[0] == "+") for change in changes]
    edit = tags.set_tags_on(context.db, SESSION, reached, words, films.pack(film.id, number))
    click.echo(plain(edit.summary))


@click.command()
@click.option("--redo", is_flag=True, help="Do again what was undone last.")
@click.option("--act", type=int, help="Undo this act of the history, whoever made it.")
@pass_context
def undo(context: Context, redo: bool, act: int | None) -> None:
    """Take back the last act of the command line; run again, the one before.

    \b
    Example:
      kimikoe undo
    """
    if act is not None:
        undone: events.Undone | None = events.undo_event(context.db, SESSION, act)
    else:
        undone = (events.redo if redo else events.undo)(context.db, SESSION)
    if undone is None:
        raise UserError(_("There is nothing to redo.") if redo else _("There is nothing to undo."))
    kept = _(" ({kept} changed since, kept)").format(kept=undone.kept) if undone.kept else ""
    click.echo(f"{undone.kind}: {plain(undone.summary)}{kept}")


@click.command()
@click.option("-n", "--acts", default=40, show_default=True, help="How many of the last acts.")
@json_option
@pass_context
def history(context: Context, acts: int, as_json: bool) -> None:
    """List what people did, in every terminal, the newest first; `kimikoe undo --act ID` takes one back.

    \b
    Example:
      kimikoe history -n 10
    """
    found = [dict(row) for row in events.history(context.db, acts)]
    if as_json:
        print_json(found)
        return
    for row in found:
        click.echo(f"{row['id']:>5}  {plain(row['session']):<12} {plain(row['kind']):<8} {plain(row['summary'])}")


COMMANDS = (ingest, tag_command, frame, verdict, undo, history)
