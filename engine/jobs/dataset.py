"""Freeze frames and their captions into a dataset that nothing changes afterwards."""

import hashlib
import math
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import msgspec

from db import tags
from db.captions import Caption
from db.changes import announce
from db.connect import now, writing
from db.dataset_items import UNFINISHED
from db.errors import UserError
from db.films import unpack
from db.i18n import _
from db.query import frame_ids
from db.requests import DatasetRequest
from engine.captions import FrameTag, caption, implied_by
from engine.room import ROWS_TWICE
from engine.running import RunningJob
from engine.studio import Studio

ROWS_PER_WRITE = 200
ROW_BYTES = 200


@dataclass(frozen=True)
class Item:
    """One drawing of a film, with the frames it stands for."""

    film_id: int
    film_sha256: str
    frame_number: int
    exposure: int
    shot: int
    caption: Caption


def run(studio: Studio, request: DatasetRequest, job: RunningJob) -> None:
    """Snapshot what matches the query; a run that was stopped leaves nothing."""
    discard_unfinished(studio.db)
    dataset_id = made_by(studio.db, job.id) or _make(studio.db, request, job)
    counts = studio.db.execute(
        "SELECT count(*) AS items, sum(validation) AS validation_items FROM dataset_item WHERE dataset_id = ?",
        (dataset_id,),
    ).fetchone()
    job.made(dataset_id=dataset_id, **dict(counts))


def _make(db: sqlite3.Connection, request: DatasetRequest, job: RunningJob) -> int:
    items = list(_progressing(collect(db, request), job))
    if not items:
        raise UserError(_("No usable frame matches “{query}”.").format(query=request.query))
    job.studio.need_room(ROWS_TWICE * sum(_bytes(item, request) for item in items))
    return _store(db, request, items, validation_shots(items, request.validation_share, request.seed))


def _bytes(item: Item, request: DatasetRequest) -> int:
    """What an item's row and caption take up at most."""
    return ROW_BYTES + len(item.caption.text(request.captions.separator).encode())


def made_by(db: sqlite3.Connection, job_id: int) -> int | None:
    """The dataset this very job finished before it was killed at its end, if it did."""
    row = db.execute(
        """SELECT d.id FROM job j JOIN dataset d ON d.recipe = j.request AND d.made_at >= j.queued_at
           WHERE j.id = :job AND j.kind = 'dataset' AND d.sha256 != :unfinished AND NOT EXISTS (
               SELECT 1 FROM job other WHERE other.kind = 'dataset' AND other.state = 'done' AND other.id != :job
                   AND json_extract(other.result, '$.dataset_id') = d.id)""",
        {"job": job_id, "unfinished": UNFINISHED},
    ).fetchone()
    return row and int(row["id"])


def _progressing(items: Iterator[Item], job: RunningJob) -> Iterator[Item]:
    for number, item in enumerate(items, 1):
        yield item
        job.progress(number, None, _("drawings"))
        job.check()


def collect(db: sqlite3.Connection, request: DatasetRequest) -> Iterator[Item]:
    """The drawings among the frames that match, each hold giving one for each different set of tags."""
    implications = (
        "SELECT t.name, i.name FROM tag_implication JOIN tag t ON t.id = tag_id JOIN tag i ON i.id = implied_id"
    )
    implied = implied_by((row[0], row[1]) for row in db.execute(implications))
    for film_id, numbers in _by_film(frame_ids(db, request.query)):
        film = db.execute("SELECT * FROM film WHERE id = ?", (film_id,)).fetchone()
        for key_frame, shot, group in _holds(db, film, numbers):
            for number, exposure, found in _drawings(db, film_id, key_frame, group):
                words = caption(found, request.captions, implied)
                yield Item(film_id, film["sha256"], number, exposure, shot, words)


def _by_film(ids: "array[int]") -> Iterator[tuple[int, list[int]]]:
    for film_id, pairs in groupby(map(unpack, ids), key=lambda pair: pair[0]):
        yield film_id, [number for _film_id, number in pairs]


def _holds(db: sqlite3.Connection, film: sqlite3.Row, numbers: Sequence[int]) -> Iterator[tuple[int, int, list[int]]]:
    """(key frame, shot, usable frames among `numbers`) of each hold; tainted and excluded frames are not usable."""
    wanted = set(numbers)
    unusable = {
        row["number"]
        for row in db.execute("SELECT number FROM frame WHERE film_id = ? AND (tainted OR corrupt)", (film["id"],))
    }
    for row in db.execute("SELECT first, last FROM exclusion WHERE film_id = ?", (film["id"],)):
        unusable.update(range(row["first"], row["last"] + 1))
    holds = db.execute(
        """SELECT h.first, h.last, h.key_frame, COALESCE((
               SELECT s.number FROM shot s WHERE s.film_id = ? AND s.first <= h.first
               ORDER BY s.first DESC LIMIT 1), 0) AS shot
           FROM hold h WHERE h.grouping_id = ? AND h.key_frame IS NOT NULL ORDER BY h.first""",
        (film["id"], film["grouping_id"]),
    ).fetchall()
    for hold in holds:
        usable = [n for n in range(hold["first"], hold["last"] + 1) if n in wanted and n not in unusable]
        if usable:
            yield hold["key_frame"], hold["shot"], usable


def _drawings(
    db: sqlite3.Connection, film_id: int, key_frame: int, numbers: Sequence[int]
) -> Iterator[tuple[int, int, list[FrameTag]]]:
    """(frame, exposure, tags) for each different set of tags among these frames of a hold."""
    found: dict[frozenset[str], tuple[list[int], list[FrameTag]]] = {}
    for alike in _by_verdicts(db, film_id, numbers):
        tags = frame_tags(db, film_id, alike[0])
        found.setdefault(frozenset(tag.name for tag in tags), ([], tags))[0].extend(alike)
    for frames, tags in found.values():
        yield key_frame if key_frame in frames else min(frames), len(frames), tags


def _by_verdicts(db: sqlite3.Connection, film_id: int, numbers: Sequence[int]) -> list[list[int]]:
    """Frames of a hold by what people said of them, which is all that tells their tags apart."""
    verdicts: dict[int, set[tuple[int, int]]] = {}
    for row in db.execute(
        "SELECT frame_number, tag_id, present FROM verdict WHERE film_id = ? AND frame_number BETWEEN ? AND ?",
        (film_id, numbers[0], numbers[-1]),
    ):
        verdicts.setdefault(row["frame_number"], set()).add((row["tag_id"], row["present"]))
    alike: dict[frozenset[tuple[int, int]], list[int]] = {}
    for number in numbers:
        alike.setdefault(frozenset(verdicts.get(number, ())), []).append(number)
    return list(alike.values())


def frame_tags(db: sqlite3.Connection, film_id: int, number: int) -> list[FrameTag]:
    """A frame's effective tags, as captions are built from them."""
    return [
        FrameTag(tag.tag, tag.category, 1.0 if tag.score is None else tag.score, tag.origin == "verdict")
        for tag in tags.frame_tags(db, film_id, number)
    ]


def validation_shots(items: Sequence[Item], share: float, seed: int) -> set[tuple[str, int]]:
    """The shots held out of training, as (film sha256, shot); whole shots, because their frames are alike.

    A shot's place is a hash of the seed and the shot, so that another dataset of the film holds out the same ones.
    """
    shots = sorted(
        {(item.film_sha256, item.shot) for item in items},
        key=lambda shot: hashlib.sha256(f"{seed} {shot}".encode()).digest(),
    )
    count = round(share * len(shots)) or math.ceil(share)
    return set(shots[: min(count, len(shots) - 1)])


def weight(exposure: int, cap: int) -> float:
    """How often training sees a drawing: as long as it is held on screen, up to a cap."""
    return float(min(exposure, max(1, cap)))


def content_sha256(rows: Sequence[tuple[str, int, int, float, bool, str]]) -> str:
    """Hash of what the items are: film content, frame, exposure, weight, split and caption; no row numbers."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(msgspec.json.encode(row) + b"\n")
    return digest.hexdigest()


def _store(
    db: sqlite3.Connection, request: DatasetRequest, items: Sequence[Item], held_out: set[tuple[str, int]]
) -> int:
    separator = request.captions.separator
    rows = [
        (
            item.film_sha256, item.frame_number, item.exposure, weight(item.exposure, request.exposure_cap),
            (item.film_sha256, item.shot) in held_out, item.caption.text(separator),
        )
        for item in items
    ]  # fmt: skip
    dataset_id = _begin(db, request)
    for start in range(0, len(rows), ROWS_PER_WRITE):
        with writing(db):
            for ordinal, row in enumerate(rows[start : start + ROWS_PER_WRITE], start):
                _insert(db, dataset_id, ordinal, items[ordinal].film_id, row)
    with writing(db):
        db.execute("UPDATE dataset SET sha256 = ? WHERE id = ?", (content_sha256(rows), dataset_id))
        announce(db, "runs")
    return dataset_id


def _begin(db: sqlite3.Connection, request: DatasetRequest) -> int:
    recipe = msgspec.json.encode(request).decode()
    with writing(db):
        name = request.name or _next_name(db)
        if db.execute("SELECT 1 FROM dataset WHERE name = ?", (name,)).fetchone():
            raise UserError(_("There is a dataset “{name}” already: choose another name.").format(name=name))
        row = db.execute(
            "INSERT INTO dataset (name, sha256, recipe, made_at) VALUES (?, ?, ?, ?) RETURNING id",
            (name, UNFINISHED, recipe, now()),
        ).fetchone()
    return int(row["id"])


def _next_name(db: sqlite3.Connection) -> str:
    day = f"dataset-{date.today().isoformat()}-"
    rows = db.execute("SELECT name FROM dataset WHERE name GLOB ?", (day + "*",))
    taken = [int(number) for row in rows if (number := row["name"].removeprefix(day)).isdigit()]
    return f"{day}{max(taken, default=0) + 1}"


def _insert(
    db: sqlite3.Connection, dataset_id: int, ordinal: int, film_id: int, row: tuple[str, int, int, float, bool, str]
) -> None:
    _film_sha256, frame_number, exposure, share, validation, text = row
    db.execute("INSERT OR IGNORE INTO caption (text) VALUES (?)", (text,))
    db.execute(
        """INSERT INTO dataset_item (dataset_id, ordinal, film_id, frame_number, exposure, weight, validation,
               caption_id) VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT id FROM caption WHERE text = ?))""",
        (dataset_id, ordinal, film_id, frame_number, exposure, share, validation, text),
    )


def discard_unfinished(db: sqlite3.Connection) -> None:
    """Remove what a run that was stopped between two of its writes left behind."""
    for row in db.execute("SELECT id FROM dataset WHERE sha256 = ?", (UNFINISHED,)).fetchall():
        while db.execute("SELECT 1 FROM dataset_item WHERE dataset_id = ? LIMIT 1", (row["id"],)).fetchone():
            with writing(db):
                db.execute(
                    """DELETE FROM dataset_item WHERE dataset_id = :id AND ordinal IN (
                           SELECT ordinal FROM dataset_item WHERE dataset_id = :id LIMIT :count)""",
                    {"id": row["id"], "count": ROWS_PER_WRITE},
                )
        with writing(db):
            db.execute("DELETE FROM dataset WHERE id = ?", (row["id"],))
