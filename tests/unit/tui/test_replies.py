"""Keys and a terminal's answers come through one line; they are told apart wherever it is cut."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser

from kimikoe_tui.graphics.replies import DOUBT_SECONDS, HOLD_SECONDS, SHORT_SECONDS, KeyFilter
from kimikoe_tui.input_method import Bursts
from kimikoe_tui.terminal_driver import TerminalDriver

REPLIES = [
    b"\x1b[?62;4;22c", b"\x1bP>|XTerm(379)\x1b\\", b"\x1b_Gi=31;OK\x1b\\", b"\x1b[6;20;10t", b"\x1b[4;600;800t",
    b"\x1b[12;2R", b"\x1b]11;rgb:0000/0000/0000\x07", b"\x1b[?1u", b"\x1b[>0;276;0c",
]  # fmt: skip
KEYS = [b"4", b"x", b"\x1b[A", b"\x1b[1;5C", b"\x1bOP", b"\x1b[6~", "３".encode(), b"\x1b[?2026;2$y", b"\x1b[57441;1u"]


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """Keys alone, and the same among answers, in pieces; the last answer comes at the end."""
    parts = draw(st.lists(st.sampled_from([*REPLIES[1:], *KEYS]), max_size=12))
    data = b"".join([*parts, REPLIES[0]])
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return b"".join(part for part in parts if part in KEYS), pieces


@given(streams())
def test_every_key_comes_through_and_no_answer(stream: tuple[bytes, list[bytes]]) -> None:
    keys, pieces = stream
    tested = KeyFilter(until=60.0)
    assert b"".join(tested.feed(piece, 1.0) for piece in pieces) == keys
    assert tested.complete and not tested.holds


@given(st.sampled_from(REPLIES), st.data())
def test_an_answer_that_breaks_off_is_no_key_and_ends_in_time(reply: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(3, len(reply) - 1))
    tested = KeyFilter(until=60.0)
    heard = tested.feed(reply[:cut], 1.0) + tested.tick(1.0 + DOUBT_SECONDS / 2)
    assert heard == b""
    rest = tested.tick(1.0 + HOLD_SECONDS)
    assert rest == b"" or rest.startswith(b"\x1b[")
    assert tested.feed(b"4", 5.0) == b"4"


def test_a_key_after_half_an_answer_is_heard_alone() -> None:
    tested = KeyFilter()
    assert tested.feed(b"\x1b[?62;4", 1.0) + tested.feed(b"x", 1.1) == b"x"


def test_escape_waits_only_while_answers_may_come() -> None:
    waiting, settled = KeyFilter(until=60.0), KeyFilter()
    assert waiting.feed(b"\x1b", 1.0) == b""
    assert waiting.tick(1.1) == b"" and waiting.tick(1.0 + DOUBT_SECONDS) == b"\x1b"
    assert settled.feed(b"\x1b", 1.0) == b"\x1b"


def test_reports_of_modes_are_let_through_whole() -> None:
    tested = KeyFilter()
    tested.expect_modes(2, 1.0)
    assert tested.feed(b"\x1b", 1.0) + tested.feed(b"[?2026;2$", 1.2) == b""
    assert tested.feed(b"y\x1b[?2048;0$y\x1b", 1.4) == b"\x1b[?2026;2$y\x1b[?2048;0$y\x1b"


def test_what_was_typed_before_comes_first() -> None:
    tested = KeyFilter()
    tested.hear_again(b"gc")
    assert tested.holds and tested.tick(1.0) == b"gc"
    tested.hear_again(b"g")
    assert tested.feed(b"c", 1.0) == b"gc"


LAST = REPLIES[0]
TYPED = [*KEYS, b"\x1b", b"[", b"P4", b"c"]


def after_a_picture() -> KeyFilter:
    """A filter that has heard all answers of the start, and awaits one more."""
    tested = KeyFilter(until=60.0)
    assert tested.feed(LAST, 1.0) == b"" and tested.complete
    tested.expect_last()
    return tested


class Times:
    """Pieces read at a filter's own time, which is looked after 50 times a second."""

    def __init__(self, tested: KeyFilter) -> None:
        self.tested, self.now, self.heard = tested, 100.0, b""

    def hear(self, piece: bytes, delay: float) -> None:
        """A piece comes so many seconds after the one before."""
        end = self.now + delay
        while self.now + 0.02 < end:
            self.now += 0.02
            self.heard += self.tested.tick(self.now)
        self.now = end
        self.heard += self.tested.feed(piece, self.now)


@given(st.lists(st.sampled_from(TYPED)), st.lists(st.sampled_from(TYPED)), st.data())
def test_a_pictures_answer_is_never_a_key_however_it_is_torn(
    before: list[bytes], after: list[bytes], data: st.DataObject
) -> None:
    times = Times(after_a_picture())
    for key in before:
        times.hear(key, 0.3)
    times.hear(b"", 0.3)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(LAST) - 1))))
    for start, end in zip([0, *cuts], [*cuts, len(LAST)], strict=True):
        times.hear(LAST[start:end], data.draw(st.floats(0.0, SHORT_SECONDS - 0.001)))
    for key in after:
        times.hear(key, 0.0)
    assert times.heard == b"".join([*before, *after])


@given(st.integers(1, len(LAST) - 1), st.floats(0.0, 2 * HOLD_SECONDS))
def test_the_rest_of_an_answer_that_comes_after_all_patience_is_no_key_either(cut: int, delay: float) -> None:
    times = Times(after_a_picture())
    times.hear(LAST[:cut], 0.0)
    times.hear(LAST[cut:] + b"4", delay)
    patient = cut > 2 or delay < SHORT_SECONDS
    assert times.heard == b"4" if patient else times.heard in (b"4", LAST[:cut] + b"4")


def test_escape_is_quick_while_a_pictures_answer_is_awaited_and_at_once_when_none_is() -> None:
    tested = after_a_picture()
    assert tested.feed(b"\x1b", 2.0) + tested.tick(2.0 + SHORT_SECONDS - 0.01) == b""
    assert tested.tick(2.01 + SHORT_SECONDS) == b"\x1b" and SHORT_SECONDS < 0.2
    assert not tested.holds and tested.feed(b"4", 2.2) == b"4"
    assert tested.feed(LAST + b"\x1b", 2.3) == b"\x1b"


@pytest.mark.parametrize("typed", [b"P4", b"[4", b"]1x", b"_Gx", b"4", b"\x1b"])
def test_what_is_typed_after_an_escape_is_heard_while_an_answer_is_awaited(typed: bytes) -> None:
    times = Times(after_a_picture())
    times.hear(b"\x1b", 0.0)
    for at in range(len(typed)):
        times.hear(typed[at : at + 1], 0.3)
    times.hear(b"", 0.3)
    assert times.heard == b"\x1b" + typed


def test_an_escape_that_has_waited_is_not_waited_for_once_more() -> None:
    driver: Any = SimpleNamespace(_pasting=False, _ends_a_line=lambda _text: False, _bursts=Bursts(), heard=0.0)
    parser = XTermParser()
    heard: list[Any] = [*TerminalDriver._heard(driver, "\x1b", parser, waited=True)]
    heard += TerminalDriver._heard(driver, "4", parser)
    assert [event.key for event in heard] == ["escape", "4"]
