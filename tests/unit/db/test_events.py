from sqlite3 import Connection
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from db import events, query, tags
from db.connect import connect_studio

HERE, OTHER = "terminal-1", "terminal-2"


def _verdicts(db: Connection) -> list[tuple[Any, ...]]:
    rows = db.execute("SELECT film_id, frame_number, tag_id, present, how FROM verdict ORDER BY 1, 2, 3")
    return [tuple(row) for row in rows]


def test_a_verdict_outranks_the_tagger_over_its_scope(film_db: Connection) -> None:
    tags.set_tag(film_db, HERE, 1, 45, "shot", "nagisa", True)
    tags.set_tag(film_db, HERE, 1, 3, "hold", "glasses", False)
    assert len(query.frame_ids(film_db, "nagisa")) == 60
    assert len(query.frame_ids(film_db, "glasses")) == 48
    assert [tag.tag for tag in tags.frame_tags(film_db, 1, 45)][:2] == ["nagisa", "1girl"]
    assert tags.denied_tags(film_db, 1, 4) == ["glasses"]


def test_the_drawing_looked_at_is_seen_and_the_rest_is_spread(film_db: Connection) -> None:
    tags.set_tag(film_db, HERE, 1, 46, "shot", "nagisa", True)
    how = {row["frame_number"]: row["how"] for row in film_db.execute("SELECT * FROM verdict")}
    assert (how[45], how[46], how[47], how[100]) == ("seen", "seen", "spread", "spread")


def test_undo_goes_back_across_restarts_and_redo_returns(film_db: Connection, studio_root: Any) -> None:
    tags.set_tag(film_db, HERE, 1, 45, "shot", "nagisa", True)
    after_first = _verdicts(film_db)
    tags.set_tag(film_db, HERE, 1, 45, "hold", "nagisa", False)
    after_second = _verdicts(film_db)

    reopened = connect_studio(studio_root)
    assert events.undo(reopened, HERE) is not None
    assert _verdicts(reopened) == after_first
    assert events.undo(reopened, HERE) is not None
    assert _verdicts(reopened) == []
    assert events.undo(reopened, HERE) is None
    assert events.redo(reopened, HERE) is not None
    assert events.redo(reopened, HERE) is not None
    assert _verdicts(reopened) == after_second
    assert events.redo(reopened, HERE) is None
    reopened.close()


def test_undo_keeps_what_another_terminal_changed_since(film_db: Connection) -> None:
    tags.set_tag(film_db, HERE, 1, 45, "shot", "nagisa", True)
    tags.set_tag(film_db, OTHER, 1, 45, "hold", "nagisa", False)
    undone = events.undo(film_db, HERE)
    assert undone is not None
    assert (undone.restored, undone.kept) == (58, 2)
    assert {row[1] for row in _verdicts(film_db)} == {45, 46}


def test_a_session_undoes_its_own_acts(film_db: Connection) -> None:
    tags.set_tag(film_db, OTHER, 1, 45, "frame", "nagisa", True)
    assert events.undo(film_db, HERE) is None
    assert len(_verdicts(film_db)) == 1


def test_an_act_after_undo_ends_redo(film_db: Connection) -> None:
    tags.set_tag(film_db, HERE, 1, 45, "frame", "nagisa", True)
    events.undo(film_db, HERE)
    tags.set_tag(film_db, HERE, 1, 1, "frame", "nagisa", True)
    assert events.redo(film_db, HERE) is None


class UndoMachine(RuleBasedStateMachine):
    """One session's acts, undos and redos against a plain stack of states."""

    def __init__(self) -> None:
        import sqlite3

        from db.migrations import migrate
        from tests.rows import add_small_film

        super().__init__()
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.row_factory = sqlite3.Row
        migrate(self.db)
        add_small_film(self.db)
        self.past = [_verdicts(self.db)]
        self.future: list[list[tuple[Any, ...]]] = []

    @rule(
        number=st.integers(1, 100),
        scope=st.sampled_from(["frame", "hold", "shot"]),
        tag=st.sampled_from(["nagisa", "glasses"]),
        present=st.sampled_from([True, False, None]),
    )
    def act(self, number: int, scope: Any, tag: str, present: bool | None) -> None:
        tags.set_tag(self.db, HERE, 1, number, scope, tag, present)
        self.past.append(_verdicts(self.db))
        self.future.clear()

    @precondition(lambda self: len(self.past) > 1)
    @rule()
    def undo(self) -> None:
        self.future.append(self.past.pop())
        assert events.undo(self.db, HERE)
        assert _verdicts(self.db) == self.past[-1]

    @precondition(lambda self: self.future)
    @rule()
    def redo(self) -> None:
        self.past.append(self.future.pop())
        assert events.redo(self.db, HERE)
        assert _verdicts(self.db) == self.past[-1]

    def teardown(self) -> None:
        self.db.close()


TestUndoMachine = UndoMachine.TestCase
TestUndoMachine.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
