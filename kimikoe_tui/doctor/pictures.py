"""How pictures reach this terminal, what one costs, and what would let real pixels through."""

import sys
from collections.abc import Iterator

from db.errors import UserError
from db.i18n import _
from kimikoe_tui.doctor.finding import Finding, ok, problem, warning
from kimikoe_tui.graphics import specimen
from kimikoe_tui.graphics.detect import Detection
from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.known import known_terminals
from kimikoe_tui.graphics.line import Line

CELLS = (40, 20)
SLOW_SECONDS = 0.15


def check() -> Iterator[Finding]:
    """Asks the terminal, where there is one and it was not asked before, and always how long an answer takes."""
    if not sys.stdin.isatty():
        return
    try:
        with Detection(known_terminals()) as detection:
            yield from judge(detection.timed(detection.finish()[0]))
    except UserError as error:
        yield problem("pictures", str(error), _("Set it anew, or unset it."))


def judge(display: Display) -> Iterator[Finding]:
    """What is so, and what to do where pictures are text or the line is slow."""
    kib = specimen.size(specimen.drawing(display, CELLS)) / 1024
    words = _("{method} in {terminal} ({why}), cells {cell}, {kib:.0f} KiB one of 40×20 cells.").format(
        method=display.method, terminal=display.brand or _("an unknown terminal"), why=display.why,
        cell="×".join(map(str, display.cell)), kib=kib,
    )  # fmt: skip
    well = not display.is_text and not display.silences
    yield ok("pictures", words) if well else warning("pictures", words, advice(display))
    if display.ambiguous == 2:
        yield warning("width", _("lines and blocks take two cells here: plainer ones are used."),
                      _("Set the terminal's ambiguous-width characters to narrow."))  # fmt: skip
    yield from _line(display)


def _line(display: Display) -> Iterator[Finding]:
    """What is known of the line, and what to set where it is slow."""
    facts = []
    if display.round_trip is not None:
        answered = _("tmux answers in {ms:.0f} ms") if _in_tmux(display) else _("an answer takes {ms:.0f} ms")
        facts.append(answered.format(ms=display.round_trip * 1000))
    if display.rate is not None:
        facts.append(_("pictures came at {kib:.0f} KiB a second").format(kib=display.rate / 1024))
    if not facts:
        return
    drawing = specimen.drawing(display, CELLS, may_be_slow=True)
    line, words = Line(display.answers, display.round_trip, display.rate), "; ".join(facts)
    if line.is_slow(len(drawing.data)):
        words += _("; a draft of {kib:.0f} KiB comes first").format(kib=len(drawing.draft) / 1024)
    if line.is_slow(len(drawing.data)) or (display.round_trip or 0.0) > SLOW_SECONDS:
        yield warning("line", words + ".", line_advice(display))
    else:
        yield ok("line", words + ".")


def line_advice(display: Display) -> str:
    """What makes pictures come sooner."""
    advice = _("In ~/.ssh/config for this host: Compression no (pictures are compressed already), IPQoS throughput.")
    if _in_tmux(display):
        advice += _(" In ~/.tmux.conf: set -sg escape-time 10")
    return advice


def _in_tmux(display: Display) -> bool:
    return display.in_tmux or display.brand == "tmux"


def advice(display: Display) -> str:
    """What would show real pixels."""
    if display.silences:
        return _("It may have been slow: `python -m kimikoe_tui.graphics` asks anew.")
    if display.brand == "mosh":
        return _("mosh lets no picture through: use ssh.")
    if display.brand == "screen":
        return _("screen lets no picture through: use tmux, or neither.")
    if display.brand == "tmux":
        return _("tmux 3.3 or newer in kitty or Ghostty, or tmux 3.4 built with sixel; or leave tmux.")
    if display.brand == "xterm":
        return _("Start it as `xterm -ti vt340`.")
    return _("Real pixels: kitty, Ghostty, WezTerm, iTerm2, foot, or `KIMIKOE_GRAPHICS=` kitty, sixel or inline.")
