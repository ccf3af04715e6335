"""Messages of the feed, the pace of judging, typed tags, and where panes look for pictures."""

from sqlite3 import Connection

import pytest

from db.changes import Change
from db.errors import UserError
from kimikoe_tui.frame_edits import Word, words_of
from kimikoe_tui.messages import FramesChanged, ImagesChanged, JobsChanged, RatingsChanged, messages_for
from kimikoe_tui.screens.cull_reading import filter_name
from kimikoe_tui.tally import PAUSE_SECONDS, Pace


def test_changes_of_frames_are_one_message_for_each_film() -> None:
    found = [
        Change(1, "scores", 1, 10, 20),
        Change(2, "verdicts", 1, 5, 6),
        Change(3, "frames", 2, 1, 9),
        Change(4, "images", None, 3, 3),
        Change(5, "images", None, 4, 4),
    ]
    messages = list(messages_for(found))
    assert messages[:2] == [FramesChanged(1, 5, 20), FramesChanged(2, 1, 9)]
    assert [type(message) for message in messages[2:]] == [ImagesChanged, JobsChanged]


def test_a_change_without_a_range_may_be_anywhere() -> None:
    found = [Change(1, "scores", 1, 10, 20), Change(2, "frames", 1, None, None)]
    assert next(messages_for(found)) == FramesChanged(1, None, None)


def test_jobs_may_have_moved_although_the_feed_is_silent() -> None:
    assert [type(message) for message in messages_for([])] == [JobsChanged]


async def test_only_the_last_of_equal_messages_matters() -> None:
    assert RatingsChanged().can_replace(RatingsChanged())
    assert not RatingsChanged().can_replace(ImagesChanged())


def test_the_pace_of_judging() -> None:
    at = 0.0
    pace = Pace(lambda: at)
    assert pace.per_minute is None
    for at in (0.0, 2.0, 4.0):  # noqa: B007
        pace.decided()
    assert pace.per_minute == pytest.approx(30)
    at += PAUSE_SECONDS + 1
    pace.decided()
    assert pace.per_minute is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("nagisa", [Word("nagisa", True)]),
        (" Blue Hair , -glasses,+hat,", [Word("Blue Hair", True), Word("glasses", False), Word("hat", True)]),
        ("character:shion", [Word("character:shion", True)]),
        (">:(, -:d", [Word(">:(", True), Word(":d", False)]),
        ("-_-", [Word("-_-", True)]),
        ("-", [Word("-", True)]),
        ("", []),
    ],
)
def test_typed_tags(db: Connection, typed: str, words: list[Word]) -> None:
    db.execute("INSERT INTO tag (name) VALUES ('-_-')")
    assert words_of(db, typed) == words


def test_a_bad_tag_is_refused_before_anything_is_written(db: Connection) -> None:
    with pytest.raises(UserError, match="is no tag"):
        words_of(db, "nagisa, " + "a" * 200)


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("stars:>=4 -is:rejected", "★★★★☆ and better"),
        ("is:unrated", "undecided"),
        ("seed:7", "seed:7"),
        ("stars:>=4 glasses -is:rejected", "stars:>=4 glasses -is:rejected"),
        ("stars:>=-1 -is:rejected", "stars:>=-1 -is:rejected"),
        ("stars:>= -is:rejected", "stars:>= -is:rejected"),
    ],
)
def test_filters_have_names(expression: str, name: str) -> None:
    assert filter_name(expression) == name
