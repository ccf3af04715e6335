"""`kimikoe backup` and `restore` as a person types them."""

import json
import subprocess
import sys
from pathlib import Path
from sqlite3 import Connection

import pytest

from tests.cli.conftest import Run, refused
from tests.kept_studio import fill_studio


@pytest.fixture
def studio(studio_root: Path, db: Connection) -> Path:
    fill_studio(studio_root, db)
    return studio_root


def test_a_studio_comes_back_from_its_full_backup_with_its_digest(run: Run, studio: Path, tmp_path: Path) -> None:
    made = run("backup", tmp_path / "copy", "--full")
    assert made.returncode == 0, made.stderr
    assert "full backup" in made.stdout and "films (1, 1 B): they lie outside" in made.stdout
    back = run("restore", tmp_path / "copy", tmp_path / "again", studio=tmp_path)
    assert back.returncode == 0 and "restored and proved" in back.stdout, back.stderr
    assert run("digest", studio=tmp_path / "again").stdout == run("digest").stdout


def test_a_backup_and_a_restore_for_scripts(run: Run, studio: Path, tmp_path: Path) -> None:
    made = json.loads(run("backup", "--json").stdout)
    assert Path(made["backup"]).parent == studio / "backups" and made["kind"] == "small" and made["files"] == 3
    back = json.loads(run("restore", made["backup"], tmp_path / "again", "--json").stdout)
    assert (back["studio"], back["digest"], back["set_aside"]) == (str(tmp_path / "again"), made["digest"], None)


def test_bad_places_and_damaged_backups_are_refused_in_one_line(run: Run, studio: Path, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "copy").returncode == 0
    assert "already" in refused(run("backup", tmp_path / "copy"))
    assert "no studio" in refused(run("backup", studio=tmp_path))
    assert "no backup" in refused(run("restore", tmp_path / "missing"))
    assert "work in it" in refused(run("restore", tmp_path / "copy", studio))
    (tmp_path / "copy" / "images/1/1.png").write_bytes(b"damaged")
    assert "images/1/1.png" in refused(run("restore", tmp_path / "copy", tmp_path / "again"))
    (studio / "kimikoe.db").write_bytes(b"this was a database once" * 100)
    assert "kimikoe.db" in refused(run("backup", tmp_path / "copy2"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "studio"]


@pytest.mark.slow
def test_a_disk_that_fills_up_leaves_nothing_behind(run: Run, studio: Path, tmp_path: Path) -> None:
    """A file system of 2 MB, mounted in a name space of its own, with a studio that is larger than it says."""
    (studio / "logs" / "job-1.log").write_bytes(bytes(3_000_000))
    place = tmp_path / "small"
    place.mkdir()
    script = (
        f"mount -t tmpfs -o size=2m none {place} && "
        f"{sys.executable} -c 'import db.backup as b; b.need_room = lambda *_: None; from pathlib import Path; "
        f'b.make_backup(Path("{studio}"), Path("{place}/copy"), full=True)\'; ls -A {place}'
    )
    ran = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True)
    if "unshare" in ran.stderr or "mount" in ran.stderr:
        pytest.skip("no name spaces here")
    assert "UserError" in ran.stderr and "No space left" in ran.stderr and ran.stdout == ""


def test_a_check_says_what_is_wrong_and_repairs_it(run: Run, studio: Path, tmp_path: Path, db: Connection) -> None:
    db.execute("UPDATE base SET source = 'hub/id'")
    db.execute("UPDATE tagger SET source = 'hub/id'")
    db.execute("UPDATE film SET path = ?, bytes = 4, frame_count = NULL", (str(tmp_path / "film.mp4"),))
    (tmp_path / "film.mp4").write_bytes(b"film")
    sound = run("check")
    assert (sound.returncode, sound.stdout) == (0, "Everything is as its rows tell.\n"), sound.stdout + sound.stderr
    assert run("backup", tmp_path / "copy", "--full").returncode == 0
    for number in range(1, 4):
        (studio / f"images/1/{number}.png").write_bytes(b"\x1b[31mred")
    (studio / "images/1/\x1b[2Jstray.png").touch()
    found = run("check")
    assert found.returncode == 1 and "\x1b" not in found.stdout
    assert "3 faults left, 1 note, 0 put right" in found.stdout
    repaired = run("check", "--repair", "--from", tmp_path / "copy")
    assert repaired.returncode == 0 and "0 faults left, 0 notes, 4 put right" in repaired.stdout
    assert json.loads(run("check", "--json").stdout) == []


def test_a_check_that_cannot_begin_is_refused_in_one_line(run: Run, studio: Path, tmp_path: Path) -> None:
    assert "no studio" in refused(run("check", studio=tmp_path))
    assert "--repair" in refused(run("check", "--from", tmp_path))
    assert "no backup" in refused(run("check", "--repair", "--from", tmp_path))
    assert run("engine", "start").returncode == 0
    assert "engine stop" in refused(run("check", "--repair"))


def test_room_is_shown_in_forty_columns_and_for_scripts(run: Run, studio: Path) -> None:
    shown = run("du").stdout.splitlines()
    assert any(line.startswith("  rejected") for line in shown) and shown[-1].startswith("a full backup")
    assert max(map(len, shown)) <= 40
    assert json.loads(run("du", "--json").stdout)["full_backup"] > 0
    assert "no studio" in refused(run("du", studio=studio / "loras"))
