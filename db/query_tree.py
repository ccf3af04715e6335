"""The query language as a tree: text is parsed into it, and a tree is written as text that parses to the same tree."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from db.errors import UserError
from db.i18n import _

LONGEST_EXPRESSION = 10_000
MOST_WORDS, DEEPEST = 400, 60
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_VALUE = re.compile(r'"((?:[^"\\]|\\.)+)"', re.DOTALL)
_FIELD = re.compile(r"([a-z]+):(.+)\Z", re.DOTALL)
_OPERATORS = frozenset({"or", "and", "not", "|", "&"})


class Word(msgspec.Struct, frozen=True, tag=True):
    """A tag's name, or `field:value` where its prefix is a field; `at` is its place in the text."""

    text: str
    quoted: bool = False
    at: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Word) and (self.text, self.quoted) == (other.text, other.quoted)

    def __hash__(self) -> int:
        return hash((self.text, self.quoted))

    @property
    def field(self) -> tuple[str, str] | None:
        """(name, value) of what looks like a field, the value without its quotes; None for what can only be a tag."""
        match = None if self.quoted else _FIELD.match(self.text)
        return (match[1], _QUOTED_VALUE.sub(lambda found: _unescaped(found[1]), match[2])) if match else None


class Deny(msgspec.Struct, frozen=True, tag=True):
    """What must not hold."""

    part: "Node"


class All(msgspec.Struct, frozen=True, tag=True):
    """What must hold together; of nothing, everything holds."""

    parts: tuple["Node", ...] = ()


class Either(msgspec.Struct, frozen=True, tag=True):
    """Alternatives."""

    parts: tuple["Node", ...]


Node = Word | Deny | All | Either


def parse(expression: str) -> Node:
    """The tree of an expression; an empty one is `All(())`. Raises `UserError` with a caret at the fault."""
    if len(expression) > LONGEST_EXPRESSION:
        raise UserError(_("A query has at most {count} characters.").format(count=LONGEST_EXPRESSION))
    if not expression.strip():
        return All()
    tree = _tree(_parsed(expression).children[0], 0)
    if sum(1 for _word in words(tree)) > MOST_WORDS:
        raise UserError(_("A query has at most {count} words.").format(count=MOST_WORDS))
    return tree


def write(node: Node) -> str:
    """The expression of a tree."""
    if isinstance(node, Word):
        return quoted(node.text) if node.quoted else node.text
    if isinstance(node, Deny):
        return f"-{_inner(node.part)}"
    joint = " or " if isinstance(node, Either) else " "
    return joint.join(map(_inner, node.parts))


def quoted(name: str) -> str:
    """A name in quotes, as which any tag can be said."""
    return '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))


def word_for(tag: str) -> str:
    """How a tag is said in an expression: as it is where that reads as this tag, else in quotes."""
    plain_word = not set(tag) & {"*", "?", '"'} and not _FIELD.match(tag)
    try:
        return tag if plain_word and parse(tag) == Word(tag) else quoted(tag)
    except UserError:
        return quoted(tag)


def words(node: Node) -> Iterator[Word]:
    """The words of a tree, in the order in which they stand."""
    if isinstance(node, Word):
        yield node
    for part in (node.part,) if isinstance(node, Deny) else () if isinstance(node, Word) else node.parts:
        yield from words(part)


def fault(expression: str, offset: int, reason: str) -> UserError:
    """An error that points at a place in the expression with a caret."""
    return UserError(f"{expression}\n{' ' * offset}^ {reason}")


def narrowed(expression: str, word: str) -> str:
    """An expression that asks for a word too, of each of its alternatives."""
    if isinstance(parse(expression), Either):
        return f"({expression}) {word}"
    return f"{expression} {word}".strip()


def _inner(node: Node) -> str:
    text = write(node)
    return f"({text})" if isinstance(node, All | Either) else text


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _tree(node: Any, depth: int) -> Node:
    if depth > DEEPEST:
        raise UserError(_("The query is nested too deeply."))
    if node.data == "deny":
        return Deny(_tree(node.children[0], depth + 1))
    if node.data in ("any", "all"):
        parts = tuple(_tree(child, depth + 1) for child in node.children)
        if len(parts) == 1:
            return parts[0]
        return Either(parts) if node.data == "any" else All(parts)
    token = node.children[0]
    if node.data == "quoted":
        return Word(_unescaped(token[1:-1]), True, token.start_pos)
    return Word(str(token), False, token.start_pos)


@cache
def _parser() -> Any:
    from lark import Lark

    return Lark((Path(__file__).parent / "query.lark").read_text("utf-8"), parser="lalr", maybe_placeholders=False)


def _parsed(expression: str) -> Any:
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(expression)
    except UnexpectedInput as error:
        token = getattr(error, "token", None)
        ended = token is not None and token.type == "$END"
        offset = len(expression) if ended else error.pos_in_stream or 0
        raise fault(expression, offset, _advice(expression, offset)) from error


def _advice(expression: str, offset: int) -> str:
    """What is wrong at a place, and what to do about it."""
    here = expression[offset : offset + 1]
    if here == '"':
        return _("not understood here: a quote is empty or not closed")
    if here == ")":
        return _("not understood here: no group is open; a tag with a parenthesis is said in quotes")
    if expression.count("(") > expression.count(")") and not here:
        return _("not understood here: a group is not closed; a tag with a parenthesis is said in quotes")
    last = expression[:offset].split()[-1:] or [""]
    if not here or last[0].lower() in _OPERATORS:
        return _("not understood here: a tag or a condition is missing")
    return _("not understood here: a tag with such a sign is said in quotes")
