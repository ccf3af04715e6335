"""The terminal program: rooms over one studio, which it reads and watches; the engine does the work elsewhere."""

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec
from rich.console import RenderableType
from textual import constants, on, work
from textual._compositor import ChopsUpdate
from textual.actions import ActionParseResult
from textual.app import App, SystemCommand
from textual.await_remove import AwaitRemove
from textual.dom import DOMNode
from textual.driver import Driver
from textual.events import Key
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget

from db import changes, engine_life
from db.changes import Change
from db.connect import connect_studio
from db.errors import UserError
from db.i18n import _
from kimikoe_tui import keys, palette, screens
from kimikoe_tui.engine_control import engine_state, other_version
from kimikoe_tui.graphics.detect import Detection
from kimikoe_tui.graphics.display import Display
from kimikoe_tui.graphics.probe import window_cell
from kimikoe_tui.graphics.replies import KeyFilter
from kimikoe_tui.messages import EngineWanted, messages_for
from kimikoe_tui.pixels import FrameServer, frame_server_command
from kimikoe_tui.quickness import (
    Tidying,
    hand_over_quickly,
    let_lines_go,
    let_work_give_way,
    paint_soon,
    set_program_aside,
)  # fmt: skip
from kimikoe_tui.screens.over_room import OverRoom
from kimikoe_tui.screens.room import Room, reversal
from kimikoe_tui.session import Session
from kimikoe_tui.terminal_driver import TerminalDriver, has_shell
from kimikoe_tui.widgets.failures import WorkFailed
from kimikoe_tui.widgets.few_colours import FewColours
from kimikoe_tui.widgets.images_aside import ImagesAside
from kimikoe_tui.widgets.neutral import NeutralGlyphs
from kimikoe_tui.widgets.real_pixels import PictureLayer

POLL_SECONDS = 0.25
ENGINE_SECONDS = 1.0
QUIET_SECONDS = 0.3
SCREENS_CSS = sorted(Path(__file__).parent.glob("screens/*.tcss"))  # read at the start: one read later restyles all
TRUE_COLOUR_TERMS = ("256color", "kitty", "ghostty", "alacritty", "direct")

THEME = Theme(
    name="kimikoe",
    primary=palette.ACCENT,
    accent=palette.ACCENT,
    warning=palette.ACCENT,
    error=palette.ALARM,
    foreground=palette.TEXT,
    background=palette.BACKGROUND,
    surface=palette.SURFACE,
    panel=palette.RAISED,
    dark=True,
)


class KimikoeApp(App[None]):
    """Watches the studio and tells the open room what changed."""

    CSS_PATH = [Path(__file__).with_name("app.tcss"), *SCREENS_CSS]
    TITLE = "kimikoe"
    DEFAULT_MODE = "home"
    BINDINGS = keys.over_menus()
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]

    class EngineFailed(Message):
        """The engine could not be started."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    def __init__(
        self, root: Path, start_engine: Callable[[], None] | None = None, frame_server: FrameServer | None = None,
        display: Display | None = None, key_filter: KeyFilter | None = None, culling: str = "",
    ) -> None:  # fmt: skip
        self.display_known = display or Display()
        self.key_filter = key_filter or KeyFilter()
        self.picture_layer = PictureLayer()
        self._window_cell = window_cell(0)
        self._tidying = Tidying()
        self._neutral, self._few_colours = NeutralGlyphs(), FewColours()
        self._aside: dict[LineFilter, ImagesAside] = {}
        self.DEFAULT_MODE = "cull" if culling else self.DEFAULT_MODE  # type: ignore[misc]
        super().__init__(driver_class=TerminalDriver)
        self.root = root
        self.session = Session(root, culling)
        self.frame_server = frame_server or FrameServer(frame_server_command(root), root / "logs" / "pixels.log")
        self.engine_runs: bool | None = None
        self._engine_pid: int | None = None
        self._start_engine = start_engine
        self._rooms: list[Room] = []
        self._last_change = changes.newest(self.session.reader())
        self._version = -1
        self._looking = False
        self._is_loaded = False
        self.animation_level = "none"
        self.register_theme(THEME)
        self.theme = THEME.name
        for context in keys.ROOMS:
            self.add_mode(context, partial(self._open_room, context))

    def _load_while_quiet(self) -> None:
        """Load the other rooms before they are opened, once no key came for a moment."""
        quiet = isinstance(self._driver, TerminalDriver) and time.monotonic() - self._driver.heard > QUIET_SECONDS
        if quiet and not self._is_loaded:
            self._is_loaded = True
            self._load_later()

    @work(thread=True, group="loading", exit_on_error=False)
    def _load_later(self) -> None:
        screens.load_later()

    def _open_room(self, context: str) -> Room:
        """A room, made when it is first gone to."""
        room = screens.open_room(context, self.session, self.frame_server, self._start_engine)
        self._rooms.append(room)
        return room

    def on_mount(self) -> None:
        """Start watching, behind the first paint."""
        let_work_give_way()
        self.set_interval(POLL_SECONDS, self.poll)
        self.set_interval(ENGINE_SECONDS, self._watch_engine)
        self.call_after_refresh(self._watch_engine)
        if self._start_engine is not None:
            self.start_engine()

    @property
    def room(self) -> Room | None:
        """The room under any menu that is open; some open over another."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Room)), None)

    def poll(self) -> None:
        """Look, on another thread, what was committed since the last look; one look at a time."""
        self._load_while_quiet()
        if not self._looking:
            self._looking = True
            self._look()

    @work(group="looks", exit_on_error=False)
    async def _look(self) -> None:
        try:
            version, found = await self.session.watch(self._read_changes)
        finally:
            self._looking = False
        if version != self._version:
            self._version = version
            self._tell(found)

    def _read_changes(self, db: sqlite3.Connection) -> tuple[int, list[Change]]:
        version = changes.data_version(db)
        return version, [] if version == self._version else changes.since(db, self._last_change)

    def _tell(self, found: list[Change]) -> None:
        """Tell the open room what changed; the others catch up when they are gone to."""
        self._last_change = found[-1].id if found else self._last_change
        self.session.refresh_index()
        for room in self._rooms:
            room.stale = room.stale or room is not self.room
        if self.room is not None:
            for message in messages_for(found):
                self.room.post_message(message)
            self.room.call_later(self.room.show_work, self.engine_runs)

    def _watch_engine(self) -> None:
        if isinstance(self._driver, TerminalDriver):
            self._tidying.tick(self._driver.heard, time.monotonic())
            if self._driver.gone:
                self._driver.hang_up()
        state, known = engine_state(self.root), self._engine_pid
        self._engine_pid, self.engine_runs = state.pid, state.running
        if self.room is not None:
            self.room.call_later(self.room.show_work, self.engine_runs)
            if state.running and state.pid != known:
                self._compare_versions(self.room)

    def _compare_versions(self, room: Room) -> None:
        """Say, of an engine seen for the first time, that it is of another version."""
        if words := other_version(engine_life.living(self.session.reader(), self._engine_pid)):
            room.call_later(room.complain, words)

    @work(thread=True, exclusive=True, group="engine", exit_on_error=False)
    def start_engine(self) -> None:
        """Start the engine, unless one runs."""
        assert self._start_engine is not None
        try:
            self._start_engine()
        except UserError as error:
            self.post_message(self.EngineFailed(str(error)))

    def on_kimikoe_app_engine_failed(self, message: EngineFailed) -> None:
        """Say why there is no engine."""
        if self.room is not None:
            self.room.call_later(self.room.complain, message.reason)

    @on(EngineWanted)
    def _have_engine(self) -> None:
        """Start the engine because a person asked for it, or for work, where it can be started from here."""
        if self._start_engine is not None:
            self.start_engine()

    def on_work_failed(self, message: WorkFailed) -> None:
        """Say in the room that work in a window over it failed."""
        if self.room is not None:
            self.room.on_work_failed(message)

    async def on_key(self, event: Key) -> None:
        """Keys typed faster than a menu or a line opens are for that one all the same."""
        if isinstance(self.screen, OverRoom) and await self.screen.hear(event):
            event.prevent_default()

    async def run_action(
        self, action: "str | ActionParseResult", default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:  # fmt: skip
        """Run a key's action; what a person can put right, such as a full disk, is said and ends nothing."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except (UserError, sqlite3.OperationalError) as error:
            if self.room is not None:
                self.room.complain(_("Not done: {error}").format(error=error))
            return True

    def action_suspend_process(self) -> None:
        """Stop as a shell's job, which `fg` continues."""
        if not isinstance(self._driver, TerminalDriver):
            return
        if has_shell():
            self._driver.stop_job()
        elif self.room is not None:
            self.room.complain(_("There is no shell above this program to bring it back."))

    def on_resize(self) -> None:
        """Notice a font of another size, which makes other cells of the same window."""
        cell, before = window_cell(0), self._window_cell
        self._window_cell = cell
        if cell is not None and cell not in (before, self.display_known.cell):
            self.display_known = msgspec.structs.replace(self.display_known, cell=cell, cell_known=True)
            self.picture_layer.draw_anew(self.display_known)

    @on(Driver.SignalResume)
    def _paint_again(self) -> None:
        self.picture_layer.forget()
        self.refresh(layout=True)

    def _prune(self, *nodes: Widget, parent: DOMNode | None = None) -> AwaitRemove:
        """A screen that is gone leaves others as they were; Textual has the one below it laid out anew, twice."""
        return super()._prune(*nodes, parent=None if parent is self else parent)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Note which cells are written, for they erase what was painted there; Textual has no public place for it."""
        if renderable is not None:
            self.picture_layer.write_over(renderable.spans if isinstance(renderable, ChopsUpdate) else None)
        super()._display(screen, renderable)

    def _end_update(self) -> None:
        """Have pictures follow what was painted, before the terminal shows it; Textual has no public place for it."""
        self.picture_layer.settle()
        super()._end_update()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and ours for terminals that draw some characters over two cells, or have 16 colours."""
        return [self._aside.setdefault(each, ImagesAside(each)) for each in self._wanted_filters()]

    def _wanted_filters(self) -> Iterator[LineFilter]:
        yield from super().get_line_filters()
        if self.display_known.ambiguous == 2:
            yield self._neutral
        if self.console.color_system == "standard":
            yield self._few_colours

    async def on_room_reversed(self, message: Room.Reversed) -> None:
        """Go where an act was that has been undone, and say so there."""
        undone = message.undone
        kind, colon, place = undone.target.partition(":")
        if kind in ("image", "trial") or (not colon and "#" in undone.target):
            await self.switch_mode("cull" if colon else "frames")
            if self.room is not None:
                self.room.arrive(place or undone.target, reversal(undone))
        elif self.room is not None:
            self.room.say(reversal(undone))

    def action_command_palette(self) -> None:
        """Open ours, over a room or a line, once."""
        from kimikoe_tui.screens.command_line import CommandLine

        if not isinstance(self.screen, CommandLine):
            self.push_screen(CommandLine())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The room's keys by their descriptions, in the command palette."""
        room = self.room
        if room is None:
            return
        for key in keys.in_context(room.context):
            if "{key}" not in key.action and key.name != "palette":
                yield SystemCommand(key.description, key.display, partial(room.run_action, key.action))
        for context in keys.ROOMS:
            title = _("go to {room}").format(room=keys.TITLES[context])
            yield SystemCommand(title, "", partial(self.switch_mode, context))

    async def on_unmount(self) -> None:
        """Leave nothing behind but what is in the studio."""
        self.frame_server.close()
        self.session.close()


def prefer_true_colour() -> None:
    """Use true colour where `COLORTERM` did not come over ssh; `TEXTUAL_COLOR_SYSTEM` still decides."""
    term = os.environ.get("TERM", "")
    if constants.COLOR_SYSTEM == "auto" and any(name in term for name in TRUE_COLOUR_TERMS):
        constants.COLOR_SYSTEM = "truecolor"  # type: ignore[misc]


def follow_terminal_size() -> None:
    """Forget the size that a shell has exported, as `resize` makes one do: Textual would keep to it for good."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)


def run_studio(
    root: Path, start_engine: Callable[[], None] | None = None, detection: Detection | None = None, culling: str = ""
) -> None:
    """Open the terminal program on a studio, or on a culling in it; `start_engine` is called behind the first paint.

    Raises `UserError`.
    """
    connect_studio(root).close()
    display, key_filter = detection.finish() if detection else (None, None)
    prefer_true_colour()
    follow_terminal_size()
    hand_over_quickly()
    paint_soon()
    let_lines_go()
    set_program_aside()
    app = KimikoeApp(root, start_engine, display=display, key_filter=key_filter, culling=culling)
    app.run(mouse=False)
    if detection and isinstance(app._driver, TerminalDriver):
        detection.learn(app._driver.line.rate)
    if engine_state(root).running:
        sys.stdout.write(_("The engine goes on working; `kimikoe engine status` shows it.") + "\n")
    if app.return_code:
        sys.exit(app.return_code)
