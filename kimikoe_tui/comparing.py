"""How a blind comparison stands, in words."""

from db.comparisons import Result, Trial
from db.i18n import _
from kimikoe_tui.text import percent, plain


def score(result: Result) -> str:
    """`9 : 3`."""
    return f"{result.one} : {result.other}"


def standing(trial: Trial, result: Result) -> str:
    """`lora:film-1 9 : 3 lora:film-2 · 75% (47–91%) · p 0.15`; ties and revealed choices beside."""
    words = f"{plain(trial.one)} {score(result)} {plain(trial.other)}"
    if result.decided:
        low, high = result.interval
        words += _(" · {share} for the first, 95% interval {low}–{high}, p {p:.2g}").format(
            share=f"{result.one / result.decided:.0%}", low=percent(low), high=percent(high), p=result.p
        )  # fmt: skip
    if result.ties:
        words += _(" · {count} neither").format(count=result.ties)
    if result.open:
        words += _(" · {count} not blind").format(count=result.open)
    return words
