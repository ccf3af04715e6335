"""`kimikoe cull`: a query's pictures, judged one after another, and what is kept of them."""

import shlex

import click

from db import cullings
from db.cullings import Culling
from db.errors import UserError
from db.i18n import _, plural
from db.text import plain
from kimikoe_tui.cli.context import Context, QueryCommand, json_option, pass_context, print_json
from kimikoe_tui.cli.opening import open_studio


@click.command(cls=QueryCommand)
@click.argument("expression", default=cullings.EVERY_PICTURE)
@click.option("--outcome", is_flag=True, help="Print what is kept of it so far, opening nothing.")
@json_option
@pass_context
def cull(context: Context, expression: str, outcome: bool, as_json: bool) -> None:
    """Judge the pictures that match EXPRESSION (all that are not rejected), going on where this was left.

    What is kept of them becomes a saved view, which follows later ratings too. `kimikoe query` tells what an expression
    can say.

    \b
    Example:
      kimikoe cull 'lora:*-18-1 is:unrated'
    """
    words = " ".join(expression.split())
    culling = cullings.named(context.db, words) if outcome else cullings.begin(context.db, words)
    if culling is None:
        raise UserError(_("“{expression}” has not been culled yet.").format(expression=words))
    if not outcome and cullings.has_pictures(context.db, culling):
        open_studio(context, culling.expression)
    if as_json:
        print_json(_outcome(context, culling))
    else:
        _tell(context, culling)


def _outcome(context: Context, culling: Culling) -> dict[str, object]:
    counts = cullings.counts(context.db, culling.id)
    return {
        "culling": culling.id, "expression": culling.expression,
        "view": cullings.view_name(context.db, culling) or None,
        "kept_by": culling.kept,
        "pictures": counts.total, "kept": counts.rated, "rejected": counts.rejected,
        "undecided": counts.total - counts.decided,
    }  # fmt: skip


def _tell(context: Context, culling: Culling) -> None:
    counts = cullings.counts(context.db, culling.id)
    words = plural("{count} picture", "{count} pictures", counts.total).format(count=counts.total)
    left = counts.total - counts.decided
    judged = _("{kept} kept, {rejected} rejected, {left} undecided").format(
        kept=counts.rated, rejected=counts.rejected, left=left
    )
    click.echo(f"{words}: {judged}")
    click.echo(_where_kept(culling, cullings.view_name(context.db, culling)))


def _where_kept(culling: Culling, view: str) -> str:
    """The view of what is kept; where it was deleted, what saves it again."""
    if view:
        words = _("Kept in the view “{view}”: kimikoe query --pictures '{expression}'")
        return words.format(view=plain(view), expression=culling.kept)
    words = _(
        "The view of what is kept was deleted: kimikoe view save --pictures {view} '{expression}' saves it again."
    )
    return words.format(view=shlex.quote(plain(cullings.new_view_name(culling))), expression=culling.kept)


COMMANDS = (cull,)
