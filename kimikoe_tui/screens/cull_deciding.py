"""What a decision reaches in the cull room: one picture, all that are marked, or a range; and what follows it."""

from collections.abc import Sequence

from rich.text import Text

from db import query
from db.i18n import _
from kimikoe_tui.palette import ACCENT
from kimikoe_tui.screens.cull_choosing import CullChoosing
from kimikoe_tui.screens.cull_reading import UNSEEN
from kimikoe_tui.screens.deciding import Deciding
from kimikoe_tui.widgets.closeup import shown_of
from kimikoe_tui.widgets.facts import Facts


class CullDeciding(Deciding, CullChoosing):
    """Decisions in the cull room, which are also the move."""

    marked: frozenset[int] = frozenset()
    range_start: int | None = None

    @property
    def chosen(self) -> list[int]:
        """The pictures that a decision reaches: those marked, else the one that is seen."""
        if marked := self.marked | self._ranged():
            return [image_id for image_id in self.ids if image_id in marked]
        return [] if self.kept is None else [self.kept]

    def _ranged(self) -> set[int]:
        if self.range_start is None:
            return set()
        first, last = sorted((self.range_start, self.index))
        return set(self.ids[first : last + 1])

    @property
    def kept(self) -> int | None:
        """The picture under the eye, which may be the pinned one; none where a frame of the film is."""
        return self.under_the_eye if isinstance(self.under_the_eye, int) else None

    @property
    def shown_ids(self) -> set[int]:
        """The pictures that have reached the terminal."""
        self.note_seen()
        return self.seen

    def not_shown(self, chosen: Sequence[int]) -> dict[int, bool]:
        """By id, whether a picture had not reached the terminal; the one that is judged alone must stand there now."""
        if chosen == [self.kept]:
            return {chosen[0]: shown_of(self.picture.painted) != chosen[0]}
        return super().not_shown(chosen)

    def decided(self, chosen: Sequence[int]) -> None:
        """Go on, unless a picture was judged that is only compared with."""
        stays = not self.advances or (self.flicked is not None and not self._has_marks)
        self.forget_marks()
        self.count_again()
        if stays:
            self.look()
        else:
            self.show_picture(self.index + 1)

    def changed(self) -> None:
        """Show ratings again; nothing is marked any more."""
        self.forget_marks()
        self.count_again()
        self.look()

    async def action_keep(self) -> None:
        """Reject every other picture of the generation, which takes them out of the list."""
        await super().action_keep()
        if self.kept is not None:
            self.gather(self.expression, self.current)

    def notes(self) -> str:
        """That the list ends here, and what was decided in it before it was shown."""
        if not self.advances or self.index < len(self.ids) - 1:
            return ""
        words = _(" · that was the last one")
        if unseen := len(set(query.image_ids(self.session.reader(), UNSEEN)) & set(self.ids)):
            words += _(" · {count} decided unseen: f n shows them again").format(count=unseen)
        return words

    def action_mark(self) -> None:
        """Mark the picture for the next decision, or no longer; a range that was begun is marked whole."""
        if self.current is None:
            return
        if self.range_start is not None:
            self.marked, self.range_start = self.marked | self._ranged(), None
        else:
            self.marked = self.marked ^ {self.current}
        self.say(_("{count} marked: the next decision is for all of them").format(count=len(self.marked)))
        self.look()

    def action_range(self) -> None:
        """Begin a range that every move makes longer, or give it up."""
        self.range_start = self.index if self.range_start is None and self.ids else None
        begun = _("Moving makes the range longer; a decision is for all of it.")
        self.say(begun if self.range_start is not None else _("The range is given up."))
        self.look()

    @property
    def _has_marks(self) -> bool:
        return self.range_start is not None or bool(self.marked)

    def forget_marks(self) -> None:
        """Mark nothing."""
        self.marked, self.range_start = frozenset(), None

    def seen_words(self, facts: Facts) -> list[Text]:
        """With how many pictures the next decision reaches."""
        words = super().seen_words(facts)
        if not self._has_marks:
            return words
        sign = "● " if self.current in self.chosen else ""
        return [Text(_("{sign}{count} marked").format(sign=sign, count=len(self.chosen)), ACCENT), *words]

    def step_back(self) -> bool:
        """Leave the innermost of what was entered here; whether there was anything."""
        if super().step_back():
            return True
        if not self._has_marks:
            return False
        self.forget_marks()
        self.look()
        return True
