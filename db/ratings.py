"""Ratings: what a person decides over pictures, one or many at once, as one act that one undo takes back."""

import sqlite3
from collections.abc import Mapping

import msgspec

from db import events
from db.i18n import _, plural


class Decision(msgspec.Struct, frozen=True):
    """Stars, a rejection with or without a reason, or neither, which clears a rating.

    `unseen` says that the picture had not reached the terminal yet.
    """

    stars: int | None = None
    rejected: bool = False
    reason: str = ""
    unseen: bool = False

    @property
    def clears(self) -> bool:
        """Whether it takes a rating back."""
        return self.stars is None and not self.rejected


def rate_all(
    db: sqlite3.Connection, session: str, decisions: Mapping[int, Decision], *, origin: str = "person",
    summary: str = "", place: int | None = None,
) -> int:  # fmt: skip
    """Write decisions, by picture, as one event; returns its id. Undoing it goes to `place`, else to the first."""
    rows: dict[events.Key, events.Values | None] = {
        (image_id,): None if each.clears else (each.stars, int(each.rejected), each.reason, origin, int(each.unseen))
        for image_id, each in decisions.items()
    }
    target = f"image:{next(iter(decisions)) if place is None else place}"
    return events.act(db, session, "rating", summary or summary_of(decisions), events.RATING, rows, target)


def summary_of(decisions: Mapping[int, Decision]) -> str:
    """`picture 3 rated 5`, `4 pictures rejected`, `7 pictures: 1 rated, 5 rejected, 1 cleared`."""
    (image_id, first), count = next(iter(decisions.items())), len(decisions)
    if count == 1:
        return _one(first).format(id=image_id, stars=first.stars)
    if len({(each.stars, each.rejected) for each in decisions.values()}) == 1:
        return _alike(first).format(count=count, stars=first.stars)
    return plural("{count} picture", "{count} pictures", count).format(count=count) + ": " + _counted(decisions)


def _one(decision: Decision) -> str:
    if decision.rejected:
        return _("picture {id} rejected")
    return _("picture {id} cleared") if decision.clears else _("picture {id} rated {stars}")


def _alike(decision: Decision) -> str:
    if decision.rejected:
        return _("{count} pictures rejected")
    return _("{count} pictures cleared") if decision.clears else _("{count} pictures rated {stars}")


def _counted(decisions: Mapping[int, Decision]) -> str:
    rejected = sum(each.rejected for each in decisions.values())
    rated = sum(each.stars is not None for each in decisions.values())
    parts = {
        _("{count} rated"): rated,
        _("{count} rejected"): rejected,
        _("{count} cleared"): len(decisions) - rated - rejected,
    }
    return ", ".join(text.format(count=count) for text, count in parts.items() if count)
