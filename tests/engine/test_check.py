"""`kimikoe check` finds everything that is damaged for real, repairs what can be, and never touches the truth."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from sqlite3 import Connection

import pytest
import torch

from db import engine_lock, queue
from db.backup import make_backup
from db.connect import DATABASE_NAME, connect, connect_studio
from db.digest import digest
from db.errors import UserError
from db.findings import Finding, Told
from db.requests import IngestRequest, MatchRequest, Request, TaggerRequest, TagRequest
from engine.check.whole import check_studio
from engine.digest import digests
from engine.latents import LatentCache
from engine.models import Models
from engine.running import RunningJob
from engine.studio import Studio
from kimikoe_tui.cli.models import create_studio
from tests.engine.film.clips import held_drawings, write_clip
from tests.engine.film.tiny_taggers import write_tagger
from tests.kept_studio import add_checkpoint, add_lora, add_pictures, add_run
from tests.pilot.conftest import add_base

SHAPE = (4, 8, 8)


def run(studio: Studio, request: Request) -> None:
    """Run a request as a worker does."""
    job_id = queue.enqueue(studio.db, request)
    job = queue.claim(studio.db, request.lane, os.getpid())
    assert job is not None and job.id == job_id
    running = RunningJob(studio, job, Models())
    import_module(f"engine.jobs.{request.kind}").run(studio, request, running)
    queue.finish(studio.db, job_id, running.outcome)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio with a tagged film, matched pictures, all three caches, a LoRA and a run with two checkpoints."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        create_studio(folder / "studio")
        studio = Studio(folder / "studio")
        run(studio, TaggerRequest(source=str(write_tagger(folder / "tagger", embedding=False))))
        run(studio, IngestRequest(path=str(write_clip(folder / "film.mp4", held_drawings(3, 4, 2)))))
        add_base(studio.db)
        studio.db.execute("UPDATE base SET source = 'hub/id'")
        add_pictures(studio.root, studio.db)
        run(studio, TagRequest())
        run(studio, MatchRequest())
    add_lora(studio.root, studio.db)
    add_run(studio.db)
    add_checkpoint(studio.root, studio.db, 4)
    add_checkpoint(studio.root, studio.db, 8)
    with closing(LatentCache(studio.latents_path, SHAPE)) as latents:
        latents.put([f"key{number}" for number in range(5)], torch.randn(5, *SHAPE).half())
    studio.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    studio.close()
    return folder / "studio"


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(made, tmp_path / "studio"))


@pytest.fixture
def db(root: Path) -> Iterator[Connection]:
    connection = connect_studio(root)
    yield connection
    connection.close()


def look(root: Path, *, repair: bool = False, backup: Path | None = None, merge: bool = True) -> list[Finding]:
    """What is found; the logs of the test's own connections are merged before, for they are no leftovers."""
    for log in root.glob("kimikoe.db-wal") if merge else ():
        with closing(connect(log.with_name(log.name.removesuffix("-wal")))) as own:
            own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    told: list[Told] = []
    check_studio(root, told.append, repair=repair, backup=backup)
    return [each for each in told if isinstance(each, Finding)]


def only(root: Path, **how: bool) -> Finding:
    (finding,) = look(root, **how)
    return finding


def flip(path: Path, place: float = 0.5) -> None:
    """Turn one bit, at this share of the file."""
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 1
    path.write_bytes(content)


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*")
            if path.is_file() and not path.name.endswith(("-wal", "-shm", ".lock"))}  # fmt: skip


def test_nothing_is_found_in_a_sound_studio_and_nothing_changes(root: Path) -> None:
    before = files(root)
    assert look(root) == []
    assert look(root, repair=True) == []
    assert files(root) == before


def _damage_thumbnail(root: Path) -> None:
    with closing(connect(root / "thumbs.db")) as thumbs:
        thumbs.execute("UPDATE thumbnail SET jpeg = substr(jpeg, 1, 200) WHERE number = 1")


def _foreign_thumbnail(root: Path) -> None:
    with closing(connect(root / "thumbs.db")) as thumbs:
        thumbs.execute("INSERT INTO thumbnail SELECT 'another film', number, jpeg FROM thumbnail LIMIT 1")


def _damage_latent(root: Path) -> None:
    with closing(connect(root / "latents.db")) as latents:
        blob = bytearray(latents.execute("SELECT float16 FROM latent WHERE key = 'key3'").fetchone()[0])
        blob[17] ^= 1
        latents.execute("UPDATE latent SET float16 = ? WHERE key = 'key3'", (bytes(blob),))


def _damage_page(name: str) -> Callable[[Path], None]:
    def damage(root: Path) -> None:
        content = (root / name).read_bytes()
        (root / name).write_bytes(content[:3000] + bytes(3000) + content[6000:])

    return damage


@pytest.mark.parametrize(
    ("damage", "where", "fault"),
    [
        (_damage_thumbnail, "thumbs.db", "no pictures any more"),
        (_foreign_thumbnail, "thumbs.db", "frames that this studio does not have"),
        (_damage_page("thumbs.db"), "thumbs.db", ""),
        (_damage_latent, "latents.db", "not what was written"),
        (_damage_page("latents.db"), "latents.db", ""),
        (lambda root: flip(root / "vectors.npy"), "vectors.npy", "copy of its rows"),
        (lambda root: flip(root / "vectors.npy", 0), "vectors.npy", "copy of its rows"),
        (lambda root: flip(root / "vectors.json", 0), "vectors.npy", "copy of its rows"),
        (lambda root: os.truncate(root / "vectors.npy", 100), "vectors.npy", "copy of its rows"),
    ],
)
def test_a_damaged_cache_is_found_dropped_and_made_again(
    root: Path, db: Connection, damage: Callable[[Path], None], where: str, fault: str
) -> None:
    damage(root)
    before = digest(db)
    found = [each for each in look(root) if each.level == "fault"]
    assert [each.where for each in found] == [where] and fault in found[0].fault and not found[0].repaired
    assert look(root, repair=True)[0].repaired
    assert digest(db) == before or queue.active(db)
    assert [each for each in look(root) if each.level == "fault"] == []
    _make_caches_again(root, db)
    assert look(root) == []
    assert (root / "vectors.npy").is_file()


def _make_caches_again(root: Path, db: Connection) -> None:
    """What the engine does next: the jobs that the repair queued, and a match."""
    studio = Studio(root)
    for job in queue.active(db):
        claimed = queue.claim(db, "cpu", os.getpid())
        assert claimed is not None and claimed.id == job.id and claimed.kind == "ingest"
        request = IngestRequest(path=db.execute("SELECT path FROM film").fetchone()[0])
        import_module("engine.jobs.ingest").run(studio, request, RunningJob(studio, claimed, Models()))
        queue.finish(db, job.id, {})
    run(studio, MatchRequest())
    with closing(LatentCache(root / "latents.db", SHAPE)) as latents:
        assert len(latents.missing([f"key{number}" for number in range(5)])) in (0, 1, 5)
    studio.close()


def test_a_lost_cache_is_no_fault(root: Path) -> None:
    for name in ("thumbs.db", "latents.db", "vectors.npy", "vectors.json"):
        (root / name).unlink()
    note = only(root)
    assert (note.level, note.where) == ("note", "thumbs.db") and "12 of 12" in note.fault
    assert "job" in only(root, repair=True).repaired
    assert "job" in only(root, repair=True).repaired


NAMED_FILES = ["loras/film-1.safetensors", "images/1/1.png"]


@pytest.mark.parametrize("path", NAMED_FILES)
@pytest.mark.parametrize("damage", [flip, os.unlink])
def test_a_damaged_file_is_found_and_taken_from_a_backup_that_has_it(
    root: Path, tmp_path: Path, path: str, damage: Callable[[Path], None]
) -> None:
    whole = (root / path).read_bytes()
    make_backup(root, tmp_path / "copy", full=True)
    damage(root / path)
    assert only(root).where == path and only(root).level == "fault"
    assert not only(root, repair=True).repaired
    (repaired,) = look(root, repair=True, backup=tmp_path / "copy")
    assert "copy" in repaired.repaired and (root / path).read_bytes() == whole
    assert (root / "orphans" / path).exists() == (damage is flip)
    assert look(root) == []


def test_a_backup_that_is_damaged_too_repairs_nothing(root: Path, tmp_path: Path) -> None:
    make_backup(root, tmp_path / "copy", full=True)
    for folder in (root, tmp_path / "copy"):
        flip(folder / NAMED_FILES[0])
    changed = (root / NAMED_FILES[0]).read_bytes()
    (left,) = look(root, repair=True, backup=tmp_path / "copy")
    assert not left.repaired and (root / NAMED_FILES[0]).read_bytes() == changed
    assert not list((root / "loras").glob(".*"))


def test_the_studios_own_backups_lend_their_files(root: Path) -> None:
    make_backup(root, root / "backups" / "one", full=True)
    (root / NAMED_FILES[1]).unlink()
    assert "backups/one" in only(root, repair=True).repaired


@pytest.mark.parametrize("name", ["tensors.safetensors", "state.json", "manifest.json"])
@pytest.mark.parametrize("damage", [flip, os.unlink])
def test_a_damaged_checkpoint_is_set_aside(
    root: Path, db: Connection, name: str, damage: Callable[[Path], None]
) -> None:
    damage(root / "runs/1/step-00000008" / name)
    assert (only(root).what, only(root).where) == ("checkpoint", "runs/1/step-00000008")
    assert "orphans/runs/1/step-00000008" in only(root, repair=True).repaired
    assert [row["step"] for row in db.execute("SELECT step FROM checkpoint")] == [4]
    assert look(root) == []


def test_a_missing_checkpoint_is_forgotten(root: Path, db: Connection) -> None:
    shutil.rmtree(root / "runs/1/step-00000008")
    assert only(root).fault == "it is missing"
    assert only(root, repair=True).repaired
    assert look(root) == []


def test_files_that_no_row_names_are_moved_never_deleted(root: Path, db: Connection) -> None:
    stray = ["images/1/99.png", "images/stray.png", "loras/other.safetensors", "runs/7/step-00000001/state.json"]
    for path in stray:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    (root / "notes.txt").write_text("my own")
    found = look(root)
    assert [each.where for each in found] == [*stray[:3], "runs/7/step-00000001"]
    assert {each.level for each in found} == {"note"} and (root / stray[0]).exists()
    assert all(each.repaired for each in look(root, repair=True))
    assert [(root / "orphans" / path).read_text() for path in stray] == stray
    assert (root / "notes.txt").exists() and look(root) == []


def test_files_that_a_job_has_yet_to_name_are_no_orphans(root: Path, db: Connection) -> None:
    db.execute("UPDATE image SET state = 'planned', path = NULL, sha256 = NULL WHERE id = 2")
    db.execute("DELETE FROM checkpoint WHERE step = 8")
    run_name = db.execute("SELECT name FROM run").fetchone()[0]
    (root / "loras" / f"{run_name}.safetensors").write_text("published, but not yet in a row")
    assert look(root) == []


def test_what_was_never_finished_is_removed(root: Path) -> None:
    paths = ["images/1/.9.png.partial", "vectors.77.partial", "runs/1/.partial/state.json"]
    for path in (*paths, "backups/.copy.partial/kimikoe.db"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("half")
    assert len(look(root)) == 4
    assert all(each.repaired == "removed" for each in look(root, repair=True))
    assert look(root) == [] and not list(root.rglob("*.partial"))


def test_a_log_that_a_killed_process_left_is_merged(root: Path) -> None:
    code = "import os, sys; from db.connect import connect; from pathlib import Path\n" + (
        "for name in ('kimikoe.db', 'latents.db'):\n"
        "    db = connect(Path(sys.argv[1]) / name); db.execute('CREATE TABLE IF NOT EXISTS x (y)')\n"
        "    globals()[name] = db\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(root)])
    assert (root / "kimikoe.db-wal").stat().st_size
    found = look(root, merge=False)
    assert [each.where for each in found] == ["kimikoe.db-wal", "latents.db-wal"]
    assert {each.repaired for each in look(root, repair=True, merge=False)} == {"merged"}
    assert look(root, merge=False) == [] and not [log for log in root.glob("*-wal") if log.stat().st_size]


def test_a_log_that_another_process_writes_is_no_leftover(root: Path) -> None:
    code = (
        "import sys; from db.connect import connect; from pathlib import Path\n"
        "db = connect(Path(sys.argv[1]) / 'kimikoe.db'); db.execute('CREATE TABLE x (y)'); print('open', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout and other.stdin and other.stdout.readline() == b"open\n"
        assert (root / "kimikoe.db-wal").stat().st_size and look(root, merge=False) == []
        other.stdin.close()


def test_damage_to_the_truth_is_told_and_left_alone(root: Path, db: Connection) -> None:
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("DELETE FROM film")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    before = (root / DATABASE_NAME).read_bytes()
    found = [each for each in look(root, repair=True) if each.what == "rows"]
    assert found and all("film" in each.fault and not each.repaired for each in found)
    assert (root / DATABASE_NAME).read_bytes() == before
    middle = len(before) // 2 // 4096 * 4096
    (root / DATABASE_NAME).write_bytes(before[:middle] + b"\xff" * 8192 + before[middle + 8192 :])
    broken = (root / DATABASE_NAME).read_bytes()
    assert "backup" in _what_is_said_of_rows(root)
    assert (root / DATABASE_NAME).read_bytes() == broken


def _what_is_said_of_rows(root: Path) -> str:
    """The remedies for rows, or why the database cannot be opened at all."""
    try:
        return " ".join(each.remedy for each in look(root, repair=True) if each.what == "rows")
    except UserError as error:
        return str(error)


def test_rows_that_name_files_outside_are_not_followed(root: Path, db: Connection, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not of this studio")
    db.execute("UPDATE image SET path = ? WHERE id = 1", (str(secret),))
    db.execute("UPDATE image SET path = '../secret' WHERE id = 2")
    db.execute("UPDATE checkpoint SET path = '../secret' WHERE step = 4")
    found = look(root, repair=True)
    assert sum("of this studio" in each.fault for each in found) == 3
    assert secret.read_text() == "not of this studio"


def test_a_film_that_has_gone_is_told(root: Path, db: Connection) -> None:
    db.execute("UPDATE film SET path = '/nowhere/film.mp4'")
    assert "/nowhere/film.mp4" in only(root).fault and "ingest" in only(root).remedy


def test_repair_wants_the_engine_stopped_and_looking_does_not(root: Path) -> None:
    lock = engine_lock.hold(root)
    (root / "images/1/new.png").write_text("its row comes next")
    assert look(root) == []
    with pytest.raises(UserError, match="engine stop"):
        look(root, repair=True)
    lock.close()
    assert [each.where for each in look(root)] == ["images/1/new.png"]


def test_looking_writes_nothing_into_the_digest(root: Path) -> None:
    flip(root / NAMED_FILES[0])
    before = digests(root)
    look(root)
    assert digests(root) == before
