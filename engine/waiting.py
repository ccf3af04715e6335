"""The engine's own pauses: jobs set aside in quiet hours; what waited for room, memory or the morning let go on."""

import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from db import queue, settings, waits
from db.disk_reserve import DiskRoom, Reserve, disk_room
from db.i18n import _
from db.requests import REQUESTS
from engine.card import Card, CardWatcher

CARD_SECONDS = 15.0  # between two answers of the card's driver
_USES_CARD = {kind for kind, request in REQUESTS.items() if request.card}
SETTLE_SECONDS = 5.0  # a job waits at least so long, lest one that fails at once is tried without end


class Waiting:
    """Looks at what waits and at what should; a person's pause and resume outrank it."""

    def __init__(
        self,
        db: sqlite3.Connection,
        clock: Callable[[], float] = time.time,
        room: Callable[[Path, Reserve], DiskRoom] = disk_room,
        see_card: Callable[[], Card | None] | None = None,
    ) -> None:
        self._db, self._clock, self._room = db, clock, room
        self._see_card = see_card or CardWatcher().look
        self._card_seen_at = float("-inf")
        self._seen_card: Card | None = None

    def look(self) -> None:
        """Let go on what need not wait any longer, then ask what runs in quiet hours to stop; cheap where none does."""
        now = datetime.fromtimestamp(self._clock())
        hours = settings.value(self._db, settings.QUIET)
        quiet = hours.period(now) if hours else None
        self._seen_card = None
        for wait in waits.waits(self._db):
            if self._is_over(wait, quiet is not None):
                waits.release(self._db, wait.job_id)
        if quiet is not None:
            self._keep_quiet(*quiet)

    def _is_over(self, wait: waits.Wait, quiet: bool) -> bool:
        if wait.reason == "quiet":
            return not quiet
        if 0 <= self._clock() - wait.since < SETTLE_SECONDS:  # below 0 the clock has been put right meanwhile
            return False
        if wait.reason == "room":
            return self._room(Path(wait.path), settings.value(self._db, settings.RESERVE)).holds(wait.bytes)
        return self._memory_is_free(wait.bytes)

    def _memory_is_free(self, needed: int) -> bool:
        """Whether the card has so much free; where the driver does not answer, a person has to resume the job."""
        if needed and self._clock() - self._card_seen_at >= CARD_SECONDS and (found := self._see_card()) is not None:
            self._card_seen_at, self._seen_card = self._clock(), found
        return bool(needed) and self._seen_card is not None and self._seen_card.free >= needed

    def _keep_quiet(self, began: datetime, ends: datetime) -> None:
        words = _("paused until {time} (quiet hours)").format(time=f"{ends:%H:%M}")
        known = {wait.job_id: wait for wait in waits.waits(self._db)}
        for job in queue.active(self._db):
            if job.wanted != "run" or job.kind not in _USES_CARD:
                continue
            wait = known.get(job.id)
            outranked = job.resumed_at is not None and datetime.fromtimestamp(job.resumed_at) >= began
            is_new = wait is None and not outranked and job.state in ("queued", "running")
            if is_new or (wait is not None and wait.reason == "quiet" and wait.words != words):
                waits.ask(self._db, waits.Wait(job.id, "quiet", words, since=self._clock()))
