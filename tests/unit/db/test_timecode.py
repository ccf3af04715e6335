from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import UserError
from db.timecode import citation, first_frame_at, parse_seconds, timecode

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


@pytest.mark.parametrize("text", ["", "soon", "3", "1:2:3:4"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no timecode"):
        parse_seconds(text)


@given(st.integers(1, 10**6), st.sampled_from([THIRTY, Fraction(24000, 1001), Fraction(25)]))
def test_the_first_frame_of_a_frames_second_is_not_after_it(number: int, fps: Fraction) -> None:
    first = first_frame_at(parse_seconds(timecode(number, fps)), fps)
    assert first <= number
    assert timecode(first, fps) == timecode(number, fps)
