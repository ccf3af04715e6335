"""What is wrong, where, and what to do: one line, a non-zero exit, nothing half-written."""

import shutil
from pathlib import Path

import pytest

from db.connect import DATABASE_NAME, connect, connect_studio
from db.requests import IngestRequest
from kimikoe_tui.demo.settings import weights
from tests.cli.conftest import Run, refused
from tests.engine.film.clips import numbered_clip


def _films(root: Path) -> int:
    db = connect_studio(root)
    count: int = db.execute("SELECT count(*) FROM film").fetchone()[0]
    db.close()
    return count


def test_a_film_that_is_missing_or_empty_is_refused_before_the_engine_starts(
    run: Run, tmp_path: Path, studio_root: Path
) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    assert "no file" in refused(run("ingest", tmp_path / "missing.mp4"))
    assert "empty" in refused(run("ingest", empty))
    assert "folder" in refused(run("ingest", tmp_path))
    assert _films(studio_root) == 0


def test_files_that_are_no_video_leave_no_film_behind(run: Run, tmp_path: Path, studio_root: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("this is not a video\n" * 50)
    whole = numbered_clip(tmp_path / "whole.mp4", 60).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 2])
    for path in (text, cut):
        assert str(path) in refused(run("ingest", path, "--wait"))
    assert _films(studio_root) == 0


@pytest.fixture
def tagger(tmp_path: Path) -> Path:
    return Path(shutil.copytree(weights("tagger"), tmp_path / "tagger"))


def test_a_tagger_without_its_csv_or_with_another_output_count(run: Run, tagger: Path, studio_root: Path) -> None:
    csv = tagger / "selected_tags.csv"
    rows = csv.read_text().splitlines()
    csv.write_text("\n".join(rows[:-1]) + "\n")
    assert "selected_tags.csv" in refused(run("tagger", "add", tagger, "--wait"))
    csv.unlink()
    assert "selected_tags.csv" in refused(run("tagger", "add", tagger, "--wait"))
    db = connect_studio(studio_root)
    assert db.execute("SELECT (SELECT count(*) FROM tagger) + (SELECT count(*) FROM tag)").fetchone()[0] == 0


def test_a_base_that_lacks_a_component_leaves_no_studio(run: Run, tmp_path: Path) -> None:
    base = Path(shutil.copytree(weights("base"), tmp_path / "base"))
    shutil.rmtree(base / "vae")
    assert "vae" in refused(run("init", tmp_path / "new", "--base", base))
    assert not (tmp_path / "new").exists()


def test_a_hub_that_cannot_be_reached_says_what_to_put_where(run: Run, tmp_path: Path) -> None:
    message = refused(run("init", tmp_path / "new", "--tagger", "nobody/no-tagger"))
    assert "model.onnx" in message and "selected_tags.csv" in message
    assert not (tmp_path / "new").exists()


def test_an_unknown_lora_in_a_prompt(run: Run, studio_root: Path) -> None:
    db = connect_studio(studio_root)
    db.execute("INSERT INTO base VALUES (1, 'b', '/b', 'h', 'sd15', 'epsilon', 64, 64, '', '', 0)")
    message = refused(run("generate", "1girl <kimikoe-2023-10-18-1:0.7>", "--wait"))
    assert "kimikoe-2023-10-18-1" in message and "^" in message
    assert db.execute("SELECT (SELECT count(*) FROM generation) + (SELECT count(*) FROM job)").fetchone()[0] == 0


def test_a_studio_from_a_newer_version(run: Run, studio_root: Path) -> None:
    db = connect(studio_root / DATABASE_NAME)
    db.execute("PRAGMA user_version = 999")
    for command in (["status"], ["engine", "start"], ["ingest", studio_root / DATABASE_NAME], []):
        assert "newer kimikoe" in refused(run(*command))


def test_a_second_engine(run: Run) -> None:
    assert run("engine", "start").returncode == 0
    assert "already" in refused(run("engine", "start"))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["status"], "kimikoe init"),
        (["jobs"], "kimikoe init"),
        (["engine", "status"], "kimikoe init"),
    ],
)
def test_a_folder_without_a_studio(run: Run, tmp_path: Path, command: list[str], reason: str) -> None:
    assert reason in refused(run(*command, studio=tmp_path))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["tag"], "no tagger"),
        (["generate", "1girl"], "no base"),
        (["train"], "no dataset"),
        (["jobs", "cancel", "9"], "no job 9"),
        (["rate", "12=9"], "no rating"),
        (["rate", "12=5"], "no picture 12"),
        (["undo"], "nothing to undo"),
        (["frame", "film#1"], "no film"),
        (["frame", "somewhere"], "names no frame"),
        (["query", "(1girl"], "not understood"),
        (["policy", "--general", "0.4"], "no tagger"),
    ],
)
def test_what_is_not_there_yet(run: Run, command: list[str], reason: str) -> None:
    assert reason in refused(run(*command))


def test_the_reason_of_a_failed_job_stays_readable_in_the_queue(run: Run, tmp_path: Path, studio_root: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    run("ingest", text, "--wait")
    listed = run("jobs")
    assert listed.returncode == 0
    assert "failed" in listed.stdout and str(text) in listed.stdout
    assert IngestRequest.kind in listed.stdout


def test_a_folder_with_other_files_is_left_as_it_is(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "project" / "images" / "mine.png"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    assert "not empty" in refused(run("init", tmp_path / "project", "--base", "/nowhere"))
    assert mine.read_bytes() == b"mine"


def test_a_caret_stands_under_its_fault(run: Run, studio_root: Path) -> None:
    first, second = refused(run("query", "score:nothing<1 odd")).splitlines()[:2]
    assert first[second.index("^") :].startswith("score:nothing")


def test_verdicts_are_all_given_or_none(run: Run, film_studio: Path) -> None:
    for wrong in ("bad", "", "+", "-a,b"):
        refused(run("verdict", "film#5", "+character:shion", wrong))
    db = connect_studio(film_studio)
    assert db.execute("SELECT count(*) FROM verdict").fetchone()[0] == 0


def test_tags_with_an_h_can_be_denied(run: Run, film_studio: Path) -> None:
    assert run("verdict", "film#5", "-school_uniform", "-hat").stdout.startswith("-school_uniform, -hat on 2 frames")
