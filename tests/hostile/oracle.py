"""The judge of hostile input: one clear line, nothing lost, nothing written elsewhere, soon and small."""

import io
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import kimikoe_tui.cli
from db import queue
from db.digest import table_digests
from db.requests import Request
from engine.lane import run_job
from engine.models import Models
from engine.studio import Studio
from kimikoe_tui.cli.models import create_studio

CPU_SECONDS, SECONDS = 10.0, 90.0
MEMORY = 1536 * 2**20
OF_THE_QUEUE = ("job", "job_wait", "event")
LONGEST = 2200

# What a terminal obeys or is deceived by, line ends and tabs excepted.
OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]|[\ud800-\udfff]"
)


@dataclass(frozen=True)
class Case:
    """One hostile input: `make` writes it into a new folder and returns what is to be done with it.

    `says` is what the refusal must match; where it is empty the input may also be taken, if it does no harm.
    """

    name: str
    make: Callable[[Path], Any]
    says: str = ""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


def told(message: str, says: str = "") -> str:
    """The message, which is one clear line (with a caret below it at most) that matches `says`."""
    lines = message.split("\n")
    assert lines[0].strip() or len(lines) == 2, "no word"
    assert len(lines) == 1 or (len(lines) == 2 and lines[1].lstrip().startswith("^ ")), message
    assert "internal error" not in message, message
    harmless(message)
    assert len(message) < LONGEST, len(message)
    assert re.search(says, message), f"{message!r} does not say {says!r}"
    return message


def harmless(text: str) -> str:
    """The text, of which a terminal obeys nothing."""
    assert "Traceback" not in text, text
    assert not (found := OBEYED.search(text)), (
        f"{found[0]!r} in {text[max(0, found.start() - 60) : found.end() + 60]!r}"
    )
    return text


def listing(place: Path) -> dict[str, tuple[int, int, int]]:
    """Mode, size and time of everything below a folder; links are not followed."""
    found = {}
    for folder, folders, names in os.walk(place):
        for name in (*folders, *names):
            each = os.lstat(os.path.join(folder, name))
            is_folder = stat.S_ISDIR(each.st_mode)
            found[os.path.relpath(os.path.join(folder, name), place)] = (
                each.st_mode, 0 if is_folder else each.st_size, 0 if is_folder else each.st_mtime_ns,
            )  # fmt: skip
    return found


@contextmanager
def bounded() -> Iterator[None]:
    """Fail what takes long or asks for much memory."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + MEMORY, hard))
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    began = time.process_time()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert time.process_time() - began < CPU_SECONDS


def _too_long(_signal: int, _frame: object) -> None:
    raise AssertionError(f"not done within {SECONDS} s")


class Bench:
    """A studio in a folder of its own, and beside it what is fed to it."""

    def __init__(self, place: Path) -> None:
        self.place, self.root = place, place / "studio"
        create_studio(self.root)
        self.studio, self.models = Studio(self.root), Models()
        self._count = 0

    def folder(self) -> Path:
        """A new folder for a case's files."""
        self._count += 1
        folder = self.place / "given" / str(self._count)
        folder.mkdir(parents=True)
        return folder

    def judge(self, case: Case, prepare: Callable[[Any], Request] = lambda request: request) -> queue.Job:
        """Run a case's request in a lane: refused in a clear line and without a trace, or taken without harm."""
        request = prepare(case.make(self.folder()))
        outside, kept = self.outside(), self.kept()
        with bounded():
            job = self.run(request)
        assert self.outside() == outside
        log = (self.root / "logs" / f"job-{job.id}.log").read_text("utf-8")
        harmless(log)
        if case.says or job.state != "done":
            assert job.state == "failed", (job.state, job.result)
            told(job.error, case.says)
            assert self.kept() == kept
        return job

    def run(self, request: Request) -> queue.Job:
        """Run a request as a worker does; returns the job as it ended."""
        job_id = queue.enqueue(self.studio.db, request)
        claimed = queue.claim(self.studio.db, request.lane, 1)
        assert claimed is not None and claimed.id == job_id
        run_job(self.studio, claimed, self.models, lambda: False)
        return queue.get(self.studio.db, job_id)

    def outside(self) -> dict[str, tuple[int, int, int]]:
        """What lies around the studio."""
        found = listing(self.place)
        return {path: each for path, each in found.items() if not path.startswith(("studio/", "cache"))}

    def kept(self) -> tuple[dict[str, str], dict[str, tuple[int, int, int]]]:
        """What the studio holds, but for its queue and its logs."""
        tables = {name: found for name, found in table_digests(self.studio.db).items() if name not in OF_THE_QUEUE}
        files = {
            path: each for path, each in listing(self.root).items()
            if not path.startswith(("logs", "kimikoe.db", "thumbs.db", "locks"))
        }  # fmt: skip
        return tables, files

    def close(self) -> None:
        """Close the studio."""
        self.studio.close()


def command(root: Path, *arguments: object) -> Outcome:
    """Run `kimikoe ARGUMENTS` in this process, without an engine."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        patch.object(sys, "argv", ["kimikoe", "--studio", str(root), *map(str, arguments)]),
        patch("kimikoe_tui.cli.waiting.start_engine"),
        patch("platformdirs.user_log_dir", return_value=str(root.parent / "cache")),
        redirect_stdout(out), redirect_stderr(err), bounded(),
    ):  # fmt: skip
        try:
            kimikoe_tui.cli.main()
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else 1 if ending.code else 0
            err.write("" if isinstance(ending.code, int | None) else f"{ending.code}\n")
    return Outcome(code, out.getvalue(), err.getvalue())


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def process(*arguments: object | bytes, environment: dict[str, str] | None = None) -> Outcome:
    """Run `kimikoe ARGUMENTS` as a person does, with bounded memory and time; its engine inherits the bounds."""
    told_to = [each if isinstance(each, bytes) else str(each) for each in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "kimikoe_tui", *told_to], capture_output=True, timeout=120, preexec_fn=_limits,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "200", **(environment or {})},
    )  # fmt: skip
    return Outcome(
        done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "surrogateescape")
    )


def refused(outcome: Outcome, says: str = "") -> str:
    """The one clear line of a command that refused."""
    assert outcome.code not in (0, 130), outcome
    harmless(outcome.out)
    at = outcome.err.index("kimikoe: ")
    lines = [line.removeprefix("kimikoe: ") for line in outcome.err[at:].rstrip("\n").split("\n")]
    return told("\n".join(lines), says)


def judge_command(root: Path, *arguments: object, says: str = "") -> Outcome:
    """Run a command in this process: refused in one clear line, or done without a word that a terminal obeys."""
    outcome = command(root, *arguments)
    if says or (outcome.code and "kimikoe: " in outcome.err):
        refused(outcome, says)
    harmless(outcome.out)
    harmless(outcome.err)
    return outcome
