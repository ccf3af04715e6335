"""Two LoRA versions or settings, compared blind: pairs of the same seed and prompt, and how the choices stand."""

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from db import comparisons, pictures
from db.comparisons import Pair, Trial
from db.i18n import _
from kimikoe_tui import keys
from kimikoe_tui.comparing import blind_score, blind_standing, score, standing
from kimikoe_tui.palette import ACCENT, MUTED, TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.room import UpperRoom
from kimikoe_tui.screens.side_by_side import Side, SideBySide
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain

NOT_CHOSEN = -1
"""No picture's id: a pair that nobody has judged; None is a tie."""


class BlindRoom(SideBySide, UpperRoom):
    """One pair at a time; which side is which stays unsaid until it is asked for."""

    CSS_PATH = "blind.tcss"
    BINDINGS = keys.bindings(keys.BLIND)
    context = "blind"

    def __init__(
        self, session: Session, server: FrameServer, trial_id: int, left_id: int | None = None, words: str = ""
    ) -> None:  # fmt: skip
        super().__init__(session, server)
        self._words = words
        self.trial: Trial = comparisons.trial(session.reader(), trial_id)
        self.pairs: list[Pair] = comparisons.pairs(session.reader(), self.trial)
        self.index = self._place_of(left_id)
        self.is_revealed = False

    def parts(self) -> ComposeResult:
        """The pictures, and how the trial stands."""
        yield from self.pair_panes()
        yield Static(id="prompt", markup=False)
        yield Static(id="result", markup=False)

    def on_mount(self) -> None:
        """Say by which keys one judges."""
        self.say(self._words or _("Better: h left, l right, space neither"))

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
        super().look()
        self.query_one("#prompt", Static).update(self._asked(), layout=False)
        self.query_one("#result", Static).update(self._standing(), layout=False)

    @property
    def largest(self) -> tuple[int, int] | None:
        """The size of both, for they were asked for alike."""
        known = pictures.picture(self.session.reader(), self.pair.left_id)
        return known.width, known.height

    def show_side(self, place: Side, side: Side) -> None:
        """Show one of the pair, with those that will stand there next drawn ahead."""
        of_side = 0 if side == "left" else 1
        image_id, following = self.pair.ends[of_side], self.pairs[self.index + 1 : self.index + 3]
        wanted = [self.pair.ends[1 - of_side]] if self.alone else []
        wanted += [pair.ends[of_side] for pair in following]
        self.picture_at(place).show(self.zoom.key(image_id), [self.zoom.key(each) for each in wanted])
        foot = Text(self._place_words() if place == "left" else "", MUTED)
        self.pane_at(place).head(self._title(side, image_id), foot)

    def _title(self, side: Side, image_id: int) -> Text:
        known = comparisons.chosen(self.session.reader(), self.trial).get(self.pair.ends, NOT_CHOSEN)
        mark = {image_id: _("  chosen"), None: "  " + _("neither")}.get(known, "")
        title = Text.assemble((_("left") if side == "left" else _("right"), ACCENT), (mark, TEXT))
        if self.is_revealed:
            title.append("  " + plain(self._side_of(side)), TEXT)
        return title

    def _side_of(self, side: Side) -> str:
        return self.trial.one if (side == "left") == self.pair.one_is_left else self.trial.other

    @property
    def _left(self) -> int:
        """How many pairs nobody has judged."""
        known = comparisons.chosen(self.session.reader(), self.trial)
        return sum(pair.ends not in known for pair in self.pairs)

    def _place_words(self) -> str:
        place = _("pair {number} of {count}").format(number=self.index + 1, count=len(self.pairs))
        return f"{place} · " + _("{count} left").format(count=self._left)

    def _asked(self) -> Text:
        prompt = pictures.picture(self.session.reader(), self.pair.left_id).prompt
        return Text(plain(comparisons.shared_prompt(prompt)), MUTED, no_wrap=True, overflow="ellipsis")

    def _standing(self) -> Text:
        result = comparisons.result(self.session.reader(), self.trial)
        if self.is_revealed or not self._left:
            words, figures = standing(self.trial, result), score(result)
        else:
            words, figures = blind_standing(result), blind_score(result)
        text = Text(words, TEXT)
        text.highlight_words([figures], ACCENT)
        return text

    async def action_choose(self, choice: str) -> None:
        """Store which one is better and go on; both must have been seen."""
        pair, trial, name, is_blind = self.pair, self.trial, self.session.name, not self.is_revealed
        self.note_seen()
        if not {pair.left_id, pair.right_id} <= self.seen:
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
        self.note_seen()
        ahead = self._undecided(range(self.index + 1, len(self.pairs))) if step > 0 else None
        place = self.index + step if ahead is None else ahead
        if step > 0 and ahead is None and self._undecided(range(len(self.pairs))) is None:
            self.say(self.status.said + _(" · every pair is judged"))
        self.index = max(0, min(len(self.pairs) - 1, place))
        self.is_revealed = False
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
