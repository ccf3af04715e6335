"""Input methods: full-width characters that act as their keys, and bursts of characters that are no keys at all."""

import unicodedata
from typing import Any

from textual import events
from textual.screen import Screen

from db.i18n import _

_NAMES = {" ": "space", "?": "question_mark", "/": "slash", ":": "colon", "[": "left_square_bracket",
          "]": "right_square_bracket"}  # fmt: skip
_WITHOUT_LINES = str.maketrans("", "", "\r\n\t")
LONG_BURST, VARIED = 12, 8
REST_SECONDS = 0.1
"""So long after a part of a long text its next one may come; a terminal's reads end anywhere."""
HINT = _(" · a full-width key: is an input method on?")


def narrow_key(event: events.Key) -> str | None:
    """The key that a full-width character stands for, such as `3` for `３` or `x` for `ｘ`; None for any other."""
    wide = event.character or ""
    narrow = unicodedata.normalize("NFKC", wide)
    if narrow == wide or len(narrow) != 1 or not narrow.isascii():
        return None
    return narrow if narrow.isalnum() else _NAMES.get(narrow)


def is_burst(text: str) -> bool:
    """Whether characters that came at once were committed by an input method or pasted, so that none is a key.

    Keys pressed fast over a slow line come at once too, but are few, or the same few again and again.
    """
    text = text.translate(_WITHOUT_LINES)
    if len(text) < 2 or not text.isprintable():
        return False
    return not text.isascii() or (len(text) >= LONG_BURST and len(set(text)) >= VARIED)


class Bursts:
    """Tells from keys what comes at once, read after read: of a long text the last read may be a single character."""

    def __init__(self) -> None:
        self._rest_until = 0.0

    def takes(self, text: str, now: float) -> bool:
        """Whether what was read at `now`, in seconds, is a burst or what is left of one."""
        is_rest = now < self._rest_until and text != "\t" and text.translate(_WITHOUT_LINES).isprintable()
        if not is_rest and not is_burst(text):
            return False
        if len(text) >= LONG_BURST:
            self._rest_until = now + REST_SECONDS
        return True


async def press_narrow(screen: Screen[Any], event: events.Key) -> bool:
    """Do what the key does that a full-width character stands for; whether there was such a key."""
    known = screen.active_bindings.get(narrow_key(event) or "")
    if known is None:
        return False
    event.stop()
    event.prevent_default()
    await screen.app.run_action(known.binding.action, known.node)
    return True
