"""The keys of rooms in which one looks, chooses and asks; and those of every room."""

from db.i18n import _
from kimikoe_tui.keys.key import key_table

ALL = key_table(
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
LIST = key_table(
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
FRAMES = key_table(
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
GRID = key_table(
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
SHOTS = key_table(
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
TAGS = key_table(
    "tags",
    ("doubtful", "d", "open_doubtful", _("list the frames where the tagger is least sure of it"), _("doubt")),
    ("pictures", "c", "open_pictures", _("judge the pictures that carry it"), _("cull")),
    ("filter", "/", "filter", _("find tags by a part of their names"), _("find")),
    ("frames", "enter", "open_frames", _("list the frames that carry the tag"), _("list")),
    ("decided", "v", "open_decided", _("list the frames where people have decided over it"), ""),
    ("clear-filter", "F", "clear_filter", _("list every tag"), ""),
    ("order", "s", "order", _("order by frames, by decisions, by flicker or by name"), _("order")),
)
DATASETS = key_table(
    "datasets",
    ("open", "enter", "open_items", _("look at its frames and captions"), _("open")),
    ("new", "n", "new", _("freeze a new one"), _("new")),
    ("train", "t", "train", _("train a LoRA on it"), _("train")),
    ("frames", "f", "open_frames", _("list the frames that its query finds now"), _("frames")),
)
DATASET = key_table(
    "dataset",
    ("frame", "enter", "open_frame", _("go to the frame"), _("go")),
    ("filter", "/", "filter", _("find captions by a part of them"), _("find")),
    ("copy", "y", "copy", _("copy the caption"), _("copy")),
    ("held-out", "v", "held_out", _("only what is held out of training, or every one"), _("held out")),
    ("clear-filter", "F", "clear_filter", _("list every caption"), ""),
)
FORM = key_table(
    "form",
    ("edit", "e enter", "edit", _("write the value; on the last line, do it"), _("edit")),
    ("default", "backspace", "default", _("put the usual value back"), ""),
)
NEW = key_table(
    "new",
    ("draw", "d", "carry_out", _("draw these pictures"), _("draw")),
    ("earlier", "p", "request(1)", _("the settings of the request before"), _("earlier")),
    ("later", "n", "request(-1)", _("the settings of the request after it"), ""),
)
JOBS = key_table(
    "jobs",
    ("cancel", "c", "cancel", _("stop the job for good; what it finished stays"), _("cancel")),
    ("pause", "p", "pause", _("set the job aside"), _("pause")),
    ("resume", "r", "resume", _("go on with the job"), _("go on")),
    ("log", "l", "log", _("the job's log, or the engine's"), _("log")),
    ("start", "S", "start_engine", _("start the engine"), _("start engine")),
)
