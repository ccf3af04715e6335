"""The index: one roaring bitmap for each tag, in memory, which answers exactly as SQL does and far sooner.

It is built from rows on a background thread, kept current from the feed of changes, and never written down. Whoever
asks passes it along (`query.frame_ids(db, expression, index)`): until it is ready, SQL answers. Importing this module
does not import pyroaring.
"""

import sqlite3
from array import array
from typing import Protocol

from db.facets import Facet
from db.query import Subject


class Answer(Protocol):
    """The ids that match an expression."""

    def __len__(self) -> int: ...

    def ids(self) -> "array[int]":
        """Every id, ascending."""

    def page(self, start: int, size: int) -> "array[int]":
        """The ids from position `start` on, at most `size` of them."""

    def after(self, after: int, size: int) -> "array[int]":
        """The first `size` ids that are greater than `after`."""

    def position(self, found_id: int) -> int:
        """How many ids are smaller: where this one stands, or would."""

    def facets(self, limit: int) -> list[Facet]:
        """The tags that most of these carry, with counts, the most frequent first."""


class Index:
    """Made empty; `refresh` on a background thread builds it, and keeps it current whenever something changed."""

    @property
    def ready(self) -> bool:
        """Whether it answers; where it does not, SQL does."""
        return False

    def refresh(self, db: sqlite3.Connection) -> bool:
        """Build it, or bring it up to the newest change, from `db`, a connection of the calling thread.

        Returns whether anything changed. Other threads ask the state before until this returns.
        """
        return False

    def answer(self, db: sqlite3.Connection, expression: str, subject: Subject) -> Answer | None:
        """The answer to an expression, or None where SQL has to give it; raises `UserError` with a caret."""
        return None

    def complete(
        self, db: sqlite3.Connection, expression: str, part: str, subject: Subject, limit: int
    ) -> list[Facet] | None:
        """Tags that contain `part`, with their counts in the result of an expression; None where it is not ready."""
        return None
