"""The program in Japanese, on a plain terminal and on a phone: every room says its words and keeps its columns."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from sqlite3 import Connection

import pytest

from kimikoe_tui.keys import ROOMS
from kimikoe_tui.text import cells
from tests.pilot.conftest import add_pictures
from tests.pilot.japanese_rooms import SIZES

Screens = dict[tuple[int, str], list[str]]
ENGLISH = re.compile(r"\b(rate|reject|frames|pictures|previous|filter|engine on|engine off|waiting|keys)\b")


@pytest.fixture
def screens(db: Connection, studio: Path) -> Screens:
    """By width and room, the lines of the screen."""
    add_pictures(db, studio, 3)
    japanese = {**os.environ, "LANG": "ja_JP.UTF-8", "LC_ALL": "ja_JP.UTF-8", "LANGUAGE": "", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "tests.pilot.japanese_rooms", str(studio)]
    done = subprocess.run(command, capture_output=True, text=True, env=japanese)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {(each["size"][0], each["room"]): each["lines"] for each in told}


def test_every_room_speaks_japanese_in_whole_columns(screens: Screens) -> None:
    assert {width for width, _room in screens} == {width for width, _height in SIZES}
    assert {room for _width, room in screens} == {*ROOMS, "help", "go"}
    for (width, room), lines in screens.items():
        text = "\n".join(lines)
        assert re.search("[ぁ-ん一-龠ァ-ヶ]", text), (width, room)
        assert not ENGLISH.search(text), (width, room, ENGLISH.findall(text))
        assert {cells(line) for line in lines} == {width}, (width, room, text)
        assert "�" not in text


def test_the_phone_shows_five_keys_and_columns_stand_below_their_names(screens: Screens) -> None:
    for footer in (screens[45, room][-1] for room in ROOMS):
        assert len(re.findall(r"\S+ [ぁ-ん一-龠ァ-ヶ]+", footer)) >= 5, footer
    lines = screens[80, "frames"]
    head = next(line for line in lines if "タグ" in line and "時刻" in line)
    row = next(line for line in lines if "1girl" in line)
    assert cells(head[: head.index("タグ")]) == cells(row[: row.index("1girl")]), f"{head}\n{row}"
