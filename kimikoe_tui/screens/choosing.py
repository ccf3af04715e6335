"""How one chooses among frames, alone or by shots: by a query, by what a result carries, by marks."""

import asyncio
from collections.abc import Iterable, Sequence

from db import places, saved_views
from db.films import unpack
from db.i18n import _, plural
from kimikoe_tui.frame_edits import Word, edit, exclude
from kimikoe_tui.screens.line import LinePrompt
from kimikoe_tui.screens.room import Room
from kimikoe_tui.text import thousands


class ChoosingRoom(Room):
    """A room over frames. Its list, and what its cursor is on, are the subclass's."""

    expression = ""
    _range_from: int | None = None

    async def hand_in_filter(self, text: str) -> str:
        """List what matches; returns what is wrong with the text."""
        raise NotImplementedError

    @property
    def frame_here(self) -> int | None:
        """The packed id of the frame under the cursor, or of the first one there."""
        raise NotImplementedError

    def go_to(self, frame_id: int) -> None:
        """Put the cursor on a frame."""
        raise NotImplementedError

    def reach_here(self) -> tuple[int, int]:
        """The packed ids of the first and last frame that a mark here reaches."""
        raise NotImplementedError

    def listed_between(self, first_id: int, last_id: int) -> Iterable[int]:
        """The frames that are listed from one to another, both included."""
        raise NotImplementedError

    def marks_changed(self) -> None:
        """Show the marks."""
        raise NotImplementedError

    def step_on(self) -> None:
        """Go on after what was marked."""
        raise NotImplementedError

    def action_filter(self) -> None:
        """List what matches a query."""
        from kimikoe_tui.screens.query_line import QueryLine

        title = _("frames that match")
        self.app.push_screen(QueryLine(title, self.expression, "frame", self.session, self.hand_in_filter))

    def action_clear_filter(self) -> None:
        """List everything."""
        self.narrow("")

    def action_facets(self) -> None:
        """Narrow the list by the tags that it carries."""
        from kimikoe_tui.screens.facets import FacetsPane

        self.app.push_screen(FacetsPane("frame", self.expression, self.session, self.narrow))

    def action_views(self) -> None:
        """Choose among the saved queries."""
        from kimikoe_tui.screens.views import ViewsPane

        self.app.push_screen(ViewsPane("frame", self.session, self.narrow))

    def action_save_view(self) -> None:
        """Keep the query under a name."""
        if self.expression:
            self.app.push_screen(LinePrompt(_("keep this query as"), "", _("a name"), self._hand_in_view))
        else:
            self.complain(_("Everything is listed: / asks for some, then w keeps the query."))

    async def _hand_in_view(self, name: str) -> str:
        expression, session = self.expression, self.session.name
        await self.session.commit(lambda db: saved_views.save(db, session, name.strip(), "frame", expression))
        self.say(_("kept as view:{name} · u undoes").format(name=name.strip()))
        return ""

    def action_jump_to(self) -> None:
        """Go to a timecode, a frame or a shot."""
        hint = _("0:31:50, 31分50秒, 57301 or shot 12")
        self.app.push_screen(LinePrompt(_("go to"), "", hint, self._hand_in_jump))

    async def _hand_in_jump(self, text: str) -> str:
        if (here := self.frame_here) is not None and text.strip():
            film_id = unpack(here)[0]
            self.go_to(await asyncio.to_thread(lambda: places.find(self.session.reader(), film_id, text)))
        return ""

    def action_mark(self) -> None:
        """Mark what an edit here would reach, or no longer, and go on after it."""
        if self.frame_here is not None:
            self.session.marks.toggle(self.listed_between(*self.reach_here()))
            self._show_marks()
            self.step_on()

    def action_range(self) -> None:
        """Begin a range here; once more marks all listed from there to here."""
        if self.frame_here is None:
            return
        if self._range_from is None:
            self._range_from = self.frame_here
            self.say(_("a range from frame {number}: v where it ends").format(number=unpack(self._range_from)[1]))
            return
        first, last = sorted((self._range_from, self.frame_here))
        self._range_from = None
        self.session.marks.add(self.listed_between(first, max(last, self._last_here(last))))
        self._show_marks()

    def _last_here(self, frame_id: int) -> int:
        """The last frame of what the cursor is on, where the range ends there."""
        return self.reach_here()[1] if frame_id == self.frame_here else frame_id

    def action_mark_all(self) -> None:
        """Mark all that is listed."""
        self.session.marks.add(self.listed_between(0, 1 << 62))
        self._show_marks()

    def action_unmark(self) -> None:
        """Mark nothing."""
        self._range_from = None
        self.session.marks.clear()
        self._show_marks()

    def _show_marks(self) -> None:
        self.say(self.session.marks.words or _("nothing is marked"))
        self.marks_changed()

    def targets(self) -> list[int]:
        """The packed ids of what an act reaches: the marked frames, or those here where none is marked."""
        if self.session.marks:
            return self.session.marks.ids
        first, last = self.reach_here()
        return list(range(first, last + 1))

    async def write(self, targets: Sequence[int], looked_at: int, words: Sequence[Word], reached: str) -> None:
        """Write tags over frames as one act, and say so."""
        name = self.session.name
        where = _("marked; M unmarks") if self.session.marks else reached
        self.say(await self.session.commit(lambda db: edit(db, name, targets, looked_at, words, where)))

    def action_exclude(self) -> None:
        """Leave frames out of datasets, for a reason."""
        if self.frame_here is not None:
            targets, here = self.targets(), self.frame_here
            count = plural("{count} frame", "{count} frames", len(targets)).format(count=thousands(len(targets)))
            title = _("leave {frames} out of datasets").format(frames=count)
            hint = _("why: credits, logo, subtitles")
            prompt = LinePrompt(title, "", hint, lambda why: self._hand_in_exclusion(targets, here, why))
            self.app.push_screen(prompt)

    async def _hand_in_exclusion(self, targets: Sequence[int], here: int, reason: str) -> str:
        if reason.strip():
            name = self.session.name
            self.say(await self.session.commit(lambda db: exclude(db, name, targets, here, reason.strip())))
        return ""

    async def action_undo(self) -> None:
        """Undo this terminal's last act, after what the keys before it asked for."""
        self.in_turn(super().action_undo)

    async def action_redo(self) -> None:
        """Do again what was undone last, in the same way."""
        self.in_turn(super().action_redo)
