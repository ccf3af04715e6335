"""Frozen datasets as they are looked at: what each was made from, its items page by page, its captions word by word."""

import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from db import queue, requests
from db.captions import parse_caption
from db.errors import UserError
from db.i18n import _
from db.queue import Job
from db.requests import DatasetRequest

UNFINISHED = ""  # the sha256 of a dataset whose items are still being written


class Frozen(msgspec.Struct, frozen=True):
    """A dataset that nothing changes any more, with the request that made it."""

    id: int
    name: str
    sha256: str
    made_at: float
    recipe: str

    @property
    def request(self) -> DatasetRequest | None:
        """What was asked for; None where this version cannot read it."""
        return _request(self.recipe)


class Making(NamedTuple):
    """A dataset that is not frozen yet, and the job that makes it; none where one that was stopped has left it."""

    name: str
    request: DatasetRequest | None
    job: Job | None


class Size(NamedTuple):
    """How many items a dataset has, how many of them are held out, and for how many frames of the film they stand."""

    items: int
    held_out: int
    frames: int


class WordCount(NamedTuple):
    """In how many items' captions a word is; `fixed` where it always comes first."""

    word: str
    items: int
    fixed: bool


class Item(msgspec.Struct, frozen=True):
    """One drawing of a dataset, as it was when the dataset was frozen."""

    ordinal: int
    film_id: int
    frame_number: int
    exposure: int
    weight: float
    held_out: bool
    caption: str


Items = dict[int, Item]
"""What was read of items, by their ordinals."""


def frozen(db: sqlite3.Connection) -> list[Frozen]:
    """Every dataset that is frozen, newest first."""
    rows = db.execute(
        "SELECT id, name, sha256, made_at, recipe FROM dataset WHERE sha256 != ? ORDER BY id DESC", (UNFINISHED,)
    )
    return [Frozen(**dict(row)) for row in rows]


def making(db: sqlite3.Connection) -> list[Making]:
    """The datasets that are asked for and not frozen, newest first."""
    left = db.execute("SELECT name, recipe FROM dataset WHERE sha256 = ?", (UNFINISHED,)).fetchall()
    names = {row["recipe"]: row["name"] for row in left}
    found = []
    for job in (job for job in queue.active(db) if job.kind == DatasetRequest.kind):
        request = _request(job.request)
        found.append(Making(names.pop(job.request, request.name if request else ""), request, job))
    return [*reversed(found), *(Making(name, _request(recipe), None) for recipe, name in names.items())]


def refuse_taken(db: sqlite3.Connection, name: str) -> None:
    """Raise `UserError` where a dataset has this name already, or will have it."""
    if name in {each.name for each in frozen(db)}:
        raise UserError(_("There is a dataset “{name}” already: datasets never change, choose another name.").format(
            name=name))  # fmt: skip
    if (job := next((each.job for each in making(db) if each.name == name and each.job), None)) is not None:
        raise UserError(_("Job {id} makes a dataset “{name}” already: choose another name.").format(
            id=job.id, name=name))  # fmt: skip


def _request(text: str) -> DatasetRequest | None:
    try:
        request = requests.decode(DatasetRequest.kind, text)
    except UserError:
        return None
    return request if isinstance(request, DatasetRequest) else None


def size(db: sqlite3.Connection, dataset_id: int) -> Size:
    """Count a dataset's items."""
    row = db.execute(
        """SELECT count(*), COALESCE(sum(validation), 0), COALESCE(sum(exposure), 0) FROM dataset_item
           WHERE dataset_id = ?""",
        (dataset_id,),
    ).fetchone()
    return Size(*row)


def word_counts(db: sqlite3.Connection, dataset_id: int, separator: str) -> list[WordCount]:
    """The words of a dataset's captions, those of most items first."""
    rows = db.execute(
        """SELECT c.text, n.items FROM caption c JOIN (
               SELECT caption_id, count(*) AS items FROM dataset_item WHERE dataset_id = ? GROUP BY caption_id
           ) n ON n.caption_id = c.id""",
        (dataset_id,),
    )
    fixed: Counter[str] = Counter()
    flexible: Counter[str] = Counter()
    for text, items in rows:
        words = parse_caption(text, separator)
        _add(fixed, words.fixed, items)
        _add(flexible, words.flexible, items)
    counted = [WordCount(word, many, part is fixed) for part in (fixed, flexible) for word, many in part.items()]
    return sorted(counted, key=lambda each: (-each.items, each.word))


def _add(counter: Counter[str], words: Iterable[str], items: int) -> None:
    for word in words:
        counter[word] += items


def ordinals(db: sqlite3.Connection, dataset_id: int, part: str = "", held_out: bool = False) -> "array[int]":
    """The items whose captions hold `part`, in order; with `held_out` those alone that training never sees.

    Letters are the same in both cases, and an underscore is a space, as captions write it.
    """
    rows = db.execute(
        f"""SELECT i.ordinal FROM dataset_item i {_HOLDING if part.strip() else ""}
            WHERE i.dataset_id = :dataset AND i.validation >= :least ORDER BY i.ordinal""",
        {"dataset": dataset_id, "least": int(held_out), "part": part.strip()},
    )
    return array("q", (row[0] for row in rows))


_HOLDING = """
JOIN caption c ON c.id = i.caption_id AND instr(replace(lower(c.text), '_', ' '), replace(lower(:part), '_', ' ')) > 0
"""


def items(db: sqlite3.Connection, dataset_id: int, wanted: Sequence[int]) -> Items:
    """The items with these ordinals; at most a page of them."""
    marks = ", ".join("?" for _ordinal in wanted)
    rows = db.execute(
        f"""SELECT i.ordinal, i.film_id, i.frame_number, i.exposure, i.weight, i.validation, c.text
            FROM dataset_item i JOIN caption c ON c.id = i.caption_id
            WHERE i.dataset_id = ? AND i.ordinal IN ({marks})""",
        (dataset_id, *wanted),
    )
    return {row["ordinal"]: _item(row) for row in rows}


def _item(row: sqlite3.Row) -> Item:
    ordinal, film_id, frame_number, exposure, weight, validation, caption = row
    return Item(ordinal, film_id, frame_number, exposure, weight, bool(validation), caption)
