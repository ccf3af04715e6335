"""One line under the picture: how far the judging is."""

from math import ceil

from rich.text import Text
from textual.widget import Widget

from db.i18n import _
from db.pictures import Counts
from kimikoe_tui.palette import ACCENT, ALARM, FAINT, MUTED, TEXT
from kimikoe_tui.widgets.cells import meter


class TallyLine(Widget):
    """Judged of all, rated, rejected, left, pace; the meter is as wide as there is room."""

    DEFAULT_CSS = "TallyLine { height: 1; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.counts = Counts(0, 0, 0)
        self._pace: float | None = None
        self._advances = True

    def show(self, counts: Counts, per_minute: float | None, advances: bool) -> None:
        """Show figures where they are new."""
        if (counts, per_minute, advances) != (self.counts, self._pace, self._advances):
            self.counts, self._pace, self._advances = counts, per_minute, advances
            self.refresh()

    def render(self) -> Text:
        """`12 of 57  9 kept  3 rejected  45 left, 3 min  14 a minute ━━━╸━━━`; narrow, without what matters least."""
        counts = self.counts
        left = counts.total - counts.decided
        done = Text(_("{done} of {total}").format(done=counts.decided, total=counts.total), TEXT)
        kept = Text(_("{count} kept").format(count=counts.rated), ACCENT)
        rejected = Text(_("{count} rejected").format(count=counts.rejected), ALARM if counts.rejected else FAINT)
        remaining = Text(_("{count} left").format(count=left), MUTED)
        pace = Text(_("{pace:.0f} a minute").format(pace=self._pace) if self._pace else "", MUTED)
        minutes = Text(_("{count} min").format(count=ceil(left / self._pace)) if self._pace else "", MUTED)
        stays = Text("" if self._advances else _("stays"), ACCENT)
        every = [done, kept, rejected, remaining, pace, minutes, stays]
        for dropped in ([], [minutes], [minutes, rejected]):
            parts = [part for part in every if part.plain and not any(part is each for each in dropped)]
            words = Text("  ").join(parts)
            if words.cell_len <= self.size.width:
                break
        room = self.size.width - words.cell_len - 2
        if room < 6 or not counts.total:
            return words
        return Text.assemble(words, "  ", meter(counts.decided / counts.total, room, ACCENT))
