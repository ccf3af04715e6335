"""How often tags come and go within shots, counted from the index's bitmaps.

A tag turns where it is carried and was not a frame before, or will not be a frame later; a shot's own beginning and end
are none. Every shot's count by the tag that does so most is kept (`Flicker`), and counted again where tags changed.
"""

import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from db.films import FRAME_BITS, pack
from db.index_fields import HIGHEST, add_frames
from db.index_rows import RATING, AnyBitMap, Range

if TYPE_CHECKING:
    from db.index_state import State

MOST_UNTURNED = 3_000  # frames whose tags changed since they were counted, before somebody has to wait for it

Span = tuple[int, int, int]  # film, first frame, last frame


class Shots(msgspec.Struct, frozen=True):
    """The shots of all films, and where in them a tag may begin and end."""

    spans: tuple[Span, ...]
    firsts: list[int]  # packed
    begins: AnyBitMap  # up to the next shot's first frame
    ends: AnyBitMap

    def turns(self, carried: AnyBitMap) -> Counter[int]:
        """How often what these frames carry comes or goes, by the place of the shot counted from 1."""
        place = partial(bisect_right, self.firsts)
        counted = Counter(map(place, carried - carried.shift(1) & self.begins))
        counted.update(map(place, carried - carried.shift(-1) & self.ends))
        return counted


class Flicker(msgspec.Struct, frozen=True):
    """Of every shot how often the tag that does so most comes or goes."""

    spans: tuple[Span, ...]
    most: tuple[int, ...]


def settled(db: sqlite3.Connection, state: "State") -> "State":
    """The state with every shot counted; the same where there is little to do, which is done when it is asked."""
    frames = sum(each.last - each.first + 1 for each in state.unturned)
    if state.flicker is not None and frames <= MOST_UNTURNED:
        return state
    shots = shots_of(db, state)
    fits = state.flicker is not None and state.flicker.spans == shots.spans
    flicker = _counted_again(state, shots) if fits else _counted(state, shots)
    return msgspec.structs.replace(state, flicker=flicker, unturned=())


def found_in(
    db: sqlite3.Connection, state: "State", tag_ids: Sequence[int] | None, fits: Callable[[float], bool]
) -> Any:
    """Frames of the shots in which one of these tags, or of all, turns so often; None where all are not counted yet."""
    shots, bitmap = shots_of(db, state), state.kind()
    if tag_ids is not None:
        most: Sequence[int] = _most(state, shots, tag_ids, None)
    elif state.flicker is None or state.flicker.spans != shots.spans:
        return None
    else:
        most = _counted_again(state, shots).most
    for span, turns in zip(shots.spans, most, strict=True):
        if fits(turns):
            add_frames(bitmap, *span)
    return bitmap


def shots_of(db: sqlite3.Connection, state: "State") -> Shots:
    rows = db.execute("SELECT film_id, first, last FROM shot ORDER BY film_id, first")
    spans = tuple((row[0], row[1], row[2]) for row in rows)
    begins, ends = state.kind(), state.kind()
    for (film_id, first, last), after in pairwise((*spans, (0, 0, 0))):
        add_frames(begins, film_id, first + 1, after[1] - 1 if after[0] == film_id else HIGHEST)
        add_frames(ends, film_id, first, last - 1)
    return Shots(spans, [pack(film_id, first) for film_id, first, _last in spans], begins, ends)


def _counted(state: "State", shots: Shots) -> Flicker:
    return Flicker(shots.spans, tuple(_most(state, shots, state.carried["frame"].by_tag, None)))


def _counted_again(state: "State", shots: Shots) -> Flicker:
    """What was counted, and the shots anew of which frames changed since."""
    assert state.flicker is not None
    changed = _places(shots, state.unturned)
    if not changed:
        return state.flicker
    within = state.kind()
    for place in changed:
        end = shots.firsts[place + 1] if place + 1 < len(shots.firsts) else (shots.spans[place][0] + 1) << FRAME_BITS
        within.add_range(shots.firsts[place], end)
    fresh = _most(state, shots, state.carried["frame"].by_tag, within)
    most = [fresh[at] if at in changed else turns for at, turns in enumerate(state.flicker.most)]
    return Flicker(shots.spans, tuple(most))


def _places(shots: Shots, changed: Iterable[Range]) -> set[int]:
    """The shots that have frames in these ranges."""
    places: set[int] = set()
    for each in changed:
        first, end = each.ids
        places.update(range(max(bisect_right(shots.firsts, first) - 1, 0), bisect_right(shots.firsts, end - 1)))
    return places


def _most(state: "State", shots: Shots, tag_ids: Iterable[int], within: AnyBitMap | None) -> list[int]:
    """Of every shot the most turns of one of these tags, but for ratings."""
    most, by_tag = [0] * len(shots.spans), state.carried["frame"].by_tag
    for tag_id in tag_ids:
        carried = by_tag.get(tag_id)
        if carried is None or state.tags[tag_id].category == RATING:
            continue
        for place, turns in shots.turns(carried if within is None else carried & within).items():
            most[place - 1] = max(most[place - 1], turns)
    return most
