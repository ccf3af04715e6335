"""Copying to the clipboard of the terminal, however far away that is: through tmux, or by OSC 52."""

import asyncio
import base64
from typing import TYPE_CHECKING, Any

from textual.app import App

from db.i18n import _
from db.text import plain_block
from kimikoe_tui.graphics import tmux
from kimikoe_tui.graphics.display import Display
from kimikoe_tui.widgets.real_pixels import write_raw

if TYPE_CHECKING:
    from kimikoe_tui.screens.room import Room


async def copy(room: "Room", text: str, what: str) -> None:
    """Put text on the clipboard, harmless to paste, and say so in the room; `what` is it in a line.

    A terminal does not say whether it took what it was sent, and nothing more is claimed of it.
    """
    harmless = plain_block(text)
    if await asyncio.to_thread(tmux.copy, harmless):
        room.say(_("copied: {text}").format(text=what))
    else:
        _send(room.app, harmless)
        room.say(_("sent to the terminal's clipboard: {text}").format(text=what))


def _send(app: App[Any], text: str) -> None:
    """By OSC 52, also past a tmux that lets this pane speak to the terminal outside."""
    data = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    command = f"\x1b]52;c;{data}\x07"
    display = getattr(app, "display_known", Display())
    write_raw(app, command + tmux.wrapped(command) if display.in_tmux else command)
