"""How a prompt names LoRAs: `<name:0.7>`, `<lora:name:0.7>`, `<lora:name:te:unet>`."""

import math
import re
import sqlite3

import msgspec

from db.errors import UserError
from db.i18n import _

BARE = re.compile(r"<[^<>:\s]+>")
REFERENCE = re.compile(r"<(?:lora:)?(?P<name>[^<>:]+):(?P<first>[^<>:]+)(?::(?P<second>[^<>:]+))?>")


class LoraUse(msgspec.Struct, frozen=True):
    """One LoRA in a prompt, with its weights on the UNet and on the text encoder."""

    name: str
    weight: float
    text_weight: float


def split_prompt(prompt: str) -> tuple[str, list[LoraUse]]:
    """The prompt without its LoRA references, and the references; raises `UserError` for a weight that is no number."""
    uses = [_use(prompt, match) for match in REFERENCE.finditer(prompt)]
    return re.sub(r"\s{2,}", " ", REFERENCE.sub("", prompt)).strip(), uses


def _use(prompt: str, match: re.Match[str]) -> LoraUse:
    try:
        first = float(match["first"].removeprefix("te="))
        second = float(match["second"].removeprefix("unet=")) if match["second"] else first
    except ValueError:
        first = second = math.nan
    if not (math.isfinite(first) and math.isfinite(second)):
        raise _fault(prompt, match, _("a LoRA's weight is a number, as in <name:0.7>"))
    return LoraUse(match["name"], second, first)


def resolve(db: sqlite3.Connection, prompt: str) -> list[tuple[int, LoraUse]]:
    """The LoRA rows that a prompt uses; raises `UserError` with a caret at one that does not exist."""
    known = {row["name"]: int(row["id"]) for row in db.execute("SELECT id, name FROM lora ORDER BY id")}
    if bare := BARE.search(prompt):
        raise _fault(prompt, bare, _("a LoRA needs its weight, as in <name:0.7>"))
    found: list[tuple[int, LoraUse]] = []
    for match in REFERENCE.finditer(prompt):
        use = _use(prompt, match)
        if use.name in {other.name for _lora_id, other in found}:
            raise _fault(prompt, match, _("this LoRA is named twice: give it one weight"))
        if use.name not in known:
            names = ", ".join(list(known)[-3:]) or _("none yet")
            reason = _("no LoRA is called “{name}”; the newest are: {names}").format(name=use.name, names=names)
            raise _fault(prompt, match, reason)
        found.append((known[use.name], use))
    return found


def refuse(negative_prompt: str) -> None:
    """Raise `UserError` with a caret at a LoRA in a negative prompt, where it would do nothing."""
    if match := REFERENCE.search(negative_prompt):
        raise _fault(negative_prompt, match, _("a LoRA stands in the prompt, not in the negative one"))


def _fault(prompt: str, match: re.Match[str], reason: str) -> UserError:
    return UserError(f"{prompt}\n{' ' * match.start()}^ {reason}")
