"""What a terminal answers to questions, told apart from keys: an answer that comes late must never be taken for one."""

import re

_REPLY = re.compile(
    rb"""\x1b\[\?[\d;]*[cunS] | \x1b\[>[\d;]*c | \x1b\[[468];\d+;\d+t
       | \x1bP[^\x1b]*\x1b\\ | \x1b_[^\x1b]*\x1b\\ | \x1b\][^\x07\x1b]*(?:\x07|\x1b\\)""",
    re.VERBOSE,
)
_PLACE = rb"\x1b\[\d+;\d+R"
_REPLY_OR_PLACE = re.compile(_REPLY.pattern + b"|" + _PLACE, re.VERBOSE)
_BEGUN = re.compile(rb"\x1b(?:\[[?>][\d;]*\$?|P[>\d!][^\x1b]*\x1b?|_G[^\x1b]*\x1b?|\]\d[^\x07\x1b]*\x1b?)\Z")
_MAYBE = re.compile(rb"\x1b(?:\[(?:\d+(?:;\d*){0,2})?|[P_\]])?\Z")
_DEAD = re.compile(rb"\x1b\[[?>][\d;$]*(?=[^\d;$cunSy])")
_LAST = re.compile(rb"\x1b\[\?[\d;]*c")
MODE_REPORT = re.compile(rb"\x1b\[\?(\d+);\d\$y")

HOLD_SECONDS = 3.0
"""After so long without its end, the beginning of an answer is dropped."""
DOUBT_SECONDS = 1.0
"""For so long, while answers are awaited, what may be a key or an answer's beginning is held back."""
LONGEST = 65_536


class KeyFilter:
    """Lets keys through and keeps answers out, however they are split on their way.

    Until the time `until` answers may be on their way, or until the last of them has come: so long even an Escape waits
    for a moment, for it may begin one.
    """

    def __init__(self, until: float = 0.0) -> None:
        self.replies: list[bytes] = []
        self.complete = False
        """Whether the last answer has come."""
        self.lasts = 0
        """How often the question that is asked last was answered."""
        self._until, self._modes_until, self._modes = until, 0.0, 0
        self._held, self._since = b"", 0.0
        self._again = b""

    @property
    def holds(self) -> bool:
        """Whether something is held back that may yet turn out to be a key."""
        return bool(self._held or self._again)

    def hear_again(self, keys: bytes) -> None:
        """Keys that were read already and are still to be heard."""
        self._again += keys

    def expect_modes(self, count: int, now: float) -> None:
        """So many reports of modes have been asked for; they are let through, but whole."""
        self._modes, self._modes_until = count, now + HOLD_SECONDS

    def feed(self, data: bytes, now: float) -> bytes:
        """The keys in what was read."""
        asked = not self.complete and now < self._until
        since = self._since if self._held else now
        data, self._again, self._held = self._again + self._held + data, b"", b""
        self._modes -= len(MODE_REPORT.findall(data))
        keys = _DEAD.sub(b"", (_REPLY_OR_PLACE if asked else _REPLY).sub(self._take, data))
        doubtful = asked or (self._modes > 0 and now < self._modes_until)
        begun = _BEGUN.search(keys) or (_MAYBE.search(keys) if doubtful else None)
        if begun is None or len(keys) - begun.start() > LONGEST:
            return keys
        self._held, self._since = keys[begun.start() :], since
        return keys[: begun.start()]

    def _take(self, match: "re.Match[bytes]") -> bytes:
        if not self.complete:
            self.replies.append(match[0])
        if _LAST.fullmatch(match[0]):
            self.complete, self.lasts = True, self.lasts + 1
        return b""

    def tick(self, now: float) -> bytes:
        """The keys that were held back long enough; the beginning of an answer that never ended is dropped."""
        if self._again:
            return self.feed(b"", now)
        begun = _BEGUN.match(self._held) is not None
        if not self._held or now - self._since < (HOLD_SECONDS if begun else DOUBT_SECONDS):
            return b""
        keys, self._held = b"" if begun else self._held, b""
        return keys
