"""The card's energy goes to the jobs that use it; a driver that is missing, silent or slow costs nothing."""

from pathlib import Path
from sqlite3 import Connection

import pytest

from db import attempts, queue
from db.requests import MatchRequest, TagRequest
from engine.power import EVERY_SECONDS, LIMIT_SECONDS, LONGEST_GAP, PowerMeter, parse_watts
from tests.waiting import wait_until


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


def _driver(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    path = folder / "bin" / "nvidia-smi"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    monkeypatch.setenv("PATH", str(path.parent) + ":/usr/bin:/bin")


def _run(db: Connection) -> None:
    """A job that uses the card and one that does not, both running."""
    for request in (TagRequest(), MatchRequest()):
        queue.enqueue(db, request)
        assert queue.claim(db, request.lane, 1) is not None


def _ask(meter: PowerMeter, clock: list[float], seconds: float = EVERY_SECONDS) -> None:
    clock[0] += seconds
    meter.turn()

    def answered() -> bool:
        meter.turn()
        return meter._question is None

    wait_until(answered, "the driver answers")


def _joules(db: Connection) -> dict[str, float | None]:
    return {each.kind: each.joules for each in attempts.since(db, 0)}


def test_energy_is_added_to_jobs_that_use_the_card(
    db: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    _driver(tmp_path, monkeypatch, "echo 200.50; echo 17")
    meter = PowerMeter(db, lambda: clock[0])
    _run(db)
    _ask(meter, clock)
    assert _joules(db) == {"tag": 2005.0, "match": None}
    _ask(meter, clock, 3600)
    assert _joules(db)["tag"] == 2005.0 + 200.5 * LONGEST_GAP


def test_it_is_not_asked_more_often(
    db: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    _driver(tmp_path, monkeypatch, f"echo x >> {tmp_path}/asked; echo 100")
    meter = PowerMeter(db, lambda: clock[0])
    _ask(meter, clock)
    for _turn in range(50):
        meter.turn()
    assert (tmp_path / "asked").read_text() == "x\n"


@pytest.mark.parametrize("script", ["echo '[N/A]'", "exit 9", "echo 'No devices were found'"])
def test_a_card_that_does_not_tell_leaves_no_line(
    db: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: list[float], script: str
) -> None:
    _driver(tmp_path, monkeypatch, script)
    meter = PowerMeter(db, lambda: clock[0])
    _run(db)
    _ask(meter, clock)
    assert _joules(db)["tag"] is None


def test_a_driver_that_hangs_is_given_up(
    db: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    _driver(tmp_path, monkeypatch, "exec sleep 600")
    meter = PowerMeter(db, lambda: clock[0])
    clock[0] += EVERY_SECONDS
    meter.turn()
    meter.turn()
    assert meter._question is not None
    clock[0] += LIMIT_SECONDS + 1

    def given_up() -> bool:
        meter.turn()
        return meter._question is None

    wait_until(given_up, "it is killed")


def test_a_driver_that_cannot_even_be_killed_keeps_nobody_waiting_and_is_not_asked_again(
    db: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    """As where a card has gone from its bus: who asked for it is in the kernel, where no signal reaches it."""
    _driver(tmp_path, monkeypatch, f"echo x >> {tmp_path}/asked; exec sleep 60")
    meter = PowerMeter(db, lambda: clock[0])
    clock[0] += EVERY_SECONDS
    meter.turn()
    assert meter._question is not None
    with monkeypatch.context() as unreachable:
        unreachable.setattr(meter._question._process, "kill", lambda: None)
        wait_until((tmp_path / "asked").exists, "it asks")
        for _turn in range(5):
            clock[0] += EVERY_SECONDS
            meter.turn()
    assert (tmp_path / "asked").read_text() == "x\n"
    meter._question._process.kill()


def test_without_a_driver_nothing_is_asked(db: Connection, monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    meter = PowerMeter(db, lambda: clock[0])
    clock[0] += EVERY_SECONDS
    meter.turn()
    assert meter._question is None


@pytest.mark.parametrize(
    ("answer", "watts"), [("212.4\n", 212.4), ("", None), ("nan", None), ("-3", None), ("1e9", None)]
)
def test_watts_are_read_or_not(answer: str, watts: float | None) -> None:
    assert parse_watts(answer) == watts
