"""Every key of the program, in one place: bindings, footer, help, the table in the manual and the collision test
come from here.

A digit outside a menu only ever rates. Letters with Ctrl that terminals cannot tell from other keys are not used.
"""

from collections.abc import Iterator

import msgspec
from textual.binding import Binding, BindingType

from db.i18n import _


class Key(msgspec.Struct, frozen=True):
    """What some keys do in one part of the program; `footer` is its short name there, empty where it is not shown.

    In `action`, `{key}` stands for the key that was pressed.
    """

    part: str
    name: str
    keys: tuple[str, ...]
    action: str
    description: str
    footer: str = ""

    @property
    def id(self) -> str:
        """`cull.reject`, by which a person's own keymap names it."""
        return f"{self.part}.{self.name}"

    @property
    def display(self) -> str:
        """The keys as a person reads them: `1-5`, `j ↓`."""
        if len(self.keys) > 2 and all(key.isdigit() for key in self.keys):
            return f"{self.keys[0]}-{self.keys[-1]}"
        return " ".join(_KEY_NAMES.get(key, key) for key in self.keys)


_KEY_NAMES = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "space": _("space"), "enter": _("enter"),
    "backspace": _("backspace"), "escape": "esc", "pageup": "pgup", "pagedown": "pgdn",
}  # fmt: skip


def _keys(part: str, *rows: tuple[str, str, str, str, str]) -> tuple[Key, ...]:
    """Rows of (name, keys, action, description, footer), the keys separated by spaces."""
    return tuple(Key(part, name, tuple(keys.split()), action, text, label) for name, keys, action, text, label in rows)


ALL = _keys(
    "all",
    ("undo", "u", "undo", _("undo this terminal's last act and go where it was"), _("undo")),
    ("redo", "U", "redo", _("do again what was undone last"), ""),
    ("go", "g", "go", _("choose a room, or g again for the first row"), _("rooms")),
    ("palette", ":", "app.command_palette", _("find a command by name (also ctrl+p)"), _("commands")),
    ("help", "?", "help", _("the keys of this room"), _("keys")),
    ("suspend", "ctrl+z", "app.suspend_process", _("stop, until `fg` in the shell"), ""),
    ("back", "q", "back(True)", _("back one level, and from home out of the program"), _("back")),
    ("out", "escape", "back(False)", _("back one level"), ""),
    ("quit", "ctrl+q", "app.quit", _("leave; the engine goes on working"), ""),
)
LIST = _keys(
    "list",
    ("down", "j down", "move(1)", _("next"), ""),
    ("up", "k up", "move(-1)", _("previous"), ""),
    ("down-ten", "]", "move(10)", _("ten on"), ""),
    ("up-ten", "[", "move(-10)", _("ten back"), ""),
    ("half-down", "ctrl+d pagedown", "page(1)", _("half a page on"), ""),
    ("half-up", "ctrl+u pageup", "page(-1)", _("half a page back"), ""),
    ("first", "home", "first", _("first (also g g)"), ""),
    ("last", "G end", "last", _("last"), ""),
)
FRAMES = _keys(
    "frames",
    ("edit", "e +", "edit", _("tag what the scope reaches; -tag denies, ~tag is left to the tagger"), _("tag")),
    ("tag-down", "J", "tag(1)", _("choose the next tag of the frame"), _("pick")),
    ("tag-up", "K", "tag(-1)", _("choose the tag before"), ""),
    ("deny", "x -", "judge('deny')", _("the chosen tag is not on these frames"), _("deny")),
    ("confirm", "y", "judge('confirm')", _("the chosen tag is right"), ""),
    ("restore", "r", "judge('restore')", _("leave the chosen tag to the tagger again"), ""),
    ("scope", "s", "scope", _("what an edit reaches: frame, hold, shot"), _("scope")),
    ("filter", "/", "filter", _("list the frames that match a query"), _("filter")),
    ("clear-filter", "F", "clear_filter", _("list every frame"), ""),
    ("facets", "f", "facets", _("narrow the list by the tags it carries"), _("tags")),
    ("views", "V", "views", _("choose a saved query"), ""),
    ("save-view", "w", "save_view", _("save the query under a name"), ""),
    ("next-shot", "n", "shot(1)", _("next shot"), _("shot")),
    ("previous-shot", "N", "shot(-1)", _("previous shot"), ""),
    ("next-hold", "l right", "hold(1)", _("next hold"), ""),
    ("previous-hold", "h left", "hold(-1)", _("previous hold"), ""),
    ("jump", "t", "jump_to", _("go to a timecode, a frame or a shot"), _("jump")),
    ("play", "p space", "play", _("play the shot from here; any key stops"), _("play")),
    ("mark", "m", "mark", _("mark what the scope reaches, for the next edits"), ""),
    ("range", "v", "range", _("begin a range; once more marks it"), ""),
    ("mark-all", "a", "mark_all", _("mark all that is listed"), ""),
    ("unmark", "M", "unmark", _("mark nothing"), ""),
    ("exclude", "E", "exclude", _("leave it or what is marked out of datasets"), ""),
    ("cite", "c", "cite", _("copy the frame's citation"), ""),
    ("shots", "enter", "open_shots", _("look at the shots around"), ""),
    ("pane", "tab i", "pane", _("next pane, or a larger picture"), ""),
)
GRID = _keys(
    "grid",
    ("right", "l right", "step(1)", _("next"), ""),
    ("left", "h left", "step(-1)", _("previous"), ""),
    ("down", "j down", "row(1)", _("a row down"), ""),
    ("up", "k up", "row(-1)", _("a row up"), ""),
    ("page-down", "] ctrl+d pagedown", "page(1)", _("a page on"), ""),
    ("page-up", "[ ctrl+u pageup", "page(-1)", _("a page back"), ""),
    ("first", "home", "first", _("first (also g g)"), ""),
    ("last", "G end", "last", _("last"), ""),
)
SHOTS = _keys(
    "shots",
    ("open", "enter", "open", _("look at the frames of the shot"), _("open")),
    ("size", "z", "resize", _("larger pictures, then small ones again"), _("size")),
    ("play", "p space", "play", _("play the shot; any key stops"), _("play")),
    ("filter", "/", "filter", _("list the shots with frames that match a query"), _("filter")),
    ("clear-filter", "F", "clear_filter", _("list every shot"), ""),
    ("facets", "f", "facets", _("narrow the list by the tags it carries"), _("tags")),
    ("views", "V", "views", _("choose a saved query"), ""),
    ("save-view", "w", "save_view", _("save the query under a name"), ""),
    ("jump", "t", "jump_to", _("go to a timecode, a frame or a shot"), _("jump")),
    ("edit", "e +", "edit", _("tag it or what is marked; -tag denies, ~tag is left to the tagger"), _("tag")),
    ("mark", "m", "mark", _("mark the shot for the next edits"), _("mark")),
    ("range", "v", "range", _("begin a range; once more marks it"), ""),
    ("mark-all", "a", "mark_all", _("mark all that is listed"), ""),
    ("unmark", "M", "unmark", _("mark nothing"), ""),
    ("exclude", "E", "exclude", _("leave it or what is marked out of datasets"), ""),
    ("cite", "c", "cite", _("copy the citation of the shot's first frame"), ""),
)
CULL = _keys(
    "cull",
    ("rate", "1 2 3 4 5", "rate({key})", _("rate and go on"), _("rate")),
    ("clear", "0", "clear", _("clear the rating, stay"), ""),
    ("reject", "x", "reject", _("reject and go on; nothing is deleted"), _("reject")),
    ("next", "space l right", "move(1)", _("next picture, undecided"), ""),
    ("previous", "backspace h left", "move(-1)", _("previous picture"), ""),
    ("zoom", "z", "zoom", _("at its own size, 1:1, or whole"), _("zoom")),
    ("compare", "c", "compare", _("flick to the pinned picture and back, or pin this one"), _("compare")),
    ("swap", "tab", "swap", _("flick between the picture and what it is compared with"), ""),
    ("better", "enter", "better", _("of the two, the one that is seen is better"), ""),
    ("pin", "p", "pin", _("pin this picture for comparing"), ""),
    ("film", "o", "film(0)", _("flick to the nearest film frame and back"), _("film")),
    ("film-next", "O", "film(1)", _("the frame after it in likeness"), ""),
    ("beside", "w", "beside", _("show the nearest film frame beside it"), ""),
    ("survey", "s", "survey", _("all pictures of this generation in a grid"), _("survey")),
    ("keep", "X", "keep", _("keep this, reject the rest of its generation"), ""),
    ("blind", "b", "blind", _("compare two LoRA versions or settings blind"), ""),
    ("reason", "r", "reason", _("reject with a reason, by one more key"), _("why")),
    ("edit", "e +", "edit", _("tag it or what is marked; -tag denies, ~tag is left to the tagger"), ""),
    ("mark", "m", "mark", _("mark for the next decision"), ""),
    ("range", "v", "range", _("mark from here to where one moves"), ""),
    ("quick-filter", "f", "quick_filter", _("choose pictures by rating"), _("filter")),
    ("clear-filter", "F", "clear_filter", _("every picture that is not rejected"), ""),
    ("search", "/", "search", _("find a picture in the list by tags"), ""),
    ("match", "n", "match(1)", _("next match, or undecided picture where nothing is searched"), ""),
    ("match-back", "N", "match(-1)", _("match or undecided picture before"), ""),
    ("details", "i", "details", _("show or hide what made the picture"), _("info")),
    ("copy", "y", "copy", _("copy the prompt, the citation or the path"), _("copy")),
    ("advance", "a", "advance", _("go on after a decision, or stay"), ""),
    ("purge", "P", "purge", _("delete the files of all rejected pictures, after their count is typed"), ""),
)
ZOOM = _keys(
    "zoom",
    ("left", "h", "pan('left')", _("move left over the picture"), ""),
    ("down", "j", "pan('down')", _("move down"), ""),
    ("up", "k", "pan('up')", _("move up"), ""),
    ("right", "l", "pan('right')", _("move right"), ""),
)
SURVEY = _keys(
    "survey",
    ("rate", "1 2 3 4 5", "rate({key})", _("rate and go on"), _("rate")),
    ("clear", "0", "clear", _("clear the rating, stay"), ""),
    ("reject", "x", "reject", _("reject and go on; nothing is deleted"), _("reject")),
    ("keep", "X", "keep", _("keep this, reject the rest of its generation"), _("keep")),
    ("reason", "r", "reason", _("reject with a reason, by one more key"), _("why")),
    ("edit", "e +", "edit", _("tag it; -tag denies, ~tag is left to the tagger"), ""),
    ("open", "enter s", "open", _("look at this one alone"), _("open")),
    ("right", "l right space", "step(1)", _("next"), ""),
    ("left", "h left backspace", "step(-1)", _("previous"), ""),
    ("down", "j down", "row(1)", _("a row down"), ""),
    ("up", "k up", "row(-1)", _("a row up"), ""),
    ("page-down", "] ctrl+d pagedown", "page(1)", _("a page on"), ""),
    ("page-up", "[ ctrl+u pageup", "page(-1)", _("a page back"), ""),
    ("first", "home", "first", _("first (also g g)"), ""),
    ("last", "G end", "last", _("last"), ""),
)
BLIND = _keys(
    "blind",
    ("left", "h left", "choose('left')", _("the left one is better"), _("left")),
    ("right", "l right", "choose('right')", _("the right one is better"), _("right")),
    ("swap", "tab", "swap", _("see the other one in the same place, or both beside each other"), _("flick")),
    ("tie", "space", "choose('tie')", _("neither is better"), _("neither")),
    ("better", "enter", "better", _("the one that is seen is better"), ""),
    ("zoom", "z", "zoom", _("both at their own size, 1:1, or whole"), _("zoom")),
    ("pan-left", "H", "pan('left')", _("move left over both"), ""),
    ("pan-down", "J", "pan('down')", _("move down"), ""),
    ("pan-up", "K", "pan('up')", _("move up"), ""),
    ("pan-right", "L", "pan('right')", _("move right"), ""),
    ("next", "j down ]", "move(1)", _("next pair without a choice"), ""),
    ("previous", "k up backspace [", "move(-1)", _("pair before"), ""),
    ("reveal", "i", "reveal", _("say which is which; a choice after that counts apart"), _("reveal")),
    ("leave", "b", "back(False)", _("back to the pictures"), ""),
)
JOBS = _keys(
    "jobs",
    ("cancel", "c", "cancel", _("stop the job for good; what it finished stays"), _("cancel")),
    ("pause", "p", "pause", _("set the job aside"), _("pause")),
    ("resume", "r", "resume", _("go on with the job"), _("go on")),
    ("log", "l", "log", _("the job's log, or the engine's"), _("log")),
    ("start", "S", "start_engine", _("start the engine"), _("start engine")),
)
GO = _keys(
    "go",
    ("home", "h", "choose('home')", _("home"), ""),
    ("frames", "f", "choose('frames')", _("frames"), ""),
    ("shots", "s", "choose('shots')", _("shots"), ""),
    ("cull", "c", "choose('cull')", _("cull"), ""),
    ("runs", "r", "choose('runs')", _("runs"), ""),
    ("jobs", "j", "choose('jobs')", _("jobs"), ""),
    ("first", "g", "choose('first')", _("first row"), ""),
    ("close", "escape q", "choose('')", _("close"), ""),
)
QUICK_FILTER = _keys(
    "quick-filter",
    ("stars", "1 2 3 4 5", "choose('{key}')", _("at least so many stars"), ""),
    ("undecided", "u", "choose('u')", _("undecided"), ""),
    ("rejected", "x", "choose('x')", _("rejected"), ""),
    ("unseen", "n", "choose('n')", _("decided before they were shown"), ""),
    ("every", "0", "choose('0')", _("every picture, rejected ones too"), ""),
    ("batch", "b", "choose('batch')", _("this one's generation"), ""),
    ("query", "/", "choose('query')", _("by a query"), ""),
    ("close", "escape q", "choose('')", _("close"), ""),
)
REASON = _keys(
    "reason",
    ("hands", "b", "choose('bad hands')", _("bad hands"), ""),
    ("model", "m", "choose('off model')", _("off model"), ""),
    ("film", "f", "choose('too close to film')", _("too close to film"), ""),
    ("composition", "c", "choose('composition')", _("composition"), ""),
    ("other", "o", "choose('other')", _("other; `kimikoe setting reject_reasons` has them all"), ""),
    ("close", "escape q", "choose('')", _("close"), ""),
)
COPY = _keys(
    "copy",
    ("prompt", "p", "choose('prompt')", _("prompt"), ""),
    ("citation", "c", "choose('citation')", _("citation of the nearest film frame"), ""),
    ("path", "f", "choose('path')", _("path of its file"), ""),
    ("close", "escape q", "choose('')", _("close"), ""),
)
LINE = _keys(
    "line",
    ("apply", "enter", "apply", _("apply"), _("apply")),
    ("close", "escape", "close", _("close; so does backspace in an empty line"), _("close")),
)
TAG_LINE = _keys(
    "tag-line",
    ("apply", "enter", "apply", _("apply to the scope"), _("apply")),
    ("complete", "tab", "complete", _("take the chosen suggestion"), _("take")),
    ("down", "down", "suggestion(1)", _("next suggestion"), _("next")),
    ("up", "up", "suggestion(-1)", _("previous suggestion"), ""),
    ("close", "escape", "close", _("close; so does backspace in an empty line"), _("close")),
)
QUERY_LINE = _keys(
    "query-line",
    ("apply", "enter", "apply", _("list what matches"), _("list")),
    ("complete", "tab", "complete", _("take the chosen completion"), _("take")),
    ("down", "down", "suggestion(1)", _("next completion"), _("next")),
    ("up", "up", "suggestion(-1)", _("previous completion"), ""),
    ("close", "escape", "close", _("close; so does backspace in an empty line"), _("close")),
)
FACETS = _keys(
    "facets",
    ("down", "j down", "move(1)", _("next tag"), ""),
    ("up", "k up", "move(-1)", _("previous tag"), ""),
    ("with", "enter +", "narrow('')", _("only what carries the tag"), _("with")),
    ("without", "x -", "narrow('-')", _("only what does not carry it"), _("without")),
    ("widen", "u backspace", "widen", _("take the last step back"), _("back")),
    ("close", "escape q f", "close", _("close; the list stays"), _("close")),
)
VIEWS = _keys(
    "views",
    ("down", "j down", "move(1)", _("next"), ""),
    ("up", "k up", "move(-1)", _("previous"), ""),
    ("open", "enter", "open", _("list what it finds"), _("list")),
    ("forget", "x", "forget", _("forget this saved query"), _("forget")),
    ("close", "escape q V", "close", _("close"), _("close")),
)
HELP = _keys(
    "help",
    ("down", "j down", "scroll(1)", _("down"), ""),
    ("up", "k up", "scroll(-1)", _("up"), ""),
    ("close", "escape q ? space enter", "close", _("close"), ""),
)

CONTEXTS: dict[str, tuple[tuple[Key, ...], ...]] = {
    "home": (ALL,),
    "frames": (FRAMES, LIST, ALL),
    "shots": (SHOTS, GRID, ALL),
    "cull": (CULL, LIST, ALL),
    "runs": (LIST, ALL),
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
ROOMS = ("home", "frames", "shots", "cull", "runs", "jobs")
TITLES = {
    "home": _("home"), "frames": _("frames"), "cull": _("cull"), "runs": _("runs"), "jobs": _("jobs"),
    "shots": _("shots"),
    "survey": _("survey"), "blind": _("blind comparison"), "zoom": _("z in cull, then"),
    "reason": _("r in cull, then"), "copy": _("y in cull, then"),
    "go": _("g, then"), "quick-filter": _("f in cull, then"), "line": _("in a line"), "tag-line": _("adding tags"),
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
