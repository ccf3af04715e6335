"""Questions to a whole film: by the index, beside SQL in the same run, in a studio of 5 million frame-tags.

Each figure is what the thread used of a processor, so that other work on the machine does not count; on an idle one it
is the time that a person waits.
"""

import gc
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import quantiles

import psutil

from bench.harness import Result
from bench.whole_film import whole_film_studio
from db import completion, events, facets, query
from db.connect import connect_studio
from db.films import unpack
from db.index import Index
from kimikoe_tui import frame_edits

ROUNDS, MOST_SQL_SECONDS = 25, 5.0
ANSWER_MS, PAGE_MS, FIRST_PAGE_MS, REPLACE_MS, INDEX_MB = 16.0, 5.0, 500.0, 300.0, 50.0
PAGE, REPLACED = 200, 20_000
QUESTIONS = {
    "and": "1girl glasses",
    "or": "1girl or smile or rain",
    "not": "1girl glasses -nagisa -smile",
    "wildcard": "*_hair* 1girl",
    "shot": "glasses shot:100..200",
    "time": "glasses t:3:10..31:50",
    "key": "glasses is:key",
    "hold": "glasses hold:>=5",
    "short holds": "hold:1..3",
    "untagged": "is:untagged",
    "score": "score:glasses<0.8",
    "flicker": "flicker:>12",
    "flicker of a tag": "flicker:glasses>3",
}


def run() -> list[Result]:
    """Every question of the index and of SQL; then a tag replaced on 20,000 frames, and taken back."""
    with tempfile.TemporaryDirectory() as folder:
        root = whole_film_studio(Path(folder))
        reader = connect_studio(root, read_only=True)
        first = _first_page(root)
        index, built = _index(reader)
        found = [first, built, *_answers(reader, index), *_facets(reader, index), *_pages(reader, index)]
        found += [_pictures(reader, index), *_replaced(connect_studio(root), index)]
        reader.close()
    return found


def _first_page(root: Path) -> Result:
    """From opening the file to the first page by SQL, before there is an index; against opening alone."""

    def opened() -> sqlite3.Connection:
        return connect_studio(root, read_only=True)

    def first_page() -> None:
        query.page(opened(), "1girl glasses", "frame", 0, PAGE)

    return _within("first page by SQL", _p95(first_page, 5), _p95(opened, 5), FIRST_PAGE_MS)


def _index(reader: sqlite3.Connection) -> tuple[Index, Result]:
    gc.collect()
    before = psutil.Process().memory_info().rss
    index = Index()
    index.refresh(reader)
    gc.collect()
    grown = (psutil.Process().memory_info().rss - before) / 2**20
    rows = reader.execute("SELECT count(*) FROM score").fetchone()[0] * 8 / 2**20  # a score row as two integers
    return index, _result("index memory", grown, "MB", rows, INDEX_MB)


def _answers(reader: sqlite3.Connection, index: Index) -> list[Result]:
    return [
        _beside(reader, f"answer: {name}", lambda known, each=each: query.count(reader, each, "frame", known), index)  # type: ignore[misc]
        for name, each in QUESTIONS.items()
    ]


def _facets(reader: sqlite3.Connection, index: Index) -> list[Result]:
    typed = "1girl glasses br"

    def narrowed(known: Index | None) -> object:
        return completion.candidates(reader, typed, len(typed), "frame", index=known)

    def top(known: Index | None) -> object:
        expression = "1girl glasses limit:5000" if known is None else "1girl glasses"
        return facets.top(reader, expression, "frame", index=known)

    return [_beside(reader, "top 50 facets (SQL: 5,000)", top, index), _beside(reader, "completion", narrowed, index)]


def _pages(reader: sqlite3.Connection, index: Index) -> list[Result]:
    """A page deep in a result that has been asked for before, as a list scrolls."""
    answer = index.answer(reader, "1girl", "frame")
    assert answer is not None
    deep = answer.page(len(answer) - 5 * PAGE, 1)[0]
    ours = _p95(lambda: query.page(reader, "1girl", "frame", deep, PAGE, index), ROUNDS)
    sql = _cpu(lambda: query.page(reader, "1girl", "frame", deep, PAGE))
    return [_within("a deep page", ours, sql, PAGE_MS)]


def _pictures(reader: sqlite3.Connection, index: Index) -> Result:
    def asked(known: Index | None) -> int:
        return query.count(reader, "(1girl or smile) -rain *_hair*", "image", known)

    return _beside(reader, "answer of pictures", asked, index)


def _replaced(writer: sqlite3.Connection, index: Index) -> list[Result]:
    """A tag replaced on 20,000 frames as a person's words do it, and taken back; against the bare rows."""
    frames = query.frame_ids(writer, f"glasses limit:{REPLACED}", index)
    words = [frame_edits.Word("glasses", False), frame_edits.Word("nagisa", True)]
    before = _verdicts(writer)
    bare = _cpu(lambda: _bare(writer, frames))
    done = _cpu(lambda: frame_edits.edit(writer, "bench", frames, frames[0], words, "bench"))
    undone = _cpu(lambda: events.undo(writer, "bench"))
    identical = _verdicts(writer) == before
    writer.close()
    return [
        _within("tag replaced on 20,000", done, bare, REPLACE_MS),
        _within("its undo" if identical else "its undo, NOT identical", undone, bare, REPLACE_MS if identical else 0.0),
    ]


def _bare(writer: sqlite3.Connection, frames: Sequence[int]) -> None:
    """As many rows, without an undo."""
    tags = [row[0] for row in writer.execute("SELECT id FROM tag WHERE name IN ('glasses', 'nagisa')")]
    writer.execute("BEGIN IMMEDIATE")
    rows = [(*unpack(frame), tag, 1, "bulk") for tag in tags for frame in frames]
    writer.executemany("INSERT INTO verdict VALUES (?, ?, ?, ?, ?, 1)", rows)
    writer.execute("ROLLBACK")


def _verdicts(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.execute("SELECT * FROM verdict ORDER BY 1, 2, 3")]


def _beside(
    reader: sqlite3.Connection, name: str, ask: Callable[[Index | None], object], index: Index
) -> Result:  # fmt: skip
    """The index, asked anew each time, beside SQL, which is slow enough to be asked once and not to its end."""

    def anew() -> None:
        index.forget()
        ask(index)

    return _within(name, _p95(anew, ROUNDS), _by_sql(reader, lambda: ask(None)), ANSWER_MS)


def _by_sql(reader: sqlite3.Connection, ask: Callable[[], object]) -> float:
    """Milliseconds that SQL takes, or has taken when it was stopped."""
    end = time.thread_time() + MOST_SQL_SECONDS
    reader.set_progress_handler(lambda: time.thread_time() > end, 100_000)
    try:
        return _cpu(ask)
    except sqlite3.OperationalError:
        return 1000 * MOST_SQL_SECONDS
    finally:
        reader.set_progress_handler(None, 0)


def _p95(call: Callable[[], object], rounds: int) -> float:
    call()
    times: Sequence[float] = [_cpu(call) for _round in range(rounds)]
    return quantiles(times, n=20)[-1] if rounds > 20 else max(times)


def _cpu(call: Callable[[], object]) -> float:
    """The processor's milliseconds that a call uses on this thread."""
    start = time.thread_time()
    call()
    return 1000 * (time.thread_time() - start)


def _within(name: str, value: float, baseline: float, most: float) -> Result:
    print(f"{name}: {value:.2f} ms, beside {baseline:.2f}", file=sys.stderr, flush=True)
    return _result(name, value, "ms", baseline, most)


def _result(name: str, value: float, unit: str, baseline: float, most: float) -> Result:
    return Result(name, value, unit, baseline, value / max(baseline, 0.001), f"<= {most:g} {unit}", value <= most)
