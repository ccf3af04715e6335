"""Whatever a terminal says of itself, and however late it says it, no word of it is taken for a key."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from db import query
from db.connect import connect_studio
from tests.terminal.decoder.emulator import KITTY, OLD_KITTY, WEZTERM, XTERM, Profile
from tests.terminal.terminal import Terminal
from tests.waiting import wait_until

LOGGER = str(Path(__file__).with_name("key_logger.py"))


def logger(tmp_path: Path, limit: float, **options: object) -> Terminal:
    command = [sys.executable, LOGGER, str(limit), str(tmp_path / "terminals.json")]
    return Terminal(tmp_path / "none", command=command, **options)  # type: ignore[arg-type]


def heard(terminal: Terminal) -> str:
    """What was heard after `k` was pressed, once every answer has been given."""
    terminal.wait_for("ready")
    wait_until(lambda: terminal.read() is None and not terminal.answers_left, "all answers are given")
    terminal.press("k")
    text = terminal.wait_for("/ ")
    return next(line for line in text.splitlines() if "heard" in line).strip()


@pytest.mark.parametrize("latency", [0.0, 0.05, 0.12, 0.25, 1.0])
def test_a_late_answer_is_waited_for_and_is_no_key(tmp_path: Path, latency: float) -> None:
    with closing(logger(tmp_path, 3.0, profile=KITTY, latency=latency)) as terminal:
        assert heard(terminal) == "heard k / kitty kitty (10, 20) 1"


@pytest.mark.parametrize("dribbles", [False, True])
def test_answers_after_all_patience_are_no_keys_either(tmp_path: Path, dribbles: bool) -> None:
    with closing(logger(tmp_path, 0.01, profile=XTERM, latency=1.0, dribbles=dribbles)) as terminal:
        assert heard(terminal) == "heard k / quadrants  (10, 20) 1"


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (OLD_KITTY, "kitty-direct kitty (10, 20) 1"),
        (WEZTERM, "inline wezterm (10, 20) 1"),
        (Profile("foot(1.16.2)", sixel=True, cell=(9, 18), ambiguous=2), "sixel foot (9, 18) 2"),
        (Profile(ambiguous=2, cell=None), "cells  (10, 20) 2"),
    ],
    ids=["old kitty", "wezterm", "wide foot", "wide plain"],
)
def test_pictures_are_shown_in_the_best_way_that_the_terminal_has(
    tmp_path: Path, profile: Profile, expected: str
) -> None:
    with closing(logger(tmp_path, 3.0, profile=profile)) as terminal:
        assert heard(terminal) == f"heard k / {expected}"
        assert terminal.text().count("─") == 0, "the glyph that was measured is wiped away"


def test_what_was_typed_while_the_program_started_is_heard(tmp_path: Path) -> None:
    with closing(logger(tmp_path, 3.0, profile=KITTY, latency=0.3)) as terminal:
        terminal.press("g\x1b[Bc")
        terminal.wait_for("heard g down c")


def test_a_pictures_answer_in_single_bytes_is_no_key(tmp_path: Path) -> None:
    with closing(logger(tmp_path, 3.0, profile=KITTY, dribbles=True)) as terminal:
        terminal.wait_for("ready")
        for number in range(6):
            terminal.press("jk"[number % 2])
            wait_until(lambda: terminal.read() is None and not terminal.answers_left, "all answers are given")
        terminal.press("x")
        words = terminal.wait_for("x /").partition("heard ")[2].partition(" /")[0].split()
        assert [word for word in words if word != "escape"] == [*"jkjkjkx"], "too late for patience, it is an Escape"


def test_escape_is_heard_while_a_pictures_answer_is_awaited(tmp_path: Path) -> None:
    with closing(logger(tmp_path, 3.0, profile=KITTY)) as terminal:
        terminal.wait_for("ready")
        terminal.latency = 60.0
        terminal.press("k")
        terminal.wait_for("heard k /")
        wait_until(lambda: terminal.read() is None and terminal.answers_left, "it is asked")
        terminal.press("\x1b")
        terminal.wait_for("heard k escape /")
        terminal.press("4")
        terminal.wait_for("heard k escape 4 /")


@pytest.mark.slow
@pytest.mark.parametrize("latency", [0.0, 0.05, 0.12, 0.25, 1.0])
def test_a_terminal_never_judges_a_picture(studio: Path, latency: float) -> None:
    with closing(Terminal(studio, profile=KITTY, latency=latency)) as terminal:
        terminal.wait_for("home")
        terminal.press("gc")
        terminal.wait_for("1 of 12")
        wait_until(lambda: terminal.read() is None and not terminal.answers_left, "all answers are given")
        terminal.press("3")
        terminal.wait_for("2 of 12")
        db = connect_studio(studio)
        assert db.execute("SELECT count(*) FROM event").fetchone()[0] == 1
        assert list(query.image_ids(db, "stars:3")) == [1]
