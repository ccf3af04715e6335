"""The grammar: what is written reads as what it was written from, and what cannot be read is told with a place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.errors import UserError
from db.query_tree import All, Deny, Either, Node, Word, narrowed, parse, quoted, word_for, write

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=12)
PLAIN = st.sampled_from(
    ["1girl", ":d", ">:(", "x_(y)", "*_hair*", ";)", "stars:>=4", "t:3:10..3:45", "|_|", "o_o", "=)"]
)
WORDS = PLAIN.map(Word) | NAMES.map(lambda name: Word(name, True))


def joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return parts.map(Deny) | several.map(All) | several.map(Either)


TREES = st.recursive(WORDS, joined, max_leaves=20)


@settings(deadline=None)
@given(TREES)
def test_a_tree_reads_as_it_is_written(tree: Node) -> None:
    assert parse(write(tree)) == tree


@settings(deadline=None)
@given(st.text(st.sampled_from('ab:()"-|& <>=\\*?orandt123.')))
def test_what_is_read_is_written_the_same(text: str) -> None:
    try:
        tree = parse(text)
    except UserError as error:
        line, caret = str(error).split("\n")
        assert caret.lstrip().startswith("^ not understood here: ")
        assert caret.index("^") <= len(line)
    else:
        assert parse(write(tree)) == tree


@settings(deadline=None)
@given(NAMES)
def test_every_tag_can_be_said(name: str) -> None:
    word = parse(word_for(name))
    assert isinstance(word, Word) and word.text == name
    assert parse(quoted(name)) == Word(name, True)


@pytest.mark.parametrize(
    ("expression", "tree"),
    [
        (":d", Word(":d")),
        (">:(", Word(">:(")),
        ("(a or >:()", Either((Word("a"), Word(">:(")))),
        ("(a x_(y))", All((Word("a"), Word("x_(y)")))),
        ("a OR b AND NOT c", Either((Word("a"), All((Word("b"), Deny(Word("c"))))))),
        ("a | b", Either((Word("a"), Word("b")))),
        ("-(a b)", Deny(All((Word("a"), Word("b"))))),
        ("original not_a", All((Word("original"), Word("not_a")))),
        ("  ", All()),
    ],
)
def test_what_a_person_would_mean(expression: str, tree: Node) -> None:
    assert parse(expression) == tree


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("t:3:10..3:45", ("t", "3:10..3:45")),
        ('film:"My \\"own\\" film"', ("film", 'My "own" film')),
        ('score:">:("<0.5', ("score", ">:(<0.5")),
        (":d", None),
        ("stars:", None),
    ],
)
def test_a_field_and_its_value(text: str, field: tuple[str, str] | None) -> None:
    word = parse(text)
    assert isinstance(word, Word) and word.field == field


def test_a_quoted_name_is_no_field() -> None:
    word = parse('"t:3"')
    assert isinstance(word, Word) and word.field is None


@pytest.mark.parametrize("text", ["a " * 500, "-" * 90 + '"a"', "(" * 90 + "a b" + ") c" * 90, "a" * 10_001])
def test_a_query_has_its_bounds(text: str) -> None:
    with pytest.raises(UserError, match="at most|too deeply"):
        parse(text)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("", "-hat"),
        ("smile", "smile -hat"),
        ("smile limit:5", "smile limit:5 -hat"),
        ("smile or blush", "(smile or blush) -hat"),
    ],
)
def test_narrowing_reaches_every_alternative(expression: str, text: str) -> None:
    assert narrowed(expression, "-hat") == text
