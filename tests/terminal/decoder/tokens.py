"""A terminal's output in pieces: text, control sequences and the strings that carry pictures."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    rb"""\x1bPtmux;(?P<tmux>(?:[^\x1b]|\x1b\x1b)*)\x1b\\
      | \x1b_(?P<apc>[^\x1b]*(?:\x1b(?!\\)[^\x1b]*)*)\x1b\\
      | \x1bP(?P<dcs>[^\x1b]*(?:\x1b(?!\\)[^\x1b]*)*)\x1b\\
      | \x1b\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)
      | \x1b\[(?P<csi>[<=>?]?[0-9;:]*[ -/]*[@-~])
      | (?P<escape>\x1b[^P_\]\[\x1b])
      | (?P<text>[^\x1b]+)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of output: its kind, which is a group of the pattern above, its body and all its bytes."""

    kind: str
    body: bytes
    raw: bytes


class Tokens:
    """Cuts output into tokens, however it is split on its way."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> Iterator[Token]:
        """The tokens that are whole by now."""
        self._waiting += data
        at = 0
        while at < len(self._waiting) and (match := _TOKEN.match(self._waiting, at)):
            at = match.end()
            kind = match.lastgroup or "text"
            yield Token(kind, match[kind], match[0])
        self._waiting = self._waiting[at:]
