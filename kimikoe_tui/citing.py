"""Copying a frame's citation to the clipboard of the terminal, however far away that is."""

from typing import TYPE_CHECKING

from db import citations
from db.films import Film
from db.i18n import _
from kimikoe_tui.clipboard import copy

if TYPE_CHECKING:
    from kimikoe_tui.screens.room import Room


async def cite(room: "Room", film: Film, number: int) -> None:
    """Copy `0:31:50 (57301フレーム目)`, or in English, and say so in the room."""
    cited = await room.session.watch(lambda db: citations.citation(db, film, number))
    copy(room.app, cited)
    room.say(_("copied: {citation}").format(citation=cited))
