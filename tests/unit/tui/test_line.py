"""What is known of a line to a terminal by its answers, and what follows from it."""

import pytest

from kimikoe_tui.graphics.line import LEAST_WINDOW, LOST_SECONDS, MOST_LOST, Line

PICTURE = 160_000


def carried(line: Line, pictures: int, seconds: float, trip: float = 0.0) -> None:
    """So many pictures one after another, each `seconds` on its way."""
    for number in range(pictures):
        sent, now = (number + 1) * PICTURE, 10.0 * number
        line.asked(sent, now)
        assert not line.has_arrived(sent)
        assert line.answered(now + seconds + trip)
        assert line.has_arrived(sent)


def test_the_rate_is_learnt_from_answers_without_the_round_trip() -> None:
    line = Line(answers=True, trip=0.2)
    assert not line.is_slow(PICTURE) and line.may_be_slow(1), "nothing is known yet"
    assert not Line().may_be_slow(PICTURE), "and never will be of a terminal that does not answer"
    line.asked(0, 0.0)
    line.answered(0.2)
    carried(line, 1, 0.5, trip=0.2)
    assert line.rate == pytest.approx(PICTURE / 0.5)
    assert line.is_slow(PICTURE) and not line.is_slow(PICTURE // 4)
    assert not line.awaits


def test_pictures_close_behind_each_other_are_counted_once() -> None:
    line = Line(answers=True)
    line.asked(PICTURE, 0.0)
    line.asked(2 * PICTURE, 0.01)
    line.answered(1.0)
    line.answered(2.0)
    assert line.rate == pytest.approx(PICTURE)


def test_a_fast_line_may_hold_more_than_one_picture() -> None:
    line = Line(answers=True, trip=0.1)
    carried(line, 4, 0.01, trip=0.1)
    line.asked(5 * PICTURE, 50.0)
    assert not line.is_full(50.0)
    line.asked(5 * PICTURE + round(0.2 * PICTURE / 0.01) + 1, 50.0)
    assert line.is_full(50.0)


def test_few_bytes_tell_nothing_and_never_fill_a_line() -> None:
    line = Line(answers=True)
    line.asked(1000, 0.0)
    assert not line.is_full(0.0) and LEAST_WINDOW > 1000
    line.answered(3.0)
    assert line.rate is None


def test_answers_that_do_not_come_are_given_up_and_at_last_not_asked_for() -> None:
    line = Line(answers=True)
    for number in range(MOST_LOST):
        assert line.answers
        now, sent = 100.0 * number, PICTURE * (number + 1)
        line.asked(sent, now)
        assert line.is_full(now + LOST_SECONDS / 2)
        assert not line.is_full(now + LOST_SECONDS + 1) and line.has_arrived(sent) and not line.awaits
    assert not line.answers and line.has_arrived(10 * PICTURE)
    assert not line.answered(500.0), "what comes after all belongs to nothing"
