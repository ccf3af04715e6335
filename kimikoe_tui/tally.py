"""How the judging goes: the pace of a person's decisions."""

from collections import deque
from collections.abc import Callable
from time import monotonic

REMEMBERED = 20
PAUSE_SECONDS = 60.0


class Pace:
    """Decisions a minute over the last few; a pause starts it anew."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._times: deque[float] = deque(maxlen=REMEMBERED)

    def decided(self) -> None:
        """Note a decision."""
        at = self._clock()
        if self._times and at - self._times[-1] > PAUSE_SECONDS:
            self._times.clear()
        self._times.append(at)

    @property
    def per_minute(self) -> float | None:
        """The pace, once three decisions say anything about it."""
        if len(self._times) < 3 or self._times[-1] == self._times[0]:
            return None
        return 60.0 * (len(self._times) - 1) / (self._times[-1] - self._times[0])
