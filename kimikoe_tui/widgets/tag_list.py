"""The tags of one frame: whose word each one is, and how sure the tagger was."""

from typing import Literal, NamedTuple

from rich.text import Text
from textual.strip import Strip

from db.i18n import _
from db.tags import FrameTag
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.cells import meter
from kimikoe_tui.widgets.virtual_list import VirtualList

Origin = Literal["person", "tagger", "denied"]
CHARACTER, RATING = 4, 9


class TagLine(NamedTuple):
    """A tag and who says so."""

    tag: str
    category: int
    score: float | None
    origin: Origin


class TagList(VirtualList):
    """A person's tags first, then the tagger's by score, then what a person denied. No line is chosen at first."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[TagLine] = []
        self._shown = False
        self._chosen: str | None = None

    @property
    def chosen(self) -> TagLine | None:
        """The chosen tag, where this frame has it."""
        return next((line for line in self.lines if line.tag == self._chosen), None)

    @property
    def chosen_name(self) -> str | None:
        """The chosen tag, whether this frame has it or not."""
        return self._chosen

    def highlighted(self, index: int) -> bool:
        """Only a chosen tag is drawn as such."""
        return self.lines[index].tag == self._chosen

    def clear(self) -> None:
        """Show nothing, not even that there are no tags: there is no frame."""
        self.lines, self._shown = [], False
        self.resize_to(0)

    def show(self, tags: list[FrameTag], denied: list[str]) -> None:
        """List a frame's tags; a tag that was chosen stays so where this frame has it too."""
        lines = [
            TagLine(tag.tag, tag.category, tag.score, "person" if tag.origin == "verdict" else "tagger") for tag in tags
        ] + [TagLine(name, 0, None, "denied") for name in denied]
        if self._shown and lines == self.lines:  # as in most frames of a drawing and a shot
            return
        self.lines, self._shown = lines, True
        names = [line.tag for line in self.lines]
        self.resize_to(len(self.lines), names.index(self._chosen) if self._chosen in names else 0)

    def choose(self, step: int) -> None:
        """Choose the next tag or the one before; the first one where none is chosen."""
        if not self.lines:
            return
        index = self.cursor + step if self.chosen else 0
        self.move_to(index)
        self._chosen = self.lines[self.cursor].tag
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line in view; the first says what to do where a frame has no tags."""
        if self.lines or not self._shown or y:
            return super().render_line(y)
        words = Text(" " + _("no tags: e adds some, `kimikoe tag` lets the tagger see it"), FAINT)
        words.truncate(self.size.width, overflow="ellipsis", pad=True)
        return Strip(list(words.render(self.app.console))).apply_style(self.visual_style.rich_style)

    def line(self, index: int, width: int) -> Text:
        """`▸ glasses  ━━━━━━━╸ 0.93`, `● nagisa  you`, `− solo  denied`."""
        tag = self.lines[index]
        mark, style, right = _parts(tag)
        room = max(4, width - right.cell_len - 5)
        name = Text(plain(tag.tag), style)
        name.truncate(room, overflow="ellipsis", pad=True)
        return Text.assemble(" ", mark, " ", name, " ", right)


def _parts(tag: TagLine) -> tuple[tuple[str, str], str, Text]:
    """Mark, style of the name, and what stands on the right."""
    if tag.origin == "person":
        return ("●", ACCENT), f"bold {ACCENT}", Text(_("you"), ACCENT)
    if tag.origin == "denied":
        return ("−", MUTED), f"strike {MUTED}", Text(_("denied"), MUTED)
    score = tag.score or 0.0
    name = FAINT if tag.category == RATING else f"bold {TEXT}" if tag.category == CHARACTER else TEXT
    return (" ", FAINT), name, Text.assemble(meter(score, 8, FAINT), (f" {score:.2f}", MUTED))
