"""Words and figures as the rooms and the command line show them; loads no terminal library.

Text from files, tags, prompts and logs passes through `plain` first.
"""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from db.i18n import _
from db.text import plain as plain

_LEVELS = "▁▂▃▄▅▆▇█"


def cells(text: str) -> int:
    """How many cells of a terminal a text takes: two for a Japanese character, none for what combines with another."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int) -> str:
    """Text with blanks to `width` cells, for a column that more text follows."""
    return text + " " * (width - cells(text))


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
