"""Generations and their pictures: planned before they are drawn, then rated, rejected and matched."""

import json
import random
import sqlite3
from collections.abc import Mapping, Sequence

import msgspec

from db import changes, loras, ratings
from db.connect import now, writing
from db.errors import UserError
from db.i18n import _
from db.ratings import Decision

SEED_LIMIT = 2**32
LARGEST_SEED = 2**63 - 1
MOST_PICTURES, MOST_STEPS = 10_000, 1_000


class PictureSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for; `seed` counts up from picture to picture, None draws one at random."""

    prompt: str
    negative_prompt: str = ""
    count: int = 8
    seed: int | None = None
    steps: int = 20
    sampler: str = "DPM++ 2M"
    cfg_scale: float = 7.0
    width: int | None = None
    height: int | None = None
    clip_skip: int = 1


class Picture(msgspec.Struct, frozen=True):
    """A picture with everything a person sees of it."""

    id: int
    generation_id: int
    ordinal: int
    state: str
    prompt: str
    negative_prompt: str
    seed: int
    steps: int
    sampler: str
    cfg_scale: float
    width: int
    height: int
    path: str | None
    stars: int | None
    rejected: bool
    reason: str
    unseen: bool
    loras: str | None


class Match(msgspec.Struct, frozen=True):
    """A film frame that a picture resembles; uncalibrated, 1.0 is the same vector."""

    film_id: int
    frame_number: int
    score: float
    method: str
    coverage: float


class Counts(msgspec.Struct, frozen=True):
    """How far the judging of some pictures is."""

    total: int
    rated: int
    rejected: int

    @property
    def decided(self) -> int:
        """Pictures with a decision of either kind."""
        return self.rated + self.rejected


def plan(db: sqlite3.Connection, base_id: int, settings: PictureSettings) -> int:
    """Insert a generation and its planned pictures; returns the generation's id. Raises `UserError`."""
    check(settings)
    with writing(db):
        uses = loras.resolve(db, settings.prompt)
        loras.refuse(settings.negative_prompt)
        base = db.execute("SELECT width, height FROM base WHERE id = ?", (base_id,)).fetchone()
        size = settings.width or base["width"], settings.height or base["height"]
        row = db.execute(
            """INSERT INTO generation (prompt, negative_prompt, base_id, settings, made_at)
               VALUES (?, ?, ?, ?, ?) RETURNING id""",
            (settings.prompt, settings.negative_prompt, base_id, msgspec.json.encode(settings).decode(), now()),
        ).fetchone()
        _plan_images(db, int(row["id"]), settings, size, uses)
    return int(row["id"])


def check(settings: PictureSettings) -> None:
    """Raise `UserError` for more pictures, steps or greater seeds than there can be."""
    if not 1 <= settings.count <= MOST_PICTURES or not 1 <= settings.steps <= MOST_STEPS:
        raise UserError(_("A generation has 1 to 10000 pictures of 1 to 1000 steps."))
    largest = LARGEST_SEED - settings.count
    if settings.seed is not None and not 0 <= settings.seed <= largest:
        raise UserError(_("A seed is a number from 0 to {largest}.").format(largest=largest))


def _plan_images(
    db: sqlite3.Connection,
    generation_id: int,
    settings: PictureSettings,
    size: tuple[int, int],
    uses: Sequence[tuple[int, loras.LoraUse]],
) -> None:
    first_seed = settings.seed if settings.seed is not None else random.SystemRandom().randrange(SEED_LIMIT)
    for ordinal in range(settings.count):
        row = db.execute(
            """INSERT INTO image (generation_id, ordinal, prompt, negative_prompt, seed, steps, sampler, cfg_scale,
                   width, height, clip_skip) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id""",
            (
                generation_id, ordinal, settings.prompt, settings.negative_prompt, first_seed + ordinal,
                settings.steps, settings.sampler, settings.cfg_scale, *size, settings.clip_skip,
            ),
        ).fetchone()  # fmt: skip
        db.executemany(
            "INSERT INTO image_lora (image_id, lora_id, weight, text_weight) VALUES (?, ?, ?, ?)",
            [(row["id"], lora_id, use.weight, use.text_weight) for lora_id, use in uses],
        )


_PICTURES = """
SELECT id, generation_id, ordinal, state, prompt, negative_prompt, seed, steps, sampler, cfg_scale, width, height,
    path, stars, rejected, COALESCE(reason, '') AS reason, unseen, loras
FROM image_full
"""


def picture(db: sqlite3.Connection, image_id: int) -> Picture:
    """The picture with this id; raises `UserError` where there is none."""
    row = db.execute(_PICTURES + " WHERE id = ?", (image_id,)).fetchone()
    if row is None:
        raise UserError(_("There is no picture {id}.").format(id=image_id))
    fields = dict(row)
    return Picture(**{**fields, "rejected": bool(fields["rejected"]), "unseen": bool(fields["unseen"])})


def matches(db: sqlite3.Connection, image_id: int) -> list[Match]:
    """The film frames a picture most resembles, the most alike first."""
    rows = db.execute(
        "SELECT film_id, frame_number, score, method, coverage FROM match WHERE image_id = ? ORDER BY rank",
        (image_id,),
    )
    return [Match(**dict(row)) for row in rows]


def rate(
    db: sqlite3.Connection,
    session: str,
    image_id: int,
    *,
    stars: int | None = None,
    rejected: bool = False,
    reason: str = "",
    origin: str = "person",
    unseen: bool = False,
) -> int:
    """Rate a picture, reject it, or (neither) clear its rating; returns the event's id."""
    return ratings.rate_all(db, session, {image_id: Decision(stars, rejected, reason, unseen)}, origin=origin)


def keep_only(db: sqlite3.Connection, session: str, image_id: int, unseen: Mapping[int, bool]) -> int:
    """Reject every picture of this one's generation but it, as one event; returns how many.

    Its own rejection is taken back, its stars stay; what is rejected already stays so. `unseen` names by id what has
    not reached the terminal, and all that it does not name has not either.
    """
    decisions: dict[int, Decision] = {}
    for other in generation_of(db, image_id):
        known = db.execute("SELECT stars, rejected FROM rating WHERE image_id = ?", (other,)).fetchone()
        if other != image_id and not (known and known["rejected"]):
            decisions[other] = Decision(rejected=True, unseen=unseen.get(other, True))
        elif other == image_id and known and known["rejected"]:
            decisions[other] = Decision()
    count = sum(each.rejected for each in decisions.values())
    if decisions:
        summary = _("picture {id} kept, {count} others rejected").format(id=image_id, count=count)
        ratings.rate_all(db, session, decisions, summary=summary, place=image_id)
    return count


def generation_of(db: sqlite3.Connection, image_id: int) -> list[int]:
    """The finished pictures that were asked for together with this one, in their order."""
    rows = db.execute(
        """SELECT o.id FROM image i JOIN image o ON o.generation_id = i.generation_id
           WHERE i.id = ? AND o.state = 'done' ORDER BY o.ordinal""",
        (image_id,),
    )
    return [int(row["id"]) for row in rows]


def counts(db: sqlite3.Connection, image_ids: Sequence[int]) -> Counts:
    """How far the judging of these pictures is."""
    row = db.execute(
        """SELECT COALESCE(sum(r.stars IS NOT NULL AND NOT r.rejected), 0) AS rated,
               COALESCE(sum(r.rejected), 0) AS rejected
           FROM json_each(?) wanted JOIN rating r ON r.image_id = wanted.value""",
        (json.dumps(list(image_ids)),),
    ).fetchone()
    return Counts(len(image_ids), int(row["rated"]), int(row["rejected"]))


def announce_done(db: sqlite3.Connection, image_id: int) -> None:
    """Put a finished picture in the feed, inside the transaction that finishes it."""
    changes.announce(db, "images", None, image_id, image_id)
