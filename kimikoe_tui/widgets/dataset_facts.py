"""What a dataset was made from, what came of it, and what its captions say."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from db.dataset_items import Making, WordCount
from db.i18n import _, plural
from db.library import Run
from db.requests import CaptionRecipe, DatasetRequest, TrainRecipe
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.text import percent, plain, thousands
from kimikoe_tui.widgets.dataset_list import Known, Row, making_words

MOST_RUNS = 4
MOST_WORDS = 60
SHORT_SHA256 = 12
GAP = 2

Fact = tuple[str, Text | list[Text]]
"""What a fact is called, and the fact; one of several parts is wrapped between them."""


def facts_table(row: Row, words: Sequence[WordCount] | None, width: int) -> Table:
    """All of one dataset; `words` are those of its captions, None while they are not read."""
    table = Table.grid(padding=(0, GAP, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    facts = list(_making(row) if isinstance(row, Making) else _known(row, words))
    room = width - GAP - max(cell_len(label) for label, _fact in facts)
    for label, fact in facts:
        table.add_row(Text(label, MUTED), fact if isinstance(fact, Text) else _wrapped(fact, room))
    return table


def _wrapped(parts: Sequence[Text], width: int) -> Text:
    """`outdoors 839, solo 754,` and the next ones below."""
    lines: list[Text] = []
    for part in parts:
        if lines and lines[-1].cell_len + part.cell_len + 3 <= width:
            lines[-1].append(", ", FAINT).append_text(part)
        else:
            lines.append(part.copy())
    return Text(",\n", FAINT).join(lines)


def _making(row: Making) -> Iterator[Fact]:
    yield _("state"), Text(*making_words(row))
    yield from _asked(row.request)
    if row.request is not None:
        yield _("weights"), Text(_weights(row.request), TEXT)


def _known(row: Known, words: Sequence[WordCount] | None) -> Iterator[Fact]:
    """What matters most first: a low pane has no room for the rest."""
    request = row.frozen.request
    yield from _asked(request)
    yield _("come first"), _counts(words, True)
    yield _("items"), Text(_size(row), TEXT)
    yield _("runs"), _runs(row.runs)
    if request is not None:
        yield _("weights"), Text(_weights(request), TEXT)
    yield _("frozen"), _frozen(row)
    yield _("tags"), _counts(words, False)


def _asked(request: DatasetRequest | None) -> Iterator[Fact]:
    if request is None:
        yield _("query"), Text(_("another version made it: this one cannot read how"), MUTED)
        return
    every, recipe = Text(_("every frame"), MUTED), request.captions
    yield _("query"), Text(plain(request.query), TEXT) if request.query.strip() else every
    yield _("captions"), Text(_captions(recipe), TEXT)
    if recipe.core_tags:
        yield _("core tags"), [Text(plain(tag), TEXT) for tag in recipe.core_tags]


def _captions(recipe: CaptionRecipe) -> str:
    """`trigger nagisa · at most 40 tags · without blush, hat`."""
    trigger = _("trigger {words}").format(words=plain(recipe.trigger)) if recipe.trigger else _("no trigger")
    most = plural("at most {count} tag", "at most {count} tags", recipe.max_tags).format(count=recipe.max_tags)
    dropped = _("without {tags}").format(tags=plain(", ".join(recipe.drop_tags)))
    return " · ".join([trigger, most, dropped if recipe.drop_tags else _("no tag left out")])


def _weights(request: DatasetRequest) -> str:
    """`by frames held, up to 6 · 10% of shots held out`."""
    up_to = _("by frames held, up to {cap}").format(cap=request.exposure_cap)
    return f"{up_to} · " + _("{share} of shots held out").format(share=percent(request.validation_share))


def _size(row: Known) -> str:
    """`1,204 items · 130 held out · 2,810 frames of the film`."""
    size = row.size
    frames = plural("{frames} frame of the film", "{frames} frames of the film", size.frames)
    return f"{size_words(size.items, size.held_out)} · {frames.format(frames=thousands(size.frames))}"


def size_words(items: int, held_out: int) -> str:
    """`1,204 items · 130 held out`."""
    words = plural("{count} item", "{count} items", items).format(count=thousands(items))
    return f"{words} · " + _("{count} held out").format(count=thousands(held_out))


def _frozen(row: Known) -> Text:
    made = datetime.fromtimestamp(row.frozen.made_at).strftime("%Y-%m-%d %H:%M")
    return Text.assemble((made, TEXT), (f"  sha256 {plain(row.frozen.sha256[:SHORT_SHA256])}", FAINT))


def _runs(runs: Sequence[Run]) -> Text:
    if not runs:
        return Text(_("none yet: t trains on it"), MUTED)
    lines = [_run(run) for run in runs[:MOST_RUNS]]
    if len(runs) > MOST_RUNS:
        lines.append(Text(_("and {count} before").format(count=len(runs) - MOST_RUNS), FAINT))
    return Text("\n").join(lines)


def _run(run: Run) -> Text:
    """`kimikoe-2026-11-26-1  240 / 240  → kimikoe-2026-11-26-1`."""
    came = (f"  → {plain(run.lora)}", ACCENT) if run.lora else ("  " + _("no LoRA yet"), FAINT)
    return Text.assemble((plain(run.name), TEXT), (f"  {_steps(run)}", MUTED), came)


def _steps(run: Run) -> str:
    """`50 / 200`, or the first of them alone where another version planned the run."""
    try:
        planned = msgspec.json.decode(run.recipe, type=TrainRecipe).steps
    except msgspec.MsgspecError:
        return thousands(run.step)
    return f"{thousands(run.step)} / {thousands(planned)}"


def _counts(words: Sequence[WordCount] | None, fixed: bool) -> Text | list[Text]:
    """`nagisa 812`, `shion 400`, or that there are none; `…` while they are not read."""
    if words is None:
        return Text("…", FAINT)
    found = [each for each in words if each.fixed == fixed][:MOST_WORDS]
    parts = [Text.assemble((plain(each.word), TEXT), (f" {thousands(each.items)}", FAINT)) for each in found]
    return parts or Text(_("none"), MUTED)
