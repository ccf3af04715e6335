"""One line under the picture: how far the judging is."""

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
        """Show new figures."""
        self.counts, self._pace, self._advances = counts, per_minute, advances
        self.refresh()

    def render(self) -> Text:
        """`12 of 57 judged ━━━━━╸━━━━━  9 rated  3 rejected  45 left  14 a minute`."""
        counts = self.counts
        pace = _("{pace:.0f} a minute").format(pace=self._pace) if self._pace is not None else ""
        words = Text.assemble(
            (_("{done} of {total}").format(done=counts.decided, total=counts.total), TEXT),
            (_("  {count} rated").format(count=counts.rated), ACCENT),
            (_("  {count} rejected").format(count=counts.rejected), ALARM if counts.rejected else FAINT),
            (_("  {count} left").format(count=counts.total - counts.decided), MUTED),
            (f"  {pace}" if pace else "", MUTED),
            ("" if self._advances else _("  stays"), ACCENT),
        )
        room = self.size.width - words.cell_len - 2
        if room < 6 or not counts.total:
            return words
        return Text.assemble(words, "  ", meter(counts.decided / counts.total, room, ACCENT))
