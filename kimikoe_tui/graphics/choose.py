"""From what is known of a terminal to what draws in it."""

from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.halfblock import ColourCells, HalfBlocks
from kimikoe_tui.graphics.inline import Inline
from kimikoe_tui.graphics.kitty import Kitty, KittyDirect
from kimikoe_tui.graphics.quadrants import Quadrants
from kimikoe_tui.graphics.renderer import PictureRenderer
from kimikoe_tui.graphics.sixel import Sixel

TEXT: dict[str, type[HalfBlocks]] = {"quadrants": Quadrants, "half": HalfBlocks, "cells": ColourCells}


def new_renderer(display: Display) -> PictureRenderer:
    """What draws the pictures of one pane."""
    match display.method:
        case "kitty":
            return Kitty(display)
        case "kitty-direct":
            return KittyDirect(display)
        case "sixel":
            return Sixel(display)
        case "inline":
            return Inline(display)
        case text:
            return TEXT[text]()
