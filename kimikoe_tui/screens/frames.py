"""The frames of the film: look, and correct their tags by keyboard over a hold, a shot or what is marked."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import get_args

from db.films import Scope, pack
from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.citing import cite
from kimikoe_tui.frame_edits import PRESENT, Judgement, Word, words_of
from kimikoe_tui.screens.frame_reading import Looked
from kimikoe_tui.screens.frames_moving import FramesMoving

SCOPES: tuple[Scope, ...] = get_args(Scope)


class FramesRoom(FramesMoving):
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
        self._on_frame(lambda here: self._choose(here, step))

    async def _choose(self, here: Looked, step: int) -> None:
        if here is self.here:
            self.tag_list.choose(step)

    def action_judge(self, judgement: Judgement) -> None:
        """Say of the chosen tag that it is wrong or right, or leave it to the tagger."""
        self._on_frame(lambda here: self._judge(here, judgement))

    async def _judge(self, here: Looked, judgement: Judgement) -> None:
        chosen = self.tag_list.chosen_name
        if chosen is None or chosen not in (*(tag.tag for tag in here.tags), *here.denied):
            self.complain(_("No tag is chosen: J and K choose one."))
            return
        await self._edit(here, [Word(chosen, PRESENT[judgement])])

    def action_edit(self) -> None:
        """Write tags."""
        self._on_frame(self._open_tag_line)

    async def _open_tag_line(self, here: Looked) -> None:
        from kimikoe_tui.screens.tag_line import TagLine

        title = _("tag {scope}").format(scope=self.session.marks.words or here.scope_name)
        self.app.push_screen(TagLine(title, self.session.reader, lambda text: self._hand_in_tags(here, text)))

    async def _hand_in_tags(self, here: Looked, text: str) -> str:
        if text.strip():
            await self._edit(here, await asyncio.to_thread(lambda: words_of(self.session.reader(), text)))
        return ""

    def _on_frame(self, act: Callable[[Looked], Awaitable[None]]) -> None:
        """Do something with the frame that is under the cursor now, whatever is by the time it is known."""
        if (frame_id := self.lines.frame_id) is not None:
            scope = self.scope
            self.in_turn(lambda: self._with_frame(frame_id, scope, act))

    async def _with_frame(self, frame_id: int, scope: Scope, act: Callable[[Looked], Awaitable[None]]) -> None:
        await act(await self.known(frame_id, scope))

    async def _edit(self, here: Looked, words: Sequence[Word]) -> None:
        film_id, (first, last) = here.frame.film_id, here.reach
        targets = self.session.marks.ids or [pack(film_id, number) for number in range(first, last + 1)]
        await self.write(targets, here.frame_id, words, here.scope_name)
        self.forget(targets[0], targets[-1])

    async def hand_in_filter(self, text: str) -> str:
        """List what matches; returns what is wrong with the text."""
        near = self.lines.frame_id
        listed = await asyncio.to_thread(lambda: self.read_list(text, None, near))
        if not listed.ids:
            return _("No frame matches.")
        self.post_message(listed)
        return ""

    def narrow(self, expression: str) -> None:
        """List what matches, the cursor staying on its frame or on the first one after it."""
        self.list_frames(expression, None, near=self.lines.frame_id)

    @property
    def frame_here(self) -> int | None:
        """The packed id of the frame under the cursor."""
        return self.lines.frame_id

    def reach_here(self) -> tuple[int, int]:
        """The scope; the frame alone where its scope is not known yet."""
        frame_id = self.lines.frame_id
        assert frame_id is not None
        return self.lines.scope if self.is_known(frame_id) else (frame_id, frame_id)

    def listed_between(self, first_id: int, last_id: int) -> Iterable[int]:
        """The frames that are listed from one to another, both included."""
        return self.lines.ids_between(first_id, last_id)

    def marks_changed(self) -> None:
        """Show the marks."""
        self.title_list()
        self.lines.refresh()

    def step_on(self) -> None:
        """Go to the frame after what was marked."""
        self.lines.go_to_id(self.reach_here()[1] + 1)

    def action_cite(self) -> None:
        """Copy the frame's citation, or those of the marked frames."""
        if (frame_id := self.lines.frame_id) is not None:
            wanted = self.session.marks.ids or [frame_id]
            self.in_turn(lambda: cite(self, wanted))
