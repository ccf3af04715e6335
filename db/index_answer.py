"""Answers from bitmaps: the ids of a result by rank or by key, what it carries, and which tags would narrow it."""

from array import array
from collections.abc import Callable, Iterator
from heapq import heappush, heapreplace

from db.facets import Facet
from db.index_rows import AnyBitMap
from db.index_state import State, Tag
from db.query import Subject


class Answer:
    """The ids that match an expression, ascending; nothing in it changes any more."""

    def __init__(self, state: State, subject: Subject, found: AnyBitMap) -> None:
        self._state, self._subject, self.bitmap = state, subject, found

    def __len__(self) -> int:
        return len(self.bitmap)

    def __contains__(self, found_id: int) -> bool:
        return found_id in self.bitmap

    def ids(self) -> "array[int]":
        """Every id, ascending."""
        return self.bitmap.to_array()  # type: ignore[no-any-return]

    def page(self, start: int, size: int) -> "array[int]":
        """The ids from position `start` on, at most `size` of them."""
        return self.bitmap[start : start + size].to_array()  # type: ignore[no-any-return]

    def after(self, after: int, size: int) -> "array[int]":
        """The first `size` ids that are greater than `after`."""
        return self.page(self.bitmap.rank(after) if after >= 0 else 0, size)

    def position(self, found_id: int) -> int:
        """How many ids are smaller: where this one stands, or would."""
        return self.bitmap.rank(found_id - 1) if found_id > 0 else 0

    def facets(self, limit: int) -> list[Facet]:
        """The tags that most of these carry, with counts, the most frequent first, equal ones by name."""
        return _top(self.bitmap, self._totals(lambda tag: True), limit)

    def narrowing(self, part: str, limit: int) -> list[Facet]:
        """Tags whose name contains `part`: those that begin with it first, each half by its count in these."""
        begins = _top(self.bitmap, self._totals(lambda tag: tag.name.startswith(part)), limit)
        if len(begins) == limit or not part:
            return begins
        inside = self._totals(lambda tag: part in tag.name and not tag.name.startswith(part))
        return [*begins, *_top(self.bitmap, inside, limit - len(begins))]

    def _totals(self, fits: Callable[[Tag], bool]) -> Iterator[tuple[int, Tag, AnyBitMap]]:
        """The tags that fit with how much carries them in all, the most frequent first."""
        carried, tags = self._state.carried[self._subject], self._state.tags
        for total, tag_id in carried.by_size:
            if fits(tag := tags[tag_id]):
                yield total, tag, carried.by_tag[tag_id]


def _top(found: AnyBitMap, totals: Iterator[tuple[int, Tag, AnyBitMap]], limit: int) -> list[Facet]:
    """Exact counts of the most frequent tags; a tag that is rarer in all than the last of them cannot be one."""
    best: list[int] = []
    facets = []
    for total, tag, bitmap in totals:
        if len(best) == limit and (not limit or total < best[0]):
            break
        count = bitmap.intersection_cardinality(found)
        if not count or (len(best) == limit and count < best[0]):
            continue
        (heapreplace if len(best) == limit else heappush)(best, count)
        facets.append(Facet(tag.name, tag.category, count))
    facets.sort(key=lambda facet: (-facet.count, facet.tag))
    return facets[:limit]
