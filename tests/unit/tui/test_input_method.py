"""Full-width characters and bursts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.events import Key

from kimikoe_tui.input_method import is_burst, narrow_key


@pytest.mark.parametrize(("wide", "key"), [("３", "3"), ("ｘ", "x"), ("Ｕ", "U"), ("　", "space"), ("／", "slash")])
def test_a_full_width_character_is_its_key(wide: str, key: str) -> None:
    assert narrow_key(Key(wide, wide)) == key


@pytest.mark.parametrize("text", ["3", "あ", "漢", "½", "™", "①②", "é", "\u202e"])
def test_what_is_no_full_width_key_is_none(text: str) -> None:
    assert narrow_key(Key(text, text)) is None


@pytest.mark.parametrize("text", ["３３", "かん", "3ｘ", "漢字", "hello world 5x", "1girl, solo, glasses"])
def test_what_comes_at_once_and_is_no_typing_is_a_burst(text: str) -> None:
    assert is_burst(text)


@pytest.mark.parametrize("text", ["3", "３", "gc", "345x3", "llllllllllllllllll", "1\x1b[D2", "hat\r", "あ\r"])
def test_keys_are_no_burst(text: str) -> None:
    assert not is_burst(text)


@settings(deadline=None)
@given(st.text("12345xul", min_size=1, max_size=200))
def test_decisions_are_never_a_burst_however_slow_the_line(text: str) -> None:
    assert len(set(text)) >= 8 or not is_burst(text)
