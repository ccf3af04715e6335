"""A backup appears whole or not at all, holds what it says, and comes back as what it was."""

import json
import os
import shutil
from pathlib import Path
from sqlite3 import Connection, connect

import pytest

from db import backup as backups
from db import durable, engine_lock
from db.backup import default_target, make_backup
from db.connect import DATABASE_NAME, connect_studio
from db.digest import digest
from db.errors import UserError
from db.manifest import MANIFEST, read_manifest
from db.restore import restore
from engine.digest import digests
from kimikoe_tui.session import Session
from tests.kept_studio import add_checkpoint, fill_studio

SMALL = {DATABASE_NAME, "loras/film-1.safetensors", "images/1/1.png"}
FULL = SMALL | {f"images/1/{number}.png" for number in (2, 3, 4)} | {"logs/engine.log"} | {
    f"runs/1/step-00000004/{name}" for name in ("manifest.json", "state.json", "tensors.safetensors")
}  # fmt: skip


@pytest.fixture
def studio(studio_root: Path, db: Connection) -> Path:
    fill_studio(studio_root, db)
    return studio_root


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("full", "expected"), [(False, SMALL), (True, FULL)])
def test_a_backup_holds_what_it_says(studio: Path, tmp_path: Path, full: bool, expected: set[str]) -> None:
    manifest = make_backup(studio, tmp_path / "copy", full=full)
    assert set(manifest.files) == expected
    assert _files(tmp_path / "copy") == expected | {MANIFEST}
    assert read_manifest(tmp_path / "copy") == manifest
    assert (manifest.missing, manifest.changed) == ([], [])
    left = {each.what: each.files for each in manifest.left_out}
    assert left.pop("thumbnails") == 1 and left.pop("films") == 1 and left.pop("models") == 2
    assert left == ({} if full else {"pictures": 3, "checkpoints": 3, "logs": 1})
    assert not [path for path in (tmp_path / "copy").rglob("*") if path.stat().st_mode & 0o077]


def test_a_full_backup_comes_back_with_the_digest_of_the_studio(studio: Path, tmp_path: Path) -> None:
    make_backup(studio, tmp_path / "copy", full=True)
    _manifest, folder, before = restore(tmp_path / "copy", tmp_path / "again")
    assert before is None and folder == tmp_path / "again"
    assert digests(folder) == digests(studio)
    assert _files(folder) >= FULL
    assert not [path for path in folder.rglob("*") if path.stat().st_mode & 0o077]
    connect_studio(folder).execute("UPDATE film SET note = 'it can be worked with'")


def test_a_small_backup_has_all_rows_and_the_kept_files(studio: Path, tmp_path: Path, db: Connection) -> None:
    make_backup(studio, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "again")
    assert _files(tmp_path / "again") == SMALL
    assert digest(connect_studio(tmp_path / "again", read_only=True)) == digest(db)


def test_rows_are_of_one_moment_while_another_writes(studio: Path, tmp_path: Path, db: Connection) -> None:
    """What was committed is in the copy though it is only in the log, and what is not committed is not."""
    db.execute("UPDATE film SET note = 'committed'")
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE film SET note = 'not yet'")
    make_backup(studio, tmp_path / "copy")
    db.execute("ROLLBACK")
    assert connect(tmp_path / "copy" / DATABASE_NAME).execute("SELECT note FROM film").fetchone() == ("committed",)
    assert [path.name for path in (tmp_path / "copy").glob("kimikoe.db*")] == [DATABASE_NAME]


def test_a_checkpoint_pruned_meanwhile_is_replaced_by_the_next(
    studio: Path, tmp_path: Path, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows and the checkpoint of the copy are of one moment."""
    copy_database = backups.copy_database
    rounds = []

    def prune_after(source: Path, target: Path) -> None:
        copy_database(source, target)
        if not rounds:
            shutil.rmtree(studio / "runs/1/step-00000004")
            db.execute("DELETE FROM checkpoint")
            add_checkpoint(studio, db, 8)
        rounds.append(target)

    monkeypatch.setattr(backups, "copy_database", prune_after)
    manifest = make_backup(studio, tmp_path / "copy", full=True)
    assert len(rounds) == 2
    assert [path for path in manifest.files if path.startswith("runs/")] == [
        f"runs/1/step-00000008/{name}" for name in ("manifest.json", "state.json", "tensors.safetensors")
    ]
    rows = connect(tmp_path / "copy" / DATABASE_NAME).execute("SELECT step FROM checkpoint").fetchall()
    assert rows == [(8,)]
    restore(tmp_path / "copy", tmp_path / "again")


def test_what_is_missing_or_changed_is_told_and_the_rest_is_kept(studio: Path, tmp_path: Path) -> None:
    (studio / "images/1/1.png").unlink()
    (studio / "loras/film-1.safetensors").write_bytes(b"another file")
    (studio / "runs/1/step-00000004/tensors.safetensors").write_bytes(b"damaged")
    manifest = make_backup(studio, tmp_path / "copy", full=True)
    assert (manifest.missing, manifest.changed) == (["images/1/1.png"], ["loras/film-1.safetensors"])
    assert not [path for path in manifest.files if path.startswith("runs/")]
    restore(tmp_path / "copy", tmp_path / "again")


def test_without_a_target_backups_lie_in_the_studio_by_date(studio: Path) -> None:
    link = studio.with_name("link")
    link.symlink_to(studio)
    first = default_target(link, full=False)
    make_backup(link, first)
    second = default_target(studio, full=False)
    assert first.parent == studio / "backups" and second.name == f"{first.name}-2"
    assert not [path for path in make_backup(studio, second, full=True).files if path.startswith("backups/")]


def test_a_target_that_would_mix_with_other_files_is_refused(studio: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for target, reason in (
        (tmp_path / "there", "already"),
        (tmp_path / "nowhere" / "copy", "no folder"),
        (studio / "loras" / "copy", "inside the studio"),
    ):
        with pytest.raises(UserError, match=reason):
            make_backup(studio, target)
    assert list((tmp_path / "there").iterdir()) == []


def test_no_room_is_told_before_anything_is_copied(
    studio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable.os, "statvfs", lambda _path: os.statvfs_result((4096, 4096, 9, 9, 9, 0, 0, 0, 0, 255)))
    with pytest.raises(UserError, match="MB are needed"):
        make_backup(studio, tmp_path / "copy")
    assert list(tmp_path.glob("*copy*")) == [] and list(tmp_path.glob(".*copy*")) == []


@pytest.mark.parametrize("path", sorted(FULL))
def test_a_damaged_backup_names_the_damaged_file(studio: Path, tmp_path: Path, path: str) -> None:
    make_backup(studio, tmp_path / "copy", full=True)
    damaged = tmp_path / "copy" / path
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(UserError, match=path):
        restore(tmp_path / "copy", tmp_path / "again")
    damaged.unlink()
    with pytest.raises(UserError, match=f"{path} is not there"):
        restore(tmp_path / "copy", tmp_path / "again")
    assert not list(tmp_path.glob("*again*")) + list(tmp_path.glob(".*again*"))


def test_a_backup_whose_rows_were_changed_is_no_proof(studio: Path, tmp_path: Path) -> None:
    """Even where the file's hash was made to fit, the digest tells."""
    make_backup(studio, tmp_path / "copy")
    with connect(tmp_path / "copy" / DATABASE_NAME) as db:
        db.execute("UPDATE rating SET stars = 1 WHERE image_id = 1")
    db.close()
    manifest = json.loads((tmp_path / "copy" / MANIFEST).read_text())
    size, sha256 = durable.copy_synced(tmp_path / "copy" / DATABASE_NAME, tmp_path / "scratch")
    manifest["files"][DATABASE_NAME] = {"size": size, "sha256": sha256}
    (tmp_path / "copy" / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="digest"):
        restore(tmp_path / "copy", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_digest_by_other_rules_is_no_reason_to_refuse(
    studio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later program may count other columns; files and row counts prove the backup then."""
    make_backup(studio, tmp_path / "copy")
    monkeypatch.setattr("db.digest.LEFT_OUT", {})
    restore(tmp_path / "copy", tmp_path / "again")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema": 999}, "newer"),
        ({"format": 2}, "newer"),
        ({"files": {"../outside": {"size": 1, "sha256": ""}}}, "outside"),
        ({"files": {"/etc/passwd": {"size": 1, "sha256": ""}}}, "outside"),
        ({"files": {}}, DATABASE_NAME),
        ({"rows": 7}, "no backup"),
    ],
)
def test_a_manifest_not_to_follow(studio: Path, tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    make_backup(studio, tmp_path / "copy")
    manifest = json.loads((tmp_path / "copy" / MANIFEST).read_text())
    (tmp_path / "copy" / MANIFEST).write_text(json.dumps(manifest | changes))
    with pytest.raises(UserError, match=reason):
        restore(tmp_path / "copy", tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_folder_that_is_no_backup(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(UserError, match="no backup"):
        restore(tmp_path, tmp_path / "again")


def test_a_restore_overwrites_no_work(studio: Path, tmp_path: Path) -> None:
    make_backup(studio, tmp_path / "copy")
    before = digests(studio)
    with pytest.raises(UserError, match="work in it"):
        restore(tmp_path / "copy", studio)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("mine")
    for force in (False, True):
        with pytest.raises(UserError, match="not empty"):
            restore(tmp_path / "copy", mine, force=force)
    with pytest.raises(UserError, match="inside the studio"):
        restore(tmp_path / "copy", studio / "inside")
    assert digests(studio) == before and _files(mine) == {"letter.txt"}


def test_a_studio_that_is_there_is_set_aside_by_force(studio: Path, tmp_path: Path, db: Connection) -> None:
    make_backup(studio, tmp_path / "copy", full=True)
    db.execute("UPDATE film SET note = 'later'")
    _manifest, folder, aside = restore(tmp_path / "copy", studio, force=True)
    assert folder == studio and aside is not None and aside.parent == tmp_path
    assert connect_studio(aside).execute("SELECT note FROM film").fetchone()[0] == "later"
    assert connect_studio(studio).execute("SELECT note FROM film").fetchone()[0] != "later"


def test_an_engine_or_a_terminal_is_never_restored_under(studio: Path, tmp_path: Path) -> None:
    make_backup(studio, tmp_path / "copy")
    lock = engine_lock.hold(studio)
    with pytest.raises(UserError, match="engine"):
        restore(tmp_path / "copy", studio, force=True)
    lock.close()
    session = Session(studio)
    with pytest.raises(UserError, match="terminal"):
        restore(tmp_path / "copy", studio, force=True)
    session.close()
    restore(tmp_path / "copy", studio, force=True)


def test_a_restore_without_a_folder_is_made_here_under_its_name(
    studio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_backup(studio, tmp_path / "copy")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert restore(Path("../copy"))[1] == tmp_path / "elsewhere" / studio.name


def test_two_at_the_same_place_do_not_mix(studio: Path, tmp_path: Path) -> None:
    with durable.folder_aside(tmp_path / "copy"), pytest.raises(UserError, match="wait for it"):
        make_backup(studio, tmp_path / "copy")
    make_backup(studio, tmp_path / "copy")
