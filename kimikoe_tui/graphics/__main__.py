"""`python -m kimikoe_tui.graphics`: asks this terminal anew, and shows what pictures in it are made of and cost."""

import sys
import time

from db.errors import UserError
from db.i18n import _
from kimikoe_tui.graphics import specimen
from kimikoe_tui.graphics.choose import new_renderer
from kimikoe_tui.graphics.detect import Detection
from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.known import known_terminals
from kimikoe_tui.text import padded

CELLS = (40, 20)


def main() -> None:
    """Print what was found, then one picture of 512×512 at 40×20 cells."""
    known_terminals().forget()
    try:
        with Detection(known_terminals()) as detection:
            display = detection.timed(detection.finish()[0])
    except UserError as error:
        sys.exit(f"kimikoe: {error}")
    print("\n".join(lines(display)))
    if sys.stdout.isatty():
        specimen.put_up(display, CELLS)


def lines(display: Display) -> list[str]:
    """What was found, one fact a line, and what a picture costs."""
    width, height = display.cell
    version = ".".join(map(str, display.version))
    trip = _("not measured") if display.round_trip is None else f"{display.round_trip * 1000:.0f} ms"
    through = _(", through tmux") if display.in_tmux else ""
    facts = [
        (_("pictures"), f"{display.method} ({display.why})"),
        (_("terminal"), f"{display.brand or _('unknown')} {version}{through}"),
        (_("cell"), f"{width}×{height}" + ("" if display.cell_known else _(", assumed"))),
        (_("round trip"), trip),
        (_("a picture"), _cost(display)),
    ]
    return [f"{padded(name, 11)}{words}" for name, words in facts]


def _cost(display: Display) -> str:
    """Bytes and time of one picture of 512×512, drawn in 40×20 cells."""
    pixels, renderer = specimen.picture(512), new_renderer(display)
    began = time.perf_counter()
    drawing = renderer.draw(pixels, *CELLS)
    seconds = time.perf_counter() - began
    return _("{kib:.0f} KiB, {ms:.0f} ms to prepare").format(kib=specimen.size(drawing) / 1024, ms=seconds * 1000)


if __name__ == "__main__":
    main()
