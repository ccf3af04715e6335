"""`kimikoe compare` and `purge`: how blind comparisons stand, and deleting what was rejected."""

import click

from db import comparisons, purging
from db.comparisons import Result, Trial
from db.errors import UserError
from db.i18n import _
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.comparing import standing


@click.command()
@click.argument("sides", metavar="[ONE OTHER]", nargs=-1)
@json_option
@pass_context
def compare(context: Context, sides: tuple[str, ...], as_json: bool) -> None:
    """How blind comparisons of two LoRA versions or settings stand; with two queries, begin one.

    The culling room's b shows its pairs. The interval is Wilson's, 95%; p is the exact two-sided binomial probability.

    \b
    Example:
      kimikoe compare lora:kimikoe-2023-10-18-1 lora:kimikoe-2023-11-02-1
    """
    if sides and len(sides) != 2:
        raise UserError(_("A comparison has two sides: kimikoe compare ONE OTHER."))
    trials = [comparisons.begin(context.db, *sides)] if sides else comparisons.trials(context.db)
    standings = [(trial, comparisons.result(context.db, trial)) for trial in trials]
    counts = [len(comparisons.pairs(context.db, trial)) for trial in trials]
    if as_json:
        print_json([_row(*each, pairs) for each, pairs in zip(standings, counts, strict=True)])
        return
    for each, pairs in zip(standings, counts, strict=True):
        click.echo(standing(*each) + _(" · {count} pairs").format(count=pairs))
    if not trials:
        click.echo(_("Nothing has been compared yet: b in the culling room, or kimikoe compare ONE OTHER."))


def _row(trial: Trial, result: Result, pairs: int) -> dict[str, object]:
    low, high = result.interval
    return {
        "id": trial.id, "one": trial.one, "other": trial.other, "seed": trial.seed, "pairs": pairs,
        "one_better": result.one, "other_better": result.other, "neither": result.ties, "not_blind": result.open,
        "low": low, "high": high, "p": result.p,
    }  # fmt: skip


@click.command()
@click.option("--count", type=int, help="How many pictures are to go: it must be all that were seen and rejected.")
@pass_context
def purge(context: Context, count: int | None) -> None:
    """Delete the files of all rejected pictures for good; what made them stays. Without --count, only count them.

    Pictures that were rejected before they had been shown stay, until f n in the culling room has shown them.

    \b
    Example:
      kimikoe purge --count 37
    """
    wanted = purging.purgeable(context.db)
    if count is None and not wanted:
        click.echo(_with_left(context, _("There is nothing to purge: no rejected picture that was shown has a file.")))
        return
    if count is None:
        words = _("{count} rejected pictures have a file: `kimikoe purge --count {count}` deletes them.")
        click.echo(_with_left(context, words.format(count=len(wanted))))
        return
    if count != len(wanted):
        words = _("{count} pictures are to go, not {said}: nothing was deleted.")
        raise UserError(_with_left(context, words.format(count=len(wanted), said=count)))
    purged = purging.purge(context.db, context.root, wanted)
    words = _("{count} pictures purged: their files are gone, what made them is kept")
    click.echo(_with_left(context, words.format(count=purged)))


def _with_left(context: Context, words: str) -> str:
    """What is said of a purge, and how many it leaves."""
    left = purging.left(context.db)
    return _("{words} · {left} (is:unseen)").format(words=words, left=left) if left else words


COMMANDS = (compare, purge)
