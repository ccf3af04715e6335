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


async def press_narrow(screen: Screen[Any], event: events.Key) -> bool:
    """Do what the key does that a full-width character stands for; whether there was such a key."""
    known = screen.active_bindings.get(narrow_key(event) or "")
    if known is None:
        return False
    event.stop()
    event.prevent_default()
    await screen.app.run_action(known.binding.action, known.node)
    return True
