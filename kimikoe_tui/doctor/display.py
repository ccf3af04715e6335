"""What this terminal can show: glyphs, colours, size, and the programs between it and a person."""

import re
from collections.abc import Iterator

from db.i18n import _
from kimikoe_tui.doctor.finding import Finding, ok, problem, warning
from kimikoe_tui.doctor.machine import Machine

TRUE_COLOUR = ("truecolor", "24bit")
TRUE_COLOUR_TERMS = ("kitty", "ghostty", "alacritty", "foot", "wezterm", "direct")
POOR = ("", "dumb", "unknown", "vt100", "vt220", "linux", "ansi")
LEAST = (45, 14)
TMUX = ("tmux", "display-message", "-p", "#{client_termfeatures}")
MOST_ANCESTORS = 32


def check(machine: Machine, size: tuple[int, int] | None) -> Iterator[Finding]:
    """Nothing is asked of the terminal itself; `size` is (columns, rows), None where there is no terminal."""
    if size is None:
        yield ok("terminal", _("no terminal here: not checked."))
        return
    yield _terminal(machine.env.get("TERM", ""), size)
    yield _glyphs(machine)
    yield _colours(machine)


def _terminal(term: str, size: tuple[int, int]) -> Finding:
    columns, rows = size
    if term in POOR:
        return problem("terminal", _("TERM is “{term}”: pictures and colours do not reach it.").format(term=term),
                       _("Use a terminal program that sets TERM, such as xterm-256color."))  # fmt: skip
    if columns < LEAST[0] or rows < LEAST[1]:
        return warning("terminal", _("{columns}×{rows} is small.").format(columns=columns, rows=rows),
                       _("Rooms want 45×14 at least, pictures more."))  # fmt: skip
    return ok("terminal", f"{term}, {columns}×{rows}.")


def _glyphs(machine: Machine) -> Finding:
    spoken = next((machine.env[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if machine.env.get(name)), "")
    if re.search(r"utf-?8", spoken, re.IGNORECASE):
        return ok("glyphs", _("{locale} can show all of them.").format(locale=spoken))
    advice = "export LANG=C.UTF-8"
    if spoken in ("", "C", "POSIX"):
        return warning("glyphs", _("no locale is set; UTF-8 is taken for granted."), advice)
    return problem("glyphs", _("the locale “{locale}” is no UTF-8: much becomes “?”.").format(locale=spoken), advice)


def _colours(machine: Machine) -> Finding:
    env = machine.env
    if env.get("TMUX"):
        return _in_tmux(machine)
    if "mosh-server" in ancestors(machine):
        return warning("colours", _("mosh passes true colour from version 1.4 on, and no pictures but half blocks."),
                       _("Use mosh 1.4 or ssh."))  # fmt: skip
    if env.get("STY") or env.get("TERM", "").startswith("screen"):
        return warning("colours", _("screen passes 256 colours: pictures are coarse."),
                       _("Put `truecolor on` into ~/.screenrc (screen 5), or use tmux."))  # fmt: skip
    if env.get("TERM_PROGRAM") == "Apple_Terminal":
        return warning("colours", _("Apple's Terminal shows 256 colours before macOS 26: pictures are coarse."),
                       _("Use iTerm2, WezTerm, kitty or Ghostty."))  # fmt: skip
    if env.get("COLORTERM") in TRUE_COLOUR or any(name in env.get("TERM", "") for name in TRUE_COLOUR_TERMS):
        return ok("colours", _("true colour."))
    return warning("colours", _("whether it shows true colour is not known, for ssh does not pass COLORTERM on."),
                   _("If pictures look striped: export TEXTUAL_COLOR_SYSTEM=256."))  # fmt: skip


def _in_tmux(machine: Machine) -> Finding:
    answer = machine.run(*TMUX)
    features = answer.output.strip().split(",") if answer and answer.status == 0 else []
    if "RGB" in features:
        return ok("colours", _("true colour, through tmux."))
    return warning("colours", _("tmux passes 256 colours on: pictures are coarse."),
                   _("In ~/.tmux.conf: set -as terminal-features ',*:RGB'"))  # fmt: skip


def ancestors(machine: Machine) -> list[str]:
    """The names of the programs above this one, the nearest first."""
    names: list[str] = []
    pid = "self"
    for _step in range(MOST_ANCESTORS):
        before, bracket, after = (machine.read(f"/proc/{pid}/stat") or "").rpartition(")")
        if not bracket:
            break
        names.append(before.partition("(")[2])
        pid = after.split()[1]
    return names
