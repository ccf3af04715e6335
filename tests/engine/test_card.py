"""The card as its driver tells of it, asked without waiting."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine import card as card_module
from engine.card import EVERY_SECONDS, Card, CardUser, CardWatcher, card
from tests.waiting import wait_until

ANSWER = """<nvidia_smi_log><gpu><fb_memory_usage><total>8192 MiB</total><free>1024 MiB</free></fb_memory_usage>
<processes><process_info><pid>7</pid><process_name>game</process_name><used_memory>5000 MiB</used_memory></process_info>
</processes></gpu></nvidia_smi_log>"""
FOUND = Card(1024 * 2**20, 8192 * 2**20, [CardUser(7, "game", 5000 * 2**20)])
Driver = Callable[[str], None]


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """Makes a driver of a shell script."""

    def make(script: str) -> None:
        path = tmp_path / "nvidia-smi"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return make


def test_the_card_is_seen_with_who_uses_it(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "answer").write_text(ANSWER + " " * 200_000)  # more than a pipe holds
    driver(f"cat {tmp_path}/answer")
    assert card() == FOUND


@pytest.mark.parametrize("script", ["exit 9", "echo nonsense", "echo '<nvidia_smi_log/>'", "kill -9 $$"])
def test_a_driver_that_does_not_tell_is_no_card(driver: Driver, script: str) -> None:
    driver(script)
    assert card() is None


def test_no_driver_is_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert card() is None


def test_a_driver_that_hangs_is_given_up(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_module, "LIMIT_SECONDS", 0.1)
    driver("exec sleep 60")
    assert card() is None


def test_who_must_not_wait_asks_at_a_low_rate_and_never_twice_at_once(driver: Driver, tmp_path: Path) -> None:
    (tmp_path / "answer").write_text(ANSWER)
    driver(f"echo x >> {tmp_path}/asked; while [ ! -e {tmp_path}/go ]; do sleep 0.01; done; cat {tmp_path}/answer")
    now = [0.0]
    watcher = CardWatcher(lambda: now[0])
    for _look in range(20):
        assert watcher.look() is None
    (tmp_path / "go").touch()
    assert wait_until(watcher.look, "the driver answers") == FOUND
    for _look in range(20):
        assert watcher.look() is None
    assert (tmp_path / "asked").read_text() == "x\n"
    now[0] = EVERY_SECONDS
    assert wait_until(watcher.look, "it is asked again") == FOUND
