"""The frames of the film: look, and correct their tags by keyboard over a frame, its hold or its shot."""

import asyncio
from typing import get_args

from db import films, query
from db.films import Scope, pack, unpack
from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.frame_edits import PRESENT, Judgement, Word, edit, words_of
from kimikoe_tui.screens.frame_reading import Listed
from kimikoe_tui.screens.frames_view import PANES, FramesView
from kimikoe_tui.screens.line import LinePrompt

SCOPES: tuple[Scope, ...] = get_args(Scope)
FILTER_HINT = "nagisa -glasses (smile or blush) t:3:10..3:45 shot:12 is:judged"


class FramesRoom(FramesView):
    """Every frame, the picture of the one under the cursor, and its tags."""

    CSS_PATH = "frames.tcss"
    BINDINGS = keys.bindings(keys.FRAMES)
    context = "frames"

    def action_scope(self) -> None:
        """What an edit reaches: the frame, its hold, its shot, in turn."""
        self.scope = SCOPES[(SCOPES.index(self.scope) + 1) % len(SCOPES)]
        self.look_again()

    def action_tag(self, step: int) -> None:
        """Choose a tag of the frame."""
        self.catch_up()
        self.tag_list.choose(step)

    async def action_judge(self, judgement: Judgement) -> None:
        """Say of the chosen tag that it is wrong or right, or leave it to the tagger."""
        self.catch_up()
        chosen = self.tag_list.chosen
        if chosen is None:
            self.complain(_("No tag is chosen: J and K choose one."))
            return
        await self._edit([Word(chosen.tag, PRESENT[judgement])])

    def action_edit(self) -> None:
        """Write tags."""
        from kimikoe_tui.screens.tag_line import TagLine

        self.catch_up()
        if self.here is not None:
            title = _("tag {scope}").format(scope=self.here.scope_name)
            self.app.push_screen(TagLine(title, self.session.reader, self._hand_in_tags))

    async def _hand_in_tags(self, text: str) -> str:
        if text.strip():
            await self._edit(words_of(self.session.reader(), text))
        return ""

    async def _edit(self, words: list[Word]) -> None:
        if (frame_id := self.lines.frame_id) is None:
            return
        film_id, number = unpack(frame_id)
        scope, name = self.scope, self.session.name
        self.say(await self.session.commit(lambda db: edit(db, name, film_id, number, scope, words)))
        self.lines.mark_stale(*self.lines.scope)
        self.look_again()

    def action_filter(self) -> None:
        """List the frames that match a query."""
        self.app.push_screen(LinePrompt(_("frames that match"), self.expression, FILTER_HINT, self._hand_in_filter))

    async def _hand_in_filter(self, text: str) -> str:
        ids = await asyncio.to_thread(lambda: query.frame_ids(self.session.reader(), text))
        if not ids:
            return _("No frame matches.")
        self.post_message(Listed(ids, self.films, text.strip(), None))
        return ""

    def action_clear_filter(self) -> None:
        """List every frame, the cursor staying on its frame."""
        self.list_frames("", self.lines.frame_id)

    def action_shot(self, step: int) -> None:
        """Go to the first frame of the next shot, or of this one and then the one before."""
        if (frame_id := self.lines.frame_id) is None:
            return
        film_id, number = unpack(frame_id)
        db = self.session.reader()
        first, last = films.scope_range(db, film_id, number, "shot")
        if step > 0:
            self._go_to(pack(film_id, last + 1))
        elif number > first or first == 1:
            self._go_to(pack(film_id, first))
        else:
            self._go_to(pack(film_id, films.scope_range(db, film_id, first - 1, "shot")[0]))

    def action_jump_to(self) -> None:
        """Go to a timecode or a frame number."""
        self.app.push_screen(LinePrompt(_("go to"), "", _("0:31:50 or 57301"), self._hand_in_jump))

    async def _hand_in_jump(self, text: str) -> str:
        if (frame_id := self.lines.frame_id) is None or not text.strip():
            return ""
        name = self.films[unpack(frame_id)[0]].name
        sign = "#" if text.strip().isdigit() else "@"
        film, number = films.resolve(self.session.reader(), f"{name}{sign}{text.strip()}")
        self._go_to(pack(film.id, number))
        return ""

    def action_open_shots(self) -> None:
        """Look at the shots around."""
        if (frame_id := self.lines.frame_id) is not None:
            film_id, number = unpack(frame_id)
            self.post_message(self.Visit("shots", f"{film_id}#{number}"))

    def action_pane(self) -> None:
        """The next pane where only one fits; a larger picture where there is room."""
        panes = PANES if self.has_class("-narrow") else PANES[:2]
        self.pane = panes[(panes.index(self.pane) + 1) % len(panes)] if self.pane in panes else "list"
        self.show_pane()

    def _go_to(self, frame_id: int) -> None:
        self.lines.go_to_id(frame_id)

    def arrive(self, place: str, words: str) -> None:
        """Go to the frame of an act that was undone, listing every frame where the filter hides it."""
        film_id, _sign, number = place.partition("#")
        frame_id = pack(int(film_id), int(number))
        if self.lines.has_id(frame_id):
            self._go_to(frame_id)
            self.look()
        else:
            self.list_frames("", frame_id)
        self.lines.mark_stale(0, 1 << 62)
        super().arrive(place, words)
