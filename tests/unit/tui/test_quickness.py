"""What keys wait for: memory is tidied after them, never at one, and what they changed is painted soon."""

import asyncio
import gc
import os
import threading
import weakref
from collections.abc import Iterator

import pytest
from rich.segment import Segment
from textual import screen
from textual._styles_cache import StylesCache
from textual.app import App
from textual.color import Color
from textual.strip import Strip

from kimikoe_tui.quickness import (
    FRAMES,
    IDLE_SECONDS,
    NEVER,
    NICENESS,
    Tidying,
    let_lines_go,
    let_work_give_way,
    paint_soon,
)  # fmt: skip


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    made: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda: made.append(1))
    return made


def test_memory_is_tidied_once_after_keys_and_never_at_one(searches: list[int]) -> None:
    gc.unfreeze()
    tidying = Tidying()
    assert gc.get_threshold()[2] == NEVER and gc.get_freeze_count() == 0
    tidying.tick(heard=10.0, now=10.0 + IDLE_SECONDS / 2)
    assert searches == []
    for now in (12.0, 13.0, 60.0):
        tidying.tick(heard=10.0, now=now)
    assert len(searches) == 1 and gc.get_freeze_count() > 0
    tidying.tick(heard=61.0, now=61.1)
    assert len(searches) == 1
    tidying.tick(heard=61.0, now=63.0)
    assert len(searches) == 2


def test_the_lines_of_widgets_that_are_gone_are_let_go() -> None:
    lines = StylesCache()
    lines.get_inner_outer(Color(0, 0, 0), Color(1, 2, 3))
    alive = weakref.ref(lines)
    del lines
    assert alive() is not None, "Textual lets them go by itself now"
    Tidying().tick(heard=10.0, now=10.0 + 2 * IDLE_SECONDS)
    assert alive() is None


class Watched(Strip):
    """A line that may be known weakly."""


def test_a_line_that_was_shown_whole_is_let_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("divide", "crop_extend"):
        monkeypatch.setattr(Strip, name, getattr(Strip, name))
    let_lines_go()
    line = Watched([Segment("a line"), Segment(" of two parts")])
    width = line.cell_length
    assert list(line.divide([width, width + 3])) == [line] and line.crop_extend(0, width, None) is line
    assert [part.text for part in line.divide([2, width])] == ["a ", "line of two parts"]
    assert line.crop_extend(2, width + 1, None).text == "line of two parts "
    line.crop_extend(0, width - 1, None)
    alive = weakref.ref(line)
    gc.disable()
    try:
        del line
        assert alive() is None
    finally:
        gc.enable()


async def test_a_program_paints_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "UPDATE_PERIOD", screen.UPDATE_PERIOD)
    paint_soon()
    async with App[None]().run_test() as pilot:
        assert pilot.app.screen._update_timer._interval == 1 / FRAMES


async def test_work_gives_way_to_the_thread_that_hears_keys() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    let_work_give_way()
    before = niceness()
    assert await asyncio.to_thread(niceness) == min(19, before + NICENESS)
    assert niceness() == before
