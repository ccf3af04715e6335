"""Looking closely and comparing: zoom, pan, and flicking to a pinned picture or a frame of the film in place."""

from db import comparisons
from db.i18n import _
from kimikoe_tui.screens.cull_view import FACTS_WIDTH, CullView, film_frame
from kimikoe_tui.widgets.facts import match_citation
from kimikoe_tui.widgets.paragraphs import Paragraphs
from kimikoe_tui.widgets.sources import FilmFrame


class CullLooking(CullView):
    """The keys of the cull room by which one looks."""

    pinned: int | None = None
    _said_of_film = ""

    def look(self) -> None:
        """Show what is under the eye; what was said of a frame of the film goes with it."""
        super().look()
        if self._said_of_film and not isinstance(self.flicked, FilmFrame):
            if self.status.said == self._said_of_film:
                self.say("")
            self._said_of_film = ""

    def action_zoom(self) -> None:
        """A picture at its own size, pixel by pixel, or whole; the next ones are seen in the same way."""
        self.zoom.is_close = not self.zoom.is_close
        self.look()

    def action_pan(self, way: str) -> None:
        """Move over a picture at its own size; what a further press will show is drawn ahead."""
        what, size = self.under_the_eye, self._size_under_the_eye()
        if what is None or size is None:
            return
        box = self.picture.seen_size
        self.zoom.pan(way, size, box)
        self.picture.show(self.zoom.key(what), [self.zoom.next(way, size, box).key(what)])
        if self.shown is not None:
            self.show_film_frame(self.shown)

    def _size_under_the_eye(self) -> tuple[int, int] | None:
        if isinstance(self.flicked, FilmFrame):
            return self.flicked.width, self.flicked.height
        return (self.shown.picture.width, self.shown.picture.height) if self.shown else None

    def action_pin(self) -> None:
        """Pin the picture under the cursor, to compare others with it."""
        if self.current is None:
            return
        self.pinned = self.other = self.current
        self.flicked = None
        self.look()
        self.say(_("picture {id} is pinned · on another, c or tab flicks between them").format(id=self.current))

    def action_compare(self) -> None:
        """Flick to the pinned picture and back; without one, pin this one."""
        if self.pinned is None or self.pinned == self.current:
            self.action_pin()
        else:
            self._flick(self.pinned)

    def action_film(self, step: int) -> None:
        """Flick to the frame of the film that is nearest and back, or to the frame after it in likeness."""
        if self.shown is None or not self.shown.matches:
            self.say(_("No frame of the film is known yet that resembles it."))
            return
        matches = self.shown.matches
        frames = [film_frame(match, self.shown) for match in matches]
        if step and isinstance(self.flicked, FilmFrame):
            place = (frames.index(self.flicked) + step) % len(frames)
            self.flicked = None
        else:
            place = 0
        self._flick(frames[place])
        if self.flicked is not None:
            cited = match_citation(matches[place], self.shown.films)
            self.say(_("film {citation} · {score:.2f}, uncalibrated · tab flicks back").format(
                citation=cited, score=matches[place].score))  # fmt: skip
            self._said_of_film = self.status.said

    def action_swap(self) -> None:
        """Flick between the picture and what it is compared with; without anything, the nearest frame of the film."""
        if self.other is None or self.other == self.current:
            self.action_film(0)
        else:
            self._flick(self.other)

    def _flick(self, what: int | FilmFrame) -> None:
        """Swap what is under the eye; nothing else moves."""
        self.note_seen()
        self.flicked, self.other = (what if self.flicked is None else None), what
        self.look()

    async def action_better(self) -> None:
        """Of the picture and the pinned one, the one that is seen is better; it is pinned, and the next one comes."""
        here, pinned, name = self.current, self.pinned, self.session.name
        if here is None or pinned is None or here == pinned or isinstance(self.flicked, FilmFrame):
            self.say(_("Nothing to choose from: c pins a picture, then flicks to it from others."))
            return
        better, worse = (pinned, here) if self.flicked == pinned else (here, pinned)
        await self.session.commit(lambda db: comparisons.choose(db, name, better, worse))
        self.pinned = self.other = better
        self.show_picture(self.index + 1)
        self.say(_("picture {better} better than {worse}, and pinned · u undoes").format(better=better, worse=worse))

    def action_beside(self) -> None:
        """Show the nearest film frame, or the one that is seen, in the place of the facts, or hide it."""
        self.toggle_class("-beside")
        if self.has_class("-beside") and isinstance(self.flicked, FilmFrame):
            self.flicked = None
            self.look()
        self.set_class(self.app.size.width >= FACTS_WIDTH and not self.has_class("-beside"), "-facts")
        if self.shown is not None:
            self.show_film_frame(self.shown)

    def action_details(self) -> None:
        """Show what made the picture; where it stands, the rest of it; then hide it."""
        if self.has_class("-facts") and self.query_one(Paragraphs).page_on():
            if self.shown is not None:
                self.head_facts(self.shown)
            return
        self.toggle_class("-facts")
        self.on_resize()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys move over the picture only where it is seen at its own size."""
        return self.zoom.is_close if action == "pan" else super().check_action(action, parameters)

    def step_back(self) -> bool:
        """Leave the innermost of what was entered here; whether there was anything."""
        if self.flicked is not None:
            self.flicked = None
        elif self.zoom.is_close:
            self.zoom.is_close = False
        else:
            return False
        self.look()
        return True
