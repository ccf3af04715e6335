"""The queue: what runs, what waits, what went wrong, and a job's own log."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from db import queue
from db.errors import UserError
from db.i18n import _
from db.queue import Job
from kimikoe_tui import keys
from kimikoe_tui.job_words import kind_name
from kimikoe_tui.messages import EngineWanted, JobsChanged
from kimikoe_tui.palette import ALARM, MUTED, TEXT
from kimikoe_tui.screens.room import ListRoom
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.job_list import JobList, progress_words, state_words
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.virtual_list import VirtualList

LOG_SECONDS = 1.0
TAIL_BYTES = 32_768
ENGINE_LOG = "engine.log"


@dataclass
class _LogRead(Message):
    name: str
    lines: list[str]


class JobsRoom(ListRoom):
    """The jobs, and the log of the one under the cursor or of the engine."""

    CSS_PATH = "jobs.tcss"
    BINDINGS = keys.bindings(keys.JOBS)
    context = "jobs"

    def __init__(self, session: Session, start_engine: Callable[[], None] | None) -> None:
        super().__init__(session)
        self._start = start_engine
        self.engine_log = False

    def parts(self) -> ComposeResult:
        """List above, log below."""
        with Pane(id="list-pane", title=_("jobs")):
            yield Static(_("Nothing was asked of the engine yet."), id="empty", markup=False)
            yield JobList()
        with Pane(id="log-pane"):
            yield Static(id="about", markup=False)
            yield Static(id="log", markup=False)

    def on_mount(self) -> None:
        """Read the queue, and the log again and again."""
        self.set_interval(LOG_SECONDS, self._follow_log)
        self.reload()

    @property
    def lines(self) -> JobList:
        """The list of jobs."""
        return self.query_one(JobList)

    @on(JobsChanged)
    def _changed(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Read the queue again."""
        self.lines.show(queue.jobs(self.session.reader()))
        self.query_one("#empty").display = not self.lines.jobs
        self._show_job()

    @on(VirtualList.Moved)
    def _show_job(self) -> None:
        job = self.lines.job
        self.query_one("#about", Static).update(about_job(job) if job else Text())
        self._follow_log()

    def _follow_log(self) -> None:
        if self.is_current:
            job = self.lines.job
            self._read_log(ENGINE_LOG if self.engine_log or job is None else f"job-{job.id}.log")

    @work(thread=True, exclusive=True, group="log", exit_on_error=False)
    def _read_log(self, name: str) -> None:
        self.post_message(_LogRead(name, tail(self.session.root / "logs" / name)))

    @on(_LogRead)
    def _show_log(self, message: _LogRead) -> None:
        pane, log = self.query_one("#log-pane", Pane), self.query_one("#log", Static)
        pane.head(Text(_("the engine's log") if message.name == ENGINE_LOG else f"logs/{message.name}"))
        lines = message.lines[-max(1, log.size.height) :]
        log.update(Text("\n".join(lines) or _("nothing logged"), MUTED), layout=False)

    def action_log(self) -> None:
        """Show the engine's log, or the job's."""
        self.engine_log = not self.engine_log
        self._follow_log()

    async def action_cancel(self) -> None:
        """Stop the job for good."""
        await self._ask(queue.cancel, _("job {id} is stopped; r goes on with it"))

    async def action_pause(self) -> None:
        """Set the job aside."""
        await self._ask(queue.pause, _("job {id} is set aside; r goes on with it"))

    async def action_resume(self) -> None:
        """Go on with the job."""
        await self._ask(queue.resume, _("job {id} goes on"))

    async def _ask(self, act: Callable[[Connection, int], None], words: str) -> None:
        if (job := self.lines.job) is None:
            return
        job_id = job.id
        try:
            await self.session.commit(lambda db: act(db, job_id))
        except UserError as error:
            self.complain(str(error))
            return
        self.reload()
        self.say(self._outcome(queue.get(self.session.reader(), job_id), words))

    @staticmethod
    def _outcome(job: Job, words: str) -> str:
        if job.state == "running" and job.wanted != "run":
            return _("job {id} stops after its batch").format(id=job.id)
        return words.format(id=job.id)

    def action_start_engine(self) -> None:
        """Start the engine."""
        if self._start is None:
            self.complain(_("The engine cannot be started from here: `kimikoe engine start` does it."))
            return
        self.say(_("The engine is being started."))
        self.post_message(EngineWanted())


def about_job(job: Job) -> Text:
    """What a job is and how it stands, or what went wrong."""
    state, style = state_words(job)
    text = Text.assemble((f"{kind_name(job.kind)} ", TEXT), (state, style), (f"  {plain(progress_words(job))}", MUTED))
    if job.after is not None and job.state == "queued":
        text.append("  " + _("after job {id}").format(id=job.after), MUTED)
    if job.error:
        lines = (plain(line) for line in job.error.splitlines())
        text.append("\n" + "\n".join(lines), ALARM)
    return text


def tail(path: Path) -> list[str]:
    """The last lines of a log, fit to be shown."""
    try:
        with open(path, "rb") as log:
            log.seek(max(0, path.stat().st_size - TAIL_BYTES))
            text = log.read(TAIL_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return [plain(line) for line in text.splitlines()]
