"""Terminals that close, lose their connection, stop, continue, change their size, and are two at once."""

import os
import random
import signal
from pathlib import Path
from sqlite3 import Connection

import psutil
import pytest

from db import query
from db.connect import connect_studio
from db.terminals import open_terminals
from kimikoe_tui.engine_control import engine_state
from tests.terminal.studio import PICTURES
from tests.terminal.terminal import Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
CTRL_Z = "\x1a"


def at_work(studio: Path, **options: bool) -> Terminal:
    """A terminal in the cull room that has looked at frames too, so that it has a frame server."""
    terminal = Terminal(studio, **options)
    terminal.wait_for("engine on")
    terminal.press("g")
    terminal.wait_for("go to")
    terminal.press("f")
    terminal.wait_for("100 frames")
    wait_until(lambda: frame_servers(studio), "the frame server runs")
    terminal.press("g")
    terminal.wait_for("go to")
    terminal.press("c")
    terminal.wait_for("1 of 12")
    return terminal


def frame_servers(studio: Path) -> list[int]:
    """The frame servers of this studio, whoever started them."""
    found = psutil.process_iter(["cmdline"])
    return [each.pid for each in found if (each.info["cmdline"] or [])[-2:] == ["engine.pixels", str(studio.resolve())]]


def rated(db: Connection, stars: int) -> list[int]:
    return list(query.image_ids(db, f"stars:{stars}"))


@pytest.mark.parametrize("controlling", [True, False], ids=["told by SIGHUP", "told by nobody"])
def test_a_lost_connection_ends_the_program_and_nothing_else(studio: Path, controlling: bool) -> None:
    terminal = at_work(studio, controlling=controlling)
    engine = engine_state(studio).pid
    db = connect_studio(studio)
    terminal.press("4")
    wait_until(lambda: rated(db, 4) == [1], "the rating is on disk")
    terminal.press("35")
    assert terminal.hang_up() == 128 + signal.SIGHUP
    wait_until(lambda: not frame_servers(studio), "its frame server has ended")
    assert open_terminals(studio) == []
    assert engine_state(studio).pid == engine
    assert rated(db, 4) == [1]
    assert not (studio / "logs" / "terminal.log").exists()


def test_sigterm_gives_the_terminal_back_as_it_was(studio: Path) -> None:
    terminal = at_work(studio)
    assert not terminal.echoes
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.wait_for_end() == 128 + signal.SIGTERM
    assert terminal.echoes
    assert "The engine goes on working" in terminal.text()
    assert not frame_servers(studio) and open_terminals(studio) == []
    terminal.close()


def test_a_killed_terminal_takes_its_frame_server_along_and_frees_its_name(studio: Path) -> None:
    terminal = at_work(studio)
    terminal.process.kill()
    terminal.process.wait()
    wait_until(lambda: not frame_servers(studio), "its frame server has ended")
    assert open_terminals(studio) == []
    terminal.close()


def test_the_engine_outlives_the_terminal_that_started_it_and_ignores_sighup(studio: Path) -> None:
    terminal = at_work(studio)
    engine = engine_state(studio).pid
    assert engine and os.getsid(engine) == engine
    terminal.hang_up()
    os.kill(engine, signal.SIGHUP)
    second = at_work(studio)
    assert engine_state(studio).pid == engine
    second.close()


def test_a_stopped_program_comes_back_with_fg(studio: Path) -> None:
    terminal = at_work(studio, shell=True)
    db = connect_studio(studio)
    for _round in range(3):
        terminal.forget()
        terminal.press(CTRL_Z)
        terminal.wait_for("Stopped")
        assert terminal.echoes
        terminal.forget()
        terminal.press("fg\r")
        terminal.wait_for("1 of 12")
        assert not terminal.echoes
    terminal.press("3")
    wait_until(lambda: rated(db, 3) == [1], "keys reach it again")
    terminal.press(":")
    terminal.wait_for("a command; backspace closes")
    terminal.press(CTRL_Z)
    terminal.wait_for("Stopped")
    terminal.close()
    wait_until(lambda: not open_terminals(studio), "a stopped program ends with its terminal")
    wait_until(lambda: not frame_servers(studio), "and takes its frame server along")


def test_a_program_frozen_from_outside_paints_again_and_loses_no_key(studio: Path) -> None:
    terminal = at_work(studio)
    db = connect_studio(studio)
    for _round in range(3):
        terminal.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: psutil.Process(terminal.process.pid).status() == psutil.STATUS_STOPPED, "it stops")
        terminal.forget()
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for("of 12")
    terminal.press("12345\x1b[D\x1b[D2")
    wait_until(lambda: rated(db, 2) == [2, 4], "all keys arrive, in order, arrows whole")
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0
    terminal.close()


def test_without_a_shell_nothing_stops_that_nobody_could_continue(studio: Path) -> None:
    terminal = at_work(studio)
    terminal.press(CTRL_Z)
    terminal.wait_for("no shell above")
    terminal.process.send_signal(signal.SIGTSTP)
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0
    terminal.close()


def test_two_terminals_see_each_others_acts_and_undo_their_own(studio: Path) -> None:
    first, second = at_work(studio), at_work(studio)
    db = connect_studio(studio)
    first.press("4")
    wait_until(lambda: rated(db, 4) == [1], "the first has rated")
    second.wait_for("★★★★☆")
    second.press("l")
    second.wait_for("2 of 12")
    second.press("5")
    wait_until(lambda: rated(db, 5) == [2], "the second has rated")
    first.wait_for("★★★★★")
    first.press("u")
    wait_until(lambda: rated(db, 4) == [], "the first undoes its own act")
    assert rated(db, 5) == [2]
    first.press("u")
    first.wait_for("nothing to undo")
    assert rated(db, 5) == [2]
    second.press("u")
    wait_until(lambda: len(query.image_ids(db, "is:unrated")) == PICTURES, "the second undoes its own")
    first.close()
    assert open_terminals(studio) == ["terminal-2"]
    second.close()


def test_the_size_may_change_at_any_moment(studio: Path) -> None:
    chance = random.Random(7)
    terminal = Terminal(studio)
    terminal.resize(3, 2)
    terminal.resize(100, 30)
    terminal.wait_for("engine on")
    for keys in ("gc", "4", "i", "gf", "e", "\x1b", "gj", "gr", ":", "\x1b", "?", "\x1b", "gh") * 3:
        terminal.press(keys)
        for _resize in range(3):
            terminal.resize(chance.randint(1, 180), chance.randint(1, 60))
    terminal.resize(0, 0)
    terminal.resize(100, 30)
    terminal.press("\x1b")
    wait_until(lambda: _at_home(terminal), "it answers keys and fills the screen")
    wait_until(lambda: _has_left(terminal), "it leaves")
    assert terminal.wait_for_end() == 0
    assert not (studio / "logs" / "terminal.log").exists()
    terminal.close()


def _has_left(terminal: Terminal) -> bool:
    terminal.press("\x11")
    return "engine goes on" in terminal.text()


def _at_home(terminal: Terminal) -> bool:
    terminal.press("gh")
    return "kimikoe home" in terminal.text() and "? keys" in terminal.text()
