"""What the frames room shows: the list, the picture of the frame under the cursor, its tags, and the holds around."""

import asyncio

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from db.drawings import Beginnings
from db.films import Film, Scope, pack, unpack
from db.i18n import _, plural
from kimikoe_tui.messages import FramesChanged, PolicyChanged
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.frame_reading import FrameReading, Grown, Listed, Looked, read_frame
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.filmstrip import Filmstrip
from kimikoe_tui.widgets.frame_list import EVERY_ID, Columns, FrameList
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.picture import Picture
from kimikoe_tui.widgets.sources import FilmFrame, FilmFrames
from kimikoe_tui.widgets.tag_list import TagList
from kimikoe_tui.widgets.virtual_list import VirtualList

REST_SECONDS = 0.03
GROWTH_SECONDS = 2.0
PANES = ("list", "picture", "tags", "strip")


class FramesView(FrameReading):
    """The frames room without its keys."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall"), (32, "-high")]

    def __init__(self, session: Session, server: FrameServer) -> None:
        super().__init__(session)
        self._server = server
        self.pane = "list"
        self.expression = ""
        self.films: dict[int, Film] = {}
        self.beginnings: Beginnings | None = None
        self.here: Looked | None = None

    def parts(self) -> ComposeResult:
        """The list on the left; picture over tags on the right; the holds around below."""
        with Horizontal(id="panes"):
            with Pane(id="list-pane"):
                yield Columns()
                yield Static(id="empty", markup=False)
                yield FrameList(self.session.reader, self.session.marks)
            with Vertical(id="look-pane"):
                with Pane(id="picture-pane"):
                    yield Picture(FilmFrames(self._server), id="picture")
                with Pane(id="tags-pane"):
                    yield TagList()
        with Pane(id="strip-pane", title=_("holds around")):
            yield Filmstrip(self._server)

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
        return self.query_one("#picture", Picture)

    @property
    def strip(self) -> Filmstrip:
        """The holds around."""
        return self.query_one(Filmstrip)

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self.films, self.expression, self.beginnings = message.films, message.expression, message.beginnings
        at = message.at if message.at is not None else self.lines.frame_id
        self.lines.show(message.ids, message.films, at, message.pages)
        self.title_list()
        self._show_picture()
        self._show_emptiness()
        if message.changes != self.changes:
            self.forget(0, EVERY_ID)
            return
        if message.here is not None:
            self._looked(message.here)
        if (frame_id := self.lines.frame_id) is not None and not self.is_known(frame_id):
            self.look_again()

    def _show_emptiness(self) -> None:
        """Say why there is no frame, and leave nothing of one that was there before."""
        empty = self.query_one("#empty", Static)
        empty.display = not self.lines.ids
        if self.lines.ids:
            return
        nothing_in = _("No film is in yet: `kimikoe ingest FILE` takes one in.")
        empty.update(_("No frame matches.") if self.expression else nothing_in)
        self.here = None
        self.tag_list.clear()
        self.strip.show(None, [], 0)
        for name in ("picture", "tags"):
            self.query_one(f"#{name}-pane", Pane).head(Text())

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        if message.frame_id != self.lines.frame_id or message.scope != self.scope:
            return
        self.here = message
        film_id = message.frame.film_id
        self.lines.reach(pack(film_id, message.reach[0]), pack(film_id, message.reach[1]))
        self.tag_list.show(message.tags, message.denied)
        self.strip.show(self.films[film_id], message.around, message.frame.number)
        self._title_frame(message)

    @on(VirtualList.Moved)
    def _moved(self, message: VirtualList.Moved) -> None:
        if message.lines is self.lines:
            self._rest.reset()
            self._rest.resume()

    @on(FramesChanged)
    def _frames_changed(self, message: FramesChanged) -> None:
        if message.film_id is None or message.first is None or message.last is None:
            self.forget(0, EVERY_ID)
        else:
            self.forget(pack(message.film_id, message.first), pack(message.film_id, message.last))
        self._growth.resume()

    @on(PolicyChanged)
    def _policy_changed(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Read again what may have changed; the cursor stays on its frame."""
        self.forget(0, EVERY_ID)
        self._list_if_grown()

    def forget(self, first_id: int, last_id: int) -> None:
        """Read again what is known of these frames, for it has changed."""
        self.changes += 1
        self.lines.mark_stale(first_id, last_id)
        self.look_again()

    def _list_if_grown(self) -> None:
        self._growth.pause()
        self.look_for_growth()

    @on(Grown)
    def _grown(self, message: Grown) -> None:
        """List again where frames or films have arrived; a filter's list stays as it was asked for."""
        self.beginnings = message.beginnings
        if message.films != self.films and not self.expression:
            self.list_frames("", None, near=self.lines.frame_id)

    def look(self) -> None:
        """Show the frame under the cursor, once the cursor rests."""
        self._show_picture()
        self.look_again()
        self.lines.read_ahead()

    def _show_picture(self) -> None:
        """Show the picture of the frame under the cursor, and have those around it drawn."""
        self._rest.pause()
        index = self.lines.cursor
        around = [self._picture_key(each) for each in (index, index + 1, index + 2, index + 3, index - 1)]
        self.picture.show(around[0], [key for key in around[1:] if key])

    async def known(self, frame_id: int, scope: Scope) -> Looked:
        """All that is known of a frame, also where a key came before the cursor had rested on it."""
        if self.here is not None and (self.here.frame_id, self.here.scope) == (frame_id, scope):
            return self.here
        looked = await asyncio.to_thread(lambda: read_frame(self.session.reader(), *unpack(frame_id), scope))
        self._looked(looked)
        return looked

    def is_known(self, frame_id: int) -> bool:
        """Whether all is known of a frame, for the scope there is."""
        return self.here is not None and (self.here.frame_id, self.here.scope) == (frame_id, self.scope)

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

    def title_list(self) -> None:
        """`13 frames / 170,000`, below it the filter and how many frames are marked."""
        count = len(self.lines.ids)
        total = sum(film.frames_in for film in self.films.values())
        words = plural("{count} frame", "{count} frames", count).format(count=thousands(count))
        title = Text(words if not self.expression else f"{words} / {thousands(total)}")
        foot = [part for part in (self.session.marks.words, plain(self.expression)) if part]
        self.query_one("#list-pane", Pane).head(title, Text(" · ".join(foot), ACCENT))

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
