"""The line of tags over pictures: what a person says of the one that is seen, or of all that are marked."""

import asyncio
from collections.abc import Sequence

from db import picture_tags
from db.i18n import _
from kimikoe_tui.frame_edits import words_of
from kimikoe_tui.screens.deciding import Deciding, named


class PictureTagging(Deciding):
    """Edits of the tags of what a decision reaches, each an act."""

    def action_edit(self) -> None:
        """Write tags."""
        from kimikoe_tui.screens.tag_line import TagLine

        if not (chosen := self.chosen):
            self.say(_("There is no picture here to tag."))
            return
        title = _("tag {scope}").format(scope=named(chosen))
        self.app.push_screen(TagLine(title, self.session.reader, lambda text: self._hand_in_tags(chosen, text)))

    async def _hand_in_tags(self, chosen: Sequence[int], text: str) -> str:
        words = await asyncio.to_thread(lambda: words_of(self.session.reader(), text))
        if words:
            name, seen = self.session.name, {each for each, hidden in self.not_shown(chosen).items() if not hidden}
            done = await self.session.commit(lambda db: picture_tags.set_tags(db, name, chosen, words, seen))
            self.say(_("{done} · u undoes").format(done=done.summary))
            self.changed()
        return ""
