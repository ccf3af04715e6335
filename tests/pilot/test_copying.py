"""Copying in a room: through tmux where the program runs in it, by OSC 52 elsewhere, and no more said than is known."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection

import pytest

from kimikoe_tui import clipboard
from kimikoe_tui.graphics import tmux
from tests.pilot.conftest import Open, add_pictures, cull_room, drawn, until

PROMPT = "1girl, 傘"
SENT = f"\x1b]52;c;{base64.b64encode(PROMPT.encode()).decode()}\x07"
Tmux = Callable[[str], Path]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the terminal is sent."""
    written: list[str] = []
    monkeypatch.setattr(clipboard, "write_raw", lambda _app, data: written.append(data))
    return written


@pytest.fixture
def in_tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tmux:
    """A tmux that keeps what it was asked and given, and then does as a line of shell says."""

    def made(ending: str) -> Path:
        program, kept = tmp_path / "bin" / "tmux", tmp_path / "given"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\n{{ echo "$*"; cat; }} > "{kept}"\n{ending}\n')
        program.chmod(0o700)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("TMUX", "/nowhere,1,0")
        return kept

    return made


async def test_tmux_is_given_what_is_copied(
    db: Connection, studio: Path, open_studio: Open, sent: list[str], in_tmux: Tmux
) -> None:
    (image_id,) = add_pictures(db, studio, 1, prompt=PROMPT)
    kept = in_tmux("exit 0")
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        await pilot.press("y", "p")
        await until(pilot, lambda: cull_room(app).status.said == f"copied: {PROMPT}")
        assert kept.read_text() == f"load-buffer -w -\n{PROMPT}" and sent == []


async def test_where_tmux_does_not_take_it_the_terminal_is_sent_it_and_no_more_is_said(
    db: Connection, studio: Path, open_studio: Open, sent: list[str], in_tmux: Tmux
) -> None:
    (image_id,) = add_pictures(db, studio, 1, prompt=PROMPT)
    kept = in_tmux("echo 'tmux: unknown option -- w' >&2; exit 1")
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        await pilot.press("y", "p")
        await until(pilot, lambda: cull_room(app).status.said == f"sent to the terminal's clipboard: {PROMPT}")
        assert kept.exists() and sent == [SENT]


async def test_without_a_tmux_program_the_terminal_is_sent_it(
    db: Connection, studio: Path, open_studio: Open, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (image_id,) = add_pictures(db, studio, 1, prompt=PROMPT)
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, image_id)
        monkeypatch.setenv("TMUX", "/nowhere,1,0")
        monkeypatch.setenv("PATH", str(studio))
        await pilot.press("y", "p")
        await until(pilot, lambda: sent == [SENT])
        assert cull_room(app).status.said.startswith("sent to")


async def test_no_key_waits_for_a_slow_tmux(
    db: Connection, studio: Path, open_studio: Open, sent: list[str], in_tmux: Tmux, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = add_pictures(db, studio, 2, prompt=PROMPT)
    monkeypatch.setattr(tmux, "SECONDS", 60.0)
    goes_on = studio / "goes-on"
    os.mkfifo(goes_on)
    kept = in_tmux(f'read line < "{goes_on}"')
    async with open_studio("g", "c") as (app, pilot):
        await drawn(app, pilot, first)
        await pilot.press("y", "p", "j")
        await drawn(app, pilot, second)
        await until(pilot, kept.exists)
        assert "copied" not in cull_room(app).status.said and sent == []
        goes_on.write_text("on\n")
        await until(pilot, lambda: cull_room(app).status.said == f"copied: {PROMPT}")
