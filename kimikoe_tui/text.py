"""Words and figures as the rooms show them. Text from files, tags, prompts and logs passes through `plain` first."""

import re
from collections.abc import Sequence
from itertools import pairwise

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from db.i18n import _
from kimikoe_tui.palette import GROOVE

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_LEVELS = "▁▂▃▄▅▆▇█"


def plain(text: str) -> str:
    """Untrusted text on one line, without control characters, escape sequences or changes of direction."""
    return _UNPRINTABLE.sub(" ", text).strip()


def column(text: str, width: int) -> str:
    """Text in a column of `width` cells, some of which a Japanese character takes two of."""
    return set_cell_size(text, width)


def thousands(number: int) -> str:
    """`20,000`."""
    return f"{number:,}"


def percent(share: float) -> str:
    """`53%`, and 100% only for all of it."""
    return f"{min(99, int(share * 100)) if share < 1 else 100}%"


def duration(seconds: float) -> str:
    """`0:03:12`, or `2d 4h` from a day on."""
    whole = int(seconds)
    if whole >= 86_400:
        return _("{days}d {hours}h").format(days=whole // 86_400, hours=whole // 3600 % 24)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def stars(count: int | None) -> str:
    """`★★★☆☆` for three."""
    return "★" * (count or 0) + "☆" * (5 - (count or 0))


def meter(share: float, width: int, style: str) -> Text:
    """A thin bar of `width` cells, filled to half a cell."""
    halves = round(max(0.0, min(1.0, share)) * width * 2)
    filled = "━" * (halves // 2) + "╸" * (halves % 2)
    return Text.assemble((filled, style), ("━" * (width - len(filled)), GROOVE))


def sparkline(values: Sequence[float], width: int) -> str:
    """The course of `values` in at most `width` cells, from their least to their greatest."""
    if not values:
        return ""
    count = min(width, len(values))
    ends = [len(values) * index // count for index in range(count + 1)]
    means = [sum(values[start:end]) / (end - start) for start, end in pairwise(ends)]
    least, greatest = min(means), max(means)
    scale = (len(_LEVELS) - 1) / (greatest - least) if greatest > least else 0.0
    return "".join(_LEVELS[round((value - least) * scale)] for value in means)


def fit_words(words: Sequence[str], width: int, separator: str = ", ") -> str:
    """As many whole words as fit in `width` cells, with `…` where some were left out."""
    line = ""
    for index, word in enumerate(words):
        longer = f"{line}{separator}{word}" if line else word
        room = width if index == len(words) - 1 else width - 2
        if cell_len(longer) > room:
            return f"{line} …" if line else "…"
        line = longer
    return line
