import subprocess
import sys
from pathlib import Path

from engine.supervisor import LaneKeeper
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
