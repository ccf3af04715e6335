"""The rooms, one a screen, and the small ones that open over them."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from db.query_tree import parse

if TYPE_CHECKING:
    from kimikoe_tui.pixels import FrameServer
    from kimikoe_tui.screens.room import Room
    from kimikoe_tui.session import Session

ROOMS = {
    "home": "HomeRoom", "frames": "FramesRoom", "shots": "ShotsRoom", "tags": "TagsRoom", "datasets": "DatasetsRoom",
    "runs": "RunsRoom", "new": "NewRoom", "cull": "CullRoom", "matches": "MatchesRoom", "jobs": "JobsRoom",
}  # fmt: skip
"""The class of each room, in the module of the room's name."""
WITH_PICTURES = ("frames", "shots", "tags", "datasets", "cull", "matches")
LATER = (
    "menu", "frames", "query_line", "tag_line", "cull", "shots", "facets", "views", "help", "command_line", "jobs",
    "runs", "survey", "blind", "tags", "datasets", "dataset", "matches", "new", "prompt_line", "new_dataset", "train",
)  # fmt: skip


def load_later() -> None:
    """Load what is opened later, so that no key waits for it; and the grammar of queries."""
    for name in LATER:
        import_module(f"kimikoe_tui.screens.{name}")
    parse("1girl")


def open_room(
    context: str, session: "Session", server: "FrameServer", start_engine: Callable[[], None] | None
) -> "Room":
    """The room of this name, its module loaded now."""
    name = ROOMS[context]
    room: type[Any] = getattr(import_module(f"kimikoe_tui.screens.{context}"), name)
    if context == "jobs":
        made = room(session, start_engine)
    else:
        made = room(session, server) if context in WITH_PICTURES else room(session)
    return cast("Room", made)
