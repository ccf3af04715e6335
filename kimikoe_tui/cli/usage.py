"""`kimikoe du`: what the studio's room goes to."""

from collections.abc import Iterator

import click

from db.i18n import _
from db.text import size_text
from db.usage import Room, Usage, usage
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.text import padded


@click.command()
@json_option
@pass_context
def du(context: Context, as_json: bool) -> None:
    """Show what the studio's room on the disk goes to, what can be made again, and what a backup would take.

    \b
    Example:
      kimikoe du
    """
    found = usage(context.db, context.root)
    if as_json:
        print_json({"again": found.again, **{name: getattr(found, name) for name in found.__struct_fields__}})
        return
    for line in _lines(found):
        click.echo(line)


def _lines(found: Usage) -> Iterator[str]:
    for room in sorted(found.rooms, key=lambda each: -each.size):
        yield from _room_lines(room)
    yield _row(_("in all"), found.size)
    yield _row(_("can be made again"), found.again)
    yield _row(_("a small backup"), found.small_backup)
    yield _row(_("a full backup"), found.full_backup)


def _room_lines(room: Room) -> Iterator[str]:
    yield _row(_NAMES.get(room.what, room.what), room.size, _("made again") if room.again else "")
    for part, bytes_ in sorted(room.parts.items(), key=lambda each: -each[1]):
        if bytes_:
            yield _row("  " + _NAMES.get(part, part), bytes_)


def _row(name: str, bytes_: int, note: str = "") -> str:
    """`thumbnails           512 kB  made again`, within 40 columns."""
    return f"{padded(name, 19)}{size_text(bytes_):>8}  {note}".rstrip()


_NAMES = {
    "rows": _("rows"), "thumbnails": _("thumbnails"), "latents": _("latents"), "vectors": _("vectors"),
    "checkpoints": _("checkpoints"), "loras": _("LoRAs"), "pictures": _("pictures"), "logs": _("logs"),
    "backups": _("backups"), "orphans": _("orphans"), "unfinished": _("unfinished"), "other": _("other files"),
    "frames": _("frames"), "tags": _("tags"), "verdicts": _("verdicts"), "training": _("training"),
    "the rest": _("the rest"), "free": _("free inside"), "kept": _("kept"), "rejected": _("rejected"),
    "unrated": _("unrated"), "purged": _("purged"), "unnamed": _("named by no row"),
}  # fmt: skip
COMMANDS = (du,)
