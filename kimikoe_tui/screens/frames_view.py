"""What the frames room shows: the list, the picture of the frame under the cursor, and its tags."""

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from db import films
from db.films import Film, Scope, pack, unpack
from db.i18n import _, plural
from kimikoe_tui.messages import FramesChanged, PolicyChanged
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.frame_reading import FrameReading, Listed, Looked, read_frame
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.frame_list import Columns, FrameList
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.picture import Picture
from kimikoe_tui.widgets.sources import FilmFrame, FilmFrames
from kimikoe_tui.widgets.tag_list import TagList
from kimikoe_tui.widgets.virtual_list import VirtualList

REST_SECONDS = 0.03
GROWTH_SECONDS = 2.0
EVERY_ID = 1 << 62
PANES = ("list", "picture", "tags")


class FramesView(FrameReading):
    """The frames room without its keys."""

    def __init__(self, session: Session, server: FrameServer) -> None:
        super().__init__(session)
        self._server = server
        self.scope: Scope = "shot"
        self.pane = "list"
        self.expression = ""
        self.films: dict[int, Film] = {}
        self.here: Looked | None = None

    def parts(self) -> ComposeResult:
        """The list on the left; picture over tags on the right."""
        with Horizontal(id="panes"):
            with Pane(id="list-pane"):
                yield Columns()
                yield Static(_("No film is in yet: `kimikoe ingest FILE` takes one in."), id="empty", markup=False)
                yield FrameList(self.session.reader)
            with Vertical(id="look-pane"):
                with Pane(id="picture-pane"):
                    yield Picture(FilmFrames(self._server))
                with Pane(id="tags-pane"):
                    yield TagList()

    def on_mount(self) -> None:
        """List every frame."""
        self._rest = self.set_interval(REST_SECONDS, self.look, pause=True)
        self._growth = self.set_interval(GROWTH_SECONDS, self._list_if_grown, pause=True)
        self.show_pane()
        self.list_frames("", None)

    @property
    def lines(self) -> FrameList:
        """The list of frames."""
        return self.query_one(FrameList)

    @property
    def tag_list(self) -> TagList:
        """The tags of the frame under the cursor."""
        return self.query_one(TagList)

    @property
    def picture(self) -> Picture:
        """The picture of the frame under the cursor."""
        return self.query_one(Picture)

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self.films, self.expression = message.films, message.expression
        at = message.at if message.at is not None else self.lines.frame_id
        self.lines.show(message.ids, message.films, at)
        self.query_one("#empty").display = not message.ids
        self._title_list()
        self.look()

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        if message.frame_id != self.lines.frame_id:
            return
        self.here = message
        film_id = message.frame.film_id
        self.lines.reach(pack(film_id, message.reach[0]), pack(film_id, message.reach[1]))
        self.tag_list.show(message.tags, message.denied)
        self._title_frame(message)

    @on(VirtualList.Moved)
    def _moved(self, message: VirtualList.Moved) -> None:
        if message.lines is self.lines:
            self._rest.reset()
            self._rest.resume()

    @on(FramesChanged)
    def _frames_changed(self, message: FramesChanged) -> None:
        if message.film_id is None or message.first is None or message.last is None:
            self.lines.mark_stale(0, EVERY_ID)
        else:
            self.lines.mark_stale(pack(message.film_id, message.first), pack(message.film_id, message.last))
        self.look_again()
        self._growth.resume()

    @on(PolicyChanged)
    def _policy_changed(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Read again what may have changed; the cursor stays on its frame."""
        self.lines.mark_stale(0, EVERY_ID)
        self.look_again()
        self._list_if_grown()

    def _list_if_grown(self) -> None:
        """List again where frames or films have arrived; a filter's list stays as it was asked for."""
        self._growth.pause()
        known = {film.id: film for film in films.films(self.session.reader())}
        if known != self.films and not self.expression:
            self.list_frames("", self.lines.frame_id)

    def look(self) -> None:
        """Show the frame under the cursor, once the cursor rests."""
        self._rest.pause()
        index = self.lines.cursor
        around = [self._picture_key(each) for each in (index, index + 1, index + 2, index + 3, index - 1)]
        self.picture.show(around[0], [key for key in around[1:] if key])
        self.look_again()

    def catch_up(self) -> None:
        """Know the frame under the cursor now, where a key came before the cursor had rested on it."""
        frame_id = self.lines.frame_id
        if frame_id is not None and (self.here is None or frame_id != self.here.frame_id):
            self._looked(read_frame(self.session.reader(), *unpack(frame_id), self.scope))

    def look_again(self) -> None:
        """Read again what is known of the frame under the cursor."""
        if (frame_id := self.lines.frame_id) is not None:
            self.look_up(*unpack(frame_id), self.scope)

    def _picture_key(self, index: int) -> FilmFrame | None:
        if not 0 <= index < self.lines.count:
            return None
        film_id, number = unpack(self.lines.ids[index])
        film = self.films[film_id]
        return FilmFrame(film_id, number, film.width, film.height)

    def _title_list(self) -> None:
        count = len(self.lines.ids)
        total = sum(film.frames_in for film in self.films.values())
        words = plural("{count} frame", "{count} frames", count).format(count=thousands(count))
        title = Text(words if not self.expression else f"{words} / {thousands(total)}")
        self.query_one("#list-pane", Pane).head(title, Text(plain(self.expression), ACCENT))

    def _title_frame(self, here: Looked) -> None:
        film = self.films[here.frame.film_id]
        name = Text(plain(film.name) if len(self.films) > 1 else "")
        self.query_one("#picture-pane", Pane).head(Text(film.citation(here.frame.number), TEXT), name)
        count = here.reach[1] - here.reach[0] + 1
        frames = plural("{count} frame", "{count} frames", count).format(count=thousands(count))
        title = Text.assemble(
            (_("tags over "), MUTED), (here.scope_name, f"bold {ACCENT}"), (f" · {frames}", MUTED)
        )  # fmt: skip
        self.query_one("#tags-pane", Pane).head(title)

    def show_pane(self) -> None:
        """Show the panes that `pane` names."""
        for pane in PANES:
            self.set_class(self.pane == pane, f"-pane-{pane}")
