"""Tells a person what happened, through a command of theirs that never holds up the engine."""

import json
import logging
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from db import consent, notices, settings
from db.notices import Notice

LIMIT_SECONDS = 30.0
LOG_NAME = "notify.log"
_FACTS = ("event", "studio", "folder", "job", "kind", "words", "reason", "path")


class Teller:
    """Runs the studio's `notify` command for each notice, one at a time, each for a bounded time."""

    def __init__(self, db: sqlite3.Connection, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._root, self._clock = db, root, clock
        self._log = logging.getLogger("kimikoe")
        self._process: subprocess.Popen[bytes] | None = None
        self._began_at, self._given_up = 0.0, False

    @property
    def busy(self) -> bool:
        """Whether a command runs."""
        return self._process is not None

    def look(self) -> None:
        """Keep what has happened, and tell the next of it."""
        notices.note_new(self._db, self._root)
        self.turn()

    def turn(self) -> None:
        """See how the command does, and start the next where it has ended; never waits."""
        if self._process is not None:
            self._watch(self._process)
        while self._process is None and (notice := notices.take_untold(self._db)) is not None:
            self._tell(notice)

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        if (code := process.poll()) is not None:
            if code and not self._given_up:
                self._log.warning("the notify command ended with code %d: logs/%s", code, LOG_NAME)
            self._process = None
        elif self._clock() - self._began_at > LIMIT_SECONDS and not self._given_up:
            self._log.warning("the notify command took more than %.0f s and was ended", LIMIT_SECONDS)
            os.killpg(process.pid, signal.SIGKILL)
            self._given_up = True  # its end is not waited for: on a dead network disk it would never come

    def _tell(self, notice: Notice) -> None:
        command = settings.value(self._db, settings.NOTIFY)
        if not command:
            return
        if not consent.is_allowed(command):
            self._log.warning("the notify command was not set on this machine: `kimikoe setting notify` sets it")
            return
        try:
            self._process = self._started(command, notice)
            self._began_at, self._given_up = self._clock(), False
        except OSError as error:
            self._log.warning("the notify command cannot be run: %s", error)

    def _started(self, command: str, notice: Notice) -> "subprocess.Popen[bytes]":
        """Facts come as environment variables and on standard input, never as part of the command."""
        with open(self._root / "logs" / LOG_NAME, "wb") as output:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                stdin=subprocess.PIPE, stdout=output, stderr=output, env={**os.environ, **_variables(notice)},
                start_new_session=True,
            )  # fmt: skip
        assert process.stdin is not None
        try:
            os.set_blocking(process.stdin.fileno(), False)
            process.stdin.write(notice.facts.encode("utf-8", "replace") + b"\n")
            process.stdin.close()
        except (BrokenPipeError, BlockingIOError):
            pass  # it does not read them
        return process


def _variables(notice: Notice) -> dict[str, str]:
    """`KIMIKOE_EVENT`, `KIMIKOE_WORDS` and the other facts."""
    facts = json.loads(notice.facts)
    return {f"KIMIKOE_{name.upper()}": str(facts.get(name, "")).replace("\0", "") for name in _FACTS}
