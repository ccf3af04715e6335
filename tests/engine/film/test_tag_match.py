"""Tagging and matching: what is left is done once, stale matches are replaced, a stop loses nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from db import library
from db.errors import UserError
from db.requests import IngestRequest, MatchRequest, TaggerRequest, TagRequest
from engine.fit import fit_picture, whole_picture
from engine.pixels import Film
from engine.running import EngineStopping
from engine.studio import Studio
from engine.vectors import from_blob
from tests.engine.film.clips import held_drawings, numbered, write_clip
from tests.engine.film.tiny_taggers import SIZE, TAGS, expected, write_tagger

Run = Callable[..., dict[str, Any]]
SHOTS, DRAWINGS_PER_SHOT, HELD = 7, 3, 2
DRAWINGS = SHOTS * DRAWINGS_PER_SHOT


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = held_drawings(SHOTS, DRAWINGS_PER_SHOT, HELD)
    return write_clip(tmp_path_factory.mktemp("film") / "film.mp4", pictures)


@pytest.fixture
def film_id(studio: Studio, run: Run, clip: Path, tmp_path: Path) -> int:
    run(TaggerRequest(source=str(write_tagger(tmp_path / "tiny", embedding=False))))
    return int(run(IngestRequest(path=str(clip), hold_threshold=5))["film_id"])


def add_images(studio: Studio, pictures: list[np.ndarray]) -> list[int]:
    """Finished pictures of one generation; their ids."""
    db = studio.db
    db.execute("INSERT OR IGNORE INTO base VALUES (1, 'b', 's', 'h', 'sd15', 'epsilon', 64, 64, '', '', 0)")
    db.execute("INSERT OR IGNORE INTO generation VALUES (1, 'p', '', 1, '{}', 0)")
    studio.images.mkdir(exist_ok=True)
    ids = []
    for picture in pictures:
        ordinal = db.execute("SELECT count(*) FROM image").fetchone()[0]
        Image.fromarray(picture).save(studio.images / f"{ordinal}.png")
        row = db.execute(
            """INSERT INTO image (generation_id, ordinal, state, prompt, negative_prompt, seed, steps, sampler,
                   cfg_scale, width, height, path)
               VALUES (1, ?, 'done', 'p', '', 0, 1, 'euler', 5, 64, 64, ?) RETURNING id""",
            (ordinal, f"images/{ordinal}.png"),
        ).fetchone()
        ids.append(row["id"])
    return ids


def rows(studio: Studio, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in studio.db.execute(sql)]


def test_registering_a_tagger_makes_it_the_one_in_use(studio: Studio, run: Run, tmp_path: Path) -> None:
    made = run(TaggerRequest(source=str(write_tagger(tmp_path / "tiny"))))
    assert made["provider"] == "CPUExecutionProvider"
    policy = library.active_policy(studio.db)
    assert policy and (policy.tagger_id, policy.general, policy.character) == (made["tagger_id"], 0.30, 0.85)
    assert sorted(rows(studio, "SELECT name, category FROM tag")) == sorted(TAGS)
    library.set_policy(studio.db, made["tagger_id"], 0.4, 0.9)
    other = run(TaggerRequest(source=str(write_tagger(tmp_path / "other", batch=1))))
    policy = library.active_policy(studio.db)
    assert policy and (policy.tagger_id, policy.general, policy.character) == (other["tagger_id"], 0.4, 0.9)
    before = rows(studio, "SELECT * FROM policy")
    assert run(TaggerRequest(source=str(tmp_path / "other"))) == other
    assert rows(studio, "SELECT * FROM policy") == before and len(library.taggers(studio.db)) == 2


def test_key_frames_get_the_scores_and_vectors_of_their_fitted_pictures(studio: Studio, run: Run, film_id: int) -> None:
    run(TagRequest())
    keys = [row[0] for row in rows(studio, "SELECT key_frame FROM hold ORDER BY 1")]
    assert rows(studio, "SELECT frame_number FROM scored ORDER BY 1") == [(number,) for number in keys]
    film = Film(studio.db, film_id)
    scores, vectors = expected(film.fitted(keys, SIZE, SIZE))
    ids = {name: id_ for id_, name in rows(studio, "SELECT id, name FROM tag")}
    wanted = {
        (number, ids[name], round(float(score) * 255))
        for number, line in zip(keys, scores, strict=True)
        for (name, _category), score in zip(TAGS, line, strict=True)
        if score >= 0.02
    }
    stored = set(rows(studio, "SELECT frame_number, tag_id, score FROM score"))
    assert {row[:2] for row in stored} == {row[:2] for row in wanted}
    assert all(any((*row[:2], row[2] + by) in wanted for by in (-1, 0, 1)) for row in stored)
    blobs = [row[0] for row in rows(studio, "SELECT vector FROM scored ORDER BY frame_number")]
    np.testing.assert_allclose(np.stack([from_blob(blob) for blob in blobs]), vectors, atol=2e-3)


def test_an_interrupted_tagging_continues_to_the_same_rows(studio: Studio, run: Run, film_id: int) -> None:
    add_images(studio, [numbered(number) for number in range(3)])
    for stop_after in (1, 1, 2):
        with pytest.raises(EngineStopping):
            run(TagRequest(), stop_after=stop_after)
    assert 0 < rows(studio, "SELECT count(*) FROM scored")[0][0]
    run(TagRequest())
    tables = ("score", "scored", "image_score", "image_scored")
    interrupted = {table: sorted(row[1:] for row in rows(studio, f"SELECT * FROM {table}")) for table in tables}
    for table in tables:
        studio.db.execute(f"DELETE FROM {table}")
    assert run(TagRequest())["pictures"] == DRAWINGS + 3
    whole = {table: sorted(row[1:] for row in rows(studio, f"SELECT * FROM {table}")) for table in tables}
    assert whole == interrupted
    assert run(TagRequest())["pictures"] == 0


def test_another_tagger_adds_its_own_scores(studio: Studio, run: Run, film_id: int, tmp_path: Path) -> None:
    def rows(tagger_id: int) -> list[tuple[Any, ...]]:
        found = studio.db.execute(
            "SELECT film_id, frame_number, tag_id, score FROM score WHERE tagger_id = ?", (tagger_id,)
        )
        return [tuple(row) for row in found]

    first = run(TagRequest())["tagger_id"]
    before = rows(first)
    other = run(TaggerRequest(source=str(write_tagger(tmp_path / "other", embedding=True))))["tagger_id"]
    assert other != first and rows(other) == []
    assert run(TagRequest())["pictures"] == DRAWINGS
    assert rows(other) == before == rows(first)


def test_images_are_scored_padded_to_a_square(studio: Studio, run: Run, film_id: int) -> None:
    wide, gone = numbered(7), numbered(8)
    wide_id, gone_id = add_images(studio, [wide, gone])
    (studio.images / "1.png").unlink()
    run(TagRequest())
    assert rows(studio, "SELECT image_id FROM image_scored") == [(wide_id,)]
    scores, _vectors = expected(fit_picture(wide, whole_picture(192, 112), SIZE, SIZE)[None])
    stored = dict(rows(studio, "SELECT t.name, s.score FROM image_score s JOIN tag t ON t.id = s.tag_id"))
    assert stored == {
        name: round(float(score) * 255) for (name, _c), score in zip(TAGS, scores[0], strict=True) if score >= 0.02
    }


def test_another_model_at_the_registered_place_is_refused(
    studio: Studio, run: Run, film_id: int, tmp_path: Path
) -> None:
    write_tagger(tmp_path / "tiny", batch=1)
    studio.db.execute("UPDATE tagger SET sha256 = 'of the file that was there'")
    with pytest.raises(UserError, match="register it again"):
        run(TagRequest())


def test_tagging_without_a_tagger_is_refused(studio: Studio, run: Run) -> None:
    with pytest.raises(UserError, match="no tagger"):
        run(TagRequest())


def matches(studio: Studio) -> list[tuple[Any, ...]]:
    return rows(studio, "SELECT image_id, rank, frame_number, score, coverage FROM match ORDER BY image_id, rank")


def shot_of(number: int) -> int:
    return (number - 1) // (DRAWINGS_PER_SHOT * HELD)


def test_a_copy_of_a_frame_finds_its_shot_and_each_shot_once(studio: Studio, run: Run, film_id: int) -> None:
    film = Film(studio.db, film_id)
    images = add_images(studio, [film.picture(9), film.picture(32)])
    run(TagRequest())
    assert run(MatchRequest()) == {"images": 2, "untagged": 0}
    found = matches(studio)
    assert [(row[0], shot_of(row[2])) for row in found if row[1] == 1] == [(images[0], 1), (images[1], 5)]
    assert all(0.999 < row[3] < 1.001 for row in found if row[1] == 1) and all(row[4] == 1.0 for row in found)
    for image in images:
        shots = [shot_of(row[2]) for row in found if row[0] == image]
        assert len(shots) == len(set(shots)) == 5


def test_matches_are_current_until_the_index_grows(studio: Studio, run: Run, film_id: int) -> None:
    film = Film(studio.db, film_id)
    add_images(studio, [film.picture(9)])
    run(TagRequest())
    studio.db.execute("DELETE FROM scored WHERE frame_number BETWEEN 5 AND 20")
    studio.db.execute("DELETE FROM score WHERE frame_number BETWEEN 5 AND 20")
    assert run(MatchRequest())["images"] == 1
    partial = matches(studio)
    assert shot_of(partial[0][2]) != 1 and partial[0][4] == pytest.approx(13 / 21)
    assert run(MatchRequest())["images"] == 0
    run(TagRequest())
    assert run(MatchRequest())["images"] == 1
    assert shot_of(matches(studio)[0][2]) == 1 and matches(studio)[0][4] == 1.0
    assert len(rows(studio, "SELECT DISTINCT index_version FROM match")) == 1


def test_an_interrupted_matching_continues(studio: Studio, run: Run, film_id: int, monkeypatch) -> None:
    monkeypatch.setattr("engine.jobs.match.IMAGES_PER_BATCH", 2)
    add_images(studio, [numbered(number) for number in range(30, 37)])
    run(TagRequest())
    with pytest.raises(EngineStopping):
        run(MatchRequest(), stop_after=2)
    assert len(rows(studio, "SELECT DISTINCT image_id FROM match")) == 4
    assert run(MatchRequest())["images"] == 3
    assert len(rows(studio, "SELECT DISTINCT image_id FROM match")) == 7


def test_without_vectors_nothing_is_matched(studio: Studio, run: Run, film_id: int) -> None:
    add_images(studio, [numbered(1)])
    assert run(MatchRequest()) == {"images": 0, "untagged": 1}
    assert matches(studio) == []
