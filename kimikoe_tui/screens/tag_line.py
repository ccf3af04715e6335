"""The line in which tags are added and denied, with suggestions of tags there are."""

import sqlite3
from collections.abc import Callable, Sequence

from db import tags
from db.i18n import _
from db.tags import Suggestion
from kimikoe_tui.screens.line import HandIn
from kimikoe_tui.screens.suggestion_line import SHOWN, SuggestionLine


class TagLine(SuggestionLine):
    """Writes tags, separated by commas; a leading `-` denies one, `~` leaves it to the tagger."""

    foot = _("tab completes · - denies · ~ leaves it")
    placeholder = _("a tag")

    def __init__(self, heading: str, reader: Callable[[], sqlite3.Connection], hand_in: HandIn) -> None:
        super().__init__(heading, "", hand_in)
        self._reader = reader

    def typed(self) -> str:
        """What is typed of the last tag, without the sign before it."""
        last = self.input.value.rpartition(",")[2].lstrip()
        return last.removeprefix("-").removeprefix("+").removeprefix("~")

    def look_for(self, typed: str) -> Sequence[Suggestion]:
        """Tags that contain it."""
        return tags.complete(self._reader(), typed, SHOWN)

    def take(self, suggestion: Suggestion, typed: str) -> None:
        """End the line with the tag."""
        self.input.value = self.input.value.removesuffix(typed) + suggestion.tag
        self.input.action_end()
