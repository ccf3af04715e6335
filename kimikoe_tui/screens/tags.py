"""Which tags the film has, how many frames carry each, what people decided, and where the tagger is unsure."""

import asyncio
from typing import get_args

from db import query, tag_in_full, tag_queries
from db.i18n import _
from db.query_tree import word_for
from db.vocabulary import Order, TagCount
from kimikoe_tui import keys
from kimikoe_tui.screens.line import LinePrompt
from kimikoe_tui.screens.tags_view import TagsView
from kimikoe_tui.text import plain

ORDERS: tuple[Order, ...] = get_args(Order)


class TagsRoom(TagsView):
    """The tags, and the one under the cursor in full."""

    CSS_PATH = "tags.tcss"
    BINDINGS = keys.bindings(keys.TAGS)
    context = "tags"

    def action_order(self) -> None:
        """List in another order."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self.list_tags()

    def action_filter(self) -> None:
        """List the tags with a part of their names."""
        self.app.push_screen(LinePrompt(_("tags that contain"), self.part, _("a part of the name"), self._hand_in_part))

    async def _hand_in_part(self, text: str) -> str:
        self.part = text.strip()
        self.list_tags()
        return ""

    def action_clear_filter(self) -> None:
        """List every tag."""
        self.part = ""
        self.list_tags()

    async def action_open_frames(self) -> None:
        """List the frames that carry the tag."""
        if (tag := self.lines.tag) is not None:
            nothing = _("No frame carries {tag}.") if not tag.frames else ""
            await self._list("frames", word_for(tag.name), tag, nothing)

    async def action_open_decided(self) -> None:
        """List the frames of which people said whether they carry it."""
        if (tag := self.lines.tag) is not None:
            nothing = _("Nobody has decided of a frame whether it carries {tag}.") if not tag.decided else ""
            await self._list("frames", tag_queries.decided(tag.name), tag, nothing)

    async def action_open_pictures(self) -> None:
        """Judge the pictures that carry it."""
        if (tag := self.lines.tag) is not None:
            nothing = _("No picture carries {tag}.") if not tag.pictures else ""
            await self._list("cull", word_for(tag.name), tag, nothing)

    async def action_open_doubtful(self) -> None:
        """List the frames that the tagger scores near the threshold and nobody has decided over."""
        if (tag := self.lines.tag) is not None:
            expression, finds = await asyncio.to_thread(self._doubt, tag)
            nothing = _("No undecided frame has a score of {tag} near the threshold.")
            await self._list("frames", expression, tag, "" if finds else nothing)

    def _doubt(self, tag: TagCount) -> tuple[str, bool]:
        db = self.session.reader()
        counts = tag_in_full.threshold(db, tag.id)
        expression = tag_queries.doubtful(tag.name, counts.value if counts else None)
        return expression, bool(query.page(db, expression, "frame", 0, 1, self.session.index))

    async def _list(self, context: str, expression: str, tag: TagCount, nothing: str) -> None:
        """Go to a room and list there what matches, or say why that would be nothing."""
        if nothing:
            self.complain(nothing.format(tag=plain(tag.name)))
        else:
            await self.visit_listing(context, expression)
