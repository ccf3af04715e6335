"""Which pictures are too close to the film: the most alike first, each beside the frame it resembles."""

import asyncio
from collections.abc import Sequence

from textual import on

from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.citing import cite
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.cull_reading import EVERY, NOT_REJECTED
from kimikoe_tui.screens.deciding import Deciding
from kimikoe_tui.screens.matches_view import MatchesView, frame_id
from kimikoe_tui.screens.room import Room, reversal
from kimikoe_tui.session import Session
from kimikoe_tui.tally import Pace


class MatchesRoom(Deciding, MatchesView):
    """A picture and the film, compared by keyboard; a decision is also the move."""

    CSS_PATH = "matches.tcss"
    BINDINGS = keys.bindings(keys.MATCHES)
    context = "matches"

    def __init__(self, session: Session, server: FrameServer) -> None:
        super().__init__(session, server)
        self.pace = Pace()

    @property
    def chosen(self) -> list[int]:
        """The picture under the cursor."""
        return [] if self.here is None else [self.here.image_id]

    @property
    def kept(self) -> int | None:
        """The picture under the cursor."""
        return self.here.image_id if self.here else None

    @property
    def shown_ids(self) -> set[int]:
        """What has reached the terminal since the cursor came to where it is."""
        self.note_seen()
        return self.seen

    def decided(self, chosen: Sequence[int]) -> None:
        """Go on to the next picture."""
        self.read_decisions()
        self.lines.move_to(self.lines.cursor + 1)

    def changed(self) -> None:
        """Show ratings again."""
        self.read_decisions()

    def notes(self) -> str:
        """That the list ends here."""
        return _(" · that was the last one") if self.lines.cursor >= self.lines.count - 1 else ""

    def action_match(self, step: int) -> None:
        """Compare with the next frame in likeness, or the one before."""
        self.come()
        if self.here is not None:
            self.note_seen()
            self.place = (self.place + step) % self.here.matches
            self.look()

    async def action_open(self) -> None:
        """Look at the picture in the cull room."""
        if self.here is not None:
            await self.visit("cull", str(self.here.image_id))

    async def action_open_frame(self) -> None:
        """Go to the frame in the film."""
        if (match := self.match) is not None:
            await self.visit("frames", f"{match.film_id}#{match.frame_number}")

    def action_cite(self) -> None:
        """Copy the frame's citation."""
        if (match := self.match) is not None:
            self.in_turn(lambda: cite(self, [frame_id(match)]))

    def action_filter(self) -> None:
        """List the pictures that match a query."""
        from kimikoe_tui.screens.query_line import QueryLine

        title = _("pictures that match")
        self.app.push_screen(QueryLine(title, self.expression, "image", self.session, self._hand_in_filter))

    async def _hand_in_filter(self, text: str) -> str:
        """List what matches; the query that is listed already moves nothing."""
        expression = " ".join(text.split())
        if expression == self.expression:
            return ""
        listed = await asyncio.to_thread(lambda: self.read_list(expression, self.kept))
        if not listed.found.pictures:
            return (
                _("None that matches has been compared yet.") if listed.found.uncompared else _("No picture matches.")
            )
        self.post_message(listed)
        return ""

    def narrow(self, expression: str) -> None:
        """List the pictures that match."""
        self.gather(expression, self.kept)

    def action_clear_filter(self) -> None:
        """List every picture that is not rejected."""
        self.narrow(NOT_REJECTED)

    async def action_back(self, leaves: bool) -> None:
        """Back from what was entered here, then to home."""
        if self.zoom.is_close:
            self.action_zoom()
        elif self.alone not in (None, "left") or (self.alone and self._is_wide):
            self.see(None if self._is_wide else "left")
        else:
            await super().action_back(leaves)

    @on(Room.Reversed)
    def _reversed(self, message: Room.Reversed) -> None:
        """Go where an act was that has been undone, and stay in this room where that is here."""
        kind, _colon, place = message.undone.target.partition(":")
        if kind == "image" and self._index_of(place) is not None:
            message.stop()
            self.arrive(place, reversal(message.undone))

    def _index_of(self, place: str) -> int | None:
        ids = [each.image_id for each in self.lines.pictures]
        return ids.index(int(place)) if place.isdigit() and int(place) in ids else None

    def arrive(self, place: str, words: str) -> None:
        """Go to a picture, listing every picture where the filter hides it."""
        if (index := self._index_of(place)) is not None:
            self.lines.move_to(index)
            self.read_decisions()
        else:
            self.gather(EVERY, int(place))
        super().arrive(place, words)
