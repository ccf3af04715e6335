"""Stretches that two films share, as openings and endings of a series: found by the engine, offered as exclusions."""

import sqlite3
from collections.abc import Iterable

import msgspec


class Repeat(msgspec.Struct, frozen=True):
    """Frames of a film that show what frames of another show; `alike` is the share of them that do."""

    film_id: int
    first: int
    last: int
    other_film_id: int
    other_first: int
    other_last: int
    alike: float


def repeats(db: sqlite3.Connection) -> list[Repeat]:
    """Every shared stretch, from each of its two films, in film order."""
    rows = db.execute("SELECT * FROM repeat ORDER BY film_id, first, other_film_id, other_first")
    return [Repeat(**dict(row)) for row in rows]


def once_each(found: Iterable[Repeat]) -> list[Repeat]:
    """One repeat of each place: what a film shares with several others lies mostly in the longest, and is left out."""
    kept: list[Repeat] = []
    for each in sorted(found, key=lambda repeat: (repeat.film_id, repeat.first - repeat.last)):
        covers = (k for k in kept if k.film_id == each.film_id and k.first <= each.last and each.first <= k.last)
        if not any(_overlap(k, each) > (each.last - each.first + 1) / 2 for k in covers):
            kept.append(each)
    return sorted(kept, key=lambda repeat: (repeat.film_id, repeat.first))


def _overlap(a: Repeat, b: Repeat) -> int:
    return min(a.last, b.last) - max(a.first, b.first) + 1
