"""The rooms, one a screen, and the small ones that open over them."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from db.query_tree import parse

if TYPE_CHECKING:
    from kimikoe_tui.pixels import FrameServer
    from kimikoe_tui.screens.room import Room
    from kimikoe_tui.session import Session

LATER = (
    "menu", "frames", "query_line", "tag_line", "cull", "shots", "facets", "views", "help", "command_line", "jobs",
    "runs", "survey", "blind",
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
    if context == "home":
        from kimikoe_tui.screens.home import HomeRoom

        return HomeRoom(session)
    if context == "frames":
        from kimikoe_tui.screens.frames import FramesRoom

        return FramesRoom(session, server)
    if context == "shots":
        from kimikoe_tui.screens.shots import ShotsRoom

        return ShotsRoom(session, server)
    if context == "cull":
        from kimikoe_tui.screens.cull import CullRoom

        return CullRoom(session, server)
    if context == "runs":
        from kimikoe_tui.screens.runs import RunsRoom

        return RunsRoom(session)
    from kimikoe_tui.screens.jobs import JobsRoom

    return JobsRoom(session, start_engine)
