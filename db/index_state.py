"""What the index knows at one change of the feed: never altered; the next shares what stayed the same."""

import sqlite3
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal

import msgspec

from db import changes, index_rows
from db.changes import Change
from db.films import FRAME_BITS
from db.index_flicker import Flicker
from db.index_rows import AnyBitMap, Holds, Range, Said
from db.query import Subject

Haste = Literal["now", "later"]
MOST_NOW = 3_000  # frames whose tags are read again while somebody waits for an answer
_TAGS_CHANGE = frozenset({"frames", "scores", "verdicts"})
_PICTURES_CHANGE = frozenset({"images", "image_verdicts"})


class Tag(msgspec.Struct, frozen=True):
    """A tag as facets and completions show it."""

    id: int
    name: str
    category: int


class Carried:
    """Everything there is of one subject, and by tag what carries it; never altered."""

    def __init__(self, everything: AnyBitMap, by_tag: Mapping[int, AnyBitMap]) -> None:
        self.everything, self.by_tag = everything, by_tag

    @cached_property
    def by_size(self) -> list[tuple[int, int]]:
        """(how much carries it, tag) of every tag that is carried, the most frequent first."""
        sizes = ((len(bitmap), tag_id) for tag_id, bitmap in self.by_tag.items())
        return sorted((each for each in sizes if each[0]), reverse=True)


class Policy(msgspec.Struct, frozen=True):
    """What scores are read by; another one means another reading of them all."""

    id: int | None
    tagger_id: int | None
    thresholds: tuple[tuple[int, float], ...] = ()


class State(msgspec.Struct, frozen=True):
    """All that is known at one change."""

    change_id: int
    policy: Policy
    kind: type[AnyBitMap]
    holds: dict[int, Holds]
    scored: dict[int, AnyBitMap]
    said: dict[int, Said]
    seen_frames: AnyBitMap
    seen_images: AnyBitMap
    tags: dict[int, Tag]
    carried: dict[Subject, Carried]
    built_at: int
    changed: dict[str, int] = {}  # by kind the newest change since it was built
    flicker: Flicker | None = None
    unturned: tuple[Range, ...] = ()  # frames whose tags changed since flicker was counted

    def drawings_of(self, keys: AnyBitMap) -> AnyBitMap:
        """Every frame that shows a drawing of these key frames."""
        return self.kind.union(self.kind(), *(holds.spread(keys) for holds in self.holds.values()))

    def moment(self, feeds: tuple[str, ...]) -> tuple[int, ...]:
        """What changes where something of these kinds did; of none, where anything did."""
        return tuple(self.changed.get(kind, self.built_at) for kind in feeds) or (self.change_id,)


def policy_in_use(db: sqlite3.Connection) -> Policy:
    """The active policy with its thresholds of single tags."""
    row = db.execute("SELECT id, tagger_id, general, character FROM policy WHERE active").fetchone()
    if row is None:
        return Policy(None, None)
    own = db.execute("SELECT tag_id, threshold FROM tag_threshold WHERE policy_id = ? ORDER BY tag_id", (row["id"],))
    general = ((-1, row["general"]), (-2, row["character"]))
    return Policy(row["id"], row["tagger_id"], (*general, *((each[0], each[1]) for each in own)))


def built(db: sqlite3.Connection) -> State:
    """The state of the rows that `db` sees, read as a whole."""
    kind, policy = index_rows.bitmap_kind(db), policy_in_use(db)
    film_ids = [row[0] for row in db.execute("SELECT id FROM film")]
    holds = {film_id: index_rows.holds_of(db, kind, film_id) for film_id in film_ids}
    scored = index_rows.scored(db, kind, policy.tagger_id, holds)
    said = index_rows.said(db, kind)
    frames = kind.union(kind(), *(index_rows.frames_of(db, kind, film_id) for film_id in film_ids))
    by_tag = {tag_id: _effective(scored.get(tag_id), said.get(tag_id)) for tag_id in scored.keys() | said.keys()}
    for bitmap in by_tag.values():
        bitmap.run_optimize()
    images = Carried(index_rows.done_images(db, kind), index_rows.carried_by_images(db, kind))
    seen_frames = index_rows.seen_frames(db, kind, policy.tagger_id)
    seen_images = index_rows.scored_images(db, kind, policy.tagger_id)
    carried: dict[Subject, Carried] = {"frame": Carried(frames, by_tag), "image": images}
    newest = changes.newest(db)
    return State(newest, policy, kind, holds, scored, said, seen_frames, seen_images, _tags(db), carried, newest)


def followed(db: sqlite3.Connection, state: State, haste: Haste) -> State | None:
    """The state after the changes since; None where it has to be built anew, or `now` where that would take long."""
    found = changes.since(db, state.change_id)
    if not found:
        return state
    if policy_in_use(db) != state.policy or index_rows.bitmap_kind(db) is not state.kind:
        return None
    ranges = _ranges(db, state, found)
    if haste == "now" and (sum(each.last - each.first + 1 for each in ranges) > MOST_NOW or _grown(found)):
        return None
    state, holds_before = _with_holds(db, state, found), state.holds
    for each in ranges:
        state = _read_again(db, state, each)
    state = _with_images(db, state, found)
    tags = _tags(db) if any(change.kind in _TAGS_CHANGE | _PICTURES_CHANGE for change in found) else state.tags
    changed = {**state.changed, **{change.kind: change.id for change in found}}
    if state.holds is not holds_before:
        changed["frames"] = found[-1].id
    unturned = tuple(_joined([*state.unturned, *ranges]))
    return msgspec.structs.replace(state, change_id=found[-1].id, tags=tags, changed=changed, unturned=unturned)


def _tags(db: sqlite3.Connection) -> dict[int, Tag]:
    return {row[0]: Tag(row[0], row[1], row[2]) for row in db.execute("SELECT id, name, category FROM tag")}


def _grown(found: Iterable[Change]) -> bool:
    return any(change.kind == "frames" for change in found)


def _effective(scored: AnyBitMap | None, said: Said | None) -> AnyBitMap:
    """What the tagger sees where nobody said anything, and what people said is there."""
    if said is None:
        return scored
    return said.present if scored is None else scored - said.judged | said.present


def _ranges(db: sqlite3.Connection, state: State, found: Iterable[Change]) -> list[Range]:
    """Which frames' tags to read again, as ranges that hold whole drawings and touch no more."""
    sql = "SELECT f.id, (SELECT max(number) FROM frame WHERE film_id = f.id) FROM film f"
    ends = {row[0]: row[1] for row in db.execute(sql) if row[1]}
    wanted = [
        Range(change.film_id, change.first or 1, min(change.last or ends[change.film_id], ends[change.film_id]))
        for change in found
        if change.kind in _TAGS_CHANGE and change.film_id is not None and change.film_id in ends
    ]
    wanted += [Range(film_id, 1, ends.get(film_id, 1)) for film_id in _regrouped(db, state)]
    return _joined(_whole_drawings(db, each) for each in wanted)


def _regrouped(db: sqlite3.Connection, state: State) -> list[int]:
    rows = db.execute("SELECT id, grouping_id FROM film").fetchall()
    return [row[0] for row in rows if row[0] not in state.holds or state.holds[row[0]].grouping_id != row[1]]


def _whole_drawings(db: sqlite3.Connection, wanted: Range) -> Range:
    """The range with all of the drawings that begin or end in it."""
    sql = """SELECT max(h.first), max(h.last) FROM film f JOIN hold h ON h.grouping_id = f.grouping_id
             WHERE f.id = ? AND h.first = (SELECT max(x.first) FROM hold x WHERE x.grouping_id = f.grouping_id
                                           AND x.first <= ?)"""
    first = db.execute(sql, (wanted.film_id, wanted.first)).fetchone()[0]
    last = db.execute(sql, (wanted.film_id, wanted.last)).fetchone()[1]
    return Range(wanted.film_id, min(first or wanted.first, wanted.first), max(last or wanted.last, wanted.last))


def _joined(ranges: Iterable[Range]) -> list[Range]:
    joined: list[Range] = []
    for each in sorted(ranges, key=lambda each: (each.film_id, each.first)):
        if joined and joined[-1].film_id == each.film_id and each.first <= joined[-1].last + 1:
            before = joined.pop()
            each = Range(each.film_id, before.first, max(before.last, each.last))
        joined.append(each)
    return joined


def _with_holds(db: sqlite3.Connection, state: State, found: Iterable[Change]) -> State:
    """The films whose frames changed, and their holds, read again."""
    film_ids = {change.film_id for change in found if change.kind == "frames" and change.film_id is not None}
    film_ids |= set(_regrouped(db, state))
    if not film_ids:
        return state
    holds, everything = dict(state.holds), state.carried["frame"].everything
    for film_id in film_ids:
        holds[film_id] = index_rows.holds_of(db, state.kind, film_id)
        first, end = Range(film_id, 0, (1 << FRAME_BITS) - 1).ids
        everything = everything - state.kind(range(first, end)) | index_rows.frames_of(db, state.kind, film_id)
    frames = Carried(everything, state.carried["frame"].by_tag)
    return msgspec.structs.replace(state, holds=holds, carried={**state.carried, "frame": frames})


def _read_again(db: sqlite3.Connection, state: State, within: Range) -> State:
    """The state with the scores and verdicts of these frames as they are now."""
    first, end = within.ids
    gap = state.kind(range(first, end))
    fresh = index_rows.scored(db, state.kind, state.policy.tagger_id, state.holds, within)
    scored = {tag_id: each & gap for tag_id, each in fresh.items()}
    words = index_rows.said(db, state.kind, within)
    touched = {*scored, *words, *_in_range(state, first, end)}
    all_scored, all_said = dict(state.scored), dict(state.said)
    by_tag, empty = dict(state.carried["frame"].by_tag), state.kind()
    for tag_id in touched:
        all_scored[tag_id] = all_scored.get(tag_id, empty) - gap | scored.get(tag_id, empty)
        before, new = all_said.get(tag_id), words.get(tag_id)
        all_said[tag_id] = _spliced(before, new, gap, empty)
        by_tag[tag_id] = _effective(all_scored[tag_id], all_said[tag_id])
    frames = Carried(state.carried["frame"].everything, by_tag)
    carried: dict[Subject, Carried] = {**state.carried, "frame": frames}
    seen = state.seen_frames - gap | index_rows.seen_frames(db, state.kind, state.policy.tagger_id, within)
    return msgspec.structs.replace(state, scored=all_scored, said=all_said, seen_frames=seen, carried=carried)


def _in_range(state: State, first: int, end: int) -> Iterable[int]:
    yield from (tag_id for tag_id, each in state.scored.items() if each.range_cardinality(first, end))
    yield from (tag_id for tag_id, each in state.said.items() if each.judged.range_cardinality(first, end))


def _spliced(before: Said | None, new: Said | None, gap: AnyBitMap, empty: AnyBitMap) -> Said:
    old, fresh = before or Said(empty, empty), new or Said(empty, empty)
    return Said(old.present - gap | fresh.present, old.judged - gap | fresh.judged)


def _with_images(db: sqlite3.Connection, state: State, found: Iterable[Change]) -> State:
    """The pictures that were finished, tagged, taken away or spoken of since."""
    if not any(change.kind in _PICTURES_CHANGE for change in found):
        return state
    kind, before = state.kind, state.carried["image"]
    done, seen = index_rows.done_images(db, kind), index_rows.scored_images(db, kind, state.policy.tagger_id)
    fresh = (done - before.everything) | (seen ^ state.seen_images)
    for change in found:
        if change.kind == "image_verdicts" and change.first is not None and change.last is not None:
            fresh |= kind(range(change.first, change.last + 1)) & done
    by_tag = dict(before.by_tag)
    if fresh:
        now = index_rows.carried_by_images(db, kind, fresh)
        for tag_id in {*now, *(tag_id for tag_id, each in by_tag.items() if each.intersect(fresh))}:
            by_tag[tag_id] = by_tag.get(tag_id, kind()) - fresh | now.get(tag_id, kind())
    carried: dict[Subject, Carried] = {**state.carried, "image": Carried(done, by_tag)}
    return msgspec.structs.replace(state, seen_images=seen, carried=carried)
