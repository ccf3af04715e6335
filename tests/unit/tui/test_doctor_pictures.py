"""What the doctor says of pictures, and the neutral glyphs of terminals that draw some over two cells."""

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from kimikoe_tui.doctor import pictures
from kimikoe_tui.graphics.__main__ import lines
from kimikoe_tui.graphics.display import METHODS, Display, Method
from kimikoe_tui.widgets.neutral import NeutralGlyphs


@pytest.mark.parametrize("method", METHODS)
def test_what_was_found_is_told_with_its_cost(method: Method) -> None:
    display = Display(method=method, brand="xterm", version=(379,), cell=(9, 18), cell_known=True, round_trip=0.01)
    told = "\n".join(lines(display))
    assert method in told and "xterm 379" in told and "9×18" in told and "10 ms" in told and "KiB" in told
    finding, line = pictures.judge(display)
    assert line.state == "ok" and "10 ms" in line.says
    assert finding.state == ("warning" if display.is_text else "ok")
    assert ("vt340" in finding.do) is display.is_text


@pytest.mark.parametrize(("brand", "word"), [("mosh", "ssh"), ("screen", "tmux"), ("tmux", "3.4"), ("", "Ghostty")])
def test_what_would_show_real_pixels(brand: str, word: str) -> None:
    (finding,) = pictures.judge(Display(method="quadrants", brand=brand))
    assert word in finding.do


def test_wide_glyphs_and_slow_lines_are_told() -> None:
    found = list(pictures.judge(Display(method="sixel", ambiguous=2, round_trip=0.4)))
    assert [each.check for each in found] == ["pictures", "width", "line"]


def test_a_line_that_carries_little_is_told_with_its_draft_and_what_to_set() -> None:
    display = Display(method="kitty", brand="kitty", answers=True, round_trip=0.02, rate=20_480, in_tmux=True)
    _pictures, line = pictures.judge(display)
    assert line.state == "warning" and "20 KiB a second" in line.says and "a draft of" in line.says
    assert "Compression no" in line.do and "escape-time" in line.do


def test_a_silent_terminal_is_told_what_asks_anew() -> None:
    for method in METHODS:
        (finding,) = pictures.judge(Display(method=method, silences=1, why="it did not answer"))
        assert finding.state == "warning" and "python -m kimikoe_tui.graphics" in finding.do


def test_the_time_of_an_answer_is_told_with_whose_it_is() -> None:
    for brand, says in (("tmux", "tmux answers in 10 ms."), ("foot", "an answer takes 10 ms.")):
        _pictures, line = pictures.judge(Display(method="sixel", brand=brand, round_trip=0.01))
        assert line.says == says


def test_where_there_is_no_terminal_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", open("/dev/null"))
    assert list(pictures.check()) == []


def test_every_glyph_becomes_one_of_one_cell() -> None:
    before = "╭─ 3 of 12 ★★☆ … ━━╸ ▀ “x” ↑↓ │ 日本"
    (after,) = NeutralGlyphs().apply([Segment(before)], Color(0, 0, 0))
    assert after.text == '+- 3 of 12 **. ~ === # "x" ^v | 日本'
    assert cell_len(after.text) == cell_len(before)
