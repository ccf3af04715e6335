"""The systemd user unit that brings a studio's engine up at boot and after a crash."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from db import engine_lock
from db.errors import UserError
from db.i18n import _
from kimikoe_tui.doctor import systemd
from kimikoe_tui.doctor.machine import Machine
from kimikoe_tui.text import plain

KEPT_VARIABLES = (
    "LANG", "LC_ALL", "LANGUAGE", "TZ", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT", "XDG_CACHE_HOME",
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "LD_LIBRARY_PATH",
)  # fmt: skip
START_SECONDS = 30.0
_NO_PROGRAM = frozenset("\"'\\")

_UNIT = """\
[Unit]
Description=kimikoe engine of {description}
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=:{python} -P -m engine {root}
{environment}
Restart=on-failure
RestartSec=30
# The engine sets its jobs aside when it is asked to stop, which lasts as long as a checkpoint needs.
KillMode=mixed
TimeoutStopSec=120
# A worker that the kernel kills for want of memory is replaced; its engine goes on.
OOMPolicy=continue
OOMScoreAdjust=200
Nice=5
IOSchedulingClass=best-effort
IOSchedulingPriority=7
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


def unit_name(root: Path) -> str:
    """The unit's name, the same for the same folder and another for every other."""
    root = root.resolve()
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", root.name).strip("-.") or "studio"
    return f"kimikoe-{name[:60]}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:6]}.service"


def unit_path(root: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Where this user's units lie."""
    config = environment.get("XDG_CONFIG_HOME", "")
    folder = Path(config) if os.path.isabs(config) else Path(environment.get("HOME") or Path.home()) / ".config"
    return folder / "systemd" / "user" / unit_name(root)


def unit_text(root: Path, environment: Mapping[str, str] = os.environ, python: str = sys.executable) -> str:
    """The unit of the studio in `root`; raises `UserError` where systemd would not take a path."""
    root = root.resolve()
    if set(python) & _NO_PROGRAM:
        raise UserError(
            _("systemd starts nothing with quotes in its path, {path}: install kimikoe elsewhere.").format(path=python)
        )
    kept = {"PYTHONUTF8": "1"} | {name: environment[name] for name in KEPT_VARIABLES if name in environment}
    return _UNIT.format(
        description=plain(str(root)).replace("\\", "/").replace("%", "%%"),
        python=quoted(python),
        root=quoted(str(root)),
        environment="\n".join(f"Environment={quoted(f'{name}={value}')}" for name, value in kept.items()),
    )


def quoted(text: str) -> str:
    """A word as systemd reads it back; raises `UserError` for what is no UTF-8."""
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UserError(
            _("{path} cannot be written in a systemd unit, for it is no UTF-8: rename it.").format(
                path=text.encode("utf-8", "replace").decode()
            )
        ) from error
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text)


def write_unit(root: Path) -> Path:
    """Write the unit where systemd looks for it; it is there whole or not at all."""
    path, text = unit_path(root), unit_text(root)
    aside = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, path)
    except OSError as error:
        raise UserError(_("{path} cannot be written: {error}.").format(path=path, error=error.strerror)) from error
    return path


def start_unit(root: Path) -> bool:
    """Start the studio's unit where it has been written; False where there is none or systemd does not start it."""
    if not unit_path(root).is_file():
        return False
    try:
        command = ["systemctl", "--user", "start", unit_name(root)]
        return subprocess.run(command, capture_output=True, timeout=START_SECONDS).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def next_commands(root: Path, machine: Machine) -> Iterator[str]:
    """What a person does next, line by line: the exact commands that enable the unit, as far as they are needed."""
    name = unit_name(root)
    if not systemd.present(machine):
        yield _("systemd does not run this machine: a unit has no effect (in WSL: [boot] systemd=true in wsl.conf).")
        return
    yield _("To start the engine with this machine, and again when it crashes:")
    if not unit_path(root, machine.env).is_file():
        yield "  kimikoe engine unit --write"
    if engine_lock.holder(root) is not None:
        yield "  kimikoe engine stop"
    yield "  systemctl --user daemon-reload"
    yield f"  systemctl --user enable --now {name}"
    yield from _about_linger(machine)
    yield _("To take it back: systemctl --user disable --now {name}").format(name=name)


def _about_linger(machine: Machine) -> Iterator[str]:
    if (lingers := systemd.lingers(machine)) is True:
        yield _("Linger is on: it starts at boot and outlives your logout.")
        return
    if lingers is None:
        yield _("Whether you linger is not known here. Without it the engine ends at logout and waits for your login:")
    else:
        yield _("Linger is off: without it the engine ends at your logout and waits for your login after a reboot.")
    yield f"  {systemd.enable_linger(machine)}"
