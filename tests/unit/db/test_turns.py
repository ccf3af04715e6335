"""A person's act comes before the next bulk transaction, a killed writer blocks nobody, and the log stays short."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from sqlite3 import Connection

from db import library
from db.connect import connect_studio, writing
from db.turns import CHECK_EVERY, Turns
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


def test_the_log_stays_short_however_much_is_written(studio_root: Path) -> None:
    """Three writers at once write 360 MB while another process reads without pause: the log would hold all of it.

    It starts over whenever the reader lets it, which on a machine with other work is less often.
    """
    log = studio_root / "kimikoe.db-wal"
    code = (
        "import sys; from pathlib import Path; from db import library; from db.connect import connect_studio\n"
        "db = connect_studio(Path(sys.argv[1]), read_only=True)\n"
        "while True: library.setting(db, 'nothing')"
    )
    reader = subprocess.Popen([sys.executable, "-c", code, str(studio_root)])
    sizes: list[int] = []

    def write(name: str) -> None:
        db = connect_studio(studio_root)
        for number in range(30 * CHECK_EVERY):
            with writing(db):
                db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (f"{name} {number % 20}", "x" * 80_000))
            sizes.append(log.stat().st_size)
        db.close()

    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    reader.kill()
    reader.wait()
    assert max(sizes) < 256 * 2**20


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
