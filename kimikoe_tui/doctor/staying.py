"""Whether the engine stays: after logout, after a reboot."""

from collections.abc import Iterator
from pathlib import Path

from db.i18n import _
from kimikoe_tui.doctor import systemd
from kimikoe_tui.doctor.finding import Finding, ok, warning
from kimikoe_tui.doctor.machine import Machine
from kimikoe_tui.engine_unit import unit_name, unit_path, unit_text


def check(machine: Machine, root: Path | None) -> Iterator[Finding]:
    """Linger, what logind does at logout, and the studio's unit."""
    if not systemd.present(machine):
        yield warning("linger", _("systemd does not run this machine: after a reboot nobody starts the engine."),
                      _("Start it yourself with `kimikoe engine start`."))  # fmt: skip
        return
    yield _linger(machine)
    if root is not None:
        yield _unit(machine, root)


def _linger(machine: Machine) -> Finding:
    if systemd.lingers(machine):
        return ok("linger", _("is on: the engine outlives your logout and can start at boot."))
    if _kills_at_logout(machine):
        return warning("linger", _("is off, and logind ends all you started when you log out, the engine too."),
                       systemd.enable_linger(machine))  # fmt: skip
    return warning("linger", _("is off: a unit of yours ends at logout and does not start at boot."),
                   systemd.enable_linger(machine))  # fmt: skip


def _kills_at_logout(machine: Machine) -> bool:
    return systemd.logind_setting(machine, "KillUserProcesses") in ("yes", "true", "1", "on")


def _unit(machine: Machine, root: Path) -> Finding:
    written = machine.read(str(unit_path(root, machine.env)))
    if written is None:
        return warning("unit", _("this studio has none: after a reboot nobody starts its engine."),
                       "kimikoe engine unit --write")  # fmt: skip
    if _command(written) != _command(unit_text(root, machine.env)):
        return warning("unit", _("was written for another place or version of kimikoe."), "kimikoe engine unit --write")
    answer = machine.run("systemctl", "--user", "is-enabled", unit_name(root))
    if answer is None or answer.output.strip() != "enabled":
        return warning("unit", _("is written and not enabled."), f"systemctl --user enable --now {unit_name(root)}")
    return ok("unit", _("is enabled: systemd starts the engine at boot and after a crash."))


def _command(unit: str) -> list[str]:
    return [line for line in unit.splitlines() if line.startswith("ExecStart=")]
