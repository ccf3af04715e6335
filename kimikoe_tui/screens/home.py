"""Home: what happened since this terminal was last here, what to do next, and where the studio stands."""

import sqlite3
from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Static

from db import library, overview
from db.connect import now
from db.errors import UserError
from db.i18n import _
from db.library import Run
from db.overview import FilmOverview, Overview
from db.report import Report, last_visit, report, visit
from kimikoe_tui import homecoming
from kimikoe_tui.collapse import collapsed
from kimikoe_tui.engine_control import engine_state
from kimikoe_tui.messages import JobsChanged
from kimikoe_tui.next_step import NextStep, next_step
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.screens.room import Room
from kimikoe_tui.text import percent, plain, thousands
from kimikoe_tui.widgets.cells import column, meter

LABEL_WIDTH = 11
BAR_WIDTH = 16
RECOUNT_SECONDS = 1.0
VISIT_SECONDS = 60.0
MOST_JOBS = 4


@dataclass
class _Standing(Message):
    overview: Overview
    run: Run | None
    loss: float | None
    step: NextStep


@dataclass
class _Homecoming(Message):
    report: Report


class HomeRoom(Room):
    """The studio in a few figures."""

    CSS_PATH = "home.tcss"
    context = "home"

    async def action_back(self, leaves: bool) -> None:
        """Out of the program, where the key leaves it; the engine goes on working."""
        if leaves:
            self.app.exit()

    def parts(self) -> ComposeResult:
        """One pane."""
        with VerticalScroll(id="home"):
            yield Static(id="next", markup=False)
            yield Static(id="homecoming", markup=False)
            yield Static(id="standing", markup=False)

    def on_mount(self) -> None:
        """Read where the studio stands, and again when it may have changed, but not at every step of a job."""
        self._wait = self.set_interval(RECOUNT_SECONDS, self.reload, pause=True)
        self.reload()
        self._look_back()
        self.set_interval(VISIT_SECONDS, self._be_here)

    @work(thread=True, group="homecoming", exit_on_error=False)
    def _look_back(self) -> None:
        """Report what happened while this terminal was away, then note that it is here."""
        db = self.session.reader()
        left_at = last_visit(db, self.session.name)
        if left_at is not None and now() - left_at > VISIT_SECONDS:
            if not (found := report(db, left_at, engine_runs=engine_state(self.session.root).running)).empty:
                self.post_message(_Homecoming(found))
        self.call_later(self._be_here)

    async def _be_here(self) -> None:
        """Note it now and then, for the end of a terminal is not always told; where it cannot be noted it is let be."""
        try:
            await self.session.commit(lambda db: visit(db, self.session.name))
        except (sqlite3.Error, UserError, RuntimeError):
            pass

    @on(_Homecoming)
    def _come_home(self, message: _Homecoming) -> None:
        box = self.query_one("#homecoming", Static)
        box.border_title = _("while you were away")
        box.update(Text("\n".join(homecoming.lines(message.report, MOST_JOBS)), TEXT))
        box.display = True

    @on(JobsChanged)
    def _changed(self) -> None:
        self._wait.resume()

    def reload(self) -> None:
        """Count again."""
        self._wait.pause()
        self._count()

    @work(thread=True, exclusive=True, group="counting", exit_on_error=False)
    def _count(self) -> None:
        db = self.session.reader()
        found = overview.overview(db)
        run = next(iter(library.runs(db)), None)
        losses = library.metrics(db, run.id).get("loss") if run else None
        loss = losses[-1][1] if losses else None
        self.post_message(_Standing(found, run, loss, next_step(db, found)))

    @on(_Standing)
    def _show(self, message: _Standing) -> None:
        found = message.overview
        lines = [line for film in found.films for line in _film(film)]
        lines += [_datasets(found), _runs(found, message.run, message.loss), *_pictures(found)]
        standing = Text("\n").join(lines)
        self.query_one("#standing", Static).update(standing)
        step = Text.assemble((message.step.words + "\n", TEXT), (message.step.how, f"bold {ACCENT}"))
        box = self.query_one("#next", Static)
        box.border_title = _("next")
        box.update(step)


def _row(label: str, *parts: Text | tuple[str, str]) -> Text:
    return Text.assemble((column(label, LABEL_WIDTH), MUTED), *parts)


def _share(done: int, total: int) -> Text:
    share = done / total if total else 0.0
    return Text.assemble(meter(share, BAR_WIDTH, ACCENT), (f" {percent(share)}", TEXT))


def _film(film: FilmOverview) -> list[Text]:
    """What is in of a film, and how much of it is tagged."""
    way = " → ".join(collapsed(film.frames, film.holds, film.shots))
    unfinished = "" if film.complete else _("  still coming in")
    return [
        _row(_("film"), (plain(film.name), f"bold {TEXT}"), (unfinished, ACCENT)),
        _row("", (way, TEXT)),
        _row(_("tagged"), _share(film.scored, film.key_frames), (_(" of key frames"), MUTED)),
        Text(),
    ]


def _datasets(found: Overview) -> Text:
    verdicts = _("{count} of your verdicts").format(count=thousands(found.verdicts))
    return _row(_("datasets"), (str(found.datasets), TEXT), (f"   {verdicts}", MUTED))


def _runs(found: Overview, run: Run | None, loss: float | None) -> Text:
    parts = [(str(found.runs), TEXT)]
    if run is not None:
        last = _("   the last: {name}, step {step}").format(name=plain(run.name), step=thousands(run.step))
        parts.append((last + (_(", loss {loss:.4f}").format(loss=loss) if loss is not None else ""), MUTED))
    return _row(_("runs"), *parts)


def _pictures(found: Overview) -> list[Text]:
    left = found.pictures - found.rated - found.rejected
    counts = _("   {rated} rated, {rejected} rejected, {left} left").format(
        rated=found.rated, rejected=found.rejected, left=left
    )
    planned = _(", {count} planned").format(count=thousands(found.planned)) if found.planned else ""
    return [
        Text(),
        _row(_("pictures"), (thousands(found.pictures), TEXT), (counts + planned, MUTED)),
        _row(_("judged"), _share(found.rated + found.rejected, found.pictures)),
    ]
