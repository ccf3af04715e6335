"""Training runs: how far each is, how its loss went, and the LoRA it published. Nothing is changed here."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from db import library
from db.i18n import _
from db.library import Run
from kimikoe_tui import keys
from kimikoe_tui.messages import JobsChanged, RunsChanged
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.screens.room import ListRoom
from kimikoe_tui.text import percent, plain, sparkline, thousands
from kimikoe_tui.widgets.cells import column, meter
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.virtual_list import VirtualList

METER_WIDTH = 10
GRAPH_LEFT = 2
LABEL_WIDTH = 10


class RunLine(msgspec.Struct, frozen=True):
    """A run with its planned steps and its losses in order of steps."""

    run: Run
    steps: int | None
    losses: list[float]


@dataclass
class _Found(Message):
    lines: list[RunLine]


class RunList(VirtualList):
    """One run on a line."""

    runs: list[RunLine] = []

    def show(self, runs: list[RunLine]) -> None:
        """List runs, newest first."""
        self.runs = runs
        self.resize_to(len(runs))

    def line(self, index: int, width: int) -> Text:
        """Name, meter, step, loss, LoRA."""
        each = self.runs[index]
        share = each.run.step / each.steps if each.steps else 0.0
        loss = f"  {each.losses[-1]:.4f}" if each.losses else "  " + " " * 6
        line = Text.assemble((f" {plain(each.run.name)}  ", TEXT), meter(share, METER_WIDTH, ACCENT))
        line.append(f" {percent(share):>4}", MUTED).append(loss, MUTED)
        room = width - line.cell_len - 34
        if room >= 8:
            line.append("  " + sparkline(each.losses, min(room, 24)), FAINT)
        if each.run.lora:
            line.append(f"  {plain(each.run.lora)}", ACCENT)
        return line


class RunsRoom(ListRoom):
    """The runs, and the one under the cursor in full."""

    CSS_PATH = "runs.tcss"
    BINDINGS = keys.bindings()
    context = "runs"

    def parts(self) -> ComposeResult:
        """List above, one run below."""
        with Pane(id="list-pane", title=_("runs")):
            yield Static(_("No run yet: g d, then t trains a LoRA on a dataset."), id="empty", markup=False)
            yield RunList()
        with Pane(id="run-pane"):
            yield Static(id="run", markup=False)

    def on_mount(self) -> None:
        """Read the runs."""
        self.reload()

    @property
    def lines(self) -> RunList:
        """The list of runs."""
        return self.query_one(RunList)

    def reload(self) -> None:
        """Read again."""
        self._read_runs()

    @on(RunsChanged)
    @on(JobsChanged)
    def _changed(self) -> None:
        self._read_runs()

    @work(thread=True, exclusive=True, group="runs", exit_on_error=False)
    def _read_runs(self) -> None:
        db = self.session.reader()
        found = []
        for run in library.runs(db):
            losses = [value for _step, value in library.metrics(db, run.id).get("loss", [])]
            recipe = library.recipe_of(db, run.id)
            found.append(RunLine(run, recipe.steps if recipe else None, losses))
        self.post_message(_Found(found))

    @on(_Found)
    def _show(self, message: _Found) -> None:
        self.query_one("#empty").display = not message.lines
        self.lines.show(message.lines)
        self._show_run()

    @on(VirtualList.Moved)
    def _show_run(self) -> None:
        if not self.lines.runs:
            return
        line = self.lines.runs[self.lines.cursor]
        pane = self.query_one("#run-pane", Pane)
        pane.head(Text(plain(line.run.name), TEXT))
        self.query_one("#run", Static).update(run_text(line, pane.content_size.width - 2 * GRAPH_LEFT))


def run_text(line: RunLine, width: int) -> Text:
    """What a run is made of and where it stands."""
    run = line.run
    state = _("finished") if run.finished_at else _("not finished")
    rows = [
        (_("dataset"), run.dataset),
        (_("base"), run.base),
        (_("planned"), datetime.fromtimestamp(run.made_at).strftime("%Y-%m-%d %H:%M")),
        (_("step"), f"{thousands(run.step)} / {thousands(line.steps or 0)}  {state}"),
        (_("LoRA"), run.lora or _("none yet")),
    ]
    text = Text()
    for label, value in rows:
        text.append(column(label, LABEL_WIDTH), MUTED).append(plain(value) + "\n", TEXT)
    if line.losses:
        least, last = min(line.losses), line.losses[-1]
        figures = _("last {last:.4f}, least {least:.4f}").format(last=last, least=least)
        text.append("\n" + column(_("loss"), LABEL_WIDTH), MUTED).append(figures + "\n", TEXT)
        text.append(sparkline(line.losses, max(8, width)), ACCENT)
    return text
