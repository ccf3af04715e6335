"""Words and figures, and what becomes of text that nobody can vouch for."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from kimikoe_tui.text import duration, percent, plain, sparkline, stars, thousands
from kimikoe_tui.widgets.cells import fit_words, meter


@given(st.text())
def test_plain_text_has_no_character_that_a_terminal_obeys(text: str) -> None:
    shown = plain(text)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in shown)
    assert not set(shown) & set("\u061c\u200b\u200e\u200f\u202a\u202d\u202e\u2066\u2069\ufeff")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x1b[31mb", "a [31mb"), ("one\r\ntwo\tthree", "one two three"), ("[b]x[/b]", "[b]x[/b]"),
     ("凪沙　さん", "凪沙　さん"), ("    indented", "    indented"), ("a\u061cb", "a b")],
)  # fmt: skip
def test_plain_text_is_one_line_that_keeps_what_is_harmless(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00:00"), (192.9, "0:03:12"), (3600, "1:00:00"), (86_399, "23:59:59"), (187_200, "2d 4h")],
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(("share", "shown"), [(0, "0%"), (0.5, "50%"), (0.999, "99%"), (1, "100%")])
def test_a_hundred_percent_is_all_of_it(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_figures() -> None:
    assert thousands(170_000) == "170,000"
    assert stars(3) == "★★★☆☆"
    assert stars(None) == "☆☆☆☆☆"


@given(st.floats(-1, 2), st.integers(1, 40))
def test_a_meter_is_as_wide_as_asked(share: float, width: int) -> None:
    assert meter(share, width, "red").cell_len == width


def test_a_meter_is_filled_to_half_a_cell() -> None:
    filled = meter(0.375, 4, "red")
    assert filled.plain == "━╸──"
    assert filled.spans[0].end == 2


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(1, 60))
def test_a_sparkline_fits_and_reaches_from_least_to_greatest(values: list[float], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) == min(width, len(values))
    assert "▁" in line


def test_a_sparkline_shows_the_course() -> None:
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([8, 8, 1, 1], 2) == "█▁"
    assert sparkline([], 5) == ""


@given(st.lists(st.text("ab凪", min_size=1, max_size=6), max_size=8), st.integers(1, 30))
def test_words_that_fit_are_whole(words: list[str], width: int) -> None:
    line = fit_words(words, width)
    assert cell_len(line) <= width
    kept = [] if line in ("", "…") else line.removesuffix(" …").split(", ")
    assert kept == words[: len(kept)]
    assert line.endswith("…") == (len(kept) < len(words))
