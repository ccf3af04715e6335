"""Every key of the program, in one place: bindings, footer, help, the table in the manual and the collision test
come from here.

A digit outside a menu only ever rates. Letters with Ctrl that terminals cannot tell from other keys are not used.
"""

from collections.abc import Iterator

from textual.binding import Binding, BindingType

from db.i18n import _
from kimikoe_tui.keys.judging import BLIND, CULL, MATCHES, SURVEY, ZOOM
from kimikoe_tui.keys.key import Key
from kimikoe_tui.keys.menus import (
    COPY,
    FACETS,
    GO,
    HELP,
    LINE,
    QUERY_LINE,
    QUICK_FILTER,
    REASON,
    TAG_LINE,
    VIEWS,
)
from kimikoe_tui.keys.rooms import (
    ALL,
    DATASET,
    DATASETS,
    FORM,
    FRAMES,
    GRID,
    JOBS,
    LIST,
    NEW,
    SHOTS,
    TAGS,
)

__all__ = [
    "ALL", "BLIND", "COPY", "CULL", "DATASET", "DATASETS", "FACETS", "FORM", "FRAMES", "GO", "GRID", "HELP", "JOBS",
    "Key", "LINE", "LIST", "MATCHES", "NEW", "QUERY_LINE", "QUICK_FILTER", "REASON", "SHOTS", "SURVEY", "TAGS",
    "TAG_LINE", "VIEWS", "ZOOM", "CONTEXTS", "PARTS", "ROOMS", "TITLES", "bindings", "in_context", "markdown",
    "over_menus", "title",
]  # fmt: skip

CONTEXTS: dict[str, tuple[tuple[Key, ...], ...]] = {
    "home": (ALL,),
    "frames": (FRAMES, LIST, ALL),
    "shots": (SHOTS, GRID, ALL),
    "tags": (TAGS, LIST, ALL),
    "datasets": (DATASETS, LIST, ALL),
    "dataset": (DATASET, LIST, ALL),
    "runs": (LIST, ALL),
    "new": (NEW, FORM, LIST, ALL),
    "form": (FORM, LIST, ALL),
    "cull": (CULL, LIST, ALL),
    "matches": (MATCHES, LIST, ALL),
    "jobs": (JOBS, LIST, ALL),
    "survey": (SURVEY, ALL),
    "blind": (BLIND, ALL),
    "go": (GO,),
    "zoom": (ZOOM,),
    "quick-filter": (QUICK_FILTER,),
    "reason": (REASON,),
    "copy": (COPY,),
    "line": (LINE,),
    "tag-line": (TAG_LINE,),
    "query-line": (QUERY_LINE,),
    "facets": (FACETS,),
    "views": (VIEWS,),
    "help": (HELP,),
}
ROOMS = ("home", "frames", "shots", "tags", "datasets", "runs", "new", "cull", "matches", "jobs")
TITLES = {
    "home": _("home"), "frames": _("frames"), "cull": _("cull"), "runs": _("runs"), "jobs": _("jobs"),
    "shots": _("shots"), "tags": _("tags"), "datasets": _("datasets"), "dataset": _("dataset"),
    "new": _("new pictures"), "form": _("form"), "matches": _("matches"),
    "survey": _("survey"), "blind": _("blind comparison"), "zoom": _("z in cull, then"),
    "reason": _("r in cull, then"), "copy": _("y in cull, then"),
    "go": _("g, then"), "quick-filter": _("f in cull, then"), "line": _("in a line"),
    "tag-line": _("in tags or a prompt"),
    "query-line": _("in a query"), "facets": _("f in frames or shots, then"), "views": _("V in frames or shots, then"),
    "help": _("in this help"),
}  # fmt: skip
PARTS = {"all": _("everywhere"), "list": _("moving"), "grid": _("moving in a grid")}


def in_context(context: str) -> Iterator[Key]:
    """The keys that work in a room or a menu."""
    for part in CONTEXTS[context]:
        yield from part


def bindings(*parts: tuple[Key, ...]) -> list[BindingType]:
    """Textual's bindings of these parts; a key whose action depends on which one is pressed has an id of its own."""
    return [binding for part in parts for key in part for binding in _bindings(key)]


def _bindings(key: Key) -> Iterator[Binding]:
    if "{key}" not in key.action:
        yield Binding(",".join(key.keys), key.action, key.description, show=bool(key.footer), id=key.id)
        return
    for pressed in key.keys:
        action = key.action.format(key=pressed)
        yield Binding(pressed, action, key.description, show=bool(key.footer), id=f"{key.id}.{pressed}")


def over_menus() -> list[BindingType]:
    """Bindings of what works everywhere, over menus and lines too."""
    return [Binding(",".join(key.keys), key.action, key.description, show=False, priority=True)
            for key in ALL if key.name == "suspend"]  # fmt: skip


def title(part: tuple[Key, ...]) -> str:
    """What a part of the keys is called."""
    return PARTS.get(part[0].part) or TITLES[part[0].part]


def markdown() -> str:
    """The table of keys in the manual."""
    lines: list[str] = []
    for part in dict.fromkeys(part for parts in CONTEXTS.values() for part in parts):
        lines += ["", f"## {title(part)}", "", "| key | does | id |", "|---|---|---|"]
        for key in part:
            shown = " ".join(f"`{each}`" for each in key.display.split(" "))
            lines.append(f"| {shown} | {key.description} | {key.id} |")
    return "\n".join(lines).strip() + "\n"
