"""What the benchmarks measure: a program in a pseudo-terminal, once it has painted what they speak of."""

import sys
from contextlib import closing

import pytest

from bench import tui_memory
from bench.terminal import Painted

ECHOES = [sys.executable, "-c", "print('ready', flush=True); print('heard', input().upper(), flush=True); input()"]


def test_keys_are_pressed_and_what_they_lead_to_is_waited_for() -> None:
    with closing(Painted(ECHOES, b"ready")) as program:
        program.press("gf\n", b"heard GF")


def test_the_memory_of_a_long_film_is_measured_with_its_frames_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    pressed: list[tuple[str, bytes]] = []

    class Program:
        def __init__(self, _command: list[str], _word: bytes) -> None: ...

        def press(self, keys: str, until_word: bytes) -> None:
            pressed.append((keys, until_word))

        def settle(self, _seconds: float) -> None: ...

        def rss(self) -> int:
            return 2**20 * (1 + len(pressed))

        def close(self) -> None: ...

    monkeypatch.setattr(tui_memory, "Painted", Program)
    monkeypatch.setattr(tui_memory, "long_studio", lambda folder: folder)
    monkeypatch.setattr(tui_memory, "start_engine", lambda _root: None)
    monkeypatch.setattr(tui_memory, "stop_engine", lambda _root: None)
    (result,) = tui_memory.run()
    assert pressed == [("gf", b"170,000 frames")]
    assert result.value == 2
