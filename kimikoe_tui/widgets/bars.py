"""The lines around a room: where one is, what happened, which keys there are."""

from pathlib import Path
from typing import Literal

from rich.text import Text
from textual.widget import Widget
from textual.widgets import Static

from db import queue
from db.connect import now
from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.job_words import kind_name
from kimikoe_tui.palette import ACCENT, ALARM, FAINT, MUTED, TEXT
from kimikoe_tui.text import duration, percent, plain
from kimikoe_tui.widgets.cells import meter

Tone = Literal["calm", "alarm"]
Part = tuple[Text, ...]
"""What the first line says of one thing: in full, then in fewer words."""


class TopLine(Widget):
    """The program, the room, the studio; on the right the engine and what it does."""

    DEFAULT_CSS = "TopLine { height: 1; background: $surface; padding: 0 1; }"

    def __init__(self, context: str, root: Path) -> None:
        super().__init__()
        self._title = Text(keys.TITLES[context], f"bold {ACCENT}")
        self._place = Text("kimikoe ", MUTED).append_text(self._title)
        self._studio = Text("   " + plain(root.resolve().name), FAINT)
        self._work: list[Part] = []

    def show_work(self, active: list[queue.Job], engine_runs: bool | None) -> None:
        """Show the jobs that are not done, and whether an engine runs."""
        work = _work(active, engine_runs)
        if work != self._work:
            self._work = work
            self.refresh()

    def render(self) -> Text:
        """The line; what matters least is left out where it is narrow, the studio's name first."""
        right = Text()
        for part in self._work:
            room = self.size.width - self._title.cell_len - right.cell_len - 6
            shown = next((each for each in part if each.cell_len <= room), None)
            right = Text.assemble(shown, "   " if right else "", right) if shown is not None else right
        for left in (self._place + self._studio, self._place, self._title):
            if (gap := self.size.width - left.cell_len - right.cell_len) >= 2:
                return Text.assemble(left, " " * gap, right)
        return self._title


def _work(active: list[queue.Job], engine_runs: bool | None) -> list[Part]:
    """Whether the engine runs, what it does, how much waits: what matters most first."""
    running = [job for job in active if job.state == "running"]
    parts: list[Part] = [(_progress(job, True), _progress(job, False)) for job in running[:2]]
    if engine_runs is not None:
        parts.insert(0, (Text(_("engine on"), MUTED) if engine_runs else Text(_("engine off"), ALARM),))
    if waiting := len(active) - len(running):
        parts.append((Text(_("{count} waiting").format(count=waiting), MUTED),))
    return parts


def _progress(job: queue.Job, wide: bool) -> Text:
    """`ingest ━━━╸━━ 53% 0:03:12`, without its bar where there is little room."""
    share = job.done / job.total if job.total else 0.0
    eta = job.eta_seconds(now())
    left = f" {duration(eta)}" if eta is not None else ""
    bar: list[Text | str] = [meter(share, 6, ACCENT), " "] if wide else []
    return Text.assemble((f"{kind_name(job.kind)} ", MUTED), *bar, (f"{percent(share)}{left}", MUTED))


class StatusLine(Static):
    """One line that says what the last key did."""

    DEFAULT_CSS = "StatusLine { height: 1; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.said = ""

    def say(self, text: str, tone: Tone = "calm") -> None:
        """Show one line; calm in the text's colour, alarm in another."""
        self.said = plain(text)
        line = Text(self.said, ALARM if tone == "alarm" else TEXT)
        self.update(line, layout=False)


class KeyBar(Widget):
    """The keys worth showing here, as many as fit; the last one is always the help."""

    DEFAULT_CSS = "KeyBar { height: 1; padding: 0 1; background: $surface; }"

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def render(self) -> Text:
        """`1-5 rate  x reject …`."""
        shown = [key for key in keys.in_context(self.context) if key.footer]
        always = [key for key in shown if key.name in ("help", "go")]
        line, tail = Text(), Text("  ").join(_label(key) for key in always)
        for key in (key for key in shown if key not in always):
            label = _label(key)
            if line.cell_len + label.cell_len + 2 + tail.cell_len > self.size.width:
                break
            line.append_text(label).append("  ")
        gap = max(0, self.size.width - line.cell_len - tail.cell_len)
        return Text.assemble(line, " " * gap, tail)


def _label(key: keys.Key) -> Text:
    return Text.assemble((key.display.split(" ")[0], ACCENT), (f" {key.footer}", MUTED))
