"""Items come in order whatever thread makes them, errors at their place, and nothing is left running."""

import threading
from collections.abc import Generator

import pytest

from engine.ahead import read_ahead


def numbers(count: int, made: list[int], threads: set[int], error_at: int = -1) -> Generator[int]:
    try:
        for number in range(count):
            if number == error_at:
                raise ValueError(number)
            made.append(number)
            threads.add(threading.get_ident())
            yield number
    finally:
        threads.add(threading.get_ident())
        made.append(-1)


def test_items_come_in_order_and_are_made_and_closed_in_one_other_thread() -> None:
    made: list[int] = []
    threads: set[int] = set()
    assert list(read_ahead(numbers(20, made, threads), 3)) == list(range(20))
    assert made == [*range(20), -1]
    assert len(threads) == 1 and threading.get_ident() not in threads


def test_an_error_is_raised_at_its_place() -> None:
    got: list[int] = []
    with pytest.raises(ValueError, match="4"):
        for number in read_ahead(numbers(9, [], set(), error_at=4), 2):
            got.append(number)
    assert got == [0, 1, 2, 3]


def test_closing_closes_and_makes_no_more_than_was_asked_for() -> None:
    made: list[int] = []
    ahead = read_ahead(numbers(100, made, set()), 2)
    assert next(ahead) == 0
    ahead.close()
    assert made[-1] == -1 and len(made) <= 5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_one_ahead_of_another_ends_both() -> None:
    made: list[int] = []

    def doubled(inner: Generator[int]) -> Generator[int]:
        try:
            yield from (2 * number for number in inner)
        finally:
            inner.close()

    outer = read_ahead(doubled(read_ahead(numbers(100, made, set()), 2)), 1)
    assert [next(outer) for _item in range(3)] == [0, 2, 4]
    outer.close()
    assert made[-1] == -1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
