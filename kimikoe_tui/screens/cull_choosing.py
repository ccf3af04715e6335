"""Which pictures the cull room lists, and the search among them."""

import asyncio

from db import query
from db.i18n import _
from kimikoe_tui.screens.cull_looking import CullLooking
from kimikoe_tui.screens.cull_reading import NOT_REJECTED, QUICK_FILTERS, UNDECIDED, gathered
from kimikoe_tui.screens.line import LinePrompt
from kimikoe_tui.text import plain


class CullChoosing(CullLooking):
    """Filters by key and by query, and a search that moves in the list as it is."""

    searched = UNDECIDED

    def action_quick_filter(self) -> None:
        """Choose pictures by rating, with one more key."""
        from kimikoe_tui.screens.menu import QuickFilterMenu

        self.app.push_screen(QuickFilterMenu(), self._quick_filtered)

    def _quick_filtered(self, choice: str | None) -> None:
        if choice == "query":
            from kimikoe_tui.screens.query_line import QueryLine

            title = _("pictures that match")
            self.app.push_screen(QueryLine(title, self.expression, "image", self.session, self._hand_in_filter))
        elif choice == "batch" and self.shown is not None:
            self.gather(f"gen:{self.shown.picture.generation_id} {NOT_REJECTED}", self.current)
        elif choice:
            self.gather(QUICK_FILTERS.get(choice, f"stars:>={choice} -is:rejected"), None)

    def narrow(self, expression: str) -> None:
        """List the pictures that match."""
        self.gather(expression, None)

    def action_clear_filter(self) -> None:
        """List every picture that is not rejected."""
        self.gather(NOT_REJECTED, self.current)

    async def _hand_in_filter(self, text: str) -> str:
        """List what matches; the query that is listed already moves nothing."""
        expression = " ".join(text.split())
        if expression == self.expression:
            return ""
        found = await asyncio.to_thread(lambda: gathered(self.session.reader(), expression))
        if not found.ids:
            return _("No picture matches.")
        self.post_message(found)
        return ""

    def action_search(self) -> None:
        """Find a picture in the list by tags or anything else a query can say."""
        before = self.searched if self.searched != UNDECIDED else ""
        self.app.push_screen(LinePrompt(_("find in this list"), before, "glasses seed:7", self._hand_in_search))

    async def _hand_in_search(self, text: str) -> str:
        """Go to the next match; an empty line only gives the search up."""
        typed = " ".join(text.split())
        self.searched = typed or UNDECIDED
        return "" if not typed or await self._go_to_match(1) else _("No picture in the list matches.")

    async def action_match(self, step: int) -> None:
        """Go to the next match of the search, or the one before; without a search, to an undecided picture."""
        if not await self._go_to_match(step):
            what = _("undecided") if self.searched == UNDECIDED else plain(self.searched)
            self.say(_("No picture that way is {what}.").format(what=what))

    async def _go_to_match(self, step: int) -> bool:
        expression = self.searched
        matching = await asyncio.to_thread(lambda: set(query.image_ids(self.session.reader(), expression)))
        ahead = range(self.index + 1, len(self.ids)) if step > 0 else range(self.index - 1, -1, -1)
        found = next((index for index in ahead if self.ids[index] in matching), None)
        if found is not None:
            self.show_picture(found)
        return found is not None
