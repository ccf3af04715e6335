"""How long a key may have to wait while pages, filters and facets go on: the longest that its thread did not answer."""

import sys
import time
from contextlib import closing
from pathlib import Path

from bench.first_paint import OUR_WORD
from bench.terminal import LIMIT_SECONDS, Cost, Painted

FIRST, LAST, FILTER, EVERY_FRAME, FACETS, CLOSE = "gg", "G", "/", "F", "f", "\x1b"
FRAMES_ROOM, SHOTS_ROOM, PAGE_DOWN, ENTER = "gf", "gs", "\x04", "\r"
QUERIES = "1girl glasses -smile", "*_hair* or rain", "score:glasses<0.8 hold:>=2"
SECONDS_EACH, PAGES, MOST_PRINTED = 0.1, 8, 5


def longest_wait(root: Path, size: tuple[int, int], film_word: bytes, report: Path) -> Cost:
    """The longest by the processor and the longest by the clock, of a walk through frames and shots."""
    command = [sys.executable, "-m", "bench.watched_app", str(report), "--studio", str(root)]
    with closing(Painted(command, OUR_WORD, size)) as program:
        program.press(FRAMES_ROOM, film_word)
        program.rest(LIMIT_SECONDS)
        typed = [_typed(program, key) for key in _walk()]
        program.rest(LIMIT_SECONDS)
    return _longest(report, typed)


def _walk() -> list[str]:
    pages = [PAGE_DOWN] * PAGES
    filters = [step for query in QUERIES for step in (FILTER, *query, ENTER, *pages, EVERY_FRAME)]
    return [*pages, LAST, FIRST, *filters, FACETS, CLOSE, SHOTS_ROOM, *pages, FRAMES_ROOM, *pages]


def _typed(program: Painted, key: str) -> tuple[float, str]:
    """When a key was typed, and the key."""
    now = time.perf_counter()
    program.type(key)
    program.settle(SECONDS_EACH)
    return now, key


def _longest(report: Path, typed: list[tuple[float, str]]) -> Cost:
    """The longest waits; prints after which key the longest ones were."""
    waits = [tuple(map(float, line.split())) for line in report.read_text().splitlines()[:-1]]
    times = [(1000 * processor, 1000 * clock, asked) for asked, clock, processor in waits if asked >= typed[0][0]]
    for processor, clock, asked in sorted(times, reverse=True)[:MOST_PRINTED]:
        key = next(key for when, key in reversed(typed) if when <= asked)
        print(f"after {key!r}: {processor:.1f} ms of a processor, {clock:.1f} by the clock", file=sys.stderr)
    return Cost(max(each[0] for each in times), max(each[1] for each in times))
