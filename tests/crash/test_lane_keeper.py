import subprocess
import sys
from pathlib import Path
from sqlite3 import Connection

import pytest

from db import queue
from db.engine_life import OTHER_SCHEMA, OTHER_VERSION
from db.requests import TagRequest
from engine.supervisor import LaneKeeper, Supervisor
from kimikoe_tui.session import Session
from tests.waiting import wait_until


def test_a_worker_that_died_unnoticed_is_mourned_before_it_is_replaced(tmp_path: Path) -> None:
    keeper = LaneKeeper(tmp_path, "cpu")
    keeper._process = subprocess.Popen([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    wait_until(lambda: not keeper.alive, "the worker is dead")
    keeper.start()
    assert "killed" in (keeper.reap() or "")
    assert keeper.reap() is None


def test_after_a_death_the_next_worker_waits(tmp_path: Path) -> None:
    keeper = LaneKeeper(tmp_path, "cpu")
    keeper._process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    wait_until(lambda: not keeper.alive, "the worker is dead")
    assert "code 3" in (keeper.reap() or "")
    keeper.start()
    assert not keeper.alive


class _Lane(LaneKeeper):
    """A lane whose worker found itself of another program; one `works` on with the old one."""

    def __init__(self, root: Path, outdated_by: int, works: bool = False) -> None:
        super().__init__(root, "cpu")
        self.outdated_by, self.works = outdated_by, works

    @property
    def alive(self) -> bool:
        return self.works


@pytest.mark.parametrize(("outdated_by", "waits"), [(OTHER_SCHEMA, True), (OTHER_VERSION, False)])
def test_an_engine_makes_way_for_a_changed_program(
    studio_root: Path, db: Connection, outdated_by: int, waits: bool
) -> None:
    """Not while something runs, and where the schema changes, not under an open terminal; the jobs say so."""
    job_id, supervisor, session = queue.enqueue(db, TagRequest()), Supervisor(studio_root), Session(studio_root)
    working = _Lane(studio_root, 0, works=True)
    supervisor._keepers = [_Lane(studio_root, outdated_by), working]
    supervisor._turn()
    assert "once what runs has ended" in queue.get(db, job_id).error and not supervisor.begins_anew
    working.works = False
    supervisor._turn()
    assert supervisor.begins_anew is not waits
    assert ("terminal-1" in queue.get(db, job_id).error) is waits
    session.close()
    supervisor._turn()
    assert supervisor.begins_anew
    supervisor.stop()
    assert not supervisor.begins_anew, "a stop that somebody asks for stays one"
    supervisor._shut_down()
