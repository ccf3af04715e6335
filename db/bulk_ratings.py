"""Ratings of many pictures given at once, as from a contact sheet: one act, taken back as one."""

import sqlite3
from collections.abc import Mapping

import msgspec

from db import events
from db.i18n import _, plural


class Decision(msgspec.Struct, frozen=True):
    """Stars, a rejection, or neither, which clears a rating."""

    stars: int | None = None
    rejected: bool = False


def rate_all(db: sqlite3.Connection, session: str, decisions: Mapping[int, Decision]) -> int:
    """Rate these pictures in one act that one undo takes back; returns the event's id."""
    rows: dict[events.Key, events.Values | None] = {
        (image_id,): (each.stars, int(each.rejected), "", "person", 0) if each != Decision() else None
        for image_id, each in decisions.items()
    }
    summary = bulk_summary(decisions)
    return events.act(db, session, "rating", summary, events.RATING, rows, f"image:{min(decisions)}")


def bulk_summary(decisions: Mapping[int, Decision]) -> str:
    """`7 pictures: 1 rated, 5 rejected, 1 cleared`."""
    rejected = sum(each.rejected for each in decisions.values())
    rated = sum(each.stars is not None for each in decisions.values())
    parts = {
        _("{count} rated"): rated,
        _("{count} rejected"): rejected,
        _("{count} cleared"): len(decisions) - rated - rejected,
    }
    words = plural("{count} picture", "{count} pictures", len(decisions)).format(count=len(decisions))
    return f"{words}: " + ", ".join(text.format(count=count) for text, count in parts.items() if count)
