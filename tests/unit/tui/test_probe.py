"""Who did not answer is asked again, and how long an answer takes is measured afresh."""

import os
import pty
import select
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from kimikoe_tui.graphics import detect, probe
from kimikoe_tui.graphics.brand import Answers
from kimikoe_tui.graphics.detect import Detection
from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.known import KnownTerminals
from kimikoe_tui.graphics.probe import Probe
from kimikoe_tui.graphics.replies import KeyFilter
from tests.waiting import wait_until

ANSWER = b"\x1b[?62;4c"


class Told:
    """A probe that the terminal has given these answers."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.input = KeyFilter()

    def finish(self) -> Answers:
        return self._answers

    def give_back(self) -> None:
        """There is no terminal."""


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KnownTerminals:
    """What is remembered of one terminal, which no test has asked yet."""
    for name in ("TMUX", "STY", "KIMIKOE_GRAPHICS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(detect, "this_terminal", lambda: "this")
    monkeypatch.setattr(probe, "window_cell", lambda _fileno: None)
    return KnownTerminals(tmp_path / "terminals.json")


def start(known: KnownTerminals, monkeypatch: pytest.MonkeyPatch, answers: Answers | None) -> tuple[Display, bool]:
    """What one start finds, and whether it asked; without `answers` there is none to ask."""
    asked: list[str] = []

    def ask(questions: str) -> Told | None:
        asked.append(questions)
        return Told(answers) if answers else None

    monkeypatch.setattr(probe, "ask", ask)
    with Detection(known) as detection:
        return detection.finish()[0], bool(asked)


SILENT, SIXEL = Answers(), Answers(attributes=(62, 4), whole=True)


def test_only_who_was_silent_twice_in_a_row_is_not_asked_again(
    known: KnownTerminals, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert start(known, monkeypatch, SILENT)[0].silences == 1
    found, asked = start(known, monkeypatch, SILENT)
    assert asked and found.silences == 2 and found.is_text
    found, asked = start(known, monkeypatch, SIXEL)
    assert not asked and found.silences == 2, "it costs no third start its patience"


def test_one_slow_start_pins_nothing(known: KnownTerminals, monkeypatch: pytest.MonkeyPatch) -> None:
    start(known, monkeypatch, SILENT)
    found, asked = start(known, monkeypatch, SIXEL)
    assert asked and (found.method, found.silences) == ("sixel", 0)
    assert start(known, monkeypatch, SILENT) == (found, False)


def test_what_was_not_asked_is_not_remembered(known: KnownTerminals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIMIKOE_GRAPHICS", "half")
    assert start(known, monkeypatch, SIXEL)[0].method == "half"
    monkeypatch.delenv("KIMIKOE_GRAPHICS")
    assert start(known, monkeypatch, SIXEL)[0].method == "sixel"


@pytest.mark.parametrize("seconds", [0.25, None])
def test_the_time_of_an_answer_is_asked_afresh_and_kept(
    known: KnownTerminals, monkeypatch: pytest.MonkeyPatch, seconds: float | None
) -> None:
    start(known, monkeypatch, SIXEL)
    monkeypatch.setattr(probe, "round_trip", lambda: seconds)
    with Detection(known) as detection:
        assert detection.timed(detection.finish()[0]).round_trip == seconds
    remembered = known.display("this")
    assert remembered is not None and (remembered.round_trip, remembered.method) == (seconds, "sixel")


def test_who_did_not_answer_is_not_asked_for_the_time(known: KnownTerminals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "round_trip", lambda: pytest.fail("it was asked"))
    start(known, monkeypatch, SILENT)
    found, _asked = start(known, monkeypatch, SILENT)
    with Detection(known) as detection:
        detection.finish()
        assert detection.timed(found) == found


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: the one that answers, and the one that asks."""
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


def answered(terminal: tuple[int, int]) -> Probe:
    """A probe whose answer lies there already."""
    master, slave = terminal
    asked = Probe(slave, "\x1b[c")
    os.write(master, ANSWER)
    wait_until(lambda: select.select([slave], [], [], 0)[0], "the answer lies there")
    return asked


def test_an_answer_that_lies_there_tells_the_time_only_at_once(terminal: tuple[int, int]) -> None:
    assert answered(terminal).finish().seconds is None
    seconds = answered(terminal).finish(at_once=True).seconds
    assert seconds is not None and seconds >= 0


def test_who_does_not_answer_in_time_is_given_back(terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    before = termios.tcgetattr(terminal[1])
    monkeypatch.setattr(probe, "ask", lambda questions: Probe(terminal[1], questions))
    monkeypatch.setattr(probe, "REPLIES_END_SECONDS", 0.05)
    assert probe.round_trip() is None
    assert termios.tcgetattr(terminal[1]) == before, "it echoes again"
