"""Both studios, the two people and the troubles, round after round; then what is wrong, and a table of it all."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from sqlite3 import Connection

from db import query, report
from db.connect import connect_studio
from db.digest import combined
from engine.digest import digests
from kimikoe_tui import homecoming
from tests.crash.rehearsal import loop
from tests.crash.rehearsal.ledger import Ledger
from tests.crash.rehearsal.memory import MemoryLog
from tests.crash.rehearsal.people import LEAVING, Act, Person, Stroller
from tests.crash.rehearsal.trouble import Troubled, frame_servers
from tests.crash.rehearsal.twin import Twin
from tests.crash.small_disk import SmallDisk, small_ext4

DISK_MEGABYTES = 768
PLACES = ("culling", "culled", "saved_view")
KEYS = "4x51x2"  # how the pictures of a round are judged; one more is undone


def rehearse(folder: Path, minutes: float, seed: int) -> list[str]:
    """Play for so many minutes, print a line for each round and a table; returns what went wrong."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    with small_ext4(folder / "disk", DISK_MEGABYTES) as disk:
        rehearsal = Rehearsal(folder, disk, seed)
        try:
            faults = rehearsal.run(minutes)
        finally:
            rehearsal.close()
        for line in rehearsal.table():
            print(line)
        if faults:
            shutil.copytree(disk.studio, folder / "studio", dirs_exist_ok=True)
    return faults


class Rehearsal:
    """The two studios and the people in one of them."""

    def __init__(self, folder: Path, disk: SmallDisk, seed: int) -> None:
        self._folder, self._disk = folder, disk
        self._chance = random.Random(seed)
        self.ledger = Ledger()
        self._began_at, self._began = time.time(), time.monotonic()
        self.twin = Twin(folder / "twin")
        self.troubled = Troubled(disk, random.Random(seed + 1), self.ledger)
        self._first = Person(disk.studio, "terminal-1")
        self.stroller = Stroller(self._first, random.Random(seed + 2))
        self.memory = MemoryLog({"undisturbed": self.twin.root, "disturbed": disk.studio}, self._terminals)
        self._digests: dict[str, str] = {}
        self._rounds = 0

    def _terminals(self) -> dict[str, int]:
        second = self.troubled.second
        known = {"terminal-1": self._first.pid} | ({"terminal-2": second.pid} if second else {})
        return known | dict(zip(("frame server",), frame_servers(self._disk.studio), strict=False))

    def run(self, minutes: float) -> list[str]:
        """All rounds; returns the faults of the first round that has some, or those of the end."""
        until = self._began + 60 * minutes
        faults: list[str] = []
        for number in count(1):
            faults += self._round(number, until)
            if faults or time.monotonic() >= until:
                break
        return faults + self._end()

    def _round(self, number: int, until: float) -> list[str]:
        film, began = loop.draw_film(self._folder, number), time.monotonic()
        self.troubled.trouble = time.monotonic() < until
        with ThreadPoolExecutor(1) as apart:
            undisturbed = apart.submit(self.twin.play, number, film)
            self.troubled.play(number, film)
            undisturbed.result()
        self.troubled.seconds = dict(self.twin.seconds)
        acts = self._judge(number)
        self.twin.follow(acts)
        self._count(number, acts)
        mine, wanted = _made(self._disk.studio), _made(self.twin.root)
        self._digests = {"disturbed": combined(mine), "undisturbed": combined(wanted)}
        differing = [part for part in wanted if mine.get(part) != wanted[part]]
        print(self._line(number, time.monotonic() - began, differing), flush=True)
        return [f"round {number}: {part} is not as undisturbed" for part in differing]

    def _judge(self, number: int) -> list[Act]:
        """The first person rates half of the new pictures, the second the rest and takes one back."""
        with closing(connect_studio(self._disk.studio, read_only=True)) as db, self.stroller.standing() as first:
            ids = list(query.image_ids(db, f"gen:{number}"))
            half = len(ids) // 2
            first.open_pictures(f"gen:{number}", len(ids))
            acts = [first.judge(db, *each) for each in zip(ids[:half], KEYS, strict=False)]
            second = self.troubled.second = self.troubled.second or Person(self._disk.studio, "terminal-2")
            second.open_pictures(f"gen:{number} is:unrated", len(ids) - half)
            acts += [second.judge(db, *each) for each in zip(ids[half:], KEYS[half:], strict=False)]
            acts.append(second.undo(db, ids[-1]))
        if number % 2:
            self.troubled.second_leaves(self._chance.choice(LEAVING))
        return acts

    def _count(self, number: int, acts: list[Act]) -> None:
        self._rounds = number
        self.ledger.acts += len(acts)
        self.ledger.undecided += 1
        self.ledger.pictures += loop.PICTURES
        self.ledger.loras.append(loop.name(number))

    def _line(self, number: int, seconds: float, differing: list[str]) -> str:
        made = ", ".join(f"{kind} {times}" for kind, times in sorted(self.ledger.troubles.items()))
        words = f"DIFFERS in {differing}" if differing else "digests equal"
        return f"{time.strftime('%H:%M:%S')}  round {number}: {seconds:.0f} s, {words}; so far: {made}"

    def _end(self) -> list[str]:
        """Leave, look at everything as a person who comes home would, and hold it against what was done."""
        self.stroller.stop()
        assert self._first.alive, "the first terminal lived through it all"
        self.memory.stop()
        self.troubled.second_leaves("q")
        with closing(connect_studio(self._disk.studio)) as db:
            faults = self.ledger.faults(report.report(db, self._began_at))
            self._come_home(db)
        self.troubled.stop()
        self.twin.stop()
        checked = _kimikoe(self._disk.studio, "check")
        if checked.returncode:
            faults.append(f"check: {checked.stdout}{checked.stderr}")
        if (log := self._disk.studio / "logs" / "terminal.log").exists():
            faults.append(f"a terminal met an internal error: {log.read_text()}")
        return faults + self.memory.faults()

    def _come_home(self, db: Connection) -> None:
        """The report of the whole time is printed; it is what a person reads."""
        told = _kimikoe(self._disk.studio, "report", "--since", f"{int(time.time() - self._began_at) // 60 + 1}m")
        assert told.returncode == 0, told.stderr
        print(told.stdout)
        self._report = list(homecoming.lines(report.report(db, self._began_at)))

    def close(self) -> None:
        """End what is left of the processes, whatever went wrong."""
        for person in (self._first, self.troubled.second):
            if person and person.alive:
                person.leave("kill -9")
        for studio in (self.twin, self.troubled):
            try:
                studio.stop()
            except AssertionError:
                pass

    def table(self) -> Iterator[str]:
        """Everything that was counted and measured."""
        ledger = self.ledger
        minutes = (time.monotonic() - self._began) / 60
        yield f"{'minutes':<28}{minutes:.1f}, {self._rounds} rounds, {len(ledger.spans)} jobs"
        for title, counted in (
            ("kill -9", ledger.kills),
            ("troubles", ledger.troubles),
            ("terminal-2 left", ledger.visits),
        ):
            yield f"{title:<28}" + ", ".join(f"{what} {times}" for what, times in sorted(counted.items()))
        yield f"{'jobs that died':<28}{ledger.deaths}, paused {ledger.pauses}, set aside for room {ledger.waits}"
        yield f"{'people':<28}{self.stroller.keys} keys of the stroll, {ledger.acts} acts, {self._first.repeats} again"
        yield f"{'longest log of SQLite':<28}{self.memory.longest_log / 2**20:.0f} MB"
        for role, (first, middle, last), files in self.memory.rows():
            yield f"{role:<28}{first:>7.0f}{middle:>7.0f}{last:>7.0f} MB, {files:+} open files"
        for studio, digest in self._digests.items():
            yield f"{f'digest, {studio}':<28}{digest}"


def _made(root: Path) -> dict[str, str]:
    """The digests of a studio, but for where somebody who only walks through it stopped."""
    return {name: each for name, each in digests(root).items() if name not in PLACES}


def _kimikoe(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "kimikoe_tui", "--studio", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)
