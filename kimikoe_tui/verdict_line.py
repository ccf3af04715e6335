"""Verdicts on one line, `12=5 17=x 20-24=x`: read as a whole or refused as a whole, with a caret at the fault.

A Japanese keyboard's full-width digits and signs (`１２＝５`) are the same line, and `×` is a rejection too.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Collection
from itertools import pairwise

import msgspec

from db.errors import UserError
from db.i18n import _
from db.ratings import Decision
from kimikoe_tui.text import cells

LARGEST_ID = 2**63
_ITEM = re.compile(r"(?P<first>[0-9]{1,18})(?:[-~](?P<last>[0-9]{1,18}))?=(?P<mark>[0-5xX×])\Z")
_WORD = re.compile(r"\S+")
_SAME = str.maketrans({"〜": "~", "ー": "-", "―": "-", "−": "-", "–": "-"})


class Item(msgspec.Struct, frozen=True):
    """One verdict as it was written: pictures `first` to `last`, and where it stands in the line."""

    first: int
    last: int
    decision: Decision
    at: int


def read_verdicts(
    db: sqlite3.Connection, line: str, on_sheet: Collection[int] | None = None
) -> dict[int, Decision]:  # fmt: skip
    """The pictures that a line speaks of and what it says of each, in its order.

    With a sheet, a range takes what is on it. Raises `UserError` with a caret at the first thing that is wrong: no
    verdict, no such picture, one not drawn yet or purged or not on the sheet, or one spoken of twice.
    """
    decisions: dict[int, Decision] = {}
    for match in _WORD.finditer(line):
        item = _item(line, match[0], match.start())
        for image_id in _pictures(db, line, item, on_sheet):
            if image_id in decisions:
                raise _fault(line, item.at, _("picture {id} stands in this line twice").format(id=image_id))
            decisions[image_id] = item.decision
    return decisions


def _item(line: str, word: str, at: int) -> Item:
    found = _ITEM.match(unicodedata.normalize("NFKC", word).translate(_SAME))
    if found is None:
        raise _fault(line, at, _("no rating: write 12=5, 17=x or 20-24=x (0 clears)"))
    first, last, mark = int(found["first"]), int(found["last"] or found["first"]), found["mark"]
    if last < first:
        raise _fault(line, at, _("{first} comes after {last}").format(first=first, last=last))
    stars = int(mark) if mark in "12345" else None
    return Item(first, last, Decision(stars, mark in "xX×"), at)


def _pictures(db: sqlite3.Connection, line: str, item: Item, on_sheet: Collection[int] | None) -> list[int]:
    """The ids that an item means, every one of a picture that can be judged."""
    rows = db.execute("SELECT id, state FROM image WHERE id BETWEEN ? AND ? ORDER BY id", (item.first, item.last))
    states = {int(row["id"]): str(row["state"]) for row in rows}
    wanted = [each for each in states if on_sheet is None or each in on_sheet]
    gap = _first_gap(item, states) if on_sheet is None else _off_sheet(item, on_sheet)
    if gap is not None:
        reason = _("There is no picture {id}.") if on_sheet is None else _("picture {id} is not on the sheet")
        raise _fault(line, item.at, reason.format(id=gap))
    for image_id in wanted:
        if reason := _unfit(states[image_id]):
            raise _fault(line, item.at, reason.format(id=image_id))
    return wanted


def _first_gap(item: Item, states: Collection[int]) -> int | None:
    """The first number of a range that is no picture's."""
    known = [item.first - 1, *states, item.last + 1]
    return next((before + 1 for before, after in pairwise(known) if after != before + 1), None)


def _off_sheet(item: Item, on_sheet: Collection[int]) -> int | None:
    return next((each for each in (item.first, item.last) if each not in on_sheet), None)


def _unfit(state: str) -> str:
    """Why a picture in this state cannot be judged; empty where it can."""
    if state == "purged":
        return _("picture {id} was purged")
    return "" if state == "done" else _("picture {id} is not drawn yet")


def _fault(line: str, at: int, reason: str) -> UserError:
    """An error with a caret below the fault; a Japanese character before it takes two cells."""
    return UserError(f"{line}\n{' ' * cells(line[:at])}^ {reason}")
