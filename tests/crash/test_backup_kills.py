"""A backup and a restore killed at random moments, while another process writes, are whole or not there."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

import pytest

from db.backup import make_backup
from db.digest import digest
from db.manifest import read_manifest
from db.restore import restore
from engine.digest import digests
from tests.kept_studio import fill_studio
from tests.waiting import wait_until

KILLS = 6
MANY_KILLS = 150
# Writes rows all the time, and a checkpoint five times a second, pruning those before the last two as training does.
WRITER = """
import shutil, sys, time
from itertools import count
from pathlib import Path
from db.connect import connect_studio
from tests.kept_studio import add_checkpoint
root = Path(sys.argv[1])
db = connect_studio(root)
add_checkpoint(root, db, 8)
for step in count(12, 4):
    add_checkpoint(root, db, step, bytes(300_000))
    shutil.rmtree(root / f"runs/1/step-{step - 8:08}")
    db.execute("DELETE FROM checkpoint WHERE step < ?", (step - 4,))
    until = time.monotonic() + 0.2
    while time.monotonic() < until:
        db.execute("UPDATE film SET note = ?", (str(time.monotonic()),))
"""


@pytest.fixture
def studio(studio_root: Path, db: Connection) -> Path:
    """A studio whose backup takes some tens of milliseconds."""
    fill_studio(studio_root, db)
    for number in range(40):
        (studio_root / "logs" / f"job-{number}.log").write_bytes(os.urandom(200_000))
    return studio_root


@contextmanager
def _writer(studio: Path) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(studio)])
    try:
        wait_until(lambda: not (studio / "runs/1/step-00000004").exists(), "the writer works")
        yield
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def _command(*arguments: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "kimikoe_tui", *map(str, arguments)], stderr=subprocess.PIPE,
                            stdout=subprocess.DEVNULL)  # fmt: skip


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.partial")


def _begin(target: Path, *arguments: object) -> "subprocess.Popen[bytes]":
    """Start a command that makes `target`, and wait until it has begun to write beside it, or has ended."""
    before = _written_at(_aside(target))
    process = _command(*arguments)
    wait_until(lambda: _written_at(_aside(target)) != before or process.poll() is not None, "it begins")
    return process


def _written_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _killed_after(process: "subprocess.Popen[bytes]", pause: float) -> None:
    time.sleep(pause)
    process.send_signal(signal.SIGKILL)
    process.wait()


def _seconds_to_back_up(studio: Path, target: Path) -> float:
    process = _begin(target, "--studio", studio, "backup", target, "--full")
    began = time.monotonic()
    process.wait()
    return time.monotonic() - began


def _kill_backups(studio: Path, folder: Path, kills: int, seed: int) -> tuple[int, int]:
    """How many backups were cut off and how many were whole, killed at any moment of the time that one takes."""
    chance, cut, whole, with_checkpoint = random.Random(seed), 0, 0, 0
    longest = 1.2 * _seconds_to_back_up(studio, folder / "first")
    for number in range(kills):
        target = folder / f"copy-{number % 3}"
        _killed_after(_begin(target, "--studio", studio, "backup", target, "--full"), chance.random() * longest)
        if not target.exists():
            cut += 1
            continue
        whole += 1
        manifest = read_manifest(target)
        _manifest, again, _before = restore(target, folder / f"again-{number}")
        assert digests(again)["tensors of LoRAs"] == digests(studio)["tensors of LoRAs"]
        with_checkpoint += any(path.startswith("runs/") for path in manifest.files)
        target.rename(folder / f"done-{number}")
    assert with_checkpoint >= whole // 2
    return cut, whole


def test_a_killed_backup_is_whole_or_not_there(studio: Path, tmp_path: Path) -> None:
    with _writer(studio):
        cut, whole = _kill_backups(studio, tmp_path, KILLS, seed=1)
        process = _command("--studio", studio, "backup", tmp_path / "copy-0", "--full")
        assert process.wait() == 0, process.stderr and process.stderr.read()
    assert cut, "every kill came too late"
    restore(tmp_path / "copy-0", tmp_path / "last")


def test_a_killed_restore_leaves_no_studio_or_a_whole_one(studio: Path, tmp_path: Path, db: Connection) -> None:
    make_backup(studio, tmp_path / "copy", full=True)
    chance, cut = random.Random(2), 0
    for _number in range(KILLS):
        target = tmp_path / "again"
        _killed_after(_begin(target, "restore", tmp_path / "copy", target), chance.random() * 0.2)
        if target.exists():
            assert digests(target) == digests(studio)
            target.rename(tmp_path / f"done-{_number}")
        else:
            cut += 1
    assert cut, "every kill came too late"
    restore(tmp_path / "copy", tmp_path / "again")
    assert digest(db) == read_manifest(tmp_path / "copy").digest


@pytest.mark.slow
def test_many_killed_backups_are_whole_or_not_there(studio: Path, tmp_path: Path) -> None:
    with _writer(studio):
        cut, whole = _kill_backups(studio, tmp_path, MANY_KILLS, seed=3)
    print(f"{cut} cut off, {whole} whole")
    assert cut > MANY_KILLS // 10 and whole > MANY_KILLS // 20
