"""A studio on a small disk whose jobs are killed, paused and starved of room at random moments, and go on."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

import psutil

from db import library, queue, waits
from db.connect import connect_studio
from db.permissions import keep_private
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.engine_control import engine_state, start_engine, stop_engine
from tests.crash.rehearsal import loop
from tests.crash.rehearsal.ledger import Ledger
from tests.crash.rehearsal.people import LEAVING, Person
from tests.crash.rehearsal.twin import RESERVE
from tests.crash.small_disk import SmallDisk
from tests.waiting import wait_until

MEGABYTE = 10**6
LITTLE = 4 * MEGABYTE  # less than the reserve
POLL_SECONDS = 0.02
CHAPTER_SECONDS = 1800.0
FIRST_GUESS_SECONDS = 6.0
FULL_SECONDS = 4.0
WAIT_SECONDS = 300.0
# how many troubles a chapter may meet, and what they are
MOST = {
    "ingest": 2,
    "tag frames": 2,
    "dataset": 1,
    "train": 4,
    "probe": 2,
    "generate": 2,
    "tag pictures": 1,
    "match": 1,
}
KINDS = {"worker": 5, "supervisor": 4, "both": 4, "pause": 4, "low disk": 3, "full disk": 2, "frame server": 1}


class Troubled:
    """Plays the rounds while trouble is made, until `end_trouble`."""

    def __init__(self, disk: SmallDisk, chance: random.Random, ledger: Ledger) -> None:
        self.root, self.ledger = disk.studio, ledger
        self.trouble = True
        self.seconds: dict[str, float] = {}
        """How long each chapter takes undisturbed."""
        self.second: Person | None = None
        self._disk, self._chance = disk, chance
        keep_private()
        create_studio(self.root)
        with closing(connect_studio(self.root)) as db:
            library.set_setting(db, "reserve", RESERVE)
        start_engine(self.root)

    def play(self, number: int, film: Path) -> None:
        """One round of jobs, with trouble."""
        with closing(connect_studio(self.root)) as db:
            for chapter in loop.chapters(number):
                self._play(db, chapter, loop.begin(chapter, number, film, db))

    def _play(self, db: Connection, chapter: str, job_id: int) -> None:
        due = self._chance.randint(0, MOST.get(chapter, 0)) if self.trouble else 0
        deadline, at = time.monotonic() + CHAPTER_SECONDS, self._next_moment(chapter)
        while (job := queue.get(db, job_id)).state != "done":
            assert job.state not in ("failed", "cancelled"), f"{chapter}: {job.state}, {job.error}"
            assert time.monotonic() < deadline, f"{chapter} never ended: {job}"
            self._see(db, job)
            if due and job.state == "running" and time.monotonic() > at:
                due -= 1
                self._make_trouble(db, job)
                at = self._next_moment(chapter)
            time.sleep(POLL_SECONDS)
        self._see(db, job)

    def _see(self, db: Connection, job: queue.Job) -> None:
        self.ledger.see(job, any(wait.job_id == job.id for wait in waits.waits(db)))

    def _next_moment(self, chapter: str) -> float:
        return time.monotonic() + self._chance.random() * self.seconds.get(chapter, FIRST_GUESS_SECONDS)

    def _make_trouble(self, db: Connection, job: queue.Job) -> None:
        [kind] = self._chance.choices(list(KINDS), list(KINDS.values()))
        if kind == "worker" and job.attempts >= queue.MAX_ATTEMPTS - 1:
            kind = "supervisor"
        ways: dict[str, Callable[[Connection, queue.Job], bool]] = {
            "pause": self._pause, "low disk": self._low_disk, "full disk": self._full_disk,
            "frame server": self._kill_frame_servers,
        }  # fmt: skip
        happened = ways[kind](db, job) if kind in ways else self.kill(db, job.id, kind)
        if happened:
            self.ledger.troubles[kind] += 1

    def kill(self, db: Connection, job_id: int, victim: str) -> bool:
        """Kill the worker of a job, the supervisor or both, and start the engine again where it is gone."""
        engine = engine_state(self.root).pid
        assert engine, "there is an engine to kill"
        if victim != "supervisor":
            os.kill(engine, signal.SIGSTOP)  # so that it writes no row before we have read what the dead one left
        worker = queue.get(db, job_id).worker_pid
        if worker and is_gone(worker):
            worker = None  # it died of the kill before, which its engine has not seen yet
        if victim == "supervisor":
            _kill(engine)
        elif worker:
            _kill(worker)
        if worker:
            wait_until(lambda: is_gone(worker), "the worker is dead", WAIT_SECONDS)
        self.ledger.kills[victim] += 1
        left = queue.get(db, job_id)
        self.ledger.deaths += worker is not None and left.state == "running" and left.worker_pid == worker
        if victim == "worker":
            os.kill(engine, signal.SIGCONT)
        else:
            self._start_again(engine)
        return True

    def _start_again(self, killed: int) -> None:
        _kill(killed)
        wait_until(lambda: not engine_state(self.root).running, "the kernel lets go of the lock", WAIT_SECONDS)
        self.ledger.engine_deaths += 1
        start_engine(self.root)

    def _pause(self, db: Connection, job: queue.Job) -> bool:
        """Have the second person pause it, see that its worker is gone, and go on with it."""
        person = self.second = self.second or Person(self.root, "terminal-2")
        worker = job.worker_pid
        paused = person.pause_newest(db, job.id)
        if paused:
            self.ledger.pauses += 1
            wait_until(lambda: worker is None or is_gone(worker), "a pause ends the worker", WAIT_SECONDS)
        if self._chance.random() < 0.5:
            self.second_leaves(self._chance.choice(LEAVING))
        return paused

    def second_leaves(self, how: str) -> None:
        """The second person leaves, in one of the ways of `LEAVING`."""
        if self.second is not None:
            self.second.leave(how)
            self.ledger.visits[how] += 1
            self.second = None

    def _low_disk(self, db: Connection, job: queue.Job) -> bool:
        """Leave less than the reserve until the job says what it needs; sometimes the engine dies meanwhile."""
        self._disk.fill(leave=LITTLE)
        before = self.ledger.waits
        state = self._watch(db, job.id, lambda now: now.state in ("paused", "done"), WAIT_SECONDS)
        if state == "paused":
            assert "needs room: " in queue.get(db, job.id).error
            if self._chance.random() < 0.3:
                self.kill(db, job.id, "supervisor")
        self._disk.empty()
        return self.ledger.waits > before

    def _full_disk(self, db: Connection, job: queue.Job) -> bool:
        """Leave not a byte for some seconds; sometimes its worker dies meanwhile."""
        self._disk.fill()
        if self._chance.random() < 0.3 and job.attempts < queue.MAX_ATTEMPTS - 1:
            self.kill(db, job.id, "worker")
        self._watch(db, job.id, lambda now: now.state in ("paused", "done"), FULL_SECONDS, must=False)
        self._disk.empty()
        return True

    def _watch(
        self, db: Connection, job_id: int, until: Callable[[queue.Job], bool], seconds: float, must: bool = True
    ) -> str:
        """Follow a job until something is so of it, or the time is over; its state then."""
        deadline = time.monotonic() + seconds
        while not until(job := queue.get(db, job_id)) and time.monotonic() < deadline:
            self._see(db, job)
            time.sleep(POLL_SECONDS)
        assert until(job) or not must, f"never so: {job}"
        self._see(db, job)
        return job.state

    def _kill_frame_servers(self, _db: Connection, _job: queue.Job) -> bool:
        found = frame_servers(self.root)
        for pid in found:
            _kill(pid)
        self.ledger.kills["frame server"] += len(found)
        return bool(found)

    def stop(self) -> None:
        """Stop the engine."""
        stop_engine(self.root)


def frame_servers(root: Path) -> list[int]:
    """The frame servers of a studio."""
    found = psutil.process_iter(["cmdline"])
    return [each.pid for each in found if (each.info["cmdline"] or [])[-2:] == ["engine.pixels", str(root.resolve())]]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has just ended by itself


def is_gone(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
