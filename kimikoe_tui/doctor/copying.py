"""How what is copied reaches the clipboard from this terminal."""

import re
from collections.abc import Iterator

from db.i18n import _
from kimikoe_tui.doctor.finding import Finding, ok, warning
from kimikoe_tui.doctor.machine import Machine

VERSION = ("tmux", "-V")
CAPABILITIES = ("tmux", "show-messages", "-T")
SETS_CLIPBOARD = "Ms: (string)"
COPIES_SINCE = (3, 2)


def check(machine: Machine, has_terminal: bool) -> Iterator[Finding]:
    """Nothing is copied to find it out; no word of it where there is no terminal."""
    if not has_terminal:
        return
    if machine.env.get("TMUX"):
        yield _through_tmux(machine)
    elif machine.env.get("STY"):
        yield warning("clipboard", _("screen passes no copy on."), _("Use tmux, or neither."))
    elif machine.env.get("TERM", "").startswith(("tmux", "screen")):
        yield warning("clipboard", _("by OSC 52, which a tmux outside drops unless it is told otherwise."),
                      _("In the ~/.tmux.conf where tmux runs: set -s set-clipboard on"))  # fmt: skip
    else:
        yield ok("clipboard", _("by OSC 52, which some terminals want to be allowed in their settings."))


def _through_tmux(machine: Machine) -> Finding:
    version = re.search(r"(\d+)\.(\d+)", _said(machine, VERSION))
    if version is None or (int(version[1]), int(version[2])) < COPIES_SINCE:
        return warning("clipboard", _("tmux copies from version 3.2 on; OSC 52 is left, which an older one drops."),
                       _("Take tmux 3.2 or newer, or in ~/.tmux.conf: set -s set-clipboard on"))  # fmt: skip
    if SETS_CLIPBOARD not in _said(machine, CAPABILITIES):
        return warning("clipboard", _("by tmux, which keeps it for pasting (prefix ]) and knows no way further out."),
                       _("In ~/.tmux.conf: set -as terminal-features ',*:clipboard'"))  # fmt: skip
    return ok("clipboard", _("by tmux, which keeps it for pasting (prefix ]) and hands it to the terminal outside."))


def _said(machine: Machine, command: tuple[str, ...]) -> str:
    answer = machine.run(*command)
    return answer.output.strip() if answer and answer.status == 0 else ""
