"""What the graphics card's driver tells of its memory, and who uses it; nothing where there is no such driver."""

import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from contextlib import suppress

import msgspec

from engine.driver import DriverQuestion

QUESTION = ("nvidia-smi", "-q", "-x")
LIMIT_SECONDS = 10.0
EVERY_SECONDS = 15.0
POLL_SECONDS = 0.02
_MEBIBYTE = 2**20


class CardUser(msgspec.Struct, frozen=True):
    """A process that holds memory of the card."""

    pid: int
    name: str
    bytes: int


class Card(msgspec.Struct, frozen=True):
    """The memory of the first card in bytes, and who uses it, most first."""

    free: int
    total: int
    users: list[CardUser]


def card() -> Card | None:
    """The first card as its driver sees it, or None where there is no driver that answers within some seconds."""
    watcher, until = CardWatcher(), time.monotonic() + LIMIT_SECONDS
    while (found := watcher.look()) is None and watcher.asks and time.monotonic() < until + 1:
        time.sleep(POLL_SECONDS)
    return found


class CardWatcher:
    """Asks for the card again and again, at a low rate, for who must not wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._asked_at = clock, float("-inf")
        self._question: DriverQuestion | None = None

    @property
    def asks(self) -> bool:
        """Whether an answer may be on its way."""
        return self._question is not None

    def look(self) -> Card | None:
        """The answer that has come since the last look; where none is on its way and it is time, ask."""
        if self._question is None:
            self._ask()
            return None
        if not self._question.is_over:
            return None
        answer, self._question = self._question.answer(), None
        return None if answer is None else parse_card(answer)

    def _ask(self) -> None:
        if self._clock() - self._asked_at >= EVERY_SECONDS:
            self._asked_at = self._clock()
            with suppress(OSError):
                self._question = DriverQuestion(QUESTION, LIMIT_SECONDS, self._clock)


def parse_card(answer: bytes) -> Card | None:
    """The first card of `nvidia-smi -q -x`; None where it says nothing of one that can be understood."""
    try:
        found = ElementTree.fromstring(answer).find("gpu")
        return None if found is None else _card(found)
    except (ElementTree.ParseError, ValueError, IndexError):
        return None


def _card(found: ElementTree.Element) -> Card:
    users = [
        CardUser(int(each.findtext("pid", "0")), each.findtext("process_name", "?"), _bytes(each, "used_memory"))
        for each in found.iterfind("processes/process_info")
    ]
    users.sort(key=lambda user: -user.bytes)
    return Card(_bytes(found, "fb_memory_usage/free"), _bytes(found, "fb_memory_usage/total"), users)


def _bytes(element: ElementTree.Element, path: str) -> int:
    """`8192 MiB` in bytes; 0 where the driver says `N/A`."""
    number = element.findtext(path, "").split(" ")[0]
    return int(number) * _MEBIBYTE if number.isdigit() else 0
