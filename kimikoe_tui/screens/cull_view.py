"""What the cull room shows: one picture, what made it, the film frame it resembles, and the tally."""

import asyncio
from array import array
from bisect import bisect_left

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal

from db.i18n import _
from db.pictures import Match
from kimikoe_tui.messages import ImagesChanged, MatchesChanged, RatingsChanged
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.cull_place import CullPlace
from kimikoe_tui.screens.cull_reading import NOT_REJECTED, Arrived, Counted, Gathered, filter_name, gathered
from kimikoe_tui.session import Session
from kimikoe_tui.tally import Pace
from kimikoe_tui.widgets.closeup import CloseupPicture, Zoom, shown_of
from kimikoe_tui.widgets.facts import Facts, facts_text, match_citation, rating_text
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.paragraphs import Paragraphs
from kimikoe_tui.widgets.picture import Picture
from kimikoe_tui.widgets.sending import Key
from kimikoe_tui.widgets.sources import FilmFrame, PicturesAndFrames
from kimikoe_tui.widgets.tally_line import TallyLine

AHEAD = (1, 2, 3, -1)
FACTS_WIDTH = 70


class CullView(CullPlace):
    """The cull room without its keys.

    The list of pictures is fixed when a filter is chosen: a rating never takes the picture under the cursor away, and
    new pictures are put at the end.
    """

    def __init__(self, session: Session, server: FrameServer) -> None:
        super().__init__(session)
        self._server = server
        self.pace = Pace()
        self.ids: array[int] = array("q")
        self.index = 0
        self.expression = session.culling or NOT_REJECTED
        self.advances = True
        self.shown: Facts | None = None
        self.zoom = Zoom()
        self.flicked: int | FilmFrame | None = None
        """What is seen in the place of the picture under the cursor, to compare the two."""
        self.other: int | FilmFrame | None = None
        """What is flicked to."""
        self.seen: set[int] = set()
        """Pictures that have reached the terminal."""
        self._is_wide: bool | None = None

    def parts(self) -> ComposeResult:
        """The picture, the film's frame beside it where wanted, the facts, and the tally."""
        with Horizontal(id="panes"):
            with Pane(id="picture-pane"):
                yield CloseupPicture(PicturesAndFrames(self._server), id="picture")
            with Pane(id="film-pane"):
                yield CloseupPicture(PicturesAndFrames(self._server), id="film-frame")
            with Pane(id="facts-pane"):
                yield Paragraphs(id="facts")
        yield TallyLine()

    def on_mount(self) -> None:
        """Begin with the first picture that nobody has judged."""
        self._fit_facts()
        self.gather(self.expression, None)

    @property
    def picture(self) -> CloseupPicture:
        """The pane of the picture that is judged."""
        return self.query_one("#picture", CloseupPicture)

    @property
    def current(self) -> int | None:
        """The id of the picture under the cursor."""
        return self.ids[self.index] if self.ids else None

    @property
    def under_the_eye(self) -> int | FilmFrame | None:
        """What is seen: the picture under the cursor, or what it is compared with."""
        return self.current if self.flicked is None else self.flicked

    def note_seen(self) -> None:
        """Remember the picture that has reached the terminal."""
        if isinstance(painted := shown_of(self.picture.painted), int):
            self.seen.add(painted)

    async def list_anew(self) -> None:
        """Read the list again before another key is heard; where it is empty now, what is not rejected."""
        found = await asyncio.to_thread(lambda: gathered(self.session.reader(), self.expression, self.current))
        if not found.ids:
            found = await asyncio.to_thread(lambda: gathered(self.session.reader(), NOT_REJECTED))
        self._take(found)

    @on(Gathered)
    def _gathered(self, message: Gathered) -> None:
        if not message.ids and self.ids:
            self.complain(_("No picture is {filter}.").format(filter=filter_name(message.expression)))
        else:
            self._take(message)

    def _take(self, message: Gathered) -> None:
        """Have this list in hand, at the picture it names."""
        self.ids, self.expression = message.ids, message.expression
        self.go_on_with(message.culling, self.ids)
        self.show_picture(bisect_left(self.ids, message.at or 0))
        self.count_again()

    @on(Arrived)
    def _arrived(self, message: Arrived) -> None:
        """Put new pictures at the end, the one under the cursor staying there."""
        known = set(self.ids)
        new = [image_id for image_id in message.ids if image_id not in known]
        if not new or message.expression != self.expression:
            return
        self.ids.extend(new)
        self.take_in_hand(new)
        self.look()
        self.count_again()

    @on(Counted)
    def _counted(self, message: Counted) -> None:
        self.query_one(TallyLine).show(message.counts, self.pace.per_minute, self.advances)

    @on(ImagesChanged)
    def _images_changed(self) -> None:
        self.look_for_arrivals(self.expression)

    @on(RatingsChanged)
    def _ratings_changed(self) -> None:
        self._facts_changed()
        self.count_again()

    @on(MatchesChanged)
    def _facts_changed(self) -> None:
        if self.current is not None and self.facts(self.current) != self.shown:
            self.look()

    def reload(self) -> None:
        """Take in what arrived; the picture under the cursor stays."""
        self._images_changed()
        self._ratings_changed()

    def on_resize(self) -> None:
        """Lay the facts out anew."""
        self._fit_facts()
        if self.shown is not None:
            self.call_after_refresh(self._show_facts, self.shown)

    def _fit_facts(self) -> None:
        """In a terminal that has become narrow the facts are not left in the picture's place."""
        if self._is_wide != (is_wide := self.app.size.width >= FACTS_WIDTH):
            self._is_wide = is_wide
            self.set_class(is_wide and not self.has_class("-beside"), "-facts")

    def count_again(self) -> None:
        """Bring the tally up to date."""
        self.count(self.expression, self.ids)

    def show_picture(self, index: int) -> None:
        """Show the picture at a place in the list, or the nearest there is, and have the next ones drawn."""
        self.note_seen()
        self.index, self.flicked = max(0, min(len(self.ids) - 1, index)), None
        self.stand_at(self.current)
        self.look()

    def look(self) -> None:
        """Show what is under the eye, and what is known of the picture under the cursor."""
        if self.current is None or self.under_the_eye is None:
            self.shown = None
            self.picture.show(None)
            self.query_one(Paragraphs).show(Text(_("No pictures yet: g n asks for some.")))
            return
        self.picture.show(self.zoom.key(self.under_the_eye), self._ahead())
        self.shown = self.facts(self.current)
        self._show_facts(self.shown)
        self.show_film_frame(self.shown)

    def _ahead(self) -> list[Key]:
        """What is likely to be asked for next: what is compared with, then the pictures around."""
        around = [self.index + step for step in AHEAD]
        wanted = [self.ids[each] for each in around if 0 <= each < len(self.ids)]
        compared = [self.other] if self.other is not None else []
        return [self.zoom.key(each) for each in (*compared, *wanted)]

    def _show_facts(self, facts: Facts) -> None:
        pane, facts_pane = self.query_one("#picture-pane", Pane), self.query_one("#facts-pane", Pane)
        place = _("{number} of {count}").format(number=self.index + 1, count=len(self.ids))
        title = Text.assemble((place, TEXT), "  ", rating_text(facts.picture))
        pane.head(Text("  ").join([*self.seen_words(facts), title]), Text(self.foot_words(), ACCENT))
        pane.set_class(facts.picture.rejected, "-rejected")
        pane.set_class(bool(facts.picture.stars), "-rated")
        self.query_one(Paragraphs).show(facts_text(facts, *facts_pane.content_size))
        self.head_facts(facts)

    def head_facts(self, facts: Facts) -> None:
        """Name the picture, and say where there is more of it than fits."""
        more = Text(_("i: more ▾") if self.query_one(Paragraphs).has_more else "", ACCENT)
        self.query_one("#facts-pane", Pane).head(Text(_("picture {id}").format(id=facts.picture.id), MUTED), more)

    def seen_words(self, facts: Facts) -> list[Text]:
        """What is to be known of how the picture is seen, before its place in the list."""
        if isinstance(self.flicked, int):
            return [Text(_("picture {id}, pinned").format(id=self.flicked), ACCENT)]
        if self.flicked is not None:
            cited = facts.films[self.flicked.film_id].citation(self.flicked.number)
            return [Text(_("film {citation}").format(citation=cited), ACCENT)]
        return []

    def foot_words(self) -> str:
        """What stands below the picture: how closely one looks, and which pictures are listed."""
        chosen = filter_name(self.expression) if self.expression != NOT_REJECTED else ""
        close = _("1:1 · hjkl move · z whole") if self.zoom.is_close else ""
        return "  ".join(filter(None, (close, chosen)))

    def show_film_frame(self, facts: Facts) -> None:
        """Show the nearest frame where it is wanted and known."""
        pane, picture = self.query_one("#film-pane", Pane), self.query_one("#film-frame", Picture)
        if not self.has_class("-beside") or not facts.matches:
            picture.show(None)
            pane.head(Text(_("nothing to compare with yet")))
            return
        match = next((each for each in facts.matches if film_frame(each, facts) == self.other), facts.matches[0])
        picture.show(self.zoom.key(film_frame(match, facts)))
        title = Text.assemble((match_citation(match, facts.films), TEXT), (f"  {match.score:.2f}", ACCENT))
        pane.head(title, Text(_("nearest, uncalibrated")))


def film_frame(match: Match, facts: Facts) -> FilmFrame:
    """The frame of the film that a picture resembles, as a pane is asked for it."""
    film = facts.films[match.film_id]
    return FilmFrame(film.id, match.frame_number, film.width, film.height)
