"""The shots of the film as small pictures: the way to look through a hundred minutes."""

import asyncio
from collections.abc import Iterable

from db import shots
from db.films import pack
from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.citing import cite
from kimikoe_tui.frame_edits import words_of
from kimikoe_tui.screens.choosing import ChoosingRoom
from kimikoe_tui.screens.playing import PlayingRoom
from kimikoe_tui.screens.shots_view import ShotsView


class ShotsRoom(PlayingRoom, ChoosingRoom, ShotsView):
    """Every shot, with its time, length and holds; enter opens the frames there."""

    CSS_PATH = "shots.tcss"
    BINDINGS = keys.bindings(keys.SHOTS, keys.GRID)
    context = "shots"

    def action_step(self, step: int) -> None:
        """Move by shots."""
        self.grid.move_to(self.grid.cursor + step)

    def action_row(self, step: int) -> None:
        """Move by rows."""
        self.grid.move_rows(step)

    def action_page(self, step: int) -> None:
        """Move by pages."""
        self.grid.move_pages(step)

    def action_first(self) -> None:
        """Go to the first shot."""
        self.grid.move_to(0)

    def action_last(self) -> None:
        """Go to the last shot."""
        self.grid.move_to(self.grid.count - 1)

    def action_resize(self) -> None:
        """Larger pictures, or small ones again."""
        self.grid.resize_pictures()

    async def action_open(self) -> None:
        """Look at the frames of the shot."""
        if (shot := self.grid.shot) is not None:
            await self.visit("frames", f"{shot.film_id}#{shot.first}")

    def action_play(self) -> None:
        """Play the shot in its picture's place."""
        if (shot := self.grid.shot) is not None:
            picture = self.grid.picture_at(self.grid.cursor)
            self.play(picture, self.films[shot.film_id], shot.first, shot.last)

    def played(self, number: int | None) -> None:
        """The pictures are the shots' again."""
        self.grid.fill()

    def action_cite(self) -> None:
        """Copy the citation of the shot's first frame, or of the first marked frame of each shot."""
        if (shot := self.grid.shot) is not None:
            wanted = self.session.marks.ids or [shot.first_id]
            self.in_turn(lambda: cite(self, wanted, one_a_shot=True))

    def action_edit(self) -> None:
        """Write tags over the shot, or over what is marked."""
        from kimikoe_tui.screens.tag_line import TagLine

        if (shot := self.grid.shot) is not None:
            reached = self.session.marks.words or _("shot {number}").format(number=shot.number)
            title = _("tag {scope}").format(scope=reached)
            self.app.push_screen(TagLine(title, self.session.reader, self._hand_in_tags))

    async def _hand_in_tags(self, text: str) -> str:
        if text.strip() and (shot := self.grid.shot) is not None:
            words = await asyncio.to_thread(lambda: words_of(self.session.reader(), text))
            name = _("shot {number}").format(number=shot.number)
            await self.write(self.targets(), pack(shot.film_id, shot.picture), words, name)
        return ""

    async def hand_in_filter(self, text: str) -> str:
        """List what matches; returns what is wrong with the text."""
        listed = await asyncio.to_thread(lambda: self.read_shots(text, None))
        if not listed.shots:
            return _("No frame matches.")
        self.post_message(listed)
        return ""

    def narrow(self, expression: str) -> None:
        """List what matches, the cursor staying on its shot or on the one before it."""
        self.list_shots(expression, self.frame_here)

    @property
    def frame_here(self) -> int | None:
        """The packed id of the shot's first frame."""
        return None if self.grid.shot is None else self.grid.shot.first_id

    def go_to(self, frame_id: int) -> None:
        """Put the cursor on the shot of a frame, listing every shot where the filter hides it."""
        at = shots.index_at(self.grid.shots, frame_id)
        if self.grid.count and self.grid.shots[at].first_id <= frame_id <= self.grid.shots[at].last_id:
            self.grid.move_to(at)
        else:
            self.list_shots("", frame_id)

    def reach_here(self) -> tuple[int, int]:
        """The shot."""
        assert self.grid.shot is not None
        return self.grid.shot.first_id, self.grid.shot.last_id

    def listed_between(self, first_id: int, last_id: int) -> Iterable[int]:
        """All frames of the shots that are listed from one frame to another."""
        for shot in self.grid.shots:
            if shot.last_id >= first_id and shot.first_id <= last_id:
                yield from range(shot.first_id, shot.last_id + 1)

    def marks_changed(self) -> None:
        """Show the marks."""
        self.title_grid()
        self.grid.refresh()

    def step_on(self) -> None:
        """Go to the next shot."""
        self.grid.move_to(self.grid.cursor + 1)

    def arrive(self, place: str, words: str) -> None:
        """Go to the shot of a frame."""
        film_id, _sign, number = place.partition("#")
        self.go_to(pack(int(film_id), int(number)))
        super().arrive(place, words)
