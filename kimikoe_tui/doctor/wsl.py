"""Windows' subsystem for Linux, which shuts Linux down when nobody looks."""

import configparser
from collections.abc import Iterator

from db.i18n import _
from kimikoe_tui.doctor.finding import Finding, ok, problem, warning
from kimikoe_tui.doctor.machine import Machine

USERS = "/mnt/c/Users"
NEVER = -1
LONG_MS = 24 * 3600 * 1000
SETTINGS = (("general", "instanceidletimeout", "instanceIdleTimeout"), ("wsl2", "vmidletimeout", "vmIdleTimeout"))


def check(machine: Machine) -> Iterator[Finding]:
    """Nothing where this is no WSL; otherwise its version, its idle shutdown and Windows' own sleep."""
    version = (machine.read("/proc/version") or "").lower()
    if "microsoft" not in version:
        return
    if "wsl2" not in version and "microsoft-standard" not in version:
        yield problem("wsl", _("is version 1, which has no cards and unsafe file locks."), "wsl --set-version DISTRO 2")
        return
    yield _idle_shutdown(machine)
    yield warning("windows", _("Windows ends WSL when it sleeps or restarts for updates."),
                  _("In Windows: `powercfg /change standby-timeout-ac 0`, and pause updates."))  # fmt: skip


def _idle_shutdown(machine: Machine) -> Finding:
    config = _windows_config(machine)
    short = [(section, shown) for section, name, shown in SETTINGS if not _lasts(config, section, name)]
    if not short:
        return ok("wsl", _("is told not to shut down when it is idle."))
    lines = ", ".join(f"[{section}] {shown}=-1" for section, shown in short)
    return warning("wsl", _("shuts Linux down, the engine with it, soon after the last terminal closes."),
                   _("In %USERPROFILE%\\.wslconfig: {lines}; then `wsl --shutdown`.").format(lines=lines))  # fmt: skip


def _windows_config(machine: Machine) -> configparser.ConfigParser:
    """The first `.wslconfig` of a Windows user; empty where there is none that can be read."""
    config = configparser.ConfigParser(interpolation=None, strict=False)
    for user in machine.list(USERS):
        text = machine.read(f"{USERS}/{user}/.wslconfig")
        if text is not None:
            try:
                config.read_string(text.removeprefix("\ufeff"))
            except configparser.Error:
                continue
            break
    return config


def _lasts(config: configparser.ConfigParser, section: str, name: str) -> bool:
    try:
        value = int(config.get(section, name).split("#")[0])
    except (configparser.Error, ValueError):
        return False
    return value <= NEVER or value >= LONG_MS
