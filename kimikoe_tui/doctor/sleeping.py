"""Whether the machine falls asleep while it should work."""

from db.i18n import _
from kimikoe_tui.doctor import systemd
from kimikoe_tui.doctor.finding import Finding, ok, warning
from kimikoe_tui.doctor.machine import Machine

TARGETS = ("sleep.target", "suspend.target", "hibernate.target", "hybrid-sleep.target")
MASK = f"sudo systemctl mask {' '.join(TARGETS)}"
BATTERIES = "/sys/class/power_supply"
GNOME = ("gsettings", "get", "org.gnome.settings-daemon.plugins.power", "sleep-inactive-ac-type")


def check(machine: Machine) -> Finding:
    """Sleep and suspend: forbidden, impossible, or by whom they come."""
    if not (machine.read("/sys/power/state") or "").strip():
        return ok("sleep", _("this machine cannot sleep."))
    answer = machine.run("systemctl", "is-enabled", *TARGETS)
    states = answer.output.split() if answer else []
    if states and (states[0] == "masked" or all(state == "masked" for state in states)):
        return ok("sleep", _("is masked."))
    if (action := systemd.logind_setting(machine, "IdleAction")) not in ("", "ignore", "lock"):
        return warning("sleep", _("logind does “{action}” when nobody types for a while.").format(action=action), MASK)
    if "suspend" in _gnome(machine) or "hibernate" in _gnome(machine):
        return warning("sleep", _("the desktop sleeps when nobody types, also while the engine works."), MASK)
    if _is_laptop(machine) and systemd.logind_setting(machine, "HandleLidSwitch") != "ignore":
        return warning("sleep", _("a laptop sleeps when its lid is closed, and when its battery is low."), MASK)
    return ok("sleep", _("nothing was found that makes this machine sleep by itself."))


def _gnome(machine: Machine) -> str:
    answer = machine.run(*GNOME)
    return answer.output if answer and answer.status == 0 else ""


def _is_laptop(machine: Machine) -> bool:
    return any(name.startswith("BAT") for name in machine.list(BATTERIES))
