"""Full-width characters and bursts."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.events import Key, Paste
from textual.widgets import Input

from kimikoe_tui.input_method import REST_SECONDS, Bursts, is_burst, narrow_key
from kimikoe_tui.terminal_driver import TerminalDriver

PROMPT = "1girl, solo, brown hair, 5 fingers"


@pytest.mark.parametrize(("wide", "key"), [("３", "3"), ("ｘ", "x"), ("Ｕ", "U"), ("　", "space"), ("／", "slash")])
def test_a_full_width_character_is_its_key(wide: str, key: str) -> None:
    assert narrow_key(Key(wide, wide)) == key


@pytest.mark.parametrize("text", ["3", "あ", "漢", "½", "™", "①②", "é", "\u202e"])
def test_what_is_no_full_width_key_is_none(text: str) -> None:
    assert narrow_key(Key(text, text)) is None


@pytest.mark.parametrize("text", ["３３", "かん", "3ｘ", "漢字", "hello world 5x", PROMPT, PROMPT + "\n", PROMPT + "\r",
                                  "smile\r\nblush\tnose", "かん\r"])  # fmt: skip
def test_what_comes_at_once_and_is_no_typing_is_a_burst(text: str) -> None:
    assert is_burst(text)


@pytest.mark.parametrize(
    "text", ["3", "３", "gc", "345x3", "llllllllllllllllll", "1\x1b[D2", "hat\r", "あ\r", "\r\n" * 9, "1\r2\r3\r4\r5\r"]
)
def test_keys_are_no_burst(text: str) -> None:
    assert not is_burst(text)


@settings(deadline=None)
@given(st.text("12345xul", min_size=1, max_size=200))
def test_decisions_are_never_a_burst_however_slow_the_line(text: str) -> None:
    assert len(set(text)) >= 8 or not is_burst(text)


@given(st.integers(1, len(PROMPT) - 12))
def test_the_last_read_of_a_pasted_text_is_no_key_however_short(rest: int) -> None:
    bursts = Bursts()
    assert bursts.takes(PROMPT[:-rest], 5.0)
    assert bursts.takes(PROMPT[-rest:], 5.0 + 0.9 * REST_SECONDS)
    assert not bursts.takes("x", 5.0 + 2 * REST_SECONDS)


def test_keys_held_down_after_a_paste_are_heard_soon() -> None:
    bursts = Bursts()
    assert bursts.takes(PROMPT, 5.0)
    heard = [5.0 + at / 30 for at in range(1, 10) if not bursts.takes("j", 5.0 + at / 30)]
    assert heard == [5.0 + at / 30 for at in range(1, 10) if at / 30 >= REST_SECONDS]
    assert bursts.takes(PROMPT, 6.0) and not bursts.takes("\t", 6.01)


def test_a_key_soon_after_a_committed_word_is_a_key() -> None:
    bursts = Bursts()
    assert bursts.takes("漢字", 5.0)
    assert not bursts.takes("x", 5.0 + 0.5 * REST_SECONDS)


def heard(text: str, focused: object) -> list[str]:
    """The keys that the driver makes of what comes at once, or the text that was pasted."""
    driver: Any = SimpleNamespace(_pasting=False, _app=SimpleNamespace(focused=focused), _bursts=Bursts(), heard=0.0)
    driver._ends_a_line = lambda text: TerminalDriver._ends_a_line(driver, text)
    events: list[Any] = [*TerminalDriver._heard(driver, text, XTermParser())]
    return [event.text if isinstance(event, Paste) else event.key for event in events]


@pytest.mark.parametrize("end", ["", "\n", "\r", "\r\n"])
def test_a_pasted_line_presses_no_key_in_a_room(end: str) -> None:
    assert heard(PROMPT + end, None) == [PROMPT + end]


def test_one_line_typed_at_once_in_a_field_is_handed_in_and_more_are_pasted() -> None:
    assert heard("smiling\r", Input()) == [*"smiling", "enter"]
    assert heard("brown_hair_x\r", Input()) == [*"brown", "underscore", *"hair", "underscore", "x", "enter"]
    assert heard(PROMPT + "\r5x\r", Input()) == [PROMPT + "\r5x\r"]
    assert heard(PROMPT, Input()) == [PROMPT]


def test_a_line_that_comes_before_there_is_a_screen_is_pasted() -> None:
    driver: Any = SimpleNamespace(_app=App())
    assert not TerminalDriver._ends_a_line(driver, PROMPT + "\r")
