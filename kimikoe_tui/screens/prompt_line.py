"""The line in which a prompt is written, with suggestions of the film's tags and, after `<`, of LoRAs."""

import re
import sqlite3
from collections.abc import Callable, Sequence

from db import library, tags
from db.i18n import _
from db.tag_words import prompt_words
from db.tags import Suggestion
from kimikoe_tui.screens.line import HandIn
from kimikoe_tui.screens.suggestion_line import SHOWN, SuggestionLine

USUAL_WEIGHT = 0.7
_LORA = re.compile(r"<(?:lora:)?([^<>:]*)\Z")
_WORD = re.compile(r"[^,()\[\]<>|:\\]*\Z")


class PromptLine(SuggestionLine):
    """Writes a prompt as A1111 reads it: a tag's underscores are blanks there, and its brackets are escaped."""

    foot = _("tab completes · < begins a LoRA")
    placeholder = _("1girl, solo, brown hair, (glasses:1.2) <name:0.7>")

    def __init__(
        self,
        heading: str,
        value: str,
        reader: Callable[[], sqlite3.Connection],
        hand_in: HandIn,
        has_loras: bool = True,
    ) -> None:
        super().__init__(heading, value, hand_in)
        self._reader, self._has_loras = reader, has_loras
        if not has_loras:
            self.foot, self.placeholder = _("tab completes"), _("what they should not show")

    @property
    def _before(self) -> str:
        return self.input.value[: self.input.cursor_position]

    def typed(self) -> str:
        """What is typed before the cursor of a tag, or of a LoRA with the `<` that begins it."""
        if self._has_loras and (lora := _LORA.search(self._before)) is not None:
            return lora[0]
        word = _WORD.search(self._before)
        return word[0].lstrip() if word else ""

    def look_for(self, typed: str) -> Sequence[Suggestion]:
        """Tags that contain it, or the newest LoRAs that do."""
        db = self._reader()
        if not self._has_loras or (lora := _LORA.match(typed)) is None:
            return tags.complete(db, typed, SHOWN)
        known = [each.name for each in library.loras(db) if lora[1].lower() in each.name.lower()]
        return [Suggestion(f"<{name}:{USUAL_WEIGHT}>", 0, 0) for name in known[:SHOWN]]

    def take(self, suggestion: Suggestion, typed: str) -> None:
        """Write it in the place of what is typed, as a prompt writes it."""
        text, after = suggestion.tag, self.input.value[self.input.cursor_position :]
        written = text if text.startswith("<") else prompt_words(text)
        cut = max(len(typed), overlap(self._before, written))
        head = self._before[: len(self._before) - cut] + written
        self.input.value, self.input.cursor_position = head + after, len(head)


def overlap(before: str, written: str) -> int:
    """How much of what is to be written stands already: `, :d` ends as `:d` begins."""
    return next((size for size in range(len(written), 0, -1) if before.lower().endswith(written[:size])), 0)
