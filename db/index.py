"""The index: one roaring bitmap for each tag, in memory, which answers exactly as SQL does and far sooner.

It is built from rows on a background thread, kept current from the feed of changes, and never written down. Whoever
asks passes it along (`query.frame_ids(db, expression, index)`): until it is ready, SQL answers. Importing this module
does not import pyroaring.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from db import changes
from db.facets import Facet
from db.query import Subject, atom, joined_ids, understand
from db.query_tree import Deny, Either, Node, Word

if TYPE_CHECKING:
    from db.index_answer import Answer
    from db.index_state import State

ANSWERS_KEPT = 16
CONDITIONS_KEPT = 64


class Index:
    """Made empty; `refresh` on a background thread builds it, and keeps it current whenever something changed."""

    def __init__(self) -> None:
        self._state: State | None = None
        self._refreshing = threading.Lock()
        self._answers: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()
        self._conditions: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    @property
    def ready(self) -> bool:
        """Whether it answers; where it does not, SQL does."""
        return self._state is not None

    def refresh(self, db: sqlite3.Connection) -> bool:
        """Build it, or bring it up to the newest change, from `db`, a connection of the calling thread.

        Returns whether anything changed. While this runs, other threads' questions are answered by SQL where the
        answer is another by now.
        """
        from db import index_flicker, index_state

        with self._refreshing, reading(db):
            before = self._state
            state = index_state.followed(db, before, "later") if before else None
            self._state = state = state or index_state.built(db)
            self._state = index_flicker.settled(db, state)
            return state is not before

    def forget(self) -> None:
        """Forget what was answered, and nothing of what is known."""
        self._answers.clear()
        self._conditions.clear()

    def answer(self, db: sqlite3.Connection, expression: str, subject: Subject) -> "Answer | None":
        """The answer to an expression, or None where SQL has to give it; raises `UserError` with a caret.

        Small changes are followed on the spot, so that an answer is never older than what `db` would say.
        """
        if self._state is None:
            return None
        with reading(db):
            state = self.current(db)
            return self._answered(db, state, expression, subject) if state else None

    def complete(
        self, db: sqlite3.Connection, expression: str, part: str, subject: Subject, limit: int
    ) -> list[Facet] | None:
        """Tags that contain `part`, with their counts in the result of an expression; None where it is not ready."""
        found = self.answer(db, expression, subject)
        return None if found is None else found.narrowing(part, limit)

    def current(self, db: sqlite3.Connection) -> "State | None":
        """The state of the rows that `db` sees now; None where that cannot be had at once."""
        from db import index_state

        state = self._state
        if state is None or state.change_id == changes.newest(db):
            return state
        if not self._refreshing.acquire(blocking=False):
            return None
        try:
            followed = index_state.followed(db, self._state, "now") if self._state else None
            self._state = followed or self._state
            return followed
        finally:
            self._refreshing.release()

    def _answered(self, db: sqlite3.Connection, state: "State", expression: str, subject: Subject) -> "Answer":
        from db.index_answer import Answer

        key = (state.change_id, expression, subject)
        if (known := self._answers.get(key)) is not None:
            return known
        asked = understand(db, expression, subject)
        found = self._found(db, state, asked.tree, expression, subject) & state.carried[subject].everything
        answer = Answer(state, subject, found if asked.limit is None else found[: asked.limit])
        _keep(self._answers, key, answer, ANSWERS_KEPT)
        return answer

    def _found(self, db: sqlite3.Connection, state: "State", node: Node, expression: str, subject: Subject) -> Any:
        everything = state.carried[subject].everything
        if isinstance(node, Word):
            return self._word(db, state, node, expression, subject)
        if isinstance(node, Deny):
            return everything - self._found(db, state, node.part, expression, subject)
        if not node.parts:
            return everything
        parts = [self._found(db, state, part, expression, subject) for part in node.parts]
        return state.kind.union(*parts) if isinstance(node, Either) else state.kind.intersection(*parts)

    def _word(self, db: sqlite3.Connection, state: "State", word: Word, expression: str, subject: Subject) -> Any:
        from db.index_rows import gathered

        meaning = atom(db, word, expression, subject)
        if meaning.condition is None:
            by_tag = state.carried[subject].by_tag
            carried = [by_tag[tag_id] for tag_id in meaning.tags or () if tag_id in by_tag]
            return state.kind.union(state.kind(), *carried)
        condition = meaning.condition
        key = (*state.moment(condition.feeds), subject, condition.sql, *condition.values)
        if (known := self._conditions.get(key)) is not None:
            return known
        found = condition.indexed(db, state) if condition.indexed else None
        if found is None:
            found = gathered(state.kind, joined_ids(db, condition, subject))
        return _keep(self._conditions, key, found, CONDITIONS_KEPT)


@contextmanager
def reading(db: sqlite3.Connection) -> Iterator[None]:
    """One moment of the rows for several questions; joins a transaction that is open."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")


def _keep(kept: "OrderedDict[tuple[Any, ...], Any]", key: tuple[Any, ...], value: Any, most: int) -> Any:
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
    return value
