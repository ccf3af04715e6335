"""What happened in the studio since the last look, whoever did it: the app posts these to the open room."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from textual.message import Message

from db.changes import Change


class Replaceable(Message):
    """A message of which only the last matters."""

    def can_replace(self, message: Message) -> bool:
        """Whether `message`, which waits unread, says no more than this one."""
        return type(message) is type(self)


class JobsChanged(Replaceable):
    """Something was committed; jobs tell of their progress in no other way."""


class ImagesChanged(Replaceable):
    """Pictures were finished."""


class RatingsChanged(Replaceable):
    """Pictures were rated, rejected or cleared."""


class MatchesChanged(Replaceable):
    """It is known what some pictures resemble, what the tagger sees in them, or what people say of that."""


class EngineWanted(Message):
    """A person has asked for work: the engine is to run."""


class RunsChanged(Replaceable):
    """A run was planned, went on or published a LoRA."""


class PolicyChanged(Replaceable):
    """Another tagger or other thresholds decide which scores are tags."""


@dataclass
class FramesChanged(Message):
    """Frames of a film arrived, or their holds, scores or verdicts changed; without a range, any of them."""

    film_id: int | None
    first: int | None
    last: int | None


_REPLACEABLE: dict[str, type[Replaceable]] = {
    "images": ImagesChanged,
    "ratings": RatingsChanged,
    "matches": MatchesChanged,
    "image_verdicts": MatchesChanged,
    "runs": RunsChanged,
    "policy": PolicyChanged,
}
_OF_FRAMES = ("frames", "scores", "verdicts")


def messages_for(changes: Iterable[Change]) -> Iterator[Message]:
    """One message for each kind of change, and one for each film whose frames changed."""
    spans: dict[int | None, FramesChanged] = {}
    kinds: set[str] = set()
    for change in changes:
        kinds.add(change.kind)
        if change.kind in _OF_FRAMES:
            spans[change.film_id] = _widened(spans.get(change.film_id), change)
    yield from spans.values()
    yield from (message() for kind, message in _REPLACEABLE.items() if kind in kinds)
    yield JobsChanged()


def _widened(known: FramesChanged | None, change: Change) -> FramesChanged:
    """The span of what changed so far in a film, and of this change too."""
    if known is None:
        return FramesChanged(change.film_id, change.first, change.last)
    if None in (known.first, known.last, change.first, change.last):
        return FramesChanged(change.film_id, None, None)
    assert known.first is not None and change.first is not None
    assert known.last is not None and change.last is not None
    return FramesChanged(change.film_id, min(known.first, change.first), max(known.last, change.last))
