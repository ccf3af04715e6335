"""The engine's parent process: small, without torch. It owns the queue's lanes and watches their workers."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from db import changes, engine_life, engine_lock, queue
from db.connect import connect_studio
from db.engine_life import OTHER_SCHEMA, OTHER_VERSION
from db.i18n import _
from db.permissions import keep_private
from db.short_log import START_LOG, keep_short
from db.terminals import open_terminals
from engine.logs import job_log, log_engine_to
from engine.power import PowerMeter
from engine.room import patiently
from engine.telling import Teller
from engine.waiting import Waiting

LANES = ("cpu", "device")
POLL_SECONDS = 0.1
SWEEP_SECONDS = 2.0
STOP_SECONDS = 30.0
FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 30.0


class LaneKeeper:
    """Keeps one lane's worker alive while there is work, with a growing pause after each death."""

    def __init__(self, root: Path, lane: str) -> None:
        self.lane = lane
        self._root = root
        self._process: subprocess.Popen[bytes] | None = None
        self._backoff = FIRST_BACKOFF
        self._not_before = 0.0
        self.outdated_by = 0
        """`OTHER_VERSION` or `OTHER_SCHEMA` where its last worker was of another program than this process."""

    @property
    def alive(self) -> bool:
        """Whether its worker runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start a worker unless there is one (alive, or dead and not reaped) or the last one died just now."""
        if self._process is not None or time.monotonic() < self._not_before:
            return
        command = [sys.executable, "-P", "-m", "engine.lane", str(self._root), self.lane, str(os.getpid())]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def reap(self) -> str | None:
        """Why the worker ended, if it ended since the last call and not in good order; None otherwise."""
        if self._process is None or self._process.poll() is None:
            return None
        code = self._process.returncode
        self._process = None
        self.outdated_by = code if code in (OTHER_VERSION, OTHER_SCHEMA) else 0
        if code == 0 or self.outdated_by:
            self._backoff = FIRST_BACKOFF
            return None
        self._not_before = time.monotonic() + self._backoff
        self._backoff = min(2 * self._backoff, LONGEST_BACKOFF)
        return _reason(code)

    def terminate(self) -> None:
        """Ask the worker to set its job aside and leave."""
        if self.alive and self._process:
            self._process.terminate()

    def kill_after(self, deadline: float) -> None:
        """Wait for the worker until `deadline` (monotonic seconds), then kill it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _reason(code: int) -> str:
    if code == -signal.SIGKILL:
        return _("the worker was killed (out of memory?)")
    if code < 0:
        return _("the worker was ended by signal {signal}").format(signal=signal.Signals(-code).name)
    return _("the worker ended with code {code}").format(code=code)


class Supervisor:
    """Starts workers where jobs wait, puts the jobs of dead workers back, and goes on until it is told to stop."""

    def __init__(self, root: Path) -> None:
        self._lock = engine_lock.hold(root, "starting")
        self._db = connect_studio(root, lock_held=True)
        self._life = engine_life.begin(self._db, os.getpid())
        engine_lock.say_purpose(self._lock, "engine")
        self._logs = root / "logs"
        self._log = logging.getLogger("kimikoe")
        self._keepers = [LaneKeeper(root, lane) for lane in LANES]
        self._waiting = Waiting(self._db)
        self._teller = Teller(self._db, root)
        self._power = PowerMeter(self._db)
        self._deaths: list[tuple[int, str]] = []
        self._root = root
        self._seen, self._swept_at = -1, 0.0
        self._stopping = False
        self.begins_anew = False
        """Whether the program that is installed by now is to take over from this one."""

    def run(self) -> None:
        """Watch the queue until `stop`, or until another program has to take over."""
        self._log.info("engine started, process %d", os.getpid())
        self._patiently(lambda: self._put_back(_("the engine ended while it ran"), died=True))
        while not self._stopping:
            if not engine_lock.is_there(self._lock, self._root):
                self._abandon()
                return
            self._patiently(self._turn)
            time.sleep(POLL_SECONDS)
        self._shut_down()

    def _patiently(self, act: Callable[[], None]) -> None:
        patiently(act, self._root, lambda: self._stopping)

    def _turn(self) -> None:
        """Mourn who died; where something changed, and now and then, see who may go on and start whom it needs."""
        self._reap()
        if any(keeper.outdated_by for keeper in self._keepers):
            self._make_way()
        self._power.turn()
        if self._teller.busy:
            self._teller.turn()
        version = changes.data_version(self._db)
        if version != self._seen or time.monotonic() - self._swept_at > SWEEP_SECONDS:
            self._waiting.look()
            self._start_needed()
            self._teller.look()
            keep_short(self._logs / START_LOG)
            self._seen, self._swept_at = version, time.monotonic()

    def stop(self, *_signal: object) -> None:
        """Leave at the next turn of the loop."""
        self._stopping, self.begins_anew = True, False

    def _make_way(self) -> None:
        """Leave to the program that is installed by now once nothing runs; a studio may have to be brought up to date.

        What runs goes on with the program it began with. No schema is changed under an open terminal.
        """
        if any(keeper.alive for keeper in self._keepers):
            queue.explain(self._db, _("kimikoe was changed under its engine: it goes on once what runs has ended"))
            return
        new_schema = any(keeper.outdated_by == OTHER_SCHEMA for keeper in self._keepers)
        if new_schema and (names := open_terminals(self._root)):
            words = _("kimikoe was changed under its engine: leave all terminals ({names}), and it goes on by itself")
            queue.explain(self._db, words.format(names=", ".join(names)))
            return
        self._log.info("kimikoe was changed: the engine begins anew")
        self._stopping = self.begins_anew = True

    def _start_needed(self) -> None:
        lanes = {job.lane for job in queue.active(self._db) if job.state == "queued"}
        for keeper in self._keepers:
            if keeper.lane in lanes and not keeper.outdated_by:
                keeper.start()

    def _reap(self) -> None:
        """Put the jobs of dead workers back; a death stays known until its rows are written."""
        for keeper in self._keepers:
            if (reason := keeper.reap()) is not None:
                orphans = [job.id for job in queue.running(self._db, keeper.lane)]
                self._log.warning("%s lane: %s; jobs it ran: %s", keeper.lane, reason, orphans)
                self._deaths += [(job_id, reason) for job_id in orphans]
        while self._deaths:
            job_id, reason = self._deaths[0]
            with job_log(self._logs, job_id) as log:
                log.error("%s", reason)
            queue.requeue_after_death(self._db, job_id, reason)
            del self._deaths[0]

    def _put_back(self, reason: str, *, died: bool = False) -> None:
        for job in queue.running(self._db):
            queue.put_back(self._db, job.id, reason, died=died)

    def _shut_down(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        for keeper in self._keepers:
            keeper.terminate()
        for keeper in self._keepers:
            keeper.kill_after(deadline)
        self._patiently(self._say_goodbye)
        self._db.close()
        self._log.info("engine stopped")
        self._lock.close()

    def _abandon(self) -> None:
        """End at once where the studio was deleted or moved: what is in its place by now is not ours to write into."""
        for keeper in self._keepers:
            keeper.kill_after(0.0)
        self._db.close()
        self._lock.close()

    def _say_goodbye(self) -> None:
        self._put_back(_("the engine was stopped"))
        engine_life.end(self._db, self._life)
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def main(root: Path) -> None:
    """Run the engine of a studio in this process; raises `UserError` where it cannot start."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    keep_private()
    root = root.resolve()
    supervisor = Supervisor(root)
    log_engine_to(root / "logs", f"engine[{os.getpid()}]")
    signal.signal(signal.SIGTERM, supervisor.stop)
    signal.signal(signal.SIGINT, supervisor.stop)
    supervisor.run()
    if supervisor.begins_anew:
        os.execv(sys.executable, [sys.executable, "-P", "-m", "engine", str(root)])
