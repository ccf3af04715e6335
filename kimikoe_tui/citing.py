"""Copying frames' citations to the clipboard of the terminal, however far away that is."""

from collections.abc import Sequence
from sqlite3 import Connection
from typing import TYPE_CHECKING

from db import citations
from db.i18n import _, plural
from kimikoe_tui.clipboard import copy
from kimikoe_tui.text import thousands

if TYPE_CHECKING:
    from kimikoe_tui.screens.room import Room

MOST_AT_ONCE = 500  # what terminals take by OSC 52 ends at some ten thousand bytes


async def cite(room: "Room", frame_ids: Sequence[int], one_a_shot: bool = False) -> None:
    """Copy `0:31:50 (57301フレーム目)`, or in English, of each frame on a line of its own.

    `one_a_shot` leaves of each shot the first of the frames.
    """

    def read(db: Connection) -> tuple[list[str], int]:
        wanted = citations.firsts_in_shots(db, frame_ids) if one_a_shot else frame_ids
        return citations.cited(db, wanted[:MOST_AT_ONCE]), len(wanted)

    lines, wanted = await room.session.watch(read)
    await copy(room, "\n".join(lines), _in_a_line(lines, wanted))


def _in_a_line(lines: Sequence[str], wanted: int) -> str:
    if len(lines) == wanted == 1:
        return lines[0]
    if wanted > MOST_AT_ONCE:
        words = _("the first {count} citations of {all}, for more are not copied at once")
        return words.format(count=thousands(len(lines)), all=thousands(wanted))
    words = plural("{count} citation, one a line", "{count} citations, one a line", len(lines))
    return words.format(count=thousands(len(lines)))
