"""What the graphics card's driver tells of its memory, and who uses it; nothing where there is no such driver."""

import subprocess
import xml.etree.ElementTree as ElementTree

import msgspec

QUESTION = ("nvidia-smi", "-q", "-x")
LIMIT_SECONDS = 10.0
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
    """The first card as its driver sees it, or None where there is no driver that answers."""
    try:
        answer = subprocess.run(QUESTION, capture_output=True, timeout=LIMIT_SECONDS, check=True).stdout
        return parse_card(answer)
    except (OSError, subprocess.SubprocessError, ElementTree.ParseError, ValueError, IndexError):
        return None


def parse_card(answer: bytes) -> Card | None:
    """The first card of `nvidia-smi -q -x`."""
    found = ElementTree.fromstring(answer).find("gpu")
    if found is None:
        return None
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
