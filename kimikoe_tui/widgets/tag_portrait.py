"""One tag in words and bars: where it is, who says so, and how the tagger's scores lie about its threshold."""

from collections.abc import Iterator, Sequence

from rich.text import Text
from textual.widget import Widget

from db.i18n import _, plural
from db.tag_in_full import CHARACTER, RATING, Decisions, TagInFull
from db.vocabulary import TagCount
from kimikoe_tui.palette import ACCENT, FAINT, GROOVE, MUTED, TEXT
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.cells import column, fit_words

LABEL_WIDTH = 12
BAR_HEIGHT = 3
LEVELS = " ▁▂▃▄▅▆▇█"
CATEGORIES = {
    0: _("general"), 1: _("artist"), 3: _("copyright"), CHARACTER: _("character"), 5: _("meta"), RATING: _("rating"),
}  # fmt: skip
HOW = {"seen": _("seen"), "spread": _("spread"), "bulk": _("in bulk")}


class TagPortrait(Widget):
    """A part of what is known of a tag, in as many lines at any width."""

    DEFAULT_CSS = "TagPortrait { height: auto; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.shown: tuple[TagInFull, TagCount] | None = None

    def show(self, tag: TagInFull, count: TagCount) -> None:
        """Show another tag, or what is new of it."""
        if self.shown != (tag, count):
            self.shown = tag, count
            self.refresh(layout=True)


class TagFacts(TagPortrait):
    """The words."""

    def render(self) -> Text:
        """A line for each fact."""
        return facts_text(*self.shown, self.size.width) if self.shown else Text()


class ScoreBars(TagPortrait):
    """The bars."""

    def render(self) -> Text:
        """As wide as whole bars can be."""
        return scores_text(self.shown[0], self.size.width) if self.shown else Text()


def facts_text(tag: TagInFull, count: TagCount, width: int) -> Text:
    """What is known of a tag, a line each."""
    frames = plural("{frames} in {shots} shot", "{frames} in {shots} shots", tag.shots)
    rows = [
        (_("frames"), frames.format(frames=thousands(tag.frames), shots=thousands(tag.shots))),
        (_("pictures"), thousands(tag.pictures) if tag.pictures else ""),
        (_("counts from"), threshold_words(tag)),
        *_decided(_("decided"), tag.decisions),
        *_decided(_("of pictures"), tag.of_pictures),
        (_("flicker"), _("comes or goes {count}×").format(count=thousands(count.flicker)) if count.flicker else ""),
        (_("also called"), _words(tag.aliases, width)),
        (_("implies"), _words(tag.implies, width)),
        (_("implied by"), _words(tag.implied_by, width)),
    ]
    lines = [Text.assemble((column(label, LABEL_WIDTH), MUTED), (words, TEXT)) for label, words in rows if words]
    return Text("\n").join(lines)


def threshold_words(tag: TagInFull) -> str:
    """From which score on the tagger's word counts, and what says so."""
    if tag.category == RATING and any(tag.scores):
        return _("greatest rating")
    if tag.threshold is None or not any(tag.scores):
        return ""
    whose = _("its own") if tag.threshold.own else CATEGORIES[CHARACTER if tag.category == CHARACTER else 0]
    return f"{tag.threshold.value:.2f} ({whose})"


def scores_text(tag: TagInFull, width: int) -> Text:
    """Bars of the key frames by their score, and below them where the threshold lies."""
    scored = sum(tag.scores)
    if not scored:
        return Text(_("the tagger gives it no score"), FAINT)
    words = plural("scores of {count} key frame", "scores of {count} key frames", scored)
    text = Text(words.format(count=thousands(scored)), MUTED)
    across = max(1, width // len(tag.scores))
    least = tag.threshold.value if tag.threshold else None
    for row in range(BAR_HEIGHT):
        text.append("\n").append_text(_bars(tag.scores, across, BAR_HEIGHT - 1 - row, least))
    return text.append("\n").append_text(_axis(across * len(tag.scores), least))


def _bars(scores: Sequence[int], across: int, row: int, least: float | None) -> Text:
    """One row of the bars, the lowest being 0; what counts stands out."""
    line, most = Text(), max(scores)
    for place, count in enumerate(scores):
        eighths = -(-count * BAR_HEIGHT * 8 // most) - row * 8
        counts = least is None or (place + 1) / len(scores) > least
        line.append(LEVELS[max(0, min(8, eighths))] * across, ACCENT if counts else MUTED)
    return line


def _axis(width: int, least: float | None) -> Text:
    """`0────▴0.30────────1`."""
    line = Text("0" + "─" * (width - 2) + "1", GROOVE)
    if least is None:
        return line
    at, words = min(width - 1, round(least * width)), f"{least:.2f}"
    marked = f"▴{words}" if at + len(words) < width else f"{words}▴"
    start = at if marked[0] == "▴" else at - len(words)
    return Text.assemble(line[:start], (marked, ACCENT), line[start + len(marked) :])


def _decided(label: str, decisions: Sequence[Decisions]) -> Iterator[tuple[str, str]]:
    """`seen +2`, `spread +10 −3`, a line each."""
    for place, each in enumerate(decisions):
        signs = [f"{sign}{thousands(count)}" for sign, count in (("+", each.present), ("−", each.denied)) if count]
        yield "" if place else label, " ".join((HOW[each.how], *signs))


def _words(names: Sequence[str], width: int) -> str:
    return fit_words([plain(name) for name in names], max(1, width - LABEL_WIDTH)) if names else ""
