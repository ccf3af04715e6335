"""How one moves in the frames room: by holds and shots, to a timecode, and over to the shots."""

from array import array

from db import films
from db.drawings import beginning_after, beginning_before
from db.films import pack, unpack
from kimikoe_tui.screens.choosing import ChoosingRoom
from kimikoe_tui.screens.frames_view import PANES, FramesView
from kimikoe_tui.screens.playing import PlayingRoom
from kimikoe_tui.widgets.frame_list import EVERY_ID


class FramesMoving(PlayingRoom, ChoosingRoom, FramesView):
    """The frames room's keys that change nothing."""

    def action_hold(self, step: int) -> None:
        """Go to the first frame of the next hold, or of this one and then the one before."""
        if self.beginnings is not None:
            self._go_along(self.beginnings.holds, step)

    def action_shot(self, step: int) -> None:
        """Go to the first frame of the next shot, or of this one and then the one before."""
        if self.beginnings is not None:
            self._go_along(self.beginnings.shots, step)

    def _go_along(self, firsts: "array[int]", step: int) -> None:
        """Go to the next of these, or of a filter's list to what it has of it."""
        if (frame_id := self.lines.frame_id) is None:
            return
        if step > 0:
            found = beginning_after(firsts, frame_id)
            self.action_last() if found is None else self.lines.go_to_id(found)
        elif (found := beginning_before(firsts, frame_id)) is not None:
            self.lines.go_back_to_id(found)

    def go_to(self, frame_id: int) -> None:
        """Put the cursor on a frame, listing every frame where the filter hides it."""
        if self.lines.has_id(frame_id):
            self.lines.go_to_id(frame_id)
        else:
            self.list_frames("", frame_id)

    def action_play(self) -> None:
        """Play the shot from the frame under the cursor on."""
        self.in_turn(self._play)

    async def _play(self) -> None:
        if (frame_id := self.lines.frame_id) is not None:
            film_id, number = unpack(frame_id)
            last = (await self.session.watch(lambda db: films.scope_range(db, film_id, number, "shot")))[1]
            self.play(self.picture, self.films[film_id], number, last)

    def played(self, number: int | None) -> None:
        """Stay where a key stopped it; at its end the picture is the cursor's again."""
        frame_id = self.lines.frame_id
        if number is not None and frame_id is not None:
            self.lines.go_back_to_id(pack(unpack(frame_id)[0], number))
        self.look()

    async def action_open_shots(self) -> None:
        """Look at the shots around."""
        if (frame_id := self.lines.frame_id) is not None:
            film_id, number = unpack(frame_id)
            await self.visit("shots", f"{film_id}#{number}")

    def action_pane(self) -> None:
        """The next pane where only one fits; a larger picture where there is room."""
        panes = PANES if self.has_class("-narrow") else PANES[:2]
        self.pane = panes[(panes.index(self.pane) + 1) % len(panes)] if self.pane in panes else "list"
        self.show_pane()

    def arrive(self, place: str, words: str) -> None:
        """Go to the frame of an act that was undone, or that another room names."""
        film_id, _sign, number = place.partition("#")
        self.go_to(pack(int(film_id), int(number)))
        self.look()
        self.forget(0, EVERY_ID)
        super().arrive(place, words)
