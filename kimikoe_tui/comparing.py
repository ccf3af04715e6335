"""How a blind comparison stands, in words."""

from db.comparisons import Result, Trial
from db.i18n import _
from kimikoe_tui.text import percent, plain


def score(result: Result) -> str:
    """`9 : 3`."""
    return f"{result.one} : {result.other}"


def standing(trial: Trial, result: Result) -> str:
    """`lora:film-1 9 : 3 lora:film-2 · 75% for the first, …`; ties and revealed choices beside."""
    words = f"{plain(trial.one)} {score(result)} {plain(trial.other)}"
    return words + _decided(result, result.one, _(" · {share} for the first, 95% interval {low}–{high}, p {p:.2g}"))


def blind_score(result: Result) -> str:
    """`9 : 3`, the greater number first."""
    return " : ".join(str(each) for each in sorted((result.one, result.other), reverse=True))


def blind_standing(result: Result) -> str:
    """The same without names: told of them after each choice, one soon knows which is which."""
    words = _("{score}, which is which unsaid").format(score=blind_score(result))
    most = max(result.one, result.other)
    return words + _decided(result, most, _(" · {share} for the one ahead, 95% interval {low}–{high}, p {p:.2g}"))


def _decided(result: Result, chosen: int, words: str) -> str:
    """The share of one side with its interval, then ties and choices that were not blind."""
    parts = []
    if result.decided:
        low, high = result.interval if chosen == result.one else (1 - end for end in reversed(result.interval))
        share = f"{chosen / result.decided:.0%}"
        parts.append(words.format(share=share, low=percent(low), high=percent(high), p=result.p))
    if result.ties:
        parts.append(_(" · {count} neither").format(count=result.ties))
    if result.open:
        parts.append(_(" · {count} not blind").format(count=result.open))
    return "".join(parts)
