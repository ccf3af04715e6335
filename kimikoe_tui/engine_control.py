"""Start, stop and see the engine of a studio."""

import os
import signal
import subprocess
import time
from pathlib import Path

import msgspec

from db import engine_life, engine_lock
from db.connect import LEAST_ROOM
from db.errors import UserError
from db.filesystem import free_bytes
from db.i18n import _
from db.short_log import START_LOG, begin_log
from db.version import program_version
from kimikoe_tui.engine_command import engine_command
from kimikoe_tui.engine_unit import start_unit, unit_name

START_SECONDS = 90.0  # one that fails says so at once; a busy machine starts one slowly
STOP_SECONDS = 60.0
POLL_SECONDS = 0.02


class EngineState(msgspec.Struct, frozen=True):
    """Whether an engine works on a studio, and as which process."""

    pid: int | None

    @property
    def running(self) -> bool:
        """Whether one runs."""
        return self.pid is not None


def engine_state(root: Path) -> EngineState:
    """Ask the kernel whether an engine works on this studio."""
    return EngineState(engine_lock.holder(root))


def other_version(life: engine_life.EngineLife | None) -> str:
    """What to tell a person where the living engine is of another version than this program; otherwise nothing."""
    if life is None or life.program == (mine := program_version()):
        return ""
    return _(
        "The engine runs kimikoe {engine}, this is {mine}: `kimikoe engine stop`, then start again to have one version."
    ).format(engine=life.program, mine=mine)


def start_engine(root: Path) -> EngineState:
    """Start an engine that outlives this terminal, unless one runs; returns when it is up. Raises `UserError`.

    Where the studio has a systemd unit, systemd starts it, so that it is the same engine as after a reboot.
    """
    if (state := engine_state(root)).running:
        return state
    return _wait_for_unit(root) if start_unit(root) else _start_apart(root)


def _wait_for_unit(root: Path) -> EngineState:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (state := engine_state(root)).running:
            return state
        time.sleep(POLL_SECONDS)
    raise UserError(
        _("systemd has started the engine and it is not up: `journalctl --user -u {unit}` says why.").format(
            unit=unit_name(root)
        )
    )


def _start_apart(root: Path) -> EngineState:
    """Start an engine in a session of its own, which no terminal's end reaches."""
    log = root / "logs" / START_LOG
    with begin_log(log) as output:
        process = subprocess.Popen(
            engine_command("engine", str(root.resolve())),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        return _wait_until_up(root, process, log)


def _wait_until_up(root: Path, process: subprocess.Popen[bytes], log: Path) -> EngineState:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (state := engine_state(root)).running:
            return state
        if process.poll() is not None:
            break
        time.sleep(POLL_SECONDS)
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    silent = _("the disk is full") if free_bytes(log.parent) < LEAST_ROOM else _("it gave no reason")
    reason = lines[-1].removeprefix("kimikoe: ") if lines else silent
    raise UserError(_("The engine did not start: {reason} ({log})").format(reason=reason, log=log))


def stop_engine(root: Path) -> bool:
    """Stop the studio's engine, its jobs set aside to go on later; returns False where none ran."""
    pid = engine_lock.holder(root)
    if not pid:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if engine_lock.holder(root) is None:
            return True
        time.sleep(POLL_SECONDS)
    raise UserError(
        _("The engine (process {pid}) has not stopped within a minute; see logs/engine.log.").format(pid=pid)
    )
