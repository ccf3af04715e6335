"""The frames a person has marked, for the next act to reach; the frames room and the shots room share them."""

from collections.abc import Iterable

from db.i18n import _, plural
from kimikoe_tui.text import thousands


class Marks:
    """Packed ids of frames. They are a terminal's own: nothing of them is in the studio."""

    def __init__(self) -> None:
        self._ids: set[int] = set()

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, frame_id: int) -> bool:
        return frame_id in self._ids

    @property
    def ids(self) -> list[int]:
        """The marked frames, in film order."""
        return sorted(self._ids)

    def holds(self, frame_ids: Iterable[int]) -> bool:
        """Whether all of these are marked."""
        return self._ids.issuperset(frame_ids)

    def touches(self, frame_ids: Iterable[int]) -> bool:
        """Whether one of these is marked."""
        return not self._ids.isdisjoint(frame_ids)

    def add(self, frame_ids: Iterable[int]) -> None:
        """Mark these too."""
        self._ids.update(frame_ids)

    def toggle(self, frame_ids: Iterable[int]) -> None:
        """Mark these, or where all of them are marked, no longer."""
        wanted = list(frame_ids)
        if self.holds(wanted):
            self._ids.difference_update(wanted)
        else:
            self._ids.update(wanted)

    def clear(self) -> None:
        """Mark nothing."""
        self._ids.clear()

    @property
    def words(self) -> str:
        """`412 frames marked`; empty where there are none."""
        if not self._ids:
            return ""
        words = plural("{count} frame marked", "{count} frames marked", len(self._ids))
        return _("● {words}").format(words=words.format(count=thousands(len(self._ids))))
