"""`kimikoe setting`: what a person can set in a studio."""

import click

from db import consent, notices, settings
from db.errors import UserError
from db.i18n import _
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.text import padded, plain


@click.command()
@click.argument("name", default="")
@click.argument("value", required=False)
@click.option("--reset", is_flag=True, help="Give it its default again.")
@json_option
@pass_context
def setting(context: Context, name: str, value: str | None, reset: bool, as_json: bool) -> None:
    """List the studio's settings, show one, or set it; an empty value is "".

    \b
    Example:
      kimikoe setting quiet 22:00-07:30
    """
    if reset and (value is not None or not name):
        raise UserError(_("--reset wants the name of a setting and no value."))
    wanted = [settings.named(name)] if name else list(settings.SETTINGS.values())
    if reset:
        settings.reset(context.db, name)
    elif value is not None:
        _store(context, name, value)
    if as_json:
        print_json([_fields(context, each) for each in wanted])
        return
    for each in wanted:
        click.echo(_line(context, each))


def _store(context: Context, name: str, value: str) -> None:
    """Set one; a command that is to tell of things is allowed to, and begins with what happens from now on."""
    told_before = settings.text(context.db, settings.NOTIFY)
    settings.store(context.db, name, value)
    if name == settings.NOTIFY.name:
        consent.allow(value)
        if not told_before:
            notices.begin_to_tell(context.db, context.root)


def _fields(context: Context, each: "settings.Setting[object]") -> dict[str, str]:
    value = settings.text(context.db, each)
    return {"name": each.name, "value": value, "default": each.default, "meaning": each.help}


def _line(context: Context, each: "settings.Setting[object]") -> str:
    """`quiet            22:00-07:30   hours in which …  (default: none)`."""
    value, default = (text or _("none") for text in (settings.text(context.db, each), each.default))
    origin = "" if value == default else "  " + _("(default: {default})").format(default=default)
    return f"{each.name:<16} {padded(plain(value), 14)} {each.help}{origin}"


COMMANDS = (setting,)
