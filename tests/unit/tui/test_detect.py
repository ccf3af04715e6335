"""From a terminal's answers to the way pictures are shown in it."""

from pathlib import Path

import pytest

from db.errors import UserError
from kimikoe_tui.graphics import detect, tmux
from kimikoe_tui.graphics.brand import Answers, best, identify
from kimikoe_tui.graphics.detect import fit_for_width, multiplexer
from kimikoe_tui.graphics.display import Display, asked_for
from kimikoe_tui.graphics.known import MOST, KnownTerminals
from kimikoe_tui.graphics.probe import read_answers

SIXEL = Answers(attributes=(62, 4), whole=True)
KITTY = Answers(kitty=True, attributes=(62,), whole=True)
BOTH = Answers(kitty=True, attributes=(62, 4), whole=True)


@pytest.mark.parametrize(
    ("version", "env", "answers", "expected"),
    [
        ("kitty(0.35.2)", {}, KITTY, ("kitty", "kitty")),
        ("kitty(0.26.5)", {}, KITTY, ("kitty", "kitty-direct")),
        ("ghostty 1.1.3", {}, KITTY, ("ghostty", "kitty")),
        ("", {"TERM": "xterm-ghostty"}, KITTY, ("ghostty", "kitty")),
        ("WezTerm 20240203-110809-5046fc22", {}, BOTH, ("wezterm", "inline")),
        ("iTerm2 3.5.0", {}, BOTH, ("iterm2", "inline")),
        ("xterm.js(6.1.0)", {"TERM_PROGRAM": "vscode"}, BOTH, ("xterm.js", "sixel")),
        ("", {"TERM_PROGRAM": "vscode"}, BOTH, ("vscode", "inline")),
        ("XTerm(379)", {}, SIXEL, ("xterm", "sixel")),
        ("XTerm(379)", {}, Answers(attributes=(64,), whole=True), ("xterm", "quadrants")),
        ("foot(1.16.2)", {}, SIXEL, ("foot", "sixel")),
        ("", {"WT_SESSION": "1"}, SIXEL, ("windows", "sixel")),
        ("Konsole 23.04.1", {}, BOTH, ("konsole", "kitty-direct")),
        ("VTE(7600)", {}, Answers(whole=True), ("vte", "quadrants")),
        ("", {"TERM": "alacritty"}, BOTH, ("alacritty", "quadrants")),
        ("", {}, KITTY, ("", "kitty-direct")),
        ("", {}, Answers(), ("", "quadrants")),
    ],
)  # fmt: skip
def test_brand_and_version_decide(version: str, env: dict[str, str], answers: Answers, expected: object) -> None:
    brand, number = identify(version, env)
    assert (brand, best(brand, number, answers)) == expected


def test_what_the_answers_say() -> None:
    replies = [
        b"\x1bP>|foot(1.16.2)\x1b\\", b"\x1b_Gi=31;OK\x1b\\", b"\x1b[6;20;9t", b"\x1b[?1;3;0S", b"\x1b[?1;0;16S",
        b"\x1b[1;3R", b"\x1b[?62;4c",
    ]  # fmt: skip
    told = read_answers(replies, (1, 1), 0.1)
    assert told == Answers("foot(1.16.2)", (62, 4), True, (9, 20), 2, 16, True, 0.1)
    assert read_answers(replies[:2], (7, 14), 0.1).cell == (7, 14)
    assert read_answers([], None, None) == Answers()


@pytest.mark.parametrize(
    ("env", "expected"),
    [({"TMUX": "/tmp/x,1,0", "TERM": "screen"}, "tmux"), ({"STY": "1.pts"}, "screen"), ({"TERM": "screen"}, "screen")],
)
def test_what_stands_between_is_known(env: dict[str, str], expected: str) -> None:
    assert multiplexer(env) == expected


def test_mosh_is_known_by_the_programs_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "ancestors", lambda: ["python", "bash", "mosh-server"])
    assert multiplexer({"TERM": "xterm-256color"}) == "mosh"
    assert best("mosh", (), BOTH) == best("screen", (), BOTH) == "quadrants"


def test_the_environment_outranks_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIMIKOE_GRAPHICS", "Sixel")
    assert asked_for() == "sixel"
    monkeypatch.setenv("KIMIKOE_GRAPHICS", "auto")
    assert asked_for() is None
    monkeypatch.setenv("KIMIKOE_GRAPHICS", "jpeg")
    with pytest.raises(UserError, match="“jpeg”; it may be auto, kitty"):
        asked_for()


def test_blocks_are_not_used_where_a_terminal_takes_two_cells_for_them() -> None:
    assert fit_for_width(Display(method="quadrants", ambiguous=2)).method == "cells"
    assert fit_for_width(Display(method="sixel", ambiguous=2)).method == "sixel"


def test_a_terminal_is_remembered_and_the_oldest_forgotten(tmp_path: Path) -> None:
    known = KnownTerminals(tmp_path / "cache" / "terminals.json")
    for number in range(MOST + 1):
        known.remember(str(number), Display(method="sixel", cell=(number, 20)))
    assert known.display("0") is None
    assert known.display("1") == Display(method="sixel", cell=(1, 20))
    (tmp_path / "cache" / "terminals.json").write_bytes(b"{")
    assert known.display("1") is None


class TestTmux:
    """Pictures through tmux, whose answers are its own."""

    def outside(self, monkeypatch: pytest.MonkeyPatch, version: str, allowed: bool = True) -> None:
        monkeypatch.setattr(tmux, "outside", lambda: tmux.Outside(version, "xterm-256color", (8, 17)))
        monkeypatch.setattr(tmux, "allow_passthrough", lambda: allowed)

    def test_placeholders_pass(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outside(monkeypatch, "kitty(0.35.2)")
        found = detect._in_tmux(Answers(attributes=(1, 2), whole=True))
        assert (found.method, found.in_tmux, found.cell) == ("kitty", True, (8, 17))

    @pytest.mark.parametrize(("version", "allowed"), [("kitty(0.26.5)", True), ("kitty(0.35.2)", False), ("", True)])
    def test_what_does_not_pass_is_not_tried(
        self, monkeypatch: pytest.MonkeyPatch, version: str, allowed: bool
    ) -> None:
        self.outside(monkeypatch, version, allowed)
        assert detect._in_tmux(Answers(attributes=(1, 2), whole=True)).method == "quadrants"
        assert detect._in_tmux(Answers(attributes=(1, 2, 4), whole=True)).method == "sixel"

    def test_what_passes_is_wrapped(self) -> None:
        assert tmux.wrapped("\x1b_Ga=d\x1b\\") == "\x1bPtmux;\x1b\x1b_Ga=d\x1b\x1b\\\x1b\\"
