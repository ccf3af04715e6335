"""A person's act comes before the next bulk transaction, a killed writer blocks nobody, and the log stays short."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

import pytest

from db import library, turns
from db.connect import connect_studio, writing
from db.turns import CHECK_EVERY, Turns, TurnTaking
from tests.waiting import wait_until


def _waits_for(file: Path) -> int:
    """How many wait for a lock file, as the kernel tells."""
    inode = file.stat().st_ino
    locks = Path("/proc/locks").read_text().splitlines()
    return sum("->" in line and f":{inode} " in line for line in locks)


def test_a_person_who_asks_later_writes_before_bulk_work_that_waits(studio_root: Path) -> None:
    order: list[str] = []
    locks = studio_root / "locks"

    def write(name: str, person: bool) -> None:
        with Turns(studio_root, person).turn():
            order.append(name)

    first = Turns(studio_root, False)
    with first.turn():
        bulk = threading.Thread(target=write, args=("bulk", False))
        bulk.start()
        wait_until(lambda: _waits_for(locks / "bulk") == 1, "bulk work waits")
        person = threading.Thread(target=write, args=("person", True))
        person.start()
        wait_until(lambda: _waits_for(locks / "write") == 1, "a person waits")
    bulk.join()
    person.join()
    assert order == ["person", "bulk"]


def test_a_killed_writer_blocks_nobody(studio_root: Path, db: Connection) -> None:
    code = (
        "import sys; from pathlib import Path; from db.connect import connect_studio, writing\n"
        "with writing(connect_studio(Path(sys.argv[1]))) as db: print('has it', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(studio_root)]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert writer.stdout is not None and writer.stdout.readline() == b"has it\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    library.set_setting(db, "name", "value")
    assert library.setting(db, "name") == "value"


READER = """
import sys, time
from pathlib import Path
from db import library
from db.connect import connect_studio
db, pause = connect_studio(Path(sys.argv[1]), read_only=True), float(sys.argv[2])
while True:
    db.execute("BEGIN")
    library.setting(db, "nothing")
    time.sleep(pause)
    db.execute("COMMIT")
"""


@contextmanager
def _readers(root: Path, pauses: Sequence[float]) -> Iterator[None]:
    """Processes that begin to read as soon as they have read, each time for so many seconds."""
    command = [sys.executable, "-c", READER, str(root)]
    readers = [subprocess.Popen([*command, str(pause)]) for pause in pauses]
    try:
        yield
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()


def _longest_log(root: Path, transactions: int) -> int:
    """Three writers at once write 80 kB in each of so many transactions; returns the most bytes of the log."""
    log = root / "kimikoe.db-wal"
    sizes: list[int] = []

    def write(name: str) -> None:
        db = connect_studio(root)
        for number in range(transactions):
            with writing(db):
                db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (f"{name} {number % 20}", "x" * 80_000))
            sizes.append(log.stat().st_size)
        db.close()

    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return max(sizes)


@pytest.mark.parametrize(
    "pauses", [[0.0], [0.04, 0.03], [0.3, 0.2, 0.25]], ids=["without rest", "one or the other always", "slow ones"]
)
def test_the_log_stays_short_however_much_is_written_and_read(studio_root: Path, pauses: list[float]) -> None:
    """Some 360 MB are written while others read all the time: the log would hold all of it."""
    with _readers(studio_root, pauses):
        longest = _longest_log(studio_root, 30 * CHECK_EVERY)
    print(f"{longest / 2**20:.0f} MB")
    assert longest < 128 * 2**20


def test_a_reader_that_goes_on_for_long_stops_no_writer(studio_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(turns, "TOO_LONG_LOG_PAGES", turns.LONG_LOG_PAGES)
    reader = connect_studio(studio_root, read_only=True)
    reader.execute("BEGIN")
    library.setting(reader, "nothing")
    pinned = _longest_log(studio_root, 5 * CHECK_EVERY)
    assert pinned > 40 * 2**20
    reader.execute("COMMIT")
    assert _longest_log(studio_root, 9 * CHECK_EVERY) < pinned + 48 * 2**20, "108 MB more were written"


def test_a_person_writes_while_bulk_work_stands_still_for_readers(
    studio_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader goes on until the person has written, which the writers' pause must not keep them from."""
    monkeypatch.setattr(turns, "LONGEST_PAUSE_SECONDS", 600.0)
    bulk, person = connect_studio(studio_root), connect_studio(studio_root, durable=True)
    reader = connect_studio(studio_root, read_only=True)
    with writing(bulk):
        bulk.execute("INSERT INTO setting VALUES ('long', ?)", ("x" * 60_000_000,))
    reader.execute("BEGIN")
    library.setting(reader, "nothing")
    with writing(bulk):
        bulk.execute("INSERT INTO setting VALUES ('new', 'value')")
    assert isinstance(bulk, TurnTaking) and bulk.turns
    pausing = threading.Thread(target=_pause_for_readers, args=(studio_root,))
    pausing.start()
    wait_until(lambda: _holds(studio_root / "locks" / "bulk"), "bulk work stands still")
    library.set_setting(person, "name", "value")
    assert _holds(studio_root / "locks" / "bulk")
    reader.execute("COMMIT")
    pausing.join()


def _pause_for_readers(root: Path) -> None:
    db = connect_studio(root)
    assert isinstance(db, TurnTaking) and db.turns
    for _transaction in range(CHECK_EVERY):
        db.turns.keep_log_short(db)
    db.close()


def _holds(file: Path) -> bool:
    """Whether somebody holds a lock file, as the kernel tells."""
    inode = file.stat().st_ino
    return any("->" not in line and f":{inode} " in line for line in Path("/proc/locks").read_text().splitlines())


def test_a_turn_is_given_back_after_an_error(studio_root: Path, db: Connection) -> None:
    other = connect_studio(studio_root, durable=True)
    for connection in (db, other, db):
        try:
            with writing(connection):
                raise KeyError
        except KeyError:
            pass
    library.set_setting(other, "name", "value")
    assert library.setting(db, "name") == "value"


def test_a_checkpoint_finds_something_to_copy_so_that_nobody_begins_the_log_anew_under_it(
    studio_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = connect_studio(studio_root)
    assert isinstance(db, TurnTaking) and db.turns is not None
    before = db.execute("PRAGMA user_version").fetchone()[0]
    library.set_setting(db, "name", "value")
    whole = turns._checkpoint(db, "PASSIVE")
    assert whole.pages == whole.copied > 0, "whoever writes next begins the log anew"
    found: list[int] = []
    checkpoint = turns._checkpoint

    def seen(connection: Connection, mode: str) -> turns._Checkpoint:
        with connect_studio(studio_root) as other:
            other.execute("INSERT INTO setting VALUES ('during', 'the checkpoint')")
        found.append(checkpoint(connection, mode).pages)
        return turns._Checkpoint(0, found[-1], found[-1])

    monkeypatch.setattr(turns, "_checkpoint", seen)
    monkeypatch.setattr(turns, "LOSES_RESETS", True)
    db.turns._since_check = CHECK_EVERY
    db.turns.keep_log_short(db)
    assert found[0] > 1, "its page and what was written meanwhile: the log was not begun anew in between"
    assert db.execute("PRAGMA user_version").fetchone()[0] == before
    assert library.setting(db, "during") == "the checkpoint"
