"""What the card uses while jobs run on it, where its driver tells; asked at a low rate and never waited for."""

import shutil
import sqlite3
import time
from collections.abc import Callable

from db import attempts, queue
from db.requests import REQUESTS
from engine.driver import DriverQuestion

QUESTION = ("nvidia-smi", "--query-gpu=power.draw", "--format=csv,noheader,nounits")
EVERY_SECONDS = 10.0
LIMIT_SECONDS = 5.0
LONGEST_GAP = 30.0  # a machine that slept meanwhile used next to nothing
_USES_CARD = {kind for kind, request in REQUESTS.items() if request.card}


class PowerMeter:
    """Adds the card's energy to the attempts of the jobs that use it; does nothing where there is no driver to ask."""

    def __init__(self, db: sqlite3.Connection, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._clock = db, clock
        self._driver = shutil.which(QUESTION[0])
        self._question: DriverQuestion | None = None
        self._asked_at = self._counted_at = clock()

    def turn(self) -> None:
        """Take the driver's answer if it is there, and ask again when it is time; never waits."""
        if self._question is not None:
            self._take(self._question)
        elif self._driver is not None and self._clock() - self._asked_at >= EVERY_SECONDS:
            self._ask(self._driver)

    def _ask(self, driver: str) -> None:
        self._asked_at = self._clock()
        try:
            self._question = DriverQuestion([driver, *QUESTION[1:]], LIMIT_SECONDS, self._clock)
        except OSError:
            self._driver = None

    def _take(self, question: DriverQuestion) -> None:
        if not question.is_over:
            return  # nothing more is asked while one cannot even be killed
        self._question = None
        watts = parse_watts((question.answer() or b"").decode("ascii", "replace"))
        gap = min(self._clock() - self._counted_at, LONGEST_GAP)
        self._counted_at = self._clock()
        if watts is not None:
            self._count(watts * gap)

    def _count(self, joules: float) -> None:
        if jobs := [job.id for job in queue.running(self._db) if job.kind in _USES_CARD]:
            attempts.add_energy(self._db, jobs, joules)


def parse_watts(answer: str) -> float | None:
    """What the first card draws; None where the driver does not tell (`[N/A]`)."""
    try:
        watts = float(answer.splitlines()[0])
    except (IndexError, ValueError):
        return None
    return watts if 0 <= watts < 100_000 else None
