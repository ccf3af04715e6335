"""A full disk sets every kind of job aside with nothing half-written; with room again it ends in the same rows."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db import library, queue
from db.connect import connect_studio
from db.errors import DiskFullError, UserError
from db.requests import IngestRequest
from engine import room
from engine.digest import digests
from engine.lane import run_job
from engine.models import Models
from engine.studio import Studio
from engine.waiting import SETTLE_SECONDS, Waiting
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.engine_control import start_engine, stop_engine
from tests.crash.small_disk import SmallDisk, small_disk
from tests.crash.story import STORY, Material, begin, make_material
from tests.waiting import wait_until

MEGABYTE = 10**6
DISK_MEGABYTES = 96
# how many checks a job has made before the disk fills; those that are not named write no more than rows afterwards
MIDWAY = {
    "ingest": (5, 5), "tag frames": (3, 3), "dataset": (10,), "train": (2, 9), "generate": (1, 5), "tag pictures": (1,),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    patch.setenv("OMP_NUM_THREADS", "1")
    yield
    patch.undo()


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return make_material(tmp_path_factory.mktemp("material"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", DISK_MEGABYTES) as mounted:
        yield mounted


@pytest.fixture(scope="module")
def undisturbed(material: Material, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    player = _Player(tmp_path_factory.mktemp("undisturbed") / "studio", "0")
    for chapter in STORY:
        assert player.run(begin(chapter, material, player.studio.db)).state == "done"
    player.studio.close()
    return digests(player.studio.root)


class _Player:
    """Runs jobs in this process, as a worker does, and looks after them as the supervisor does."""

    def __init__(self, root: Path, reserve: str) -> None:
        create_studio(root)
        self.studio, self.models = Studio(root), Models()
        library.set_setting(self.studio.db, "reserve", reserve)

    def run(self, job_id: int, at_check: int = -1, happens: Callable[[], None] = lambda: None) -> queue.Job:
        """Run a job until it is done or set aside; at its nth check something happens."""
        checks = 0

        def stopping() -> bool:
            nonlocal checks
            checks += 1
            if checks == at_check:
                happens()
            return False

        claimed = queue.claim(self.studio.db, queue.get(self.studio.db, job_id).lane, os.getpid())
        assert claimed is not None and claimed.id == job_id
        run_job(self.studio, claimed, self.models, stopping)
        return queue.get(self.studio.db, job_id)

    def look(self) -> None:
        """See to what waits, as if it had waited for a while."""
        waiting = Waiting(self.studio.db, lambda: queue.now() + SETTLE_SECONDS)
        waiting.look()

    def partial_files(self) -> list[Path]:
        return [path for path in self.studio.root.rglob("*") if ".partial" in path.name]


def _expect_set_aside(player: _Player, disk: SmallDisk, job: queue.Job) -> None:
    """It says what it needs where, left nothing half-written, and does not go on before there is room."""
    assert job.state == "paused", job
    assert job.error.startswith("needs room: ") and job.error.endswith(f" needed on {disk.folder}")
    assert player.partial_files() == []
    player.look()
    assert queue.get(player.studio.db, job.id).state == "paused"
    disk.empty()
    player.look()
    assert queue.get(player.studio.db, job.id).state == "queued"


def test_every_kind_of_job_waits_for_room_and_ends_as_undisturbed(
    disk: SmallDisk, material: Material, undisturbed: dict[str, str]
) -> None:
    player = _Player(disk.studio, "8 MB")
    for chapter in STORY:
        job_id = begin(chapter, material, player.studio.db)
        disk.fill(leave=4 * MEGABYTE)
        _expect_set_aside(player, disk, player.run(job_id))
        for check in MIDWAY.get(chapter, ()):
            filled = player.run(job_id, check, lambda: disk.fill(leave=4 * MEGABYTE))
            _expect_set_aside(player, disk, filled)
        assert player.run(job_id).state == "done"
    library.set_setting(player.studio.db, "reserve", "0")
    assert digests(disk.studio) == undisturbed


def test_a_disk_that_fills_to_the_last_byte_is_survived_without_asking_first(
    disk: SmallDisk, material: Material, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing asks for room here, so that the system's and SQLite's own errors come."""
    monkeypatch.setattr(Studio, "need_room", lambda *_arguments: None)
    slept: list[float] = []
    set_aside: set[str] = set()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        disk.empty()
        disk.fill(leave=MEGABYTE)

    monkeypatch.setattr(room.time, "sleep", sleep)
    player = _Player(disk.studio, "0")
    for chapter in STORY:
        job_id = begin(chapter, material, player.studio.db)
        for check in MIDWAY.get(chapter, ()):
            if queue.get(player.studio.db, job_id).state == "done":
                break
            if (job := player.run(job_id, check, disk.fill)).state != "done":
                _expect_set_aside(player, disk, job)
                set_aside.add(chapter)
            disk.empty()
        assert queue.get(player.studio.db, job_id).state == "done" or player.run(job_id).state == "done"
    assert set_aside >= {"ingest", "train", "generate"}, "rows may fit into the log that is there; files do not"
    assert slept, "the disk was never too full even for the job's row"
    assert digests(disk.studio) == undisturbed


def test_the_engine_goes_on_by_itself_and_not_against_a_person(disk: SmallDisk, material: Material) -> None:
    create_studio(disk.studio)
    db = connect_studio(disk.studio)
    library.set_setting(db, "reserve", "8 MB")
    disk.fill(leave=4 * MEGABYTE)
    ours, theirs = (queue.enqueue(db, IngestRequest(path=str(material.film), name=name)) for name in ("a", "b"))
    start_engine(disk.studio)
    try:
        wait_until(lambda: [queue.get(db, each).state for each in (ours, theirs)] == ["paused"] * 2, "both wait")
        queue.pause(db, theirs)
        disk.empty()
        wait_until(lambda: queue.get(db, ours).state == "done", "the ingest goes on by itself")
        assert queue.get(db, theirs).state == "paused"
    finally:
        stop_engine(disk.studio)


def test_rows_that_do_not_fit_are_taken_back_whole(disk: SmallDisk) -> None:
    create_studio(disk.studio)
    db = connect_studio(disk.studio)
    disk.fill()
    with pytest.raises(DiskFullError, match="nothing was stored"):
        for number in range(1000):
            library.set_setting(db, f"name {number}", "x" * 5000)
    assert not db.in_transaction
    disk.empty()
    library.set_setting(db, "name", "value")
    assert library.setting(db, "name") == "value"


def test_a_full_disk_is_told_from_a_damaged_studio(disk: SmallDisk) -> None:
    create_studio(disk.studio)
    disk.fill()
    with pytest.raises(DiskFullError, match="is full: make room"):
        connect_studio(disk.studio)
    with pytest.raises(UserError, match="did not start: the disk is full"):
        start_engine(disk.studio)
