"""The keys of menus, lines and panes that open over a room."""

from db.i18n import _
from kimikoe_tui.keys.key import key_table

GO = key_table(
    "go",
    ("home", "h", "choose('home')", _("home"), ""),
    ("frames", "f", "choose('frames')", _("frames"), ""),
    ("shots", "s", "choose('shots')", _("shots"), ""),
    ("tags", "t", "choose('tags')", _("tags"), ""),
    ("datasets", "d", "choose('datasets')", _("datasets"), ""),
    ("runs", "r", "choose('runs')", _("runs"), ""),
    ("new", "n", "choose('new')", _("new pictures"), ""),
    ("cull", "c", "choose('cull')", _("cull"), ""),
    ("matches", "m", "choose('matches')", _("matches"), ""),
    ("jobs", "j", "choose('jobs')", _("jobs"), ""),
    ("first", "g", "choose('first')", _("first row"), ""),
    ("close", "escape q", "choose('')", _("close"), ""),
)
QUICK_FILTER = key_table(
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
REASON = key_table(
    "reason",
    ("hands", "b", "choose('bad hands')", _("bad hands"), ""),
    ("model", "m", "choose('off model')", _("off model"), ""),
    ("film", "f", "choose('too close to film')", _("too close to film"), ""),
    ("composition", "c", "choose('composition')", _("composition"), ""),
    ("other", "o", "choose('other')", _("other; `kimikoe setting reject_reasons` has them all"), ""),
    ("close", "escape q", "choose('')", _("close"), ""),
)
COPY = key_table(
    "copy",
    ("prompt", "p", "choose('prompt')", _("prompt"), ""),
    ("citation", "c", "choose('citation')", _("citation of the nearest film frame"), ""),
    ("path", "f", "choose('path')", _("path of its file"), ""),
    ("close", "escape q", "choose('')", _("close"), ""),
)
LINE = key_table(
    "line",
    ("apply", "enter", "apply", _("apply"), _("apply")),
    ("close", "escape", "close", _("close; so does backspace in an empty line"), _("close")),
)
TAG_LINE = key_table(
    "tag-line",
    ("apply", "enter", "apply", _("apply"), _("apply")),
    ("complete", "tab", "complete", _("take the chosen suggestion"), _("take")),
    ("down", "down", "suggestion(1)", _("next suggestion"), _("next")),
    ("up", "up", "suggestion(-1)", _("previous suggestion"), ""),
    ("close", "escape", "close", _("close; so does backspace in an empty line"), _("close")),
)
QUERY_LINE = key_table(
    "query-line",
    ("apply", "enter", "apply", _("list what matches"), _("list")),
    ("complete", "tab", "complete", _("take the chosen completion"), _("take")),
    ("down", "down", "suggestion(1)", _("next completion"), _("next")),
    ("up", "up", "suggestion(-1)", _("previous completion"), ""),
    ("close", "escape", "close", _("close; so does backspace in an empty line"), _("close")),
)
FACETS = key_table(
    "facets",
    ("down", "j down", "move(1)", _("next tag"), ""),
    ("up", "k up", "move(-1)", _("previous tag"), ""),
    ("with", "enter +", "narrow('')", _("only what carries the tag"), _("with")),
    ("without", "x -", "narrow('-')", _("only what does not carry it"), _("without")),
    ("widen", "u backspace", "widen", _("take the last step back"), _("back")),
    ("close", "escape q f", "close", _("close; the list stays"), _("close")),
)
VIEWS = key_table(
    "views",
    ("down", "j down", "move(1)", _("next"), ""),
    ("up", "k up", "move(-1)", _("previous"), ""),
    ("open", "enter", "open", _("list what it finds"), _("list")),
    ("forget", "x", "forget", _("forget this saved query"), _("forget")),
    ("close", "escape q V", "close", _("close"), _("close")),
)
HELP = key_table(
    "help",
    ("down", "j down", "scroll(1)", _("down"), ""),
    ("up", "k up", "scroll(-1)", _("up"), ""),
    ("close", "escape q ? space enter", "close", _("close"), ""),
)
