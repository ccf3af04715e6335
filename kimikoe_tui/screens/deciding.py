"""Deciding over pictures: stars, rejections and reasons, each an act that is on the disk before anything moves."""

from collections.abc import Sequence

from db import pictures, query, ratings, settings
from db.i18n import _
from db.ratings import Decision
from kimikoe_tui.screens.room import Room
from kimikoe_tui.tally import Pace
from kimikoe_tui.text import stars

DECIDED = "is:rated or is:rejected"


class Deciding(Room):
    """The keys that decide, in a room that says what a decision reaches and what follows it."""

    pace: Pace

    @property
    def chosen(self) -> list[int]:
        """The pictures that a decision reaches."""
        raise NotImplementedError

    @property
    def kept(self) -> int | None:
        """The picture that is seen."""
        raise NotImplementedError

    @property
    def shown_ids(self) -> set[int]:
        """The pictures that have reached the terminal."""
        raise NotImplementedError

    def not_shown(self, chosen: Sequence[int]) -> dict[int, bool]:
        """By id, whether a picture had not reached the terminal when it was decided over."""
        shown = self.shown_ids
        return {each: each not in shown for each in chosen}

    def decided(self, chosen: Sequence[int]) -> None:
        """Go on after a decision."""
        raise NotImplementedError

    def changed(self) -> None:
        """Show ratings again."""
        raise NotImplementedError

    def notes(self) -> str:
        """What is to be said of a decision beside what it was."""
        return ""

    async def action_rate(self, count: int) -> None:
        """Give stars and go on."""
        await self._decide(stars(count), count, False)

    async def action_reject(self) -> None:
        """Reject and go on."""
        await self._decide(_("rejected"), None, True)

    def action_reason(self) -> None:
        """Reject with a reason, which one more key names."""
        from kimikoe_tui.screens.menu import ReasonMenu

        if self.chosen:
            reasons = settings.value(self.session.reader(), settings.REJECT_REASONS)
            self.app.push_screen(ReasonMenu(reasons), self._reasoned)

    async def _reasoned(self, reason: str | None) -> None:
        if reason:
            await self._decide(_("rejected, {reason}").format(reason=reason), None, True, reason)

    async def _decide(self, words: str, count: int | None, rejected: bool, reason: str = "") -> None:
        if not (chosen := self.chosen):
            self.say(_("There is no picture here to decide over."))
            return
        unseen, name = self.not_shown(chosen), self.session.name
        decisions = {each: Decision(count, rejected, reason, not_shown) for each, not_shown in unseen.items()}
        await self.session.commit(lambda db: ratings.rate_all(db, name, decisions))
        self.pace.decided()
        said = _("{pictures}: {rating} · u undoes").format(pictures=named(chosen), rating=words)
        if any(unseen.values()):
            said += _(" · unseen: decided before it was shown")
        self.say(said + self.notes())
        self.decided(chosen)

    async def action_clear(self) -> None:
        """Take ratings back; stay."""
        chosen, name = self.chosen, self.session.name
        if set(query.image_ids(self.session.reader(), DECIDED)).isdisjoint(chosen):
            self.say(_("There is no rating to clear."))
            return
        await self.session.commit(lambda db: ratings.rate_all(db, name, dict.fromkeys(chosen, Decision())))
        self.say(_("{pictures}: cleared · u undoes").format(pictures=named(chosen)))
        self.changed()

    async def action_keep(self) -> None:
        """Reject every other picture of the generation; this one stays, and waits for its stars."""
        if (kept := self.kept) is None:
            return
        shown, name = dict.fromkeys(self.shown_ids, False), self.session.name
        count = await self.session.commit(lambda db: pictures.keep_only(db, name, kept, shown))
        said = _("picture {id} kept, {count} others of its generation rejected · u undoes")
        self.say(said.format(id=kept, count=count))
        self.changed()


def named(image_ids: Sequence[int]) -> str:
    """`picture 12`, or how many there are."""
    if len(image_ids) == 1:
        return _("picture {id}").format(id=image_ids[0])
    return _("{count} pictures").format(count=len(image_ids))
