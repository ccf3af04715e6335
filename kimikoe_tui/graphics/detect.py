"""From the environment and the terminal's answers to the way pictures are shown; once a terminal, then from memory."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from kimikoe_tui.graphics import brand, probe, tmux
from kimikoe_tui.graphics.brand import Answers
from kimikoe_tui.graphics.display import USUAL_CELL, Display, Method, asked_for
from kimikoe_tui.graphics.known import KnownTerminals, this_terminal
from kimikoe_tui.graphics.replies import KeyFilter

PASSED_BY_TMUX: tuple[Method, ...] = ("kitty",)
SILENCES_BELIEVED = 2
"""A terminal that was silent so often in a row is silent: once may have been a slow start."""


class Detection:
    """What is being found out about this terminal. Made before the program loads, asked when it has."""

    def __init__(self, known: KnownTerminals | None = None) -> None:
        self._wish = asked_for()
        self._known = known
        self._terminal = this_terminal()
        before = known.display(self._terminal) if known and self._terminal else None
        self._silences = before.silences if before else 0
        self._found = before if before and _is_believed(before) else None
        self._probe: probe.Probe | None = None
        if self._found is None and self._wish not in ("half", "cells"):
            self._probe = probe.ask(probe.QUESTIONS_IN_MULTIPLEXER if multiplexer(os.environ) else probe.QUESTIONS)

    def __enter__(self) -> "Detection":
        return self

    def __exit__(self, *_error: object) -> None:
        """Give the terminal back, also where the program did not come to ask."""
        if self._probe is not None:
            self._probe.give_back()

    def finish(self) -> tuple[Display, KeyFilter]:
        """How pictures are shown, and the filter for all that the terminal still says."""
        if self._found is None:
            self._found = self._ask()
            if self._probe is not None:
                self._remember(self._found)
        display = self._found
        if (cell := probe.window_cell(0)) is not None and not display.cell_known:
            display = msgspec.structs.replace(display, cell=cell, cell_known=True)
        if self._wish is not None:
            display = msgspec.structs.replace(display, method=self._wish, why="KIMIKOE_GRAPHICS", silences=0)
        return fit_for_width(display), self._probe.input if self._probe else KeyFilter()

    def learn(self, rate: float | None) -> None:
        """Remember how many bytes a second the line carried."""
        if self._found is not None and rate is not None:
            self._remember(msgspec.structs.replace(self._found, rate=rate))

    def timed(self, display: Display) -> Display:
        """With the seconds that an answer takes now, asked afresh and kept; as it was where nobody answers."""
        seconds = probe.round_trip() if display.answers else None
        if self._found is None or seconds is None:
            return display
        self._found = msgspec.structs.replace(self._found, round_trip=seconds)
        self._remember(self._found)
        return msgspec.structs.replace(display, round_trip=seconds)

    def _remember(self, found: Display) -> None:
        if self._known and self._terminal:
            self._known.remember(self._terminal, found)

    def _ask(self) -> Display:
        if self._probe is None:
            return Display(why="not asked")
        answers = self._probe.finish()
        silences = 0 if answers.whole else self._silences + 1
        return msgspec.structs.replace(_by_answers(answers), silences=silences)


def _by_answers(answers: Answers) -> Display:
    kind = multiplexer(os.environ)
    if kind == "tmux":
        return _in_tmux(answers)
    name, version = (kind, ()) if kind else brand.identify(answers.version, os.environ)
    return _display(name, version, brand.best(name, version, answers), answers)


def _is_believed(before: Display) -> bool:
    """Whether what was found is not asked for again."""
    return before.answers or before.silences >= SILENCES_BELIEVED


def multiplexer(env: Mapping[str, str]) -> str:
    """`tmux`, `screen` or `mosh` where one stands between this program and the terminal; empty for none."""
    if env.get("TMUX"):
        return "tmux"
    if env.get("STY") or env.get("TERM", "").startswith("screen"):
        return "screen"
    return "mosh" if "mosh-server" in ancestors() else ""


def ancestors() -> list[str]:
    """The names of the programs above this one."""
    names: list[str] = []
    pid = "self"
    while pid not in ("0", "1") and len(names) < 32:
        try:
            before, _bracket, after = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")
        except OSError:
            break
        names.append(before.partition("(")[2])
        pid = after.split()[1]
    return names


def fit_for_width(display: Display) -> Display:
    """Blocks are no use where the terminal takes two cells for one."""
    if display.ambiguous == 2 and display.method in ("half", "quadrants"):
        return msgspec.structs.replace(display, method="cells")
    return display


def _display(name: str, version: tuple[int, ...], method: Method, answers: Answers) -> Display:
    why = "brand and version" if name else "its answers"
    return Display(
        method=method, brand=name, version=version, cell=answers.cell or USUAL_CELL,
        cell_known=answers.cell is not None, ambiguous=answers.ambiguous, colours=answers.colours,
        answers=answers.whole, round_trip=answers.seconds,
        why=why if answers.whole else "it did not answer",
    )  # fmt: skip


def _in_tmux(answers: Answers) -> Display:
    """Placeholders where the terminal outside knows them and tmux lets them through, else what tmux itself shows."""
    outside = tmux.outside()
    if outside is not None:
        name, version = brand.identify(outside.version, {"TERM": outside.term})
        method = brand.best(name, version, Answers(kitty=True))
        if name and method in PASSED_BY_TMUX and tmux.allow_passthrough():
            if all(outside.cell):
                answers = msgspec.structs.replace(answers, cell=outside.cell)
            found = _display(name, version, method, answers)
            return msgspec.structs.replace(found, in_tmux=True)
    return _display("tmux", (), "sixel" if answers.sixel else "quadrants", answers)
