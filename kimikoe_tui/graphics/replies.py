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
_LAST_BEGUN = re.compile(rb"\x1b(?:\[(?:\?[\d;]*)?)?\Z")
MODE_REPORT = re.compile(rb"\x1b\[\?(\d+);\d\$y")

HOLD_SECONDS = 3.0
"""After so long without its end, the beginning of an answer is dropped."""
DOUBT_SECONDS = 1.0
"""For so long, while answers are awaited, what may be a key or an answer's beginning is held back."""
SHORT_SECONDS = 0.15
"""For so long while a picture's answer is awaited: longer than an answer is torn apart, and Escape is still quick."""
LONGEST = 65_536


class KeyFilter:
    """Lets keys through and keeps answers out, however they are split on their way.

    Until the time `until` answers may be on their way, or until the last of them has come: so long even an Escape waits
    for a moment, for it may begin one. The same is so while the answer to a later question is awaited.
    """

    def __init__(self, until: float = 0.0) -> None:
        self.replies: list[bytes] = []
        self.complete = False
        """Whether the last answer has come."""
        self.lasts = 0
        """How often the question that is asked last was answered."""
        self._until, self._modes_until, self._modes = until, 0.0, 0
        self._held, self._since = b"", 0.0
        self._past = b""
        """What was held for too long and is gone: it may yet turn out to have begun the last answer."""
        self._again = b""
        self._questions = 0

    @property
    def holds(self) -> bool:
        """Whether something is held back that may yet turn out to be a key."""
        return bool(self._held or self._again)

    def hear_again(self, keys: bytes) -> None:
        """Keys that were read already and are still to be heard."""
        self._again += keys

    def expect_last(self) -> None:
        """The question that is asked last is asked once more, of a terminal that has answered all questions before."""
        self._questions = max(self._questions, self.lasts) + 1

    def expect_modes(self, count: int, now: float) -> None:
        """So many reports of modes have been asked for; they are let through, but whole."""
        self._modes, self._modes_until = count, now + HOLD_SECONDS

    def feed(self, data: bytes, now: float) -> bytes:
        """The keys in what was read."""
        since = self._since if self._held and _BEGUN.match(self._past + self._held) else now
        data, self._again, self._held = self._joined(self._again + self._held + data), b"", b""
        self._modes -= len(MODE_REPORT.findall(data))
        keys = _DEAD.sub(b"", (_REPLY_OR_PLACE if self._is_asked(now) else _REPLY).sub(self._take, data))
        doubtful = self._is_owed or self._is_starting(now)
        begun = _BEGUN.search(keys) or (_MAYBE.search(keys) if doubtful else None)
        end = begun.start() if begun and len(keys) - begun.start() <= LONGEST else len(keys)
        past, self._past = len(self._past), b"" if end else self._past
        self._held, self._since = keys[max(past, end) :], since
        return keys[past:end]

    def _joined(self, data: bytes) -> bytes:
        """What is past counts only where it did begin the last answer."""
        whole = self._past + data
        if not _LAST_BEGUN.match(whole):
            data, self._past = whole if _LAST.match(whole) else data, b""
        return self._past + data

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
        begun = _BEGUN.match(self._past + self._held) is not None
        doubt = DOUBT_SECONDS if self._is_starting(now) else SHORT_SECONDS
        if not self._held or now - self._since < (HOLD_SECONDS if begun else doubt):
            return b""
        keys, self._held = self._held, b""
        self._past = self._past + keys if self._is_owed else b""
        return b"" if begun else keys

    @property
    def _is_owed(self) -> bool:
        return self.lasts < self._questions

    def _is_asked(self, now: float) -> bool:
        return not self.complete and now < self._until

    def _is_starting(self, now: float) -> bool:
        return self._is_asked(now) or (self._modes > 0 and now < self._modes_until)
