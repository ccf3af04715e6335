"""A person who judges three hundred pictures, waiting for none: every key is a decision, each for its own picture."""

import random
import time
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

import pytest

from db.connect import connect_studio, writing
from tests.terminal.decoder.emulator import KITTY, XTERM, Profile
from tests.terminal.terminal import Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
PICTURES, KEYS_A_SECOND = 300, 25.0
VERDICTS = "12345x"


def add_pictures(db: Connection) -> None:
    """As many as are to be judged, in the files of the first few."""
    with writing(db):
        first = db.execute("SELECT max(id) FROM image").fetchone()[0] + 1
        db.executemany(
            """INSERT INTO image (id, generation_id, ordinal, state, prompt, negative_prompt, seed, steps, sampler,
                   cfg_scale, width, height, path)
               VALUES (?, 1, ?, 'done', '1girl', '', 7, 20, 'Euler', 7, 64, 64, ?)""",
            ((number, number, f"images/1/{number % 12 + 1}.png") for number in range(first, PICTURES + 1)),
        )


def decided(db: Connection) -> list[str]:
    """The decisions as the keys that make them, picture by picture."""
    rows = db.execute("SELECT stars, rejected FROM rating ORDER BY image_id")
    return ["x" if row["rejected"] else str(row["stars"]) for row in rows]


def press_at_a_pace(terminal: Terminal, keys: list[str]) -> None:
    """One key after another as a hand presses them, while the terminal shows what comes."""
    due = time.monotonic()
    for key in keys:
        terminal.press(key)
        due += 1 / KEYS_A_SECOND
        wait_until(lambda due=due: terminal.read() is None and time.monotonic() >= due, "the next beat")


@pytest.mark.parametrize("profile", [KITTY, XTERM], ids=["kitty", "sixel"])
def test_no_decision_is_lost_or_doubled(studio: Path, profile: Profile) -> None:
    chance = random.Random(2)
    keys = [chance.choice(VERDICTS) for _picture in range(PICTURES)]
    db = connect_studio(studio)
    add_pictures(db)
    with closing(Terminal(studio, profile=profile)) as terminal:
        terminal.wait_for("home")
        terminal.press("gc")
        terminal.wait_for(f"1 of {PICTURES}")
        press_at_a_pace(terminal, keys)
        wait_until(lambda: terminal.read() is None and len(decided(db)) >= PICTURES, "all decisions are on the disk")
        assert decided(db) == keys
        assert db.execute("SELECT count(*) FROM event").fetchone()[0] == PICTURES
        terminal.press("u")
        wait_until(lambda: terminal.read() is None and len(decided(db)) < PICTURES, "the last one can be undone")
        assert decided(db) == keys[:-1]
