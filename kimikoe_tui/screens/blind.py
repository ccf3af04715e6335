"""Two LoRA versions or settings, compared blind: pairs of the same seed and prompt, and how the choices stand."""

from typing import Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from db import comparisons, pictures
from db.comparisons import Pair, Trial
from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.comparing import score, standing
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.cull_view import FACTS_WIDTH
from kimikoe_tui.screens.room import UpperRoom
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain
from kimikoe_tui.widgets.closeup import CloseupPicture, Zoom, shown_of
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.sources import PicturesAndFrames

Side = Literal["left", "right"]
VIEWS: tuple[Side | None, ...] = (None, "left", "right")
"""Both beside each other, or one of them alone in one place."""


NOT_CHOSEN = -1
"""No picture's id: a pair that nobody has judged; None is a tie."""


class BlindRoom(UpperRoom):
    """One pair at a time; which side is which stays unsaid until it is asked for."""

    CSS_PATH = "blind.tcss"
    BINDINGS = keys.bindings(keys.BLIND)
    context = "blind"

    def __init__(
        self, session: Session, server: FrameServer, trial_id: int, left_id: int | None = None, words: str = ""
    ) -> None:  # fmt: skip
        super().__init__(session)
        self._server, self._words = server, words
        self.trial: Trial = comparisons.trial(session.reader(), trial_id)
        self.pairs: list[Pair] = comparisons.pairs(session.reader(), self.trial)
        self.index = self._place_of(left_id)
        self.alone: Side | None = None
        self.is_revealed = False
        self.zoom = Zoom()
        self._seen: set[int] = set()

    def parts(self) -> ComposeResult:
        """The pictures, and how the trial stands."""
        with Horizontal(id="pair"):
            for side in ("left", "right"):
                with Pane(id=f"{side}-pane"):
                    yield CloseupPicture(PicturesAndFrames(self._server), id=f"{side}-picture")
        yield Static(id="prompt", markup=False)
        yield Static(id="result", markup=False)

    def on_mount(self) -> None:
        """Begin where the judging goes on."""
        self.alone = "left" if self._is_narrow else None
        self.call_after_refresh(self.look)
        self.say(self._words or _("Better: h left, l right, space neither"))

    @property
    def _is_narrow(self) -> bool:
        return self.app.size.width < FACTS_WIDTH

    @property
    def pair(self) -> Pair:
        """The pair that is seen."""
        return self.pairs[self.index]

    def _place_of(self, left_id: int | None) -> int:
        """Where a pair is in the list; without one, the first that nobody has chosen from."""
        lefts = [pair.left_id for pair in self.pairs]
        if left_id in lefts:
            return lefts.index(left_id)
        return self._undecided(range(len(lefts))) or 0

    def _undecided(self, places: range) -> int | None:
        known = comparisons.chosen(self.session.reader(), self.trial)
        return next((place for place in places if self.pairs[place].ends not in known), None)

    def look(self) -> None:
        """Show the pair, and how the trial stands."""
        self.set_class(self.alone is not None, "-alone")
        ids = {"left": self.pair.left_id, "right": self.pair.right_id}
        first: Side = self.alone or "left"
        self._show("left", first, ids[first], ids["right" if first == "left" else "left"])
        if self.alone is None:
            self._show("right", "right", ids["right"])
        self.query_one("#prompt", Static).update(self._asked(), layout=False)
        self.query_one("#result", Static).update(self._standing(), layout=False)

    def _show(self, place: Side, side: Side, image_id: int, ahead: int | None = None) -> None:
        picture, pane = self.query_one(f"#{place}-picture", CloseupPicture), self.query_one(f"#{place}-pane", Pane)
        following = [self.pairs[each] for each in (self.index + 1, self.index + 2) if each < len(self.pairs)]
        wanted = [ahead] if ahead is not None and self.alone else []
        wanted += [pair.left_id if side == "left" else pair.right_id for pair in following]
        picture.show(self.zoom.key(image_id), [self.zoom.key(each) for each in wanted])
        known = comparisons.chosen(self.session.reader(), self.trial).get(self.pair.ends, NOT_CHOSEN)
        mark = {image_id: _("  chosen"), None: "  " + _("neither")}.get(known, "")
        title = Text.assemble((_("left") if side == "left" else _("right"), ACCENT), (mark, TEXT))
        if self.is_revealed:
            title.append("  " + plain(self._side_of(side)), TEXT)
        pane.head(title, Text(self._place_words() if place == "left" else "", MUTED))

    def _side_of(self, side: Side) -> str:
        return self.trial.one if (side == "left") == self.pair.one_is_left else self.trial.other

    def _place_words(self) -> str:
        known = comparisons.chosen(self.session.reader(), self.trial)
        left = sum(pair.ends not in known for pair in self.pairs)
        place = _("pair {number} of {count}").format(number=self.index + 1, count=len(self.pairs))
        return f"{place} · " + _("{count} left").format(count=left)

    def _asked(self) -> Text:
        prompt = pictures.picture(self.session.reader(), self.pair.left_id).prompt
        return Text(plain(comparisons.shared_prompt(prompt)), MUTED, no_wrap=True, overflow="ellipsis")

    def _standing(self) -> Text:
        result = comparisons.result(self.session.reader(), self.trial)
        words = Text(standing(self.trial, result), TEXT)
        words.highlight_words([score(result)], ACCENT)
        return words

    def _note_seen(self) -> None:
        for picture in self.query(CloseupPicture):
            if isinstance(painted := shown_of(picture.painted), int):
                self._seen.add(painted)

    async def action_choose(self, choice: str) -> None:
        """Store which one is better and go on; both must have been seen."""
        pair, trial, name, is_blind = self.pair, self.trial, self.session.name, not self.is_revealed
        self._note_seen()
        if not {pair.left_id, pair.right_id} <= self._seen:
            self.say(_("Not both have been seen yet: tab flicks to the other one."))
            return
        better, worse = (pair.right_id, pair.left_id) if choice == "right" else (pair.left_id, pair.right_id)
        await self.session.commit(
            lambda db: comparisons.choose(
                db, name, better, worse, trial=trial, pair=pair, is_blind=is_blind, is_tie=choice == "tie"
            )  # fmt: skip
        )
        words = {"left": _("the left one"), "right": _("the right one"), "tie": _("neither")}
        self.say(_("pair {number}: {choice} · u undoes").format(number=self.index + 1, choice=words[choice]))
        self.action_move(1)

    async def action_better(self) -> None:
        """The one that is seen alone is better."""
        if self.alone is None:
            self.say(_("Both are seen: h and l choose, or tab shows one at a time."))
        else:
            await self.action_choose(self.alone)

    def action_move(self, step: int) -> None:
        """Go to the next pair without a choice, or to the one before."""
        self._note_seen()
        ahead = self._undecided(range(self.index + 1, len(self.pairs))) if step > 0 else None
        place = self.index + step if ahead is None else ahead
        if step > 0 and ahead is None and self._undecided(range(len(self.pairs))) is None:
            self.say(self.status.said + _(" · every pair is judged"))
        self.index = max(0, min(len(self.pairs) - 1, place))
        self.is_revealed = False
        self.look()

    def action_swap(self) -> None:
        """One after the other in the same place; where there is room, beside each other too."""
        self._note_seen()
        views = VIEWS[1:] if self._is_narrow else VIEWS
        self.alone = views[(views.index(self.alone) + 1) % len(views)] if self.alone in views else views[0]
        self.look()

    def action_zoom(self) -> None:
        """Both at their own size, pixel by pixel, or whole."""
        self.zoom.is_close = not self.zoom.is_close
        self.look()

    def action_pan(self, way: str) -> None:
        """Move over both at once."""
        if self.zoom.is_close:
            known = pictures.picture(self.session.reader(), self.pair.left_id)
            box = self.query_one("#left-picture", CloseupPicture).seen_size
            self.zoom.pan(way, (known.width, known.height), box)
            self.look()

    def action_reveal(self) -> None:
        """Say which is which, or no longer."""
        self.is_revealed = not self.is_revealed
        self.look()

    def action_first(self) -> None:
        """Go to the first pair."""
        self.index = 0
        self.look()

    def reload(self) -> None:
        """Take in what was drawn or undone meanwhile; the pair stays."""
        here = self.pair.left_id
        self.pairs = comparisons.pairs(self.session.reader(), self.trial) or self.pairs
        self.index = self._place_of(here)
        self.look()

    def arrive(self, place: str, words: str) -> None:
        """Go to the pair whose choice was undone; what is not of this trial is gone to below."""
        trial_id, _colon, left_id = place.partition(":")
        if left_id and int(trial_id) == self.trial.id:
            self.index = self._place_of(int(left_id))
            self.look()
            self.say(words)
        else:
            self.hand_down(place, words)
