"""Whether the clock can be believed: runs are named by it, and quiet hours and reports follow it."""

import time

from db.i18n import _
from kimikoe_tui.doctor.finding import Finding, ok, problem, warning
from kimikoe_tui.doctor.machine import Machine

BUILT = 1_735_689_600.0  # no machine runs this program before 2025
TOLERANCE = 300.0
SYNCHRONISED = ("timedatectl", "show", "--property=NTPSynchronized", "--value")


def check(machine: Machine, now: float, newest: float | None) -> Finding:
    """`now` and the time of the studio's newest row, in seconds since the epoch."""
    shown = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    if now < BUILT:
        return problem("clock", _("says {time}, which is long past.").format(time=shown), "timedatectl set-ntp true")
    if newest is not None and newest > now + TOLERANCE:
        return problem("clock", _("says {time}, before the studio's newest row was written.").format(time=shown),
                       "timedatectl set-ntp true")  # fmt: skip
    answer = machine.run(*SYNCHRONISED)
    if answer is not None and answer.status == 0 and answer.output.strip() == "no":
        return warning("clock", _("says {time} and follows no time server.").format(time=shown),
                       "timedatectl set-ntp true")  # fmt: skip
    return ok("clock", _("says {time}.").format(time=shown))
