"""What is written in a form's lines, as it is meant."""

import math
from sqlite3 import Connection

from db import generations, loras, query
from db.errors import UserError
from db.i18n import _
from kimikoe_tui.widgets.field_list import Reader


def text(_db: Connection, written: str) -> str:
    """Any words, or none."""
    return written.strip()


def tag_names(_db: Connection, written: str) -> tuple[str, ...]:
    """Tags between commas, as danbooru writes them."""
    return tuple("_".join(each.split()).lower() for each in written.split(",") if each.strip())


def frames(db: Connection, written: str) -> str:
    """A query over frames; raises `UserError` where it is none."""
    query.understand(db, written, "frame")
    return " ".join(written.split())


def prompt(db: Connection, written: str) -> str:
    """A prompt; raises `UserError` where it is empty or names a LoRA that is not there."""
    if not written.strip():
        raise UserError(_("write what the pictures are to show"))
    loras.resolve(db, written)
    return written.strip()


def size(_db: Connection, written: str) -> tuple[int | None, int | None]:
    """Width and height; raises `UserError` for what is no size."""
    return generations.size_of(written)


def negative(_db: Connection, written: str) -> str:
    """What pictures should not show; raises `UserError` for a LoRA, which would do nothing there."""
    loras.refuse(written)
    return written.strip()


def whole(least: int, most: int) -> Reader:
    """Reads a whole number within these."""

    def read(_db: Connection, written: str) -> int:
        try:
            value = int(written)
        except ValueError as error:
            raise UserError(_("“{text}” is no whole number.").format(text=written)) from error
        return int(_within(value, least, most, written.strip()))

    return read


def number(least: float, most: float) -> Reader:
    """Reads a number within these."""

    def read(_db: Connection, written: str) -> float:
        try:
            value = float(written)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise UserError(_("“{text}” is no number.").format(text=written))
        return _within(value, least, most, written.strip())

    return read


def optional(read: Reader) -> Reader:
    """As another reader, or None where nothing is written."""
    return lambda db, written: read(db, written) if written.strip() else None


def _within(value: float, least: float, most: float, written: str) -> float:
    if value < least:
        raise UserError(_("{number} is too little: {least} is the least.").format(number=written, least=least))
    if value > most:
        raise UserError(_("{number} is too much: {most} is the most.").format(number=written, most=most))
    return value


def as_written(value: float) -> str:
    """A number as a person would write it, no digit lost."""
    return repr(value).removesuffix(".0")
