"""Verdicts on one line: the whole of it or none of it."""

from pathlib import Path
from sqlite3 import Connection

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import events
from db.errors import UserError
from db.ratings import Decision, rate_all
from kimikoe_tui.cli.sheet import ranges
from kimikoe_tui.verdict_line import read_verdicts
from tests.pilot.conftest import add_base, add_pictures, ratings

REJECTED = Decision(rejected=True)


@pytest.fixture
def image_ids(film_db: Connection, studio_root: Path) -> list[int]:
    """Pictures 1 to 9."""
    add_base(film_db)
    return add_pictures(film_db, studio_root, 9)


def test_ratings_rejections_ranges_and_clearings(db: Connection, image_ids: list[int]) -> None:
    found = read_verdicts(db, "1=5 2=x 4-6=x  8=0")
    assert found == {1: Decision(5), 2: REJECTED, 4: REJECTED, 5: REJECTED, 6: REJECTED, 8: Decision()}


@pytest.mark.parametrize("line", ["１＝５　４－６＝ｘ", "1=5 4〜6=×", "1=5 4ー6=X"])
def test_what_a_japanese_keyboard_writes(db: Connection, image_ids: list[int], line: str) -> None:
    assert read_verdicts(db, line) == {1: Decision(5), 4: REJECTED, 5: REJECTED, 6: REJECTED}


@pytest.mark.parametrize(
    ("line", "at", "reason"),
    [
        ("1=5 2=6", 4, "no rating"),
        ("1=5 2", 4, "no rating"),
        ("1=5 2=55", 4, "no rating"),
        ("1=5 5-3=x", 4, "5 comes after 3"),
        ("1=5 8-12=x", 4, "no picture 10"),
        ("1=5 0=x", 4, "no picture 0"),
        ("1=5 99999999999999999=x", 4, "no picture 99999999999999999"),
        ("1=5 3=4 2-4=x", 8, "picture 3 stands in this line twice"),
        ("１＝５ 2=い", 7, "no rating"),
    ],
)
def test_one_fault_refuses_the_line_with_a_caret(
    db: Connection, image_ids: list[int], line: str, at: int, reason: str
) -> None:
    with pytest.raises(UserError, match=reason) as caught:
        read_verdicts(db, line)
    assert str(caught.value).split("\n")[1].index("^") == at


@pytest.mark.parametrize(("state", "reason"), [("planned", "not drawn yet"), ("purged", "was purged")])
def test_what_nobody_can_see_is_not_judged(
    db: Connection, image_ids: list[int], state: str, reason: str
) -> None:  # fmt: skip
    db.execute("UPDATE image SET state = ? WHERE id = 5", (state,))
    with pytest.raises(UserError, match=reason):
        read_verdicts(db, "3-6=x")


def test_with_a_sheet_a_range_takes_what_is_on_it(db: Connection, image_ids: list[int]) -> None:
    assert set(read_verdicts(db, "2-8=x", {2, 5, 8, 9})) == {2, 5, 8}
    with pytest.raises(UserError, match="picture 3 is not on the sheet"):
        read_verdicts(db, "2=5 3-8=x", {2, 5, 8})


def test_a_line_is_one_act_and_one_undo(db: Connection, image_ids: list[int]) -> None:
    rate_all(db, "t", read_verdicts(db, "1=2 2=x"))
    rate_all(db, "t", read_verdicts(db, "1=5 2-4=x 9=0"))
    assert ratings(db) == {1: (5, 0, 0), 2: (None, 1, 0), 3: (None, 1, 0), 4: (None, 1, 0)}
    undone = events.undo(db, "t")
    assert undone is not None and undone.summary == "5 pictures: 1 rated, 3 rejected, 1 cleared"
    assert ratings(db) == {1: (2, 0, 0), 2: (None, 1, 0)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.text(alphabet="0123456789=x- 　５＝", max_size=24) | st.text(max_size=20))
def test_any_line_is_read_or_refused(db: Connection, image_ids: list[int], line: str) -> None:
    try:
        found = read_verdicts(db, line)
    except UserError:
        return
    assert set(found) <= set(image_ids)


@given(st.lists(st.integers(1, 30), unique=True, min_size=1).map(sorted))
def test_ranges_say_the_same_numbers(numbers: list[int]) -> None:
    said: list[int] = []
    for run in ranges(numbers).split():
        first, _dash, last = run.partition("-")
        said += range(int(first), int(last or first) + 1)
    assert said == numbers
