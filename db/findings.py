"""What `kimikoe check` finds, as the engine's program tells it to the terminal: one JSON object a line."""

from typing import Literal

import msgspec

Level = Literal["fault", "note"]


class Finding(msgspec.Struct, frozen=True, tag=True):
    """Something that is not as rows tell; a `fault` wants a remedy, a `note` is only in the way.

    `what` is its kind, `where` its path below the studio or its place, `repaired` what was done about it, if anything.
    """

    level: Level
    what: str
    where: str
    fault: str
    remedy: str
    repaired: str = ""


class Looking(msgspec.Struct, frozen=True, tag=True):
    """What is being looked at, and how much of it is done."""

    what: str
    done: int
    total: int


Told = Finding | Looking
