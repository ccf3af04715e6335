"""Judging pictures by keyboard: one at a time, as large as fits, a key each."""

import asyncio

from db import pictures, query
from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.screens.cull_reading import NOT_REJECTED, QUICK_FILTERS, UNDECIDED, gathered
from kimikoe_tui.screens.cull_view import FACTS_WIDTH, CullView
from kimikoe_tui.screens.line import LinePrompt
from kimikoe_tui.text import stars

HALF_PAGE = 10
FILTER_HINT = "stars:>=4 lora:*-1 seed:7 match:>=0.9 glasses is:unseen"


class CullRoom(CullView):
    """One picture, what made it, and how far the judging is; a decision is also the move."""

    CSS_PATH = "cull.tcss"
    BINDINGS = keys.bindings(keys.CULL, keys.LIST)
    context = "cull"

    async def action_rate(self, count: int) -> None:
        """Give stars and go on."""
        await self._decide(count, False)

    async def action_reject(self) -> None:
        """Reject and go on."""
        await self._decide(None, True)

    async def _decide(self, count: int | None, rejected: bool) -> None:
        if (image_id := self.current) is None:
            return
        unseen, name = self.picture.painted != image_id, self.session.name
        await self.session.commit(
            lambda db: pictures.rate(db, name, image_id, stars=count, rejected=rejected, unseen=unseen)
        )
        self.pace.decided()
        words = _("picture {id}: {rating} · u undoes").format(
            id=image_id, rating=_("rejected") if rejected else stars(count)
        )
        if unseen:
            words += _(" · unseen: decided before it was shown")
        if self.advances and self.index == len(self.ids) - 1:
            words += _(" · that was the last one")
        self.say(words)
        self.count_again()
        self.show_picture(self.index + int(self.advances))

    async def action_clear(self) -> None:
        """Take the rating back; stay."""
        if self.shown is None or (self.shown.picture.stars is None and not self.shown.picture.rejected):
            self.say(_("There is no rating to clear."))
            return
        image_id, name = self.shown.picture.id, self.session.name
        await self.session.commit(lambda db: pictures.rate(db, name, image_id))
        self.say(_("picture {id}: cleared · u undoes").format(id=image_id))
        self.show_picture(self.index)
        self.count_again()

    def action_move(self, step: int) -> None:
        """Go to another picture without a decision."""
        self.show_picture(self.index + step)

    def action_page(self, halves: int) -> None:
        """Go ten pictures on or back."""
        self.show_picture(self.index + halves * HALF_PAGE)

    def action_first(self) -> None:
        """Go to the first picture."""
        self.show_picture(0)

    def action_last(self) -> None:
        """Go to the last picture."""
        self.show_picture(len(self.ids) - 1)

    async def action_undecided(self, step: int) -> None:
        """Go to the next picture that nobody has judged, or the one before."""
        undecided = await asyncio.to_thread(lambda: set(query.image_ids(self.session.reader(), UNDECIDED)))
        ahead = range(self.index + 1, len(self.ids)) if step > 0 else range(self.index - 1, -1, -1)
        found = next((index for index in ahead if self.ids[index] in undecided), None)
        if found is None:
            self.say(_("No picture that way is undecided."))
        else:
            self.show_picture(found)

    def action_advance(self) -> None:
        """Go on after a decision, or stay."""
        self.advances = not self.advances
        self.say(_("A decision goes on to the next picture.") if self.advances else _("A decision stays here."))
        self.count_again()

    def action_compare(self) -> None:
        """Show the nearest film frame in the place of the facts, or hide it."""
        self.toggle_class("-compare")
        self.set_class(self.app.size.width >= FACTS_WIDTH and not self.has_class("-compare"), "-facts")
        if self.shown is not None:
            self.show_film_frame(self.shown)

    def action_details(self) -> None:
        """Show or hide what made the picture."""
        self.toggle_class("-facts")
        self.on_resize()

    def action_quick_filter(self) -> None:
        """Choose pictures by rating, with one more key."""
        from kimikoe_tui.screens.menu import QuickFilterMenu

        self.app.push_screen(QuickFilterMenu(), self._quick_filtered)

    def _quick_filtered(self, choice: str | None) -> None:
        if choice:
            self.gather(QUICK_FILTERS.get(choice, f"stars:>={choice} -is:rejected"), None)

    def action_clear_filter(self) -> None:
        """List every picture that is not rejected."""
        self.gather(NOT_REJECTED, self.current)

    def action_filter(self) -> None:
        """Choose pictures by a query."""
        self.app.push_screen(LinePrompt(_("pictures that match"), self.expression, FILTER_HINT, self._hand_in_filter))

    async def _hand_in_filter(self, text: str) -> str:
        found = await asyncio.to_thread(lambda: gathered(self.session.reader(), " ".join(text.split())))
        if not found.ids:
            return _("No picture matches.")
        self.post_message(found)
        return ""
