"""What a person can set in a studio: the name, default, form and meaning of every setting.

A setting is a row of `setting` where it was set, and its default where it was not.
"""

import difflib
import math
import shlex
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from db import library
from db.connect import writing
from db.disk_reserve import parse_reserve
from db.errors import UserError
from db.i18n import _
from db.quiet_hours import parse_quiet_hours

Value = TypeVar("Value")
CURRENCY_LENGTH = 8


@dataclass(frozen=True)
class Setting(Generic[Value]):
    """A setting; `parse` turns its text into its value and raises `UserError` in one line for any other text."""

    name: str
    default: str
    parse: Callable[[str], Value]
    help: str


def _command(text: str) -> str:
    """A command line that a shell could read; empty for none."""
    try:
        shlex.split(text)
    except ValueError:
        text = "\0"
    if not text.isprintable():
        raise UserError(_("A command is one line in which every quotation mark is closed."))
    return text.strip()


def _price(text: str) -> float | None:
    """What a kilowatt hour costs, None where it is not stated."""
    if not text.strip():
        return None
    try:
        price = float(text)
    except ValueError:
        price = math.nan
    if not 0 <= price < math.inf:
        raise UserError(_("“{text}” is no price of a kilowatt hour: write a number such as 0.32.").format(text=text))
    return price


def _currency(text: str) -> str:
    if len(text.strip()) > CURRENCY_LENGTH or not text.isprintable():
        raise UserError(_("A currency is a sign or a short name such as EUR."))
    return text.strip()


def _reasons(text: str) -> dict[str, str]:
    """Reasons by their keys, from `b bad hands, m off model`."""
    found: dict[str, str] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        key, _blank, reason = part.partition(" ")
        if len(key) != 1 or not key.isalpha() or not reason.strip() or not part.isprintable() or key in found:
            raise UserError(
                _("“{part}” is no reason: write a letter of its own, a space and the reason.").format(part=part)
            )
        found[key] = reason.strip()
    return found


def _citation(text: str) -> str:
    if text.strip() not in ("", "ja", "en"):
        raise UserError(_("Frames are cited in ja or en; empty for the language of the terminal."))
    return text.strip()


RESERVE = Setting(
    "reserve", "2 GB or 1%", parse_reserve,
    _("how much of the disk stays free: 2 GB, 1%, or “2 GB or 1%” for the smaller of both"),
)  # fmt: skip
QUIET = Setting(
    "quiet", "", parse_quiet_hours,
    _("hours in which the card is left alone, such as 22:00-07:30; empty for none"),
)  # fmt: skip
NOTIFY = Setting(
    "notify", "", _command,
    _("a command to run when a job is paused, failed or done, at a first picture, and when the disk is low"),
)  # fmt: skip
ENERGY_PRICE = Setting(
    "energy_price", "", _price,
    _("what a kilowatt hour costs, for the energy's cost in reports; empty where it is not stated"),
)  # fmt: skip
ENERGY_CURRENCY = Setting("energy_currency", "", _currency, _("in what that is paid, such as EUR"))
REJECT_REASONS = Setting(
    "reject_reasons", "b bad hands, m off model, f too close to film, c composition, o other", _reasons,
    _("why pictures are rejected, each with the letter that says so: b bad hands, m off model"),
)  # fmt: skip
CITATION = Setting(
    "citation", "", _citation,
    _("the language in which frames are cited: ja for 0:31:50 (57301フレーム目), en, or empty for the terminal's"),
)  # fmt: skip

SETTINGS: dict[str, Setting[Any]] = {
    each.name: each for each in (RESERVE, QUIET, NOTIFY, ENERGY_PRICE, ENERGY_CURRENCY, CITATION, REJECT_REASONS)
}


def named(name: str) -> Setting[Any]:
    """The setting of this name; raises `UserError`, with the nearest name, where there is none."""
    if name in SETTINGS:
        return SETTINGS[name]
    near = difflib.get_close_matches(name, SETTINGS, n=1, cutoff=0.5)
    hint = _("did you mean “{name}”?").format(name=near[0]) if near else _("`kimikoe setting` lists them.")
    raise UserError(_("There is no setting “{name}”: {hint}").format(name=name, hint=hint))


def text(db: sqlite3.Connection, setting: Setting[Any]) -> str:
    """A setting's text as it was set, or its default."""
    return library.setting(db, setting.name, setting.default)


def value(db: sqlite3.Connection, setting: Setting[Value]) -> Value:
    """A setting's value; the default's where another program stored what cannot be read."""
    try:
        return setting.parse(text(db, setting))
    except UserError:
        return setting.parse(setting.default)


def store(db: sqlite3.Connection, name: str, written: str) -> None:
    """Set a setting; raises `UserError` for a name or a text that is none."""
    setting = named(name)
    setting.parse(written)
    library.set_setting(db, setting.name, written.strip())


def reset(db: sqlite3.Connection, name: str) -> None:
    """Give a setting its default again."""
    with writing(db):
        db.execute("DELETE FROM setting WHERE name = ?", (named(name).name,))
