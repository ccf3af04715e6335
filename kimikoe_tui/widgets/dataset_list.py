"""The datasets, one on a line: those that are being made first, then the frozen ones."""

from datetime import datetime

import msgspec
from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from db.dataset_items import Frozen, Making, Size
from db.i18n import _
from db.library import Run
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.cells import column, column_right
from kimikoe_tui.widgets.job_list import progress_words, state_words
from kimikoe_tui.widgets.virtual_list import VirtualList

NAME_WIDTH, WIDEST_NAME = 20, 32
SCROLLBAR = GAP = 2
DATED, WITH_LORA = 56, 76
"""From so many cells on a line has the date, and the LoRA."""


class Known(msgspec.Struct, frozen=True):
    """A frozen dataset, how large it is, and the runs over it, newest first."""

    frozen: Frozen
    size: Size
    runs: list[Run]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.frozen.name

    @property
    def lora(self) -> str:
        """The newest LoRA that came of it; empty where none did."""
        return next((run.lora for run in self.runs if run.lora), "")


Row = Making | Known


class DatasetList(VirtualList):
    """Name, items, how many are held out, date, runs, LoRA."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    @property
    def row(self) -> Row | None:
        """The dataset under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    def show(self, rows: list[Row]) -> None:
        """List datasets; the cursor stays on its own."""
        at, self.rows = self.row.name if self.row else "", rows
        places = {row.name: index for index, row in enumerate(rows) if row.name}
        self.resize_to(len(rows), places.get(at))

    def line(self, index: int, width: int) -> Text:
        """`named   1,081  108  2026-11-26  1  kimikoe-2026-11-26-1`, or how far one that is being made is."""
        row, width = self.rows[index], self.container_size.width  # as wide as the names of the columns
        name = Text(" " + plain(row.name or _("no name yet")), TEXT)
        name.truncate(_name_width(width) + 1, overflow="ellipsis", pad=True)
        if isinstance(row, Making):
            words, style = making_words(row)
            fits = name.cell_len + cell_len(words) + GAP <= width
            return name.append(f"  {words if fits else words.partition('  ')[0]}", style)
        figures = _figures(
            width, thousands(row.size.items), thousands(row.size.held_out), day(row.frozen), str(len(row.runs))
        )
        name.append(figures, MUTED)
        return name.append(f"  {plain(row.lora)}", ACCENT) if width >= WITH_LORA else name


class DatasetColumns(Widget):
    """The names of the columns over the list."""

    DEFAULT_CSS = "DatasetColumns { height: 1; }"

    def render(self) -> Text:
        """As wide as the lines below."""
        width = self.size.width
        name = column(_("name"), _name_width(width))
        line = Text(f" {name}{_figures(width, _('items'), _('held out'), _('frozen'), _('runs'))}", FAINT)
        return line.append("  " + _("LoRA")) if width >= WITH_LORA else line


def _name_width(width: int) -> int:
    return NAME_WIDTH + max(0, min(WIDEST_NAME - NAME_WIDTH, width - WITH_LORA - SCROLLBAR))


def _figures(width: int, items: str, held_out: str, made: str, runs: str) -> str:
    dated = f"  {column(made, 10)}" if width >= DATED else ""
    return f"{column_right(items, 7)}{column_right(held_out, 9)}{dated}{column_right(runs, 5)}"


def day(frozen: Frozen) -> str:
    """`2026-11-26`."""
    return datetime.fromtimestamp(frozen.made_at).strftime("%Y-%m-%d")


def making_words(making: Making) -> tuple[str, str]:
    """How far a dataset is that is not frozen yet, and in which colour that is said."""
    job = making.job
    if job is None:
        return _("was not finished; the next one clears it away"), MUTED
    if job.state != "running" or job.wanted != "run":
        return state_words(job)
    return f"{_('being made')}  {plain(progress_words(job)).strip()}", ACCENT
