"""Play the story on a real engine that is killed at random moments of its work, and started again each time."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection

from db import changes, queue
from db.connect import connect_studio
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.engine_control import engine_state, start_engine, stop_engine
from tests.crash.story import STORY, Material, begin
from tests.waiting import wait_until

CHAPTER_SECONDS = 1800.0  # a limit, for a machine with much else to do
POLL_SECONDS = 0.004  # a tenth of a core at most; kills fall in between by chance, not by looking more often
WATCHED = ("", "runs", "loras", "images", "images/1", "thumbs.db-wal", "latents.db-wal")

Tell = Callable[[str], object]


@dataclass
class Played:
    """How a story went: how often something changed in each chapter, in what time, and who was killed where."""

    moments: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    kills: list[str] = field(default_factory=list)


def play(root: Path, material: Material) -> Played:
    """Play the story undisturbed in a new studio."""
    return _Player(root, material, random.Random(0), Played(), _say_now).play({})


def play_with_kills(
    root: Path, material: Material, undisturbed: Played, kills: Mapping[str, int], seed: int, tell: Tell
) -> Played:
    """Play it with so many kills in each chapter; one that comes too late is made up for later, at last when idle.

    `tell` is told of each kill and each chapter.
    """
    return _Player(root, material, random.Random(seed), undisturbed, tell).play(kills)


class _Player:
    def __init__(self, root: Path, material: Material, chance: random.Random, expected: Played, tell: Tell) -> None:
        self._root, self._material, self._chance, self._expected = root, material, chance, expected
        self._tell = tell
        self._played = Played()
        self._due = 0

    def play(self, kills: Mapping[str, int]) -> Played:
        create_studio(self._root)
        start_engine(self._root)
        try:
            with closing(connect_studio(self._root)) as db:
                for chapter in STORY:
                    self._due += kills.get(chapter, 0)
                    self._play(db, chapter)
                for _late in range(self._due):
                    self._kill(db, None, "idle")
        finally:
            stop_engine(self._root)
        return self._played

    def _play(self, db: Connection, chapter: str) -> None:
        began, moments = time.monotonic(), 0
        job_id = begin(chapter, self._material, db)
        moment_of_kill = self._next_kill(chapter, moments)
        for _moment in self._moments(db, job_id):
            moments += 1
            if moments == moment_of_kill:
                time.sleep(self._chance.random() * self._pause(chapter))
                self._kill(db, job_id, f"{chapter} at moment {moments}")
                moment_of_kill = self._next_kill(chapter, moments)
        self._played.moments[chapter], self._played.seconds[chapter] = moments, time.monotonic() - began
        self._tell(f"{chapter}: {time.monotonic() - began:.0f} s, {moments} moments")

    def _next_kill(self, chapter: str, moments: int) -> int:
        """The moment of the next kill: any of those that are left, going by the undisturbed story; 0 for none."""
        left = self._expected.moments.get(chapter, 0) - moments
        return moments + self._chance.randint(1, max(1, left)) if self._due else 0

    def _pause(self, chapter: str) -> float:
        """The mean time between two moments, so that kills also fall in between."""
        return min(0.2, self._expected.seconds[chapter] / self._expected.moments[chapter])

    def _moments(self, db: Connection, job_id: int) -> Iterator[None]:
        """Yields whenever a row or a file has changed, until the job is done."""
        deadline = time.monotonic() + CHAPTER_SECONDS
        seen = None
        while (job := queue.get(db, job_id)).state != "done":
            assert job.state != "failed", f"{job.kind}: {job.error}; {self._played.kills}"
            assert time.monotonic() < deadline, f"{job.kind} never ended: {job}; {self._played.kills}"
            if (now := self._fingerprint(db)) != seen:
                seen = now
                yield
            time.sleep(POLL_SECONDS)

    def _fingerprint(self, db: Connection) -> tuple[object, ...]:
        """The rows' version, and when a file was made, renamed or removed in each folder, or written to beside them."""
        return changes.data_version(db), *(_changed_at(self._root / name) for name in self._watched())

    def _watched(self) -> Iterator[str]:
        yield from WATCHED
        yield from (f"runs/{each}" for each in _names(self._root / "runs"))

    def _kill(self, db: Connection, job_id: int | None, where: str) -> None:
        """Kill the worker, the supervisor or both; a job is not given up for deaths that are none of its own."""
        job = queue.get(db, job_id) if job_id else None
        worker = job.worker_pid if job else None
        victims = ["supervisor"]
        if worker:
            victims.append("both")
        if worker and job and job.attempts < queue.MAX_ATTEMPTS - 1:
            victims.append("worker")
        victim = self._chance.choice(victims)
        self._played.kills.append(f"{victim} in {where}")
        self._due -= 1
        self._tell(f"kill {len(self._played.kills)}: {self._played.kills[-1]}")
        supervisor = engine_state(self._root).pid
        if victim != "supervisor" and worker:
            _kill_process(worker)
        if victim != "worker" and supervisor:
            _kill_process(supervisor)
            wait_until(lambda: not engine_state(self._root).running, "the kernel lets go of the lock")
            start_engine(self._root)


def _say_now(words: str) -> None:
    print(words, flush=True)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _kill_process(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has just ended by itself
