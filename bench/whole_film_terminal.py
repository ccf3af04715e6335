"""The frames room over 170,000 frames in a terminal of 200x50: opening the program, and the room by its keys for the
first time; a key to its last byte in the list, a page, the longest that a key waits, and memory.

Milliseconds of a key and a page are those of a processor, so that other work on the machine does not count: on an idle
one they are what a person waits. Opening and the longest wait are by the clock, for they wait for more than a
processor, and want an idle machine. What the other of both says is printed. The baseline is a trivial Textual app's.
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median

from bench.blocked_keys import FRAMES_ROOM, PAGE_DOWN, longest_wait
from bench.first_paint import OUR_WORD, TRIVIAL, TRIVIAL_WORD, our_command
from bench.harness import Result, at_95
from bench.studio import LONG
from bench.terminal import LIMIT_SECONDS, Cost, Painted, Pane
from bench.whole_film import whole_film_studio
from kimikoe_tui.engine_control import start_engine, stop_engine

SIZE = (200, 50)
LIST = Pane(range(4, 40), range(1, 92))
KEY_MS, PAGE_MS, BLOCKED_MS, MEGABYTES = 16.0, 33.0, 50.0, 150.0
OPENING_MS, OPENINGS = 500.0, 5
KEYS, PAGES, QUIET_SECONDS = 40, 20, 0.15
DOWN, FILM_WORD = "j", f"{LONG:,}".encode()
ROW_WAS_READ = "· 1s".encode()  # how long the first drawing is held


def run() -> list[Result]:
    """A key in the list, a page of it, and memory after both."""
    with tempfile.TemporaryDirectory() as folder:
        root = whole_film_studio(Path(folder))
        start_engine(root)
        try:
            opening = _openings(root)
            trivial, megabytes = _trivial()
            with closing(Painted(our_command(root), OUR_WORD, SIZE)) as program:
                program.press(FRAMES_ROOM, FILM_WORD)
                program.rest(LIMIT_SECONDS)
                key = _p95("a key", program, DOWN, KEYS)
                page = _p95("a page", program, PAGE_DOWN, PAGES)
                ours = program.rss() / 2**20
            blocked = longest_wait(root, SIZE, FILM_WORD, Path(folder) / "waits")
        finally:
            stop_engine(root)
    print(f"a key's longest wait: {blocked.processor:.1f} ms of a processor", file=sys.stderr)
    return [
        *opening,
        _within("a key in the list, p95", key, trivial, "ms", KEY_MS),
        _within("a page in the list, p95", page, trivial, "ms", PAGE_MS),
        _within("a key's longest wait", blocked.clock, trivial, "ms", BLOCKED_MS),
        _within("memory", ours, megabytes, "MB", MEGABYTES),
    ]


def _openings(root: Path) -> list[Result]:
    """From starting the program to home with its figures, from the keys to the first page of frames; beside a trivial
    app's start."""
    homes, rooms, trivials = [], [], []
    for _round in range(OPENINGS):
        with closing(Painted(TRIVIAL, TRIVIAL_WORD, SIZE)) as program:
            trivials.append(program.since_start())
        with closing(Painted(our_command(root), FILM_WORD, SIZE)) as program:
            homes.append(home := program.since_start())
            program.press(FRAMES_ROOM, ROW_WAS_READ)
            both = program.since_start()
            rooms.append(Cost(both.processor - home.processor, both.clock - home.clock))
    names = {"opening: home's figures": homes, "opening: first page of frames": rooms}
    return [_opened(name, costs, trivials) for name, costs in names.items()]


def _opened(name: str, costs: list[Cost], trivials: list[Cost]) -> Result:
    processor, trivial = (median(cost.processor for cost in each) for each in (costs, trivials))
    print(f"{name}: {processor:.0f} ms of a processor, a trivial app {trivial:.0f}", file=sys.stderr)
    clock, baseline = (median(cost.clock for cost in each) for each in (costs, trivials))
    return _within(name, clock, baseline, "ms", OPENING_MS)


def _trivial() -> tuple[float, float]:
    """Milliseconds of a processor until a Textual app that does nothing has painted, and its megabytes."""
    with closing(Painted(TRIVIAL, TRIVIAL_WORD, SIZE)) as program:
        painted = program.cpu_seconds() * 1000
        program.rest(LIMIT_SECONDS)
        return painted, program.rss() / 2**20


def _p95(name: str, program: Painted, key: str, times: int) -> float:
    """Until the last byte in the list, where rows may have to be read; prints the clock, and all panes."""
    program.cost(key, QUIET_SECONDS, LIST)
    costs = [program.cost(key, QUIET_SECONDS, LIST) for _time in range(times)]
    for what, each in zip(("the list", "all panes"), zip(*costs, strict=True), strict=True):
        processor, clock = map(at_95, zip(*each, strict=True))
        print(f"{name}, {what}: {processor:.1f} ms of a processor, {clock:.1f} by the clock", file=sys.stderr)
    return at_95([cost.processor for cost, _all in costs])


def _within(name: str, value: float, baseline: float, unit: str, most: float) -> Result:
    return Result(name, value, unit, baseline, value / baseline, f"<= {most:g} {unit}", value <= most)
