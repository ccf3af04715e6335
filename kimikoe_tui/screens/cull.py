"""Judging pictures by keyboard: one at a time, as large as fits, a key each."""

import asyncio
from collections.abc import Sequence
from sqlite3 import OperationalError

from db import comparisons, purging
from db.errors import UserError
from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.clipboard import copy
from kimikoe_tui.comparing import standing
from kimikoe_tui.graphics.renderer import PictureRenderer
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.cull_deciding import CullDeciding
from kimikoe_tui.screens.line import LinePrompt
from kimikoe_tui.screens.picture_tagging import PictureTagging
from kimikoe_tui.session import Session
from kimikoe_tui.widgets.facts import match_citation

HALF_PAGE = 10
BETWEEN_SIDES = " vs "


class CullRoom(PictureTagging, CullDeciding):
    """One picture, what made it, and how far the judging is; a decision is also the move."""

    CSS_PATH = "cull.tcss"
    BINDINGS = keys.bindings(keys.ZOOM, keys.CULL, keys.LIST)
    context = "cull"

    def __init__(self, session: Session, server: FrameServer) -> None:
        super().__init__(session, server)
        self._renderers: list[PictureRenderer] = []

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

    def action_advance(self) -> None:
        """Go on after a decision, or stay."""
        self.advances = not self.advances
        self.say(_("A decision goes on to the next picture.") if self.advances else _("A decision stays here."))
        self.count_again()

    async def action_back(self, leaves: bool) -> None:
        """Back from what was entered here, then to home, or out of the program where it was opened to cull."""
        if self.step_back():
            return
        if leaves and self.session.culling:
            self.app.exit()
        else:
            await super().action_back(leaves)

    def action_copy(self) -> None:
        """Copy something of the picture, which one more key names."""
        from kimikoe_tui.screens.menu import CopyMenu

        if self.shown is not None:
            self.app.push_screen(CopyMenu(), self._copied)

    def _copied(self, choice: str | None) -> None:
        if not choice or self.shown is None:
            return
        picture, matches = self.shown.picture, self.shown.matches
        texts = {
            "prompt": picture.prompt,
            "citation": match_citation(matches[0], self.shown.films) if matches else "",
            "path": str((self.session.root / picture.path).resolve()) if picture.path else "",
        }
        if text := texts[choice]:
            self.in_turn(lambda: copy(self, text, text))
        else:
            self.say(_("There is nothing of that to copy."))

    async def action_more(self) -> None:
        """Ask for more pictures like this one."""
        if self.current is not None:
            await self.visit("new", str(self.current))

    def action_purge(self) -> None:
        """Delete the files of all rejected pictures, once their count has been typed."""
        count = len(purging.purgeable(self.session.reader()))
        if not count:
            self.say(self._with_left(_("No rejected picture that was shown has a file to delete.")))
            return
        title = self._with_left(_("delete the files of {count} rejected pictures").format(count=count))
        hint = _("type {count} to delete them; nothing and enter to leave them").format(count=count)
        self.app.push_screen(LinePrompt(title, "", hint, self._hand_in_purge))

    def _with_left(self, words: str) -> str:
        """What is said of a purge, and how many it leaves."""
        left = purging.left(self.session.reader())
        return _("{words} · {left} (f n)").format(words=words, left=left) if left else words

    async def _hand_in_purge(self, text: str) -> str:
        if not text.strip():
            return ""
        wanted = purging.purgeable(self.session.reader())
        if text.strip() != str(len(wanted)):
            return _("{count} pictures are to go: type {count}, or nothing to leave them.").format(count=len(wanted))
        self.call_later(self._purge, wanted)
        return ""

    async def _purge(self, wanted: Sequence[int]) -> None:
        """Purge, and list what is left before the next key: it must not decide over a picture that is gone."""
        root = self.session.root
        try:
            count = await self.session.commit(lambda db: purging.purge(db, root, wanted))
        except (UserError, OperationalError) as error:
            self.complain(_("Not done: {error}").format(error=error))
            return
        self.say(_("{count} pictures purged: their files are gone, what made them is kept").format(count=count))
        await self.list_anew()

    def action_survey(self) -> None:
        """Lay out the pictures of this one's generation."""
        from kimikoe_tui.screens.survey import SurveyRoom

        if self.current is not None:
            renderers, goes_on = self._renderers, self.advances
            self.app.push_screen(SurveyRoom(self.session, self._server, self.current, self._open, renderers, goes_on))

    def _open(self, image_id: int) -> None:
        """Go to a picture of the survey, listing every picture where the filter hides it."""
        if image_id in self.ids:
            self.show_picture(self.ids.index(image_id))
        else:
            self.gather_around(self.expression, image_id)

    def action_blind(self) -> None:
        """Compare two LoRA versions or settings without knowing which is which."""
        sides = comparisons.suggestion(self.session.reader())
        before = BETWEEN_SIDES.join(sides) if sides else ""
        hint = "lora:film-1 vs lora:film-2"
        self.app.push_screen(LinePrompt(_("compare blind, ONE vs OTHER"), before, hint, self._hand_in_sides))

    async def _hand_in_sides(self, text: str) -> str:
        if not text.strip():
            return ""
        one, between, other = text.partition(BETWEEN_SIDES)
        if not between:
            return _("Write two queries with “vs” between them.")
        trial = await self.session.commit(lambda db: comparisons.begin(db, one, other))
        if left := await asyncio.to_thread(lambda: self._no_pair_left(trial.id)):
            return left
        self.call_later(self.open_trial, trial.id)
        return ""

    def _no_pair_left(self, trial_id: int) -> str:
        """How a trial stands of which every pair is gone; empty while there is one."""
        db = self.session.reader()
        trial = comparisons.trial(db, trial_id)
        if comparisons.pairs(db, trial):
            return ""
        words = standing(trial, comparisons.result(db, trial))
        return _("{standing} · no pair is left to choose from").format(standing=words)

    def open_trial(self, trial_id: int, left_id: int | None = None, words: str = "") -> None:
        """Go on with a trial, at one of its pairs."""
        from kimikoe_tui.screens.blind import BlindRoom

        if left := self._no_pair_left(trial_id):
            self.say(" · ".join(filter(None, (words, left))))
            return
        self.app.push_screen(BlindRoom(self.session, self._server, trial_id, left_id, words))

    def arrive(self, place: str, words: str) -> None:
        """Go to the pair or the picture of an act that was undone, listing every picture where the filter hides it."""
        trial_id, is_trial, left_id = place.partition(":")
        if is_trial:
            self.open_trial(int(trial_id), int(left_id), words)
            return
        self._open(int(place))
        self.count_again()
        super().arrive(place, words)
