"""Which of two pictures is better: choices, and blind trials of two sides with their running result.

A trial compares two LoRA versions, or two of any other setting, each side an expression. A pair is a picture of each
side with the same seed and the same prompt, LoRAs aside. Which of them stands on the left follows from the trial's
stored seed, so that it neither tells the side nor changes from terminal to terminal.
"""

import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from db import events, query
from db.connect import now, writing
from db.errors import UserError
from db.i18n import _
from db.intervals import binomial_p, wilson
from db.loras import REFERENCE

SEED_LIMIT = 2**32


Ends = tuple[int, int]
"""The left picture of a pair and the right one."""


class Pair(msgspec.Struct, frozen=True):
    """Two pictures to choose from, by where they stand; `one_is_left` says which side that is."""

    left_id: int
    right_id: int
    one_is_left: bool

    @property
    def ends(self) -> Ends:
        """By what a choice from it is known."""
        return self.left_id, self.right_id


class Trial(msgspec.Struct, frozen=True):
    """Two sides that are compared blind."""

    id: int
    one: str
    other: str
    seed: int


class Result(msgspec.Struct, frozen=True):
    """How a trial stands. `open` are choices made with the sides revealed, which prove nothing."""

    one: int
    other: int
    ties: int
    open: int

    @property
    def decided(self) -> int:
        """Blind choices for either side."""
        return self.one + self.other

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the share in which `one` is better."""
        return wilson(self.one, self.decided)

    @property
    def p(self) -> float:
        """How probable choices at least so uneven are where the sides are equally good."""
        return binomial_p(self.one, self.decided)


def choose(
    db: sqlite3.Connection, session: str, better_id: int, worse_id: int, *, trial: Trial | None = None,
    pair: Pair | None = None, is_blind: bool = False, is_tie: bool = False,
) -> None:  # fmt: skip
    """Store that one picture is better than another, or in a tie that neither is."""
    left_id = pair and pair.left_id
    target = f"image:{better_id}" if trial is None else f"trial:{trial.id}:{left_id}"
    if trial is not None:  # which one was chosen would say too much
        one, other = sorted((better_id, worse_id))
        summary = _("choice between the pictures {one} and {other}").format(one=one, other=other)
    else:
        summary = _("picture {better} better than {worse}").format(better=better_id, worse=worse_id)
    values = (better_id, worse_id, int(is_blind), trial and trial.id, left_id, int(is_tie))
    with writing(db):
        if trial is not None and pair is not None:
            _keep_sides(db, trial, [pair])
        row = db.execute("SELECT COALESCE(max(id), 0) + 1 FROM comparison").fetchone()
        events.act(db, session, "comparison", summary, events.COMPARISON, {(int(row[0]),): values}, target)


def begin(db: sqlite3.Connection, one: str, other: str) -> Trial:
    """The trial of two expressions, begun or gone on with. Raises `UserError` where they have no pair."""
    one, other = " ".join(one.split()), " ".join(other.split())
    if one == other:
        raise UserError(_("Both sides are the same pictures."))
    known = db.execute("SELECT * FROM trial WHERE one = ? AND other = ?", (one, other)).fetchone()
    if known is None and not _matched(db, one, other):
        raise UserError(_("No picture of one side has the seed and prompt of one of the other side."))
    if known is None:
        seed = random.SystemRandom().randrange(SEED_LIMIT)
        with writing(db):
            row = (one, other, seed, now())  # another terminal may begin it at the same moment
            db.execute("INSERT OR IGNORE INTO trial (one, other, seed, made_at) VALUES (?, ?, ?, ?)", row)
        known = db.execute("SELECT * FROM trial WHERE one = ? AND other = ?", (one, other)).fetchone()
    return _trial(known)


def trial(db: sqlite3.Connection, trial_id: int) -> Trial:
    """The trial with this id; raises `UserError` where there is none."""
    row = db.execute("SELECT * FROM trial WHERE id = ?", (trial_id,)).fetchone()
    if row is None:
        raise UserError(_("There is no trial {id}.").format(id=trial_id))
    return _trial(row)


def trials(db: sqlite3.Connection) -> list[Trial]:
    """Every trial, the oldest first."""
    return [_trial(row) for row in db.execute("SELECT * FROM trial ORDER BY id")]


def pairs(db: sqlite3.Connection, of: Trial) -> list[Pair]:
    """The trial's pairs in its own order, each shuffled by the trial's seed; new pictures only add pairs."""
    shuffled = []
    for one_id, other_id in _matched(db, of.one, of.other):
        chance = random.Random(f"{of.seed}:{one_id}:{other_id}")
        place, one_is_left = chance.random(), chance.random() < 0.5
        left, right = (one_id, other_id) if one_is_left else (other_id, one_id)
        shuffled.append((place, Pair(left, right, one_is_left)))
    return [pair for _place, pair in sorted(shuffled, key=lambda each: each[0])]


def chosen(db: sqlite3.Connection, of: Trial) -> dict[Ends, int | None]:
    """By the pictures of a pair: the one chosen last, None for a tie."""
    return {ends: None if row["tie"] else row["better_id"] for ends, row in _latest(db, of).items()}


def result(db: sqlite3.Connection, of: Trial) -> Result:
    """How often which side was better, by the last choice of each pair; those of pictures that are gone count on."""
    latest = _latest(db, of)
    lefts = {ends: row["one_is_left"] for ends, row in latest.items()}
    if None in lefts.values():
        lefts |= {pair.ends: pair.one_is_left for pair in pairs(db, of)}
    one = other = ties = revealed = 0
    for (left_id, right_id), row in latest.items():
        if (one_is_left := lefts[left_id, right_id]) is None:
            continue
        if not row["blind"]:
            revealed += 1
        elif row["tie"]:
            ties += 1
        elif row["better_id"] == (left_id if one_is_left else right_id):
            one += 1
        else:
            other += 1
    return Result(one, other, ties, revealed)


def _latest(db: sqlite3.Connection, of: Trial) -> dict[Ends, sqlite3.Row]:
    """The last choice of each pair, with the side that stood on the left where that was kept."""
    rows = db.execute(
        """SELECT c.*, p.one_is_left FROM (
               SELECT *, CASE left_id WHEN better_id THEN worse_id ELSE better_id END AS right_id
               FROM comparison WHERE trial_id = ?) c
           LEFT JOIN trial_pair p ON p.trial_id = c.trial_id AND p.left_id = c.left_id AND p.right_id = c.right_id
           ORDER BY c.id""",
        (of.id,),
    )
    return {(row["left_id"], row["right_id"]): row for row in rows}


def keep_sides(db: sqlite3.Connection) -> None:
    """Keep the sides of every pair that was chosen from before choices kept them, while its pictures are there."""
    for each in trials(db):
        unkept = {ends for ends, row in _latest(db, each).items() if row["one_is_left"] is None}
        if unkept:
            _keep_sides(db, each, [pair for pair in pairs(db, each) if pair.ends in unkept])


def _keep_sides(db: sqlite3.Connection, of: Trial, kept: Sequence[Pair]) -> None:
    rows = [(of.id, *pair.ends, int(pair.one_is_left)) for pair in kept]
    with writing(db):
        db.executemany("INSERT OR REPLACE INTO trial_pair VALUES (?, ?, ?, ?)", rows)


def suggestion(db: sqlite3.Connection) -> tuple[str, str] | None:
    """The two sides that most pairs of finished pictures differ in: LoRAs before settings; the newest first."""
    rows = db.execute(
        """SELECT i.seed, i.prompt, i.negative_prompt, i.width, i.height, i.steps, i.cfg_scale, i.generation_id,
               (SELECT l.name FROM image_lora il JOIN lora l ON l.id = il.lora_id WHERE il.image_id = i.id
                ORDER BY l.id DESC LIMIT 1) AS lora
           FROM image i WHERE i.state = 'done' ORDER BY i.id"""
    )
    alike = defaultdict(list)
    for row in rows:
        alike[_likeness(row)].append(row)
    groups = [group for group in alike.values() if len(group) > 1]
    for column, form in (("lora", "lora:{}"), ("steps", "steps:{}"), ("cfg_scale", "cfg:{:g}"),
                         ("generation_id", "gen:{}")):  # fmt: skip
        if found := _most_frequent([[row[column] for row in group if row[column] is not None] for group in groups]):
            return form.format(found[0]), form.format(found[1])
    return None


def _most_frequent(groups: Iterable[Sequence[object]]) -> tuple[object, object] | None:
    counts: dict[tuple[object, object], int] = defaultdict(int)
    for values in groups:
        different = list(dict.fromkeys(values))
        if len(different) > 1:
            counts[different[-2], different[-1]] += 1
    return max(reversed(list(counts)), key=lambda sides: counts[sides]) if counts else None


def _matched(db: sqlite3.Connection, one: str, other: str) -> list[tuple[int, int]]:
    """Pictures of both sides with the same seed, prompt and size, one to one; those of like settings together."""
    sides = [_by_likeness(db, expression) for expression in (one, other)]
    found = []
    for likeness in sides[0].keys() & sides[1].keys():
        found += [pair for pair in zip(sides[0][likeness], sides[1][likeness], strict=False) if pair[0] != pair[1]]
    return sorted(found)


def _by_likeness(db: sqlite3.Connection, expression: str) -> dict[tuple[object, ...], list[int]]:
    wanted = set(query.image_ids(db, expression))
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for row in db.execute("SELECT * FROM image WHERE state = 'done' ORDER BY steps, sampler, cfg_scale, id"):
        if row["id"] in wanted:
            alike[_likeness(row)].append(int(row["id"]))
    return alike


def shared_prompt(prompt: str) -> str:
    """What both pictures of a pair were asked for: the prompt, LoRAs aside."""
    return " ".join(REFERENCE.sub(" ", prompt).split())


def _likeness(row: sqlite3.Row) -> tuple[object, ...]:
    return row["seed"], shared_prompt(row["prompt"]), row["negative_prompt"], row["width"], row["height"]


def _trial(row: sqlite3.Row) -> Trial:
    return Trial(row["id"], row["one"], row["other"], row["seed"])
