from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import UserError
from db.timecode import (
    citation,
    first_frame,
    first_frame_at,
    last_frame,
    parse_number,
    parse_rate,
    parse_seconds,
    span,
    timecode,
)

THIRTY = Fraction(30)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "0:00:00"), (5721, "0:03:10"), (6771, "0:03:45"), (17341, "0:09:38"), (17601, "0:09:46"),
     (57301, "0:31:50"), (57451, "0:31:55"), (59611, "0:33:07")],
)  # fmt: skip
def test_citations_at_thirty_frames_a_second(number: int, expected: str) -> None:
    assert timecode(number, THIRTY) == expected
    assert citation(number, THIRTY) == f"{expected} (frame {number})"


@pytest.mark.parametrize(
    ("text", "seconds"), [("0:31:50", 1910), ("31:50", 1910), ("31分50秒", 1910), ("1:02:03", 3723), ("0:05.5", 5.5)]
)
def test_times_are_read_in_the_forms_people_write(text: str, seconds: float) -> None:
    assert parse_seconds(text) == Fraction(seconds)


@pytest.mark.parametrize(
    "text",
    ["0:31:50", "31:50", "31分50秒", "３１分５０秒", "0時間31分50秒", "1910秒", "57301フレーム目", "57301 フレーム目",
     "57301", "#57301", "frame 57301", "0:31:50 (frame 57301)", "0:31:50 (57301フレーム目)", " 0:31:50.0 ",
     "0:31:51 (frame 57301), 0:31:50 at 30 fps", "0:31:51 (57301フレーム目)、0:31:50（30 fps）",
     "0:31:51 (frame 57301), 0:39:49 at 23.976 fps"],
)  # fmt: skip
def test_a_frame_is_read_in_every_form_it_is_cited_in(text: str) -> None:
    assert first_frame(text, THIRTY) == 57301


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "1:2:3:4",
        "31:61",
        "1:60:00",
        "frame",
        "12フレーム目?",
        "9" * 40,
        "-3",
        "0:31:51 (frame 57301), then 0:31:50 at 30 fps",
        "0:31:51 (frame 5), 7 frames",
    ],
)
def test_what_names_no_frame_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no timecode"):
        first_frame(text, THIRTY)


@given(st.integers(1, 10**6), st.sampled_from([THIRTY, Fraction(24000, 1001), Fraction(25)]))
def test_a_citation_leads_back_to_its_frame(number: int, fps: Fraction) -> None:
    assert first_frame(citation(number, fps), fps) == number
    assert parse_number(f"{timecode(number, fps)} ({number}フレーム目)") == number


def test_another_rate_is_cited_beside_the_films_own() -> None:
    ntsc = Fraction(30000, 1001)
    assert citation(57301, ntsc, THIRTY) == "0:31:51 (frame 57301), 0:31:50 at 30 fps"
    assert citation(57301, THIRTY, THIRTY) == "0:31:50 (frame 57301)"
    assert citation(57301, THIRTY, Fraction(24000, 1001)).endswith("0:39:49 at 23.976 fps")


@pytest.mark.parametrize(
    ("text", "rate"),
    [("30", 30), ("29.97", Fraction(30000, 1001)), ("23.976", Fraction(24000, 1001)),
     ("24000/1001", Fraction(24000, 1001)), ("25.0", 25), ("12.5", 12.5)],
)  # fmt: skip
def test_rates_are_read(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == Fraction(rate)


@pytest.mark.parametrize("text", ["", "0", "-30", "30/0", "1e9", "99999", "fast"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no frame rate"):
        parse_rate(text)


def test_a_part_reaches_to_the_end_of_its_last_second() -> None:
    assert span("", "", THIRTY) == (1, None)
    assert span("31:50", "31:50", THIRTY) == (57301, 57330)
    assert span("31分50秒", "57451フレーム目", THIRTY) == (57301, 57451)
    assert last_frame("0:00.5", THIRTY) == 16
    for start, end in (("5:00", "4:00"), ("0", ""), ("#0", "")):
        with pytest.raises(UserError, match="no frame"):
            span(start, end, THIRTY)


@pytest.mark.parametrize("text", ["", "soon", "3", "1:2:3:4"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no timecode"):
        parse_seconds(text)


@given(st.integers(1, 10**6), st.sampled_from([THIRTY, Fraction(24000, 1001), Fraction(25)]))
def test_the_first_frame_of_a_frames_second_is_not_after_it(number: int, fps: Fraction) -> None:
    first = first_frame_at(parse_seconds(timecode(number, fps)), fps)
    assert first <= number
    assert timecode(first, fps) == timecode(number, fps)
