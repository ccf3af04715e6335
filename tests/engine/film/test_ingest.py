"""Taking in a film: all rows, wherever it was interrupted; moved, regrouped and with lost caches."""

import re
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from db import changes, events, films
from db.errors import UserError
from db.exposures import DEFAULT_THRESHOLD, chosen_threshold, threshold_in_use
from db.requests import HoldsRequest, IngestRequest, TaggerRequest, TagRequest
from db.tags import set_tag
from db.timecode import span
from engine import film_file as film_file_module
from engine.jobs import bulk, film_row, film_slices, holds, ingest
from engine.jobs.tag import unscored_key_frames
from engine.pixels import Film
from engine.running import EngineStopping, RunningJob
from engine.studio import Studio
from engine.thumbs import missing_thumbnails, open_thumbnails
from tests.engine.film.clips import (
    Picture,
    backwards,
    changing_size,
    cut_in_half,
    damage,
    held_drawings,
    numbered,
    numbered_clip,
    write_clip,
)
from tests.engine.film.tiny_taggers import write_tagger

Run = Callable[..., dict[str, Any]]
SHOTS, DRAWINGS_PER_SHOT, HELD = 6, 4, 3
DRAWINGS = SHOTS * DRAWINGS_PER_SHOT
TABLES = ("frame", "shot", "hold", "grouping")


def barred(picture: Picture, bar: int) -> Picture:
    return np.pad(picture, ((bar, bar), (0, 0), (0, 0)))


@pytest.fixture(scope="session")
def film_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six shots of four drawings held for three frames each, in letterbox bars."""
    pictures = [barred(picture, 16) for picture in held_drawings(SHOTS, DRAWINGS_PER_SHOT, HELD)]
    options = {"crf": "12", "preset": "veryfast", "g": "16", "bf": "3", "x264-params": "scenecut=0"}
    return write_clip(tmp_path_factory.mktemp("film") / "film.mp4", pictures, options=options)


@pytest.fixture(autouse=True)
def small_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "FRAMES_PER_WRITE", 7)
    monkeypatch.setattr(bulk, "ROWS_PER_WRITE", 5)
    monkeypatch.setattr(film_slices, "FRAMES_AT_ONCE", 11)
    monkeypatch.setattr(holds, "THUMBNAILS_PER_WRITE", 2)


def content(studio: Studio) -> dict[str, list[tuple[Any, ...]]]:
    rows = {table: [tuple(row) for row in studio.db.execute(f"SELECT * FROM {table}")] for table in TABLES}
    rows["grouping"] = [row[:-1] for row in rows["grouping"]]
    return rows


def thumbnails(studio: Studio) -> dict[int, bytes]:
    thumbs = open_thumbnails(studio.thumbs_path)
    found = {row["number"]: row["jpeg"] for row in thumbs.execute("SELECT * FROM thumbnail")}
    thumbs.close()
    return found


def key_frames(studio: Studio) -> list[int]:
    rows = studio.db.execute(
        "SELECT key_frame FROM film JOIN hold USING (grouping_id) WHERE key_frame IS NOT NULL ORDER BY 1"
    )
    return [row[0] for row in rows]


def test_a_film_is_taken_in_whole(studio: Studio, run: Run, film_file: Path) -> None:
    made = run(IngestRequest(path=str(film_file), note="bought 2023", credit="the committee"))
    film = studio.db.execute("SELECT * FROM film").fetchone()
    assert film["id"] == made["film_id"] and film["name"] == "film" and film["frame_count"] == DRAWINGS * HELD
    assert (film["crop_x"], film["crop_y"], film["crop_w"], film["crop_h"]) == (0, 16, 192, 112)
    assert (film["note"], film["credit"], film["fit"]) == ("bought 2023", "the committee", "pad")
    numbers = [row["number"] for row in studio.db.execute("SELECT number FROM frame ORDER BY number")]
    assert numbers == list(range(1, DRAWINGS * HELD + 1))
    assert key_frames(studio) == list(range(1, DRAWINGS * HELD, HELD))
    shots = [tuple(row) for row in studio.db.execute("SELECT number, first, last FROM shot ORDER BY number")]
    length = DRAWINGS_PER_SHOT * HELD
    assert shots == [(shot + 1, shot * length + 1, (shot + 1) * length) for shot in range(SHOTS)]


def test_what_is_measured_of_a_frame_is_without_the_bars(studio: Studio, run: Run, film_file: Path) -> None:
    run(IngestRequest(path=str(film_file)))
    signatures = [row[0] for row in studio.db.execute("SELECT signature FROM frame")]
    top_rows = np.array([list(signature[:16]) for signature in signatures])
    assert top_rows.mean(axis=1).min() > 60


def test_thumbnails_show_the_key_frames_without_the_bars(studio: Studio, run: Run, film_file: Path) -> None:
    run(IngestRequest(path=str(film_file)))
    found = thumbnails(studio)
    assert sorted(found) == key_frames(studio)
    picture = cv2.imdecode(np.frombuffer(found[4], np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert picture.shape == (112, 192, 3)
    assert np.abs(picture.astype(int) - numbered(2, scene=0)).mean() < 8


@pytest.mark.parametrize("stops", [[1, 2, 3, 5, 6, 4], [4] * 4, [12, 3, 5]])
def test_an_interrupted_ingest_continues_to_the_same_rows(
    studio: Studio, run: Run, film_file: Path, tmp_path: Path, stops: list[int]
) -> None:
    for stop_after in stops:
        with pytest.raises(EngineStopping):
            run(IngestRequest(path=str(film_file)), stop_after=stop_after)
    run(IngestRequest(path=str(film_file)))
    interrupted, interrupted_thumbnails = content(studio), thumbnails(studio)
    for table in ("film", *TABLES):
        studio.db.execute("PRAGMA foreign_keys = OFF")
        studio.db.execute(f"DELETE FROM {table}")
    studio.thumbs_path.unlink()
    run(IngestRequest(path=str(film_file)))
    assert content(studio) == interrupted
    whole = thumbnails(studio)
    assert set(whole) <= set(interrupted_thumbnails)


def test_a_stop_anywhere_loses_at_most_one_batch(studio: Studio, run: Run, film_file: Path) -> None:
    with pytest.raises(EngineStopping):
        run(IngestRequest(path=str(film_file)), stop_after=4)
    assert studio.db.execute("SELECT count(*) FROM frame").fetchone()[0] == 4 * ingest.FRAMES_PER_WRITE
    assert studio.db.execute("SELECT frame_count FROM film").fetchone()[0] is None


def test_taking_it_in_again_decodes_and_changes_nothing(
    studio: Studio, run: Run, film_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(IngestRequest(path=str(film_file)))
    before = content(studio)
    monkeypatch.setattr(ingest, "decode", lambda *args: pytest.fail("it was decoded again"))
    assert run(IngestRequest(path=str(film_file), name="another name")) == first
    assert content(studio) == before


def test_a_moved_film_is_found_by_its_content(studio: Studio, run: Run, film_file: Path, tmp_path: Path) -> None:
    first = run(IngestRequest(path=str(film_file)))
    moved = tmp_path / "elsewhere.mp4"
    shutil.copy(film_file, moved)
    assert run(IngestRequest(path=str(moved))) == first
    assert [tuple(row) for row in studio.db.execute("SELECT name, path FROM film")] == [("film", str(moved))]


def test_another_threshold_is_another_grouping_and_the_old_one_stays(studio: Studio, run: Run, film_file: Path) -> None:
    run(IngestRequest(path=str(film_file)))
    before = content(studio)
    run(IngestRequest(path=str(film_file), hold_threshold=0))
    assert content(studio)["hold"][: len(before["hold"])] == before["hold"]
    assert len(content(studio)["grouping"]) == 2 and len(key_frames(studio)) > DRAWINGS
    assert set(key_frames(studio)) <= set(thumbnails(studio))
    run(IngestRequest(path=str(film_file), hold_threshold=before["grouping"][0][2]))
    assert len(content(studio)["grouping"]) == 2 and len(key_frames(studio)) == DRAWINGS


def test_a_lost_or_damaged_cache_of_thumbnails_is_rebuilt(studio: Studio, run: Run, film_file: Path) -> None:
    run(IngestRequest(path=str(film_file)))
    before = thumbnails(studio)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{studio.thumbs_path}{suffix}").unlink(missing_ok=True)
    studio.thumbs_path.write_bytes(b"no database " * 100)
    run(IngestRequest(path=str(film_file)))
    assert set(thumbnails(studio)) == set(before)


def test_missing_thumbnails_are_those_of_this_film(tmp_path: Path) -> None:
    thumbs = open_thumbnails(tmp_path / "thumbs.db")
    thumbs.execute("INSERT INTO thumbnail VALUES ('a', 4, x'00'), ('b', 7, x'00')")
    assert missing_thumbnails(thumbs, "a", [7, 4, 1]) == [1, 7]


def test_two_films_of_one_name_are_told_apart_by_the_user(
    studio: Studio, run: Run, film_file: Path, tmp_path: Path
) -> None:
    run(IngestRequest(path=str(film_file)))
    other = numbered_clip(tmp_path / "film.mp4", 10)
    with pytest.raises(UserError, match="named film already"):
        run(IngestRequest(path=str(other)))
    run(IngestRequest(path=str(other), name="second"))
    assert studio.db.execute("SELECT count(*) FROM film").fetchone()[0] == 2


def test_damaged_frames_are_tainted_and_never_key_frames(studio: Studio, run: Run, tmp_path: Path) -> None:
    options = {"crf": "12", "preset": "veryfast", "g": "20", "x264-params": "scenecut=0"}
    clip = damage(numbered_clip(tmp_path / "film.mp4", 80, options=options), 0.5, 40)
    run(IngestRequest(path=str(clip), hold_threshold=DEFAULT_THRESHOLD))
    tainted = {row[0] for row in studio.db.execute("SELECT number FROM frame WHERE tainted")}
    assert tainted and len(tainted) < 60 and not tainted & set(key_frames(studio))


def test_an_interruption_among_tainted_frames_does_not_clear_them(studio: Studio, run: Run, tmp_path: Path) -> None:
    options = {"crf": "12", "preset": "veryfast", "g": "20", "x264-params": "scenecut=0"}
    clip = damage(numbered_clip(tmp_path / "film.mp4", 80, options=options), 0.5, 40)
    with pytest.raises(EngineStopping):
        run(IngestRequest(path=str(clip)), stop_after=7)
    assert [tuple(row) for row in studio.db.execute("SELECT number, tainted FROM frame WHERE number = 42")] == [(42, 1)]
    run(IngestRequest(path=str(clip)))
    assert [row[0] for row in studio.db.execute("SELECT number FROM frame WHERE tainted")] == list(range(41, 61))


@pytest.mark.parametrize("name", ["missing.mp4", "empty.mp4"])
def test_what_is_no_film_leaves_no_row(studio: Studio, run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(UserError, match=name):
        run(IngestRequest(path=str(tmp_path / name)))
    assert studio.db.execute("SELECT count(*) FROM film").fetchone()[0] == 0


def test_the_feed_names_what_came_in(studio: Studio, run: Run, film_file: Path) -> None:
    run(IngestRequest(path=str(film_file)))
    rows = studio.db.execute("SELECT first, last FROM change WHERE kind = 'frames' AND first IS NOT NULL ORDER BY id")
    batches = [tuple(row) for row in rows][:-3]
    assert [number for first, last in batches for number in range(first, last + 1)] == list(
        range(1, DRAWINGS * HELD + 1)
    )


def test_another_rate_of_a_known_film_reaches_open_terminals(studio: Studio, run: Run, film_file: Path) -> None:
    run(IngestRequest(path=str(film_file)))
    before = changes.newest(studio.db)
    run(IngestRequest(path=str(film_file)))
    assert changes.newest(studio.db) == before
    run(IngestRequest(path=str(film_file), cite_fps="30"))
    assert [(change.kind, change.film_id) for change in changes.since(studio.db, before)] == [("frames", 1)]
    assert films.film(studio.db, 1).cite_fps == 30


def test_a_film_that_was_cut_short_yields_what_it_has_and_says_so(
    studio: Studio, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    clip = cut_in_half(numbered_clip(tmp_path / "film.mp4", 90, container_options={"movflags": "faststart"}))
    run(IngestRequest(path=str(clip)))
    film = studio.db.execute("SELECT frame_count, stated_frames FROM film").fetchone()
    assert film["stated_frames"] == 90 and 30 < film["frame_count"] < 80
    assert re.search(r"film.mp4 was cut short: it holds about \d+ of 90 frames", caplog.text)
    assert [act["kind"] for act in events.history(studio.db)] == ["cut short"]


def test_a_cut_copy_is_another_film(studio: Studio, run: Run, film_file: Path, tmp_path: Path) -> None:
    run(IngestRequest(path=str(film_file)))
    before = content(studio)
    copy = cut_in_half(numbered_clip(tmp_path / "film.mp4", 90, container_options={"movflags": "faststart"}))
    with pytest.raises(UserError, match="named film already"):
        run(IngestRequest(path=str(copy)))
    assert content(studio) == before


def test_a_film_whose_file_has_changed_is_refused(studio: Studio, run: Run, film_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    shutil.copy(film_file, path)
    film_id = run(IngestRequest(path=str(path)))["film_id"]
    damage(path, 0.5, 9)
    with pytest.raises(UserError, match="no longer at .* whose file has changed"):
        Film(studio.db, film_id)
    with pytest.raises(UserError, match="no longer the film film: put that back"):
        run(IngestRequest(path=str(path), name="another"))
    assert run(IngestRequest(path=str(film_file)))["film_id"] == film_id
    Film(studio.db, film_id).close()


@pytest.mark.parametrize("part", [("#20", "#45"), ("", "0:01"), ("#31", ""), ("#1", "#10")])
def test_a_part_is_taken_in_and_then_the_whole(
    studio: Studio, run: Run, film_file: Path, part: tuple[str, str]
) -> None:
    run(IngestRequest(path=str(film_file)))
    whole = content(studio)
    for table in ("film", *TABLES):
        studio.db.execute("PRAGMA foreign_keys = OFF")
        studio.db.execute(f"DELETE FROM {table}")
    run(IngestRequest(path=str(film_file), start=part[0], end=part[1]))
    first, last = span(*part, Fraction(24))
    numbers = [row[0] for row in studio.db.execute("SELECT number FROM frame ORDER BY number")]
    assert numbers == list(range(first, (last or DRAWINGS * HELD) + 1))
    assert studio.db.execute("SELECT frame_count FROM film").fetchone()[0] is None
    for table in ("shot", "hold"):
        spans = studio.db.execute(f"SELECT first, last FROM {table} ORDER BY first").fetchall()
        assert [number for first, last in spans for number in range(first, last + 1)] == numbers
    run(IngestRequest(path=str(film_file)))
    again = content(studio)
    in_use = studio.db.execute("SELECT grouping_id FROM film").fetchone()[0]
    again["hold"] = [(1, *row[1:]) for row in again["hold"] if row[0] == in_use]
    assert {table: again[table] for table in ("frame", "shot", "hold")} == {
        table: whole[table] for table in ("frame", "shot", "hold")
    }


def test_a_threshold_that_a_person_chose_stays_when_the_rest_is_taken_in(
    studio: Studio, run: Run, film_file: Path
) -> None:
    def thresholds() -> tuple[int | None, int | None]:
        return threshold_in_use(studio.db, 1), chosen_threshold(studio.db, 1)

    run(IngestRequest(path=str(film_file), end="#40"))
    estimated, chosen = thresholds()
    assert estimated is not None and chosen is None
    run(HoldsRequest(film_id=1, threshold=estimated + 3))
    run(IngestRequest(path=str(film_file), end="#60"))
    assert thresholds() == (estimated + 3, estimated + 3)
    run(HoldsRequest(film_id=1))
    assert thresholds() == (estimated, None)
    run(IngestRequest(path=str(film_file), hold_threshold=estimated))
    assert thresholds() == (estimated, estimated)


def test_parts_may_lie_apart(studio: Studio, run: Run, film_file: Path) -> None:
    for start, end in (("#50", "#60"), ("#10", "#20"), ("#15", "#55")):
        run(IngestRequest(path=str(film_file), start=start, end=end))
    numbers = [row[0] for row in studio.db.execute("SELECT number FROM frame ORDER BY number")]
    assert numbers == list(range(10, 61))
    assert [row[0] for row in studio.db.execute("SELECT first FROM shot ORDER BY first")] == [10, 13, 25, 37, 49]


def test_a_part_beyond_the_films_end_is_refused_and_leaves_nothing(studio: Studio, run: Run, film_file: Path) -> None:
    with pytest.raises(UserError, match="film ends before frame 7201"):
        run(IngestRequest(path=str(film_file), start="5:00", end="6:00"))
    assert studio.db.execute("SELECT count(*) FROM film").fetchone()[0] == 0
    with pytest.raises(UserError, match="there is no frame"):
        run(IngestRequest(path=str(film_file), start="6:00", end="5:00"))


def test_frames_that_are_left_out_are_told(
    studio: Studio, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    run(IngestRequest(path=str(backwards(tmp_path))))
    assert re.search(r"\b1[01] frames were left out", caplog.text)


def test_a_film_of_one_frame(studio: Studio, run: Run, tmp_path: Path) -> None:
    run(IngestRequest(path=str(numbered_clip(tmp_path / "film.mp4", 1))))
    assert studio.db.execute("SELECT frame_count FROM film").fetchone()[0] == 1
    assert key_frames(studio) == [1]


def test_a_change_of_the_pictures_size_is_a_cut(studio: Studio, run: Run, tmp_path: Path) -> None:
    run(IngestRequest(path=str(changing_size(tmp_path, 240, 128))))
    greatest = [row[0] for row in studio.db.execute("SELECT number FROM frame WHERE distance = 255")]
    assert len(greatest) == 1 and greatest[0] in (30, 31)
    assert studio.db.execute("SELECT first FROM shot WHERE number = 2").fetchone()[0] == greatest[0]
    assert greatest[0] in key_frames(studio)


def test_regrouping_decodes_nothing_and_loses_no_verdict_score_or_vector(
    studio: Studio, run: Run, film_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(TaggerRequest(source=str(write_tagger(tmp_path / "tiny"))))
    film_id = run(IngestRequest(path=str(film_file)))["film_id"]
    run(TagRequest())
    set_tag(studio.db, "me", film_id, 5, "hold", "nagisa", True)
    kept = {table: _rows(studio, table) for table in ("verdict", "score", "scored", "frame", "shot", "event")}
    monkeypatch.setattr("engine.video.FrameSource._decoded", lambda *args: pytest.fail("a frame was decoded"))
    made = run(HoldsRequest(film_id=film_id, threshold=255))
    assert made == {"threshold": 255, "estimated_threshold": DEFAULT_THRESHOLD, "holds": 1}
    assert key_frames(studio) == [1]
    run(HoldsRequest(film_id=film_id))
    assert len(key_frames(studio)) == DRAWINGS
    assert {table: _rows(studio, table) for table in kept} == kept
    assert unscored_key_frames(studio.db, 1, film_id) == []


def _rows(studio: Studio, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in studio.db.execute(f"SELECT * FROM {table}")]


def test_what_comes_before_the_first_frame_is_told_too(
    studio: Studio, run: Run, film_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, list[tuple[int, int | None]]] = {}
    monkeypatch.setattr(
        RunningJob, "progress", lambda job, done, total=None, unit="", message="": told.setdefault(
            message or unit, []).append((done, total)),
    )  # fmt: skip
    monkeypatch.setattr(film_file_module, "HASH_BLOCK_BYTES", 1000)
    monkeypatch.setattr(film_row, "HASH_BLOCK_BYTES", 1000)
    monkeypatch.setattr(film_file_module, "PACKETS_PER_CALL", 10)
    monkeypatch.setattr(film_row, "PACKETS_PER_CALL", 10)
    run(IngestRequest(path=str(film_file), start="#40"))
    size, count = film_file.stat().st_size, DRAWINGS * HELD
    assert told["reading the film's file"][-1] == (size // 1000, size // 1000)
    assert told["counting what the file holds"] == [(done, count) for done in range(10, count + 1, 10)]
    assert told["looking for a letterbox"][-1] == (20, 20)
    assert told["frames passed over"] == [(done, 39) for done in range(7, 40, 7)]
