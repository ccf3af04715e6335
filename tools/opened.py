"""`python -m tools.opened STUDIO STATE`: the terminal program on a studio whose engine does not run.

Again and again it writes into the file STATE how many keys it has heard, which screen is on top, and whether all that
the room shows has been painted: `3 FramesRoom 1`.
"""

import os
import sys
from pathlib import Path

from textual import events

from kimikoe_tui.app import KimikoeApp, prefer_true_colour
from kimikoe_tui.graphics.detect import Detection
from kimikoe_tui.graphics.known import known_terminals
from kimikoe_tui.widgets.picture import Picture

TELL_SECONDS = 0.2
NEVER_ENDING = ("looks", "work")
"""Workers that begin again and again, and change no picture."""


class Opened(KimikoeApp):
    """Tells how far it is."""

    def __init__(self, state: Path, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._state = state
        self._heard = 0
        self._done_after = -1

    def on_mount(self) -> None:
        """Begin to tell."""
        self.set_interval(TELL_SECONDS, self._tell_state)

    async def on_event(self, event: events.Event) -> None:
        """Count the keys, which come here again where nobody below took them."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._heard += 1
        await super().on_event(event)

    def _tell_state(self) -> None:
        before, self._done_after = self._done_after, self._heard if self._is_done else -1
        is_done = before == self._done_after == self._heard  # seen twice: what the last key does may not have begun yet
        beside = self._state.with_suffix(".new")
        beside.write_text(f"{self._heard} {type(self.screen).__name__} {int(is_done)}", encoding="utf-8")
        os.replace(beside, self._state)

    @property
    def _is_done(self) -> bool:
        """Whether nothing is being read or drawn, and every picture has reached the terminal."""
        working = [each for each in self.workers if each.is_running and each.group not in NEVER_ENDING]
        room = self.room
        pictures = [each for each in room.query(Picture) if each.region.area] if room is not None else []
        return not working and all(picture.has_answered for picture in pictures)


if __name__ == "__main__":
    with Detection(known_terminals()) as detection:
        display, key_filter = detection.finish()
        prefer_true_colour()
        Opened(Path(sys.argv[2]), Path(sys.argv[1]), display=display, key_filter=key_filter).run(mouse=False)
