"""A person who decides as fast as keys can be pressed, and one who looks at two thousand pictures.

The first presses a key 25 times a second, never waiting for a picture: how many decisions a second are on the disk, and
how many of them are the ones that were pressed, each for its own picture. The second goes from picture to picture: what
the program holds after the first two hundred and after all, and how many images the terminal was told to hold.
"""

import random
import re
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

from bench.first_paint import our_command
from bench.harness import Result, at_least, at_most
from bench.picture_studio import picture_studio
from bench.terminal import LIMIT_SECONDS, Painted
from db.connect import connect_studio
from kimikoe_tui.engine_control import start_engine, stop_engine

SIZE, DECISIONS, LOOKED_AT, WARM = (120, 50), 300, 2000, 200
KEYS_A_SECOND, LOOKS_A_SECOND = 25.0, 15.0
LEAST_A_SECOND, FLAT = 20.0, 1.05
TIDIED_SECONDS = 3.0
"""So long after the last key the program has looked for what it no longer needs."""
METHODS = ("kitty", "sixel")
IMAGE_ID = re.compile(rb"\x1b_Ga=T[^;]*i=(\d+)")
VERDICTS = "12345x"


def run() -> list[Result]:
    """Decisions a second, right ones of all, and memory after many pictures against after few."""
    results = []
    for method in METHODS:
        with tempfile.TemporaryDirectory() as folder:
            root = picture_studio(Path(folder), WARM + LOOKED_AT + 1)
            start_engine(root)
            try:
                results += [*_decide(root, method), *_look(root, method)]
            finally:
                stop_engine(root)
    return results


def _open(root: Path, method: str) -> Painted:
    program = Painted(our_command(root), b"kimikoe", SIZE, {"KIMIKOE_GRAPHICS": method})
    program.rest(LIMIT_SECONDS)
    program.press("gc", b" of ")
    program.rest(LIMIT_SECONDS)
    return program


def _decide(root: Path, method: str) -> list[Result]:
    chance = random.Random(1)
    keys = [chance.choice(VERDICTS) for _decision in range(DECISIONS)]
    db = connect_studio(root, read_only=True)
    with closing(_open(root, method)) as program:
        began = time.perf_counter()
        for key in keys:
            program.type(key)
            program.settle(1 / KEYS_A_SECOND)
        while len(decided := _decided(db)) < DECISIONS and time.perf_counter() < began + 2 * LIMIT_SECONDS:
            program.settle(1 / KEYS_A_SECOND)
        seconds = time.perf_counter() - began
    right = sum(one == other for one, other in zip(decided, keys, strict=False)) if len(decided) == DECISIONS else 0
    return [
        at_least(f"{method}: decisions a second", DECISIONS / seconds, LEAST_A_SECOND, "/s", 1.0),
        at_least(f"{method}: decisions as pressed", right, DECISIONS, "keys", 1.0),
    ]


def _decided(db: Connection) -> Sequence[str]:
    """The decisions so far as the keys that make them, picture by picture."""
    rows = db.execute("SELECT stars, rejected FROM rating ORDER BY image_id")
    return ["x" if row["rejected"] else str(row["stars"]) for row in rows]


def _look(root: Path, method: str) -> list[Result]:
    ids: set[bytes] = set()
    with closing(_open(root, method)) as program:
        _go_on(program, WARM, ids)
        before = program.rss()
        _go_on(program, LOOKED_AT - DECISIONS, ids)
        after = program.rss()
    results = [at_most(f"{method}: MiB, to 200 pictures", after / 2**20, before / 2**20, "MiB", FLAT)]
    return results + ([at_most("kitty: images held", len(ids), 1, "images", 1.0)] if method == "kitty" else [])


def _go_on(program: Painted, count: int, ids: set[bytes]) -> None:
    for _picture in range(count):
        for _seconds, data in program.record("l", 1 / LOOKS_A_SECOND):
            ids.update(IMAGE_ID.findall(data))
    program.settle(TIDIED_SECONDS)
