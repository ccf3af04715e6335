"""Pictures that a terminal is sent beside its text: when they are sent, and when they are taken away."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol
from weakref import WeakSet

from textual.app import App
from textual.driver import Driver
from textual.geometry import Region

from kimikoe_tui.graphics.display import Display
from kimikoe_tui.terminal_driver import TerminalDriver

MOST_BACKLOG = 65_536
Span = tuple[int, int, int]
"""Cells of the screen: their row, the first column and the one after the last."""


class Placed(Protocol):
    """Something with a picture of its own in the terminal."""

    def settle(self) -> None:
        """Have the terminal show what is to be seen now, and nothing else."""

    def forget(self) -> None:
        """The terminal has lost all that it was sent."""

    def write_over(self, spans: Sequence[Span] | None) -> None:
        """These cells are written; None for all."""

    def draw_anew(self, display: Display) -> None:
        """The terminal's cells are of another size now."""

    def note_arrived(self) -> None:
        """The terminal has answered: more of what was sent has arrived."""


class PictureLayer:
    """What lies beside the text of an app. Textual's repaint erases what it writes over, so pictures follow it."""

    def __init__(self) -> None:
        self._placed: WeakSet[Placed] = WeakSet()

    def add(self, picture: Placed) -> None:
        """Have a picture follow each repaint."""
        self._placed.add(picture)

    def write_over(self, spans: Sequence[Span] | None) -> None:
        """Cells are about to be written; None for all of the screen."""
        for picture in list(self._placed):
            picture.write_over(spans)

    def settle(self) -> None:
        """Called at the end of each repaint, before the terminal shows it."""
        for picture in list(self._placed):
            picture.settle()

    def draw_anew(self, display: Display) -> None:
        """The terminal's cells are of another size now, as when a person takes a larger font."""
        for picture in list(self._placed):
            picture.draw_anew(display)

    def note_arrived(self) -> None:
        """The terminal has answered: more of what was sent has arrived."""
        for picture in list(self._placed):
            picture.note_arrived()

    def forget(self) -> None:
        """The terminal was given away and has been taken again."""
        for picture in list(self._placed):
            picture.forget()


def write_raw(app: App[Any], data: str) -> None:
    """Send bytes of our own after all that Textual has written so far; Textual has no public way."""
    driver: Driver | None = app._driver
    if driver is not None and not driver.is_headless and data:
        driver.write(data)


def send_picture(app: App[Any], data: str) -> int:
    """Send a picture; returns what `has_arrived` is to be asked of it."""
    write_raw(app, data)
    driver = app._driver
    return driver.ask_whether_arrived() if isinstance(driver, TerminalDriver) else 0


def has_arrived(app: App[Any], sent: int) -> bool:
    """Whether the terminal has shown what was sent, as far as it says so."""
    driver = app._driver
    return not isinstance(driver, TerminalDriver) or driver.line.has_arrived(sent)


def is_behind(app: App[Any]) -> bool:
    """Whether the terminal has not taken yet what it was sent before: more pictures would only keep keys waiting."""
    driver = app._driver
    if not isinstance(driver, TerminalDriver):
        return False
    return driver.backlog > MOST_BACKLOG or driver.line.is_full(time.monotonic())


def may_be_slow(app: App[Any], count: int) -> bool:
    """Whether something smaller is to be at hand."""
    driver = app._driver
    return isinstance(driver, TerminalDriver) and driver.line.may_be_slow(count)


def is_slow(app: App[Any], count: int) -> bool:
    """Whether so many bytes take so long on this line that something smaller is to go first."""
    driver = app._driver
    return isinstance(driver, TerminalDriver) and driver.line.is_slow(count)


def touches(spans: Sequence[Span], region: Region) -> bool:
    """Whether any of these cells lies in a region of the screen."""
    return any(region.y <= row < region.bottom and first < region.right and end > region.x for row, first, end in spans)


@contextmanager
def one_update(app: App[Any]) -> Iterator[None]:
    """What is written within is shown at once, where the terminal knows how."""
    app._begin_update()
    try:
        yield
    finally:
        app._end_update()


def at_cell(column: int, row: int, data: str) -> str:
    """Data sent with the cursor on a cell, counted from 0, and the cursor where it was afterwards."""
    return f"\x1b7\x1b[{row + 1};{column + 1}H{data}\x1b8"
