"""A database that does not answer keeps no key waiting: nothing is read on the thread that takes the keys."""

import threading
from collections.abc import Iterator
from sqlite3 import Connection
from typing import Any

import pytest

from kimikoe_tui.session import Session
from tests.pilot.conftest import Open, frames_room, looked_at, until, verdicts
from tests.pilot.test_shots import shots_room
from tests.rows import FIRST_SHOT

PATIENCE = 60.0


class Reluctant:
    """A connection that answers when it is let; on the keys' thread it would never have."""

    def __init__(self, db: Connection, gate: threading.Event, stalls: list[str], keys_thread: int) -> None:
        self._db, self._gate, self._stalls, self._keys_thread = db, gate, stalls, keys_thread

    def execute(self, sql: str, *values: Any) -> Any:
        """As the connection's own, once the gate is open."""
        if threading.get_ident() == self._keys_thread:
            if not self._gate.is_set():
                self._stalls.append(sql)
        else:
            self._gate.wait(PATIENCE)
        return self._db.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Open at first; while it is closed no reading comes back."""
    opened = threading.Event()
    opened.set()
    yield opened
    opened.set()


@pytest.fixture
def stalls(monkeypatch: pytest.MonkeyPatch, gate: threading.Event) -> list[str]:
    """What was read on the keys' thread while the gate was closed."""
    found: list[str] = []
    read, keys_thread = Session.reader, threading.get_ident()
    monkeypatch.setattr(Session, "reader", lambda self: Reluctant(read(self), gate, found, keys_thread))
    return found


async def test_frames_are_walked_while_nothing_can_be_read(
    db: Connection, open_studio: Open, gate: threading.Event, stalls: list[str]
) -> None:
    async with open_studio("g", "f") as (app, pilot):
        await looked_at(app, pilot, 1)
        gate.clear()
        room = frames_room(app)
        await pilot.press("j", "j", "k", "l", "h", "n", "N", "]", "[", "G", "g", "g", "n", "s", "m", "v", "j", "v", "M")
        assert room.lines.ids[room.lines.cursor] == room.lines.ids[FIRST_SHOT + 2]
        await pilot.press("J", "x", "e")
        app.poll()
        await pilot.press("k", "slash", *"hat", "escape", "t", "escape", "f", "q", "V", "q")
        assert stalls == []
        gate.set()
        await until(pilot, lambda: app.screen is not room)  # the tag line that was asked for
        await pilot.press("escape")
        assert verdicts(db, "hat") == {}


async def test_shots_are_walked_while_nothing_can_be_read(
    open_studio: Open, gate: threading.Event, stalls: list[str]
) -> None:
    async with open_studio("g", "s") as (app, pilot):
        await until(pilot, lambda: shots_room(app).grid.count == 2)
        gate.clear()
        await pilot.press("l", "m", "h", "z", "v", "v", "a", "M", "F", "c", "slash", *"hat", "escape", "G")
        app.poll()
        assert shots_room(app).grid.cursor == 1 and stalls == []
        gate.set()
