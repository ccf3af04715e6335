"""The queue, one job on a line."""

from rich.text import Text

from db.connect import now
from db.i18n import _
from db.queue import Job
from kimikoe_tui.job_words import kind_name
from kimikoe_tui.palette import ACCENT, ALARM, FAINT, MUTED, TEXT
from kimikoe_tui.text import duration, percent, plain, thousands
from kimikoe_tui.widgets.cells import column, meter
from kimikoe_tui.widgets.virtual_list import VirtualList

METER_WIDTH = 10


class JobList(VirtualList):
    """Jobs, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[Job] = []

    @property
    def job(self) -> Job | None:
        """The job under the cursor."""
        return self.jobs[self.cursor] if self.jobs else None

    def show(self, jobs: list[Job]) -> None:
        """List jobs; the cursor stays on its job."""
        at = self.job.id if self.job else None
        self.jobs = jobs
        places = {job.id: index for index, job in enumerate(jobs)}
        self.resize_to(len(jobs), places.get(at, 0) if at is not None else 0)

    def line(self, index: int, width: int) -> Text:
        """` 12 train    running ━━━━━╸━━━━  53%  530/1,000 steps  0:03:12  loss 0.09`."""
        job = self.jobs[index]
        state, style = state_words(job)
        line = Text.assemble(
            (f" {job.id:>4} ", FAINT), (column(kind_name(job.kind), 9), TEXT), (column(state, 10), style)
        )
        if job.state in ("running", "paused") and job.total:
            share = job.done / job.total
            line.append_text(meter(share, METER_WIDTH, ACCENT)).append(f" {percent(share):>4}", MUTED)
        note = progress_words(job) if job.state == "running" else job.error or job.message
        return line.append("  " + plain(note.partition("\n")[0]), ALARM if job.state == "failed" else MUTED)


def state_words(job: Job) -> tuple[str, str]:
    """A job's state and its colour; what is wanted of a running job comes first."""
    if job.state == "running" and job.wanted != "run":
        return (_("pausing") if job.wanted == "pause" else _("stopping")), ACCENT
    words = {
        "queued": (_("waits"), MUTED), "running": (_("running"), ACCENT), "paused": (_("paused"), ACCENT),
        "done": (_("done"), MUTED), "failed": (_("failed"), ALARM), "cancelled": (_("stopped"), FAINT),
    }  # fmt: skip
    return words[job.state]


def progress_words(job: Job) -> str:
    """`530/1,000 steps  0:03:12 left  loss 0.09`."""
    parts = []
    if job.total:
        parts.append(f"{thousands(job.done)}/{thousands(job.total)} {job.unit}")
    elif job.done:
        parts.append(f"{thousands(job.done)} {job.unit}")
    if (eta := job.eta_seconds(now())) is not None:
        parts.append(_("{time} left").format(time=duration(eta)))
    return "  ".join([*parts, job.message])
