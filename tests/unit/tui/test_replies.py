"""Keys and a terminal's answers come through one line; they are told apart wherever it is cut."""

from hypothesis import given
from hypothesis import strategies as st

from kimikoe_tui.graphics.replies import DOUBT_SECONDS, HOLD_SECONDS, KeyFilter

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
