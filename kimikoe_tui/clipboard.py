"""Copying to the clipboard of the terminal, however far away that is, by OSC 52."""

import base64
from typing import Any

from textual.app import App

from db.text import plain_block
from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.tmux import wrapped
from kimikoe_tui.widgets.real_pixels import write_raw


def copy(app: App[Any], text: str) -> None:
    """Put text on the clipboard, harmless to paste; tmux passes it on, and fills its own where it may."""
    data = plain_block(text).encode("utf-8", "replace")
    command = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"
    display = getattr(app, "display_known", Display())
    write_raw(app, command + wrapped(command) if display.in_tmux else command)
