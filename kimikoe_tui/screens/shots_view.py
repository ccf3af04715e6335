"""What the shots room shows: a line of what is listed, and the grid."""

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from db import shots
from db.films import Film
from db.i18n import _, plural
from db.shots import Shot
from kimikoe_tui.messages import FramesChanged
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.shots_reading import ShotsListed, ShotsReading
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.picture_grid import PictureGrid
from kimikoe_tui.widgets.shot_grid import ShotGrid

GROWTH_SECONDS = 2.0


class ShotsView(ShotsReading):
    """The shots room without its keys."""

    def __init__(self, session: Session, server: FrameServer) -> None:
        super().__init__(session)
        self._server = server
        self.expression = ""
        self.films: dict[int, Film] = {}
        self.total = 0

    def parts(self) -> ComposeResult:
        """What is listed, over the grid."""
        yield Static(id="head", markup=False)
        yield Static(_("No shot is in yet: `kimikoe ingest FILE` takes a film in."), id="empty", markup=False)
        yield ShotGrid(self._server, self._is_marked)

    def on_mount(self) -> None:
        """List every shot."""
        self._growth = self.set_interval(GROWTH_SECONDS, self._list_again, pause=True)
        self.list_shots("", None)

    @property
    def grid(self) -> ShotGrid:
        """The shots."""
        return self.query_one(ShotGrid)

    def _is_marked(self, shot: Shot) -> bool:
        return self.session.marks.holds(range(shot.first_id, shot.last_id + 1))

    @on(ShotsListed)
    def _listed(self, message: ShotsListed) -> None:
        here = self.grid.shot
        at = message.at if message.at is not None else here.first_id if here else None
        self.films, self.expression, self.total = message.films, message.expression, message.total
        cursor = shots.index_at(message.shots, at) if at is not None else 0
        self.grid.show(message.shots, message.films, cursor)
        self.query_one("#empty").display = not message.total
        self.title_grid()

    @on(PictureGrid.Moved)
    def _moved(self) -> None:
        self.title_grid()

    @on(FramesChanged)
    def _frames_changed(self) -> None:
        self._growth.resume()

    def reload(self) -> None:
        """Read the shots again; the cursor stays on its shot."""
        self._list_again()

    def _list_again(self) -> None:
        """Shots come and holds change while a film is taken in; a filter's list stays as it was asked for."""
        self._growth.pause()
        if not self.expression:
            self.list_shots("", None)

    def title_grid(self) -> None:
        """`1,480 shots · 13 of 1,480 · nagisa · ● 412 frames marked`."""
        count = len(self.grid.shots)
        words = plural("{count} shot", "{count} shots", count).format(count=thousands(count))
        if self.expression:
            words = f"{words} / {thousands(self.total)}"
        line = Text(words, TEXT)
        shot = self.grid.shot
        if shot is not None:
            place = _("frames {first}–{last}").format(first=shot.first, last=shot.last)
            name = f"{plain(self.films[shot.film_id].name)} " if len(self.films) > 1 else ""
            line.append(f" · {name}{place}", MUTED)
        for part in (plain(self.expression), self.session.marks.words):
            line.append(f" · {part}" if part else "", ACCENT)
        self.query_one("#head", Static).update(line, layout=False)
