"""A person at a terminal: keys in, rows out, and an engine that stays when the terminal goes."""

from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

import pytest

from db import query
from db.connect import connect_studio
from kimikoe_tui import keys
from kimikoe_tui.engine_control import engine_state
from tests.terminal.studio import PICTURES
from tests.terminal.terminal import Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


def test_pictures_are_rated_rejected_and_undone_by_keys(studio: Path) -> None:
    terminal = Terminal(studio)
    db = connect_studio(studio)
    terminal.wait_for("home")
    terminal.press("gc")
    terminal.wait_for("1 of 12")
    terminal.press("4")
    wait_until(lambda: list(query.image_ids(db, "stars:4")) == [1], "the rating is on disk")
    terminal.wait_for("2 of 12")
    terminal.press("x")
    wait_until(lambda: list(query.image_ids(db, "is:rejected")) == [2], "the rejection is on disk")
    terminal.press("uu")
    wait_until(lambda: len(query.image_ids(db, "is:unrated")) == PICTURES, "both are undone")
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0
    assert engine_state(studio).running
    terminal.close()


def test_a_tag_reaches_a_shot_and_is_undone_by_the_next_terminal(studio: Path) -> None:
    db = connect_studio(studio)
    first = Terminal(studio)
    first.wait_for("home")
    first.press("gf")
    first.wait_for("1girl")
    first.press("e")
    first.wait_for("tag shot 1")
    first.press("character:shion\r")
    wait_until(lambda: len(query.frame_ids(db, "shi*")) == 40 if _knows(db) else False, "the shot carries the name")
    first.close()
    second = Terminal(studio)
    second.wait_for("home")
    second.press("u")
    wait_until(lambda: len(query.frame_ids(db, "shion")) == 0, "the next terminal has undone it")
    second.close()


def _knows(db: Connection) -> bool:
    return db.execute("SELECT 1 FROM tag WHERE name = 'shion'").fetchone() is not None


def test_the_size_is_the_terminals_whatever_a_shell_exported(studio: Path) -> None:
    with closing(Terminal(studio, columns=100, variables={"COLUMNS": "60", "LINES": "15"})) as terminal:
        terminal.wait_for("g rooms")
        assert len(max(terminal.text().splitlines(), key=len).rstrip()) > 90


def test_a_closed_window_leaves_the_engine(studio: Path) -> None:
    terminal = Terminal(studio)
    terminal.wait_for("engine on")
    pid = engine_state(studio).pid
    terminal.close()
    assert engine_state(studio).pid == pid


@pytest.mark.parametrize("size", [(80, 24), (45, 14), (200, 50)])
def test_every_room_opens_at_every_size_and_survives_a_resize(studio: Path, size: tuple[int, int]) -> None:
    terminal = Terminal(studio, *size)
    terminal.wait_for("home")
    for key in keys.GO:
        if key.name in keys.ROOMS:
            terminal.press("g" + key.keys[0])
            terminal.wait_for(f"kimikoe {keys.TITLES[key.name]}")
    terminal.resize(100, 30)
    terminal.press("gc")
    terminal.wait_for("kimikoe cull")
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0
    terminal.close()
