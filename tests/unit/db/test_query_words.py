"""Completions, facets, saved queries and the fields that a person can ask by."""

from sqlite3 import Connection

import pytest

from db import completion, events, facets, query, saved_views, tags
from db.completion import Candidate
from db.errors import UserError
from db.index import Index


def ready(db: Connection) -> Index:
    index = Index()
    index.refresh(db)
    return index


def test_a_tag_is_completed_with_its_count_in_the_result(film_db: Connection) -> None:
    text = "x_(y) gl :d"
    found = completion.candidates(film_db, text, 8, "frame", index=ready(film_db))
    assert found == [Candidate("glasses", 6, 8, "tag", 10, 0)]
    done = completion.complete(text, found[0])
    assert (done.text, done.cursor) == ("x_(y) glasses :d", 13)


@pytest.mark.parametrize(
    ("text", "completions"),
    [
        ("sho", ["shot:"]),
        ("is:ta", ["tainted", "untagged"]),
        ("-is:k", ["key"]),
        ("film:", ["film"]),
        ("verdict:+nag", ["nagisa"]),
        ("score:gl", ["glasses"]),
        ("origin:b", ["bulk"]),
        ("nothing_like_it", []),
    ],
)
def test_what_completes(film_db: Connection, text: str, completions: list[str]) -> None:
    assert [each.text for each in completion.candidates(film_db, text, len(text), "frame")] == completions


@pytest.mark.parametrize("text", ["", "(", '"', '"gl', "a or", ")", "((:", "score:", "view:", "a -", "x_("])
def test_no_text_breaks_completion(film_db: Connection, text: str) -> None:
    for index in (None, ready(film_db)):
        for cursor in range(len(text) + 1):
            completion.candidates(film_db, text, cursor, "frame", index=index)


def test_facets_count_what_a_result_carries(film_db: Connection) -> None:
    tags.set_tag(film_db, "s", 1, 1, "shot", "shion", True)
    found = facets.top(film_db, "shion", "frame", 3)
    assert [(each.tag, each.count) for each in found] == [("1girl", 40), ("safe", 40), ("shion", 40)]


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("hold:2", 100),
        ("hold:>2", 0),
        ("frame:3,5..7,99..", 6),
        ("shot:..1", 40),
        ("score:glasses<60%", 50),
        ("flicker:glasses>=19", 100),
        ("flicker:1girl>0", 0),
        ("tagged:tag*", 100),
        ("is:untagged", 0),
        ("origin:spread or origin:seen", 40),
        ("verdict:+shion", 40),
        ("verdict:-shion", 0),
        ('film:"film" limit:4 or >:(', 4),
        ("frame:57フレーム目", 1),
        ("frame:#57..60フレーム目,3フレーム目", 5),
        ("frame:5..5", 1),
    ],
)
def test_fields(film_db: Connection, expression: str, count: int) -> None:
    tags.set_tag(film_db, "s", 1, 1, "shot", "shion", True)
    assert query.count(film_db, expression, "frame") == count
    assert query.count(film_db, expression, "frame", ready(film_db)) == count


def test_what_sql_answers_slowly_is_known_beforehand(film_db: Connection) -> None:
    saved_views.save(film_db, "s", "unsteady", "frame", "-flicker:<3")
    costly = [each for each in ("", "glasses", "flicker:glasses>3", "glasses (hold:2 or view:unsteady)", "flicker:0")
              if query.is_costly(film_db, each, "frame")]  # fmt: skip
    assert costly == ["glasses (hold:2 or view:unsteady)", "flicker:0"]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("glases", "did you mean glasses?"),
        ("is:taintd", "did you mean tainted?"),
        ("shoot:3", "did you mean shot?"),
        ("stars:3", "asked of pictures"),
        ("is:rejected", "asked of the other kind"),
        ("1girl -(limit:3 or :d)", "limit: stands alone"),
        ("view:none", "no view is called"),
        ("t:0:30..0:20", "0:30..0:20 ends before it begins: write 0:20..0:30"),
        ("frame:1,9..3", "9..3 ends before it begins: write 3..9"),
        ("frame:9フレーム目..3フレーム目", "ends before it begins"),
    ],
)
def test_a_fault_says_what_to_write(film_db: Connection, expression: str, reason: str) -> None:
    with pytest.raises(UserError, match="\\^ .*") as caught:
        query.frame_ids(film_db, expression)
    assert reason in str(caught.value)


def test_a_view_is_a_query_with_an_undo(film_db: Connection) -> None:
    saved_views.save(film_db, "s", "g", "frame", "glasses or x_(y)")
    assert query.count(film_db, "view:g -:d", "frame") == query.count(film_db, "(glasses or x_(y)) -:d", "frame")
    saved_views.save(film_db, "s", "g", "frame", "1girl")
    events.undo(film_db, "s")
    assert saved_views.view(film_db, "g").expression == "glasses or x_(y)"
    saved_views.delete(film_db, "s", "g")
    assert saved_views.views(film_db) == []
    events.undo(film_db, "s")
    assert [each.name for each in saved_views.views(film_db, "frame")] == ["g"]
    with pytest.raises(UserError, match="no view is called"):
        query.image_ids(film_db, "view:g")


def test_a_view_cannot_contain_itself(film_db: Connection) -> None:
    saved_views.save(film_db, "s", "a", "frame", "glasses")
    saved_views.save(film_db, "s", "b", "frame", "view:a or :d")
    with pytest.raises(UserError, match="contains itself"):
        saved_views.save(film_db, "s", "a", "frame", "1girl view:b")
    assert saved_views.view(film_db, "a").expression == "glasses"
