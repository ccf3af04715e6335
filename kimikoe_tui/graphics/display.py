"""What is known of the terminal that pictures are shown in."""

import os
from typing import Literal

import msgspec

from db.errors import UserError
from db.i18n import _

Method = Literal["kitty", "kitty-direct", "sixel", "inline", "quadrants", "half", "cells"]
METHODS: tuple[Method, ...] = ("kitty", "kitty-direct", "sixel", "inline", "quadrants", "half", "cells")
TEXT_METHODS = ("quadrants", "half", "cells")
VARIABLE = "KIMIKOE_GRAPHICS"
USUAL_CELL = (10, 20)


class Display(msgspec.Struct, frozen=True):
    """How pictures are shown. `cell` is a cell's (width, height) in pixels, `ambiguous` the width in
    cells of characters that some fonts draw wide, `colours` how many a sixel may have; `answers` is whether questions
    are answered, `silences` how often in a row they were not, `rate` the bytes a second that the line carried when it
    was last used; `why` is what decided.
    """

    method: Method = "half"
    brand: str = ""
    version: tuple[int, ...] = ()
    cell: tuple[int, int] = USUAL_CELL
    cell_known: bool = False
    ambiguous: int = 1
    colours: int = 256
    in_tmux: bool = False
    answers: bool = False
    silences: int = 0
    round_trip: float | None = None
    rate: float | None = None
    why: str = ""

    @property
    def is_text(self) -> bool:
        """Whether pictures are made of characters."""
        return self.method in TEXT_METHODS


def asked_for() -> Method | None:
    """The way of showing pictures that the environment asks for. Raises `UserError` where there is no such way."""
    wish = os.environ.get(VARIABLE, "").strip().lower()
    if wish in ("", "auto"):
        return None
    for method in METHODS:
        if wish == method:
            return method
    raise UserError(
        _("{variable} is “{wish}”; it may be auto, {methods}.").format(
            variable=VARIABLE, wish=wish, methods=", ".join(METHODS)
        )
    )
