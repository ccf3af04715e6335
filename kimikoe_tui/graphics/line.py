"""How fast the line to a terminal is, and what is still under way, by the terminal's answers.

Whoever writes to a terminal over a network fills buffers of megabytes before anything tells that the line is slow. So a
picture is followed by a question that every terminal answers in turn: its answer means that the picture has arrived.
"""

import threading
from collections import deque

QUESTION = "\x1b[c"
LEAST_SAMPLE = 16_384
"""Fewer bytes tell of the round trip, not of the line."""
SLOW_SECONDS = 0.25
"""A picture that takes longer is first shown as a draft."""
AHEAD_SECONDS = 0.1
LEAST_WINDOW = 65_536
LOST_SECONDS = 10.0
MOST_LOST = 2
_TRUST = 0.5


class Line:
    """Bytes sent and answers to questions among them. Questions are put by one thread, answers heard by another.

    `trip` is the least time in seconds that an answer takes; a terminal that does not answer is not asked again.
    """

    def __init__(self, answers: bool = False, trip: float | None = None, rate: float | None = None) -> None:
        self.answers = answers
        self.rate = rate
        """Bytes a second, None while it is not known."""
        self._trip = trip or 0.0
        self._asked: deque[tuple[int, float]] = deque()
        self._arrived, self._last_answer, self._lost = 0, 0.0, 0
        self._lock = threading.Lock()

    @property
    def awaits(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._asked)

    def asked(self, sent: int, now: float) -> None:
        """A question was written after `sent` bytes in all."""
        with self._lock:
            self._asked.append((sent, now))

    def answered(self, now: float) -> bool:
        """An answer has come: what was sent before its question has arrived. False where nothing was asked."""
        with self._lock:
            if not self._asked:
                return False
            sent, asked = self._asked.popleft()
            self._learn(sent - self._arrived, now - max(asked + self._trip, self._last_answer))
            self._arrived, self._last_answer, self._lost = sent, now, 0
            return True

    def _learn(self, count: int, seconds: float) -> None:
        if count < LEAST_SAMPLE:
            return
        found = count / max(seconds, 0.001)
        self.rate = found if self.rate is None else self.rate + _TRUST * (found - self.rate)

    def has_arrived(self, sent: int) -> bool:
        """Whether the terminal has answered what was asked after so many bytes, or is not going to."""
        return not self.answers or sent <= self._arrived

    def is_full(self, now: float) -> bool:
        """Whether so much is under way that another picture would come late, and the keys' text behind it."""
        with self._lock:
            self._give_up_the_lost(now)
            under_way = self._asked[-1][0] - self._arrived if self._asked else 0
        return under_way > max(LEAST_WINDOW, (self.rate or 0.0) * (self._trip + AHEAD_SECONDS))

    def _give_up_the_lost(self, now: float) -> None:
        """An answer that does not come is not waited for for ever."""
        if self._asked and now - max(self._asked[0][1], self._last_answer) > LOST_SECONDS:
            self._arrived = self._asked[-1][0]
            self._asked.clear()
            self._lost += 1
            self.answers = self.answers and self._lost < MOST_LOST

    def may_be_slow(self, count: int) -> bool:
        """Whether a draft is worth having at hand: also while nothing is known yet of a terminal that answers."""
        return self.is_slow(count) or (self.answers and self.rate is None)

    def is_slow(self, count: int) -> bool:
        """Whether so many bytes take longer than a person likes to wait."""
        return self.rate is not None and count > self.rate * SLOW_SECONDS
