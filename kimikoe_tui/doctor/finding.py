"""What a check finds: whether it is well, what is so, and what to do."""

from typing import Literal

import msgspec

State = Literal["ok", "warning", "problem"]


class Finding(msgspec.Struct, frozen=True):
    """One line of the doctor. A problem stops work or loses it; a warning can be lived with."""

    check: str
    state: State
    says: str
    do: str = ""


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", says)


def warning(check: str, says: str, do: str) -> Finding:
    """Something can be lived with."""
    return Finding(check, "warning", says, do)


def problem(check: str, says: str, do: str) -> Finding:
    """Something stops the work, or loses it."""
    return Finding(check, "problem", says, do)
