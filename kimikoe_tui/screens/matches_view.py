"""What the matches room shows: the list, a picture and a frame of the film beside it, and what the scores are worth."""

from collections.abc import Sequence
from itertools import chain, product

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from db.films import pack
from db.i18n import _
from db.likeness import Likeness
from db.pictures import Match
from kimikoe_tui.messages import ImagesChanged, MatchesChanged, RatingsChanged
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.cull_reading import NOT_REJECTED, filter_name
from kimikoe_tui.screens.cull_view import AHEAD
from kimikoe_tui.screens.matches_reading import Decided, Listed, Looked, MatchesReading
from kimikoe_tui.screens.room import ListRoom
from kimikoe_tui.screens.side_by_side import Side, SideBySide
from kimikoe_tui.session import Session
from kimikoe_tui.text import percent, thousands
from kimikoe_tui.widgets.decisions import decision_text
from kimikoe_tui.widgets.facts import citation
from kimikoe_tui.widgets.match_list import MatchList
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.sources import FilmFrame
from kimikoe_tui.widgets.virtual_list import VirtualList

CORNERS, MARGINS = 4, 2


class MatchesView(SideBySide, MatchesReading, ListRoom):
    """The matches room without its keys.

    The list stands as it was made: a decision takes no picture away and moves none, and what is compared later comes in
    at the place of its score.
    """

    def __init__(self, session: Session, server: FrameServer) -> None:
        super().__init__(session, server)
        self.expression = NOT_REJECTED
        self.uncompared = 0
        self.known: Looked | None = None
        """The frames that the picture under the cursor resembles, once they have been read."""
        self.place = 0
        """Which of them is seen; counted on past the last one, which the first one follows."""
        self._at: int | None = None
        """The picture that is seen, which the cursor may have left a moment ago."""

    def parts(self) -> ComposeResult:
        """The list, the two pictures, and one line about the scores; or what to do where there is nothing."""
        yield Static(id="empty", markup=False)
        with Container(id="room"):
            with Pane(id="list-pane"):
                yield MatchList()
            yield from self.pair_panes()
        yield Static(id="foot", markup=False)

    def on_mount(self) -> None:
        """Read the list."""
        self.gather(self.expression, None)

    @property
    def lines(self) -> MatchList:
        """The list of pictures."""
        return self.query_one(MatchList)

    @property
    def here(self) -> Likeness | None:
        """The picture under the cursor."""
        return self.lines.picture

    @property
    def match(self) -> Match | None:
        """The frame of the film that the picture is compared with; None until it has been read."""
        here = self.here
        if here is None or not self.place or here.image_id != self._at:
            return here.best if here else None
        known = self.known.matches if self.known else []
        return known[self.place % len(known)] if known else None

    @property
    def largest(self) -> tuple[int, int] | None:
        """The size over which one moves: what is smaller stays where it ends."""
        if (here := self.here) is None:
            return None
        film = self.lines.films[(self.match or here.best).film_id]
        return max(here.width, film.width), max(here.height, film.height)

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        if message.is_anew and not message.found.pictures and self.lines.pictures:
            self.complain(_("No picture is {filter}.").format(filter=filter_name(message.expression)))
        elif message.is_anew or message.expression == self.expression:
            self.take(message)

    def take(self, listed: Listed) -> None:
        """Have this list in hand, at the picture it names, or at the one where the cursor is."""
        self.expression, self.uncompared = listed.expression, listed.found.uncompared
        ids = [each.image_id for each in listed.found.pictures]
        wanted = listed.at if listed.is_anew else self.here and self.here.image_id
        cursor = ids.index(wanted) if wanted in ids else 0 if listed.is_anew else self.lines.cursor
        self.lines.show(listed.found.pictures, listed.films, cursor)
        self.lines.show_decisions(listed.decisions)
        self.set_class(not ids, "-empty")
        self.query_one("#empty", Static).update("" if ids else self._empty_words(), layout=not ids)
        self.come(again=True)

    @on(VirtualList.Moved)
    def _moved(self) -> None:
        self.come()

    def come(self, again: bool = False) -> None:
        """Look at the picture under the cursor; at another one than before, the picture first and its best frame."""
        at = self.here.image_id if self.here else None
        if at == self._at and not again:
            return
        if at != self._at:
            self._at, self.place, self.known = at, 0, None
            self.seen.clear()
            self.alone = self.alone and "left"
        if at is not None:
            self.look_up(at)
        self.look()

    @on(Looked)
    def _looked_up(self, message: Looked) -> None:
        if message.image_id == self._at and message != self.known:
            self.known = message
            self.lines.films = message.films
            self.look()

    @on(Decided)
    def _decided(self, message: Decided) -> None:
        self.lines.show_decisions(message.decisions)
        self.look()

    @on(ImagesChanged)
    @on(MatchesChanged)
    @on(RatingsChanged)
    def _changed(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Take in what arrived; the cursor stays on its picture."""
        self.look_for_arrivals(self.expression, [each.image_id for each in self.lines.pictures])

    def look(self) -> None:
        """Show the picture, the frame and what is to be known of them, once it is known which."""
        if self.here is None and not self.has_class("-empty"):
            return
        super().look()
        self.query_one("#foot", Static).update(self._foot(), layout=False)
        place = _("{number} of {count}").format(number=self.lines.cursor + 1, count=thousands(self.lines.count))
        chosen = filter_name(self.expression) if self.expression != NOT_REJECTED else ""
        self.query_one("#list-pane", Pane).head(Text(place if self.here else "", TEXT), Text(chosen, ACCENT))

    def show_side(self, place: Side, side: Side) -> None:
        """Show the picture or the frame in a pane, and draw ahead what keys will ask for next."""
        here, what, pane = self.here, self._what(side), self.pane_at(place)
        if here is None or what is None:
            self.picture_at(place).show(None)
            return
        self.picture_at(place).show(self.zoom.key(what), [self.zoom.key(each) for each in self._ahead(side)])
        pane.head(*(self._picture_head(here, pane) if side == "left" else self._frame_head(here, pane)))

    def _what(self, side: Side) -> int | FilmFrame | None:
        if side == "left":
            return self.here.image_id if self.here else None
        return self.frame(self.match) if self.match else None

    def frame(self, match: Match) -> FilmFrame:
        """A frame as a pane is asked for it."""
        film = self.lines.films[match.film_id]
        return FilmFrame(film.id, match.frame_number, film.width, film.height)

    def _ahead(self, side: Side) -> list[int | FilmFrame]:
        """The next frame in likeness and the pictures around, or their frames; before them what one flicks to."""
        lines, after = self.lines, self._next_frame()
        around = [lines.pictures[each] for each in (lines.cursor + step for step in AHEAD) if 0 <= each < lines.count]
        pictures: list[int | FilmFrame] = [each.image_id for each in around]
        frames: list[int | FilmFrame] = [self.frame(each.best) for each in around]
        if self.alone is None:
            return pictures if side == "left" else [*after, *frames]
        other = self._what("right" if side == "left" else "left")
        return [*([] if other is None else [other]), *after, *chain(*zip(pictures, frames, strict=True))]

    def _next_frame(self) -> list[FilmFrame]:
        known = self.known.matches if self.known else []
        return [self.frame(known[(self.place + 1) % len(known)])] if len(known) > 1 else []

    def _picture_head(self, here: Likeness, pane: Pane) -> tuple[Text, Text]:
        name, state = _("picture {id}").format(id=here.image_id), decision_text(self.lines.decision(here.image_id))
        title, foot = self._head([name], state, pane)
        return title, foot or Text(self._close_words(pane) if self.zoom.is_close else "", ACCENT)

    def _close_words(self, pane: Pane) -> str:
        words = _("1:1 · HJKL move · z whole")
        return words if cell_len(words) <= pane.outer_size.width - CORNERS else "1:1"

    def _frame_head(self, here: Likeness, pane: Pane) -> tuple[Text, Text]:
        match = self.match or here.best
        cited = citation(self.lines.films, match.film_id, match.frame_number)
        number = _("{number} of {count}").format(number=self.place + 1, count=here.matches)
        scored = Text.assemble((f"{match.score:.2f}", ACCENT), (f"  {number}", MUTED))
        return self._head([_("film {citation}").format(citation=cited), cited], scored, pane)

    def _head(self, names: Sequence[str], told: Text, pane: Pane) -> tuple[Text, Text]:
        """A title of what is seen and what is told of it, which stands at the foot where the title is too short."""
        titles = [Text.assemble((name, TEXT), "  ", told) for name in names]
        fitting = [title for title in titles if title.cell_len <= pane.outer_size.width - CORNERS]
        if fitting or self.has_class("-short"):
            return (fitting or titles[-1:])[0], Text()
        return Text(names[-1], TEXT), told

    def _foot(self) -> Text:
        """That scores are uncalibrated, and what was not compared: the first of its forms that fits."""
        share = percent(self.match.coverage) if self.match and self.match.coverage < 1 else ""
        count = thousands(self.uncompared) if self.uncompared else ""
        covered = [_("compared with {share} of the film"), _("{share} of film compared"), _("{share} of film")]
        forms = [
            [_("uncalibrated"), ""],
            [_("{count} not compared yet: kimikoe match"), _("{count} to compare")] if count else [""],
            covered if share else [""],
        ]
        lines = (" · ".join(filter(None, each)).format(share=share, count=count) for each in product(*forms))
        room = self.size.width - MARGINS
        return Text(next((line for line in lines if cell_len(line) <= room), ""), MUTED)

    def _empty_words(self) -> str:
        if self.uncompared:
            words = _("No picture here has been compared with the film yet ({count}): `kimikoe match` does it.")
            return words.format(count=thousands(self.uncompared))
        return _("No picture here that is not rejected: g n asks for more, / lists others.")


def frame_id(match: Match) -> int:
    """The frame's packed id."""
    return pack(match.film_id, match.frame_number)
