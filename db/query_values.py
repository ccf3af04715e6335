"""What is written after a field's colon: numbers, ranges, dates and names, as SQL conditions on a column."""

import re
import sqlite3
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from db.errors import UserError
from db.i18n import _

if TYPE_CHECKING:
    from db.index_state import State

Indexed = Callable[[sqlite3.Connection, "State"], Any]


class Condition(NamedTuple):
    """A parenthesised SQL condition and its values.

    `indexed` answers it for the index without a look at every frame, or says None where SQL has to; `feeds` are the
    kinds of changes that can make its answer another, every kind where there are none. Where it is `costly`, SQL takes
    longer than it takes to build an index of a whole film.
    """

    sql: str
    values: list[Any]
    indexed: Indexed | None = None
    feeds: tuple[str, ...] = ()
    costly: bool = False


class Field(NamedTuple):
    """A field: how its condition is made of what was typed, a form to show, and the values that complete it."""

    make: Callable[[sqlite3.Connection, str], Condition]
    form: str
    values: Callable[[sqlite3.Connection], Iterable[str]] = lambda db: ()


Bound = tuple[str, Any]
Parse = Callable[[str], Any]
LARGEST_NUMBER = 2**63
_COMPARISON = re.compile(r"(<=|>=|<|>|=)?(.+)\Z", re.DOTALL)
_SCORE = re.compile(r"(.+?)(<=|>=|<|>|=)([\d.]+)(%?)\Z", re.DOTALL)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\Z")


def number(text: str, parse: Parse = float) -> Any:
    """A number that SQLite can hold; raises `UserError` for other text."""
    try:
        value = parse(text)
    except ValueError as error:
        raise UserError(_("“{value}” is no number").format(value=text)) from error
    if not abs(value) < LARGEST_NUMBER:
        raise UserError(_("{value} is too large").format(value=text))
    return value


def whole(text: str) -> Any:
    """A whole number that SQLite can hold."""
    return number(text, int)


def comparison(column: str, value: str, parse: Parse = number) -> Condition:
    """`column` against `5`, `>=5`, `5..8`, `5..`, `..8`, or any of several of these between commas."""
    parts = [_one(column, each, parse) for each in value.split(",")]
    return Condition(f"({' OR '.join(part.sql for part in parts)})", [v for part in parts for v in part.values])


def _one(column: str, value: str, parse: Parse) -> Condition:
    bounds = bounds_of(value, parse)
    sql = " AND ".join(f"{column} {operator} ?" for operator, _value in bounds)
    return Condition(f"({sql})", [operand for _operator, operand in bounds])


def bounds_of(value: str, parse: Parse) -> list[Bound]:
    """(operator, operand) of each end of what was typed."""
    low, dots, high = value.partition("..")
    if dots and (low or high):
        bounds = [(operator, parse(end)) for operator, end in ((">=", low), ("<=", high)) if end]
        if len(bounds) == 2 and bounds[0][1] > bounds[1][1]:
            raise UserError(_("{range} ends before it begins: write {turned}").format(
                range=value, turned=f"{high}..{low}"))  # fmt: skip
        return bounds
    match = _COMPARISON.match(value)
    if match is None or dots:
        raise UserError(_("write 5, >=5 or 5..8"))
    return [(match[1] or "=", parse(match[2]))]


def named_score(value: str) -> tuple[str, str, float]:
    """(tag, operator, share) of `glasses<0.5`; raises `UserError`."""
    match = _SCORE.match(value)
    if match is None:
        raise UserError(_("write score:TAG<0.5"))
    return match[1], match[2], number(match[3]) / (100 if match[4] else 1)


def dates(column: str, value: str) -> Condition:
    """A time against `2023`, `2023-10`, `2023-10-18`, `>=2023-10`, `2023-10..2023-11`, `today`, `yesterday`."""
    sql: list[str] = []
    values: list[Any] = []
    for operator, (first, after) in bounds_of(value, _days):
        if operator in ("=", ">="):
            sql, values = [*sql, f"{column} >= ?"], [*values, first]
        if operator in ("=", "<="):
            sql, values = [*sql, f"{column} < ?"], [*values, after]
        if operator in ("<", ">"):
            sql.append(f"{column} < ?" if operator == "<" else f"{column} >= ?")
            values.append(first if operator == "<" else after)
    return Condition(f"({' AND '.join(sql)})", values)


def _days(text: str) -> tuple[float, float]:
    """The first moment of what a date names and the first after it, by the clock of this machine."""
    try:
        first, after = _named_days(text)
        return _midnight(first), _midnight(after)
    except (AssertionError, ValueError, OverflowError) as error:
        raise UserError(_("“{text}” is no date: write 2023-10-18 or 2023-10").format(text=text)) from error


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day).timestamp()


def _named_days(text: str) -> tuple[date, date]:
    names = {"today": 0, "yesterday": 1}
    if text in names:
        day = date.today() - timedelta(days=names[text])
        return day, day + timedelta(days=1)
    match = _DATE.match(text)
    assert match is not None
    year, month, day_of_month = int(match[1]), match[2], match[3]
    if day_of_month:
        day = date(year, int(month), int(day_of_month))
        return day, day + timedelta(days=1)
    first = date(year, int(month or 1), 1)
    return first, date(year + (not month or first.month == 12), first.month % 12 + 1 if month else 1, 1)


def one_of(states: dict[str, str], value: str, others: Iterable[str] = ()) -> Condition:
    """The condition of a named state; raises `UserError` that suggests one, or says where it belongs."""
    if value in states:
        return Condition(f"({states[value]})", [])
    known = _("is: knows {states}").format(states=", ".join(states))
    if value in others:
        raise UserError(_("is:{value} is asked of the other kind, frames or pictures; here {known}").format(
            value=value, known=known))  # fmt: skip
    raise UserError(with_suggestion(known, value, states))


def with_suggestion(message: str, typed: str, known: Iterable[str]) -> str:
    """The message, and what was probably meant."""
    close = get_close_matches(typed, list(known), n=1, cutoff=0.6)
    return _("{message}; did you mean {name}?").format(message=message, name=close[0]) if close else message


def glob(pattern: str) -> str:
    """A pattern of which only `*` and `?` are special to SQLite's GLOB."""
    return pattern.replace("[", "[[]")
