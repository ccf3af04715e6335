"""However often worker, supervisor or both are killed, a studio ends in the digest of the undisturbed one."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db import queue
from db.connect import connect_studio
from db.requests import REQUESTS
from engine.digest import digests
from tests.crash.killing import Played, play, play_with_kills
from tests.crash.story import STORY, Material, make_material

FEW = {"ingest": 2, "tag frames": 1, "dataset": 1, "train": 2, "probe": 1, "generate": 1, "tag pictures": 1, "match": 1}
MANY = {
    "base": 1, "tagger": 1, "ingest": 4, "regroup": 1, "tag frames": 3, "dataset": 3, "train": 3, "probe": 1,
    "generate": 2, "tag pictures": 1, "match": 1,
}  # fmt: skip
SLOW_ROUNDS = 10


@pytest.fixture(scope="module", autouse=True)
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The engines' environment: one thread, because the models are tiny, and a cache of their own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("OMP_NUM_THREADS", "1")
    patch.setenv("HF_HUB_OFFLINE", "1")
    patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return make_material(tmp_path_factory.mktemp("material"))


@pytest.fixture(scope="module")
def undisturbed(material: Material, tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, dict[str, str]]:
    root = tmp_path_factory.mktemp("undisturbed") / "studio"
    played = play(root, material)
    with closing(connect_studio(root)) as db:
        assert {job.kind for job in queue.jobs(db)} == set(REQUESTS), "the story has every kind of job"
    return played, digests(root)


def _same_end(
    root: Path, material: Material, undisturbed: tuple[Played, dict[str, str]], kills: dict[str, int], seed: int
) -> None:
    expected, digest = undisturbed
    played = play_with_kills(root, material, expected, kills, seed)
    print(f"seed {seed}: {len(played.kills)} kills in {sum(played.seconds.values()):.0f} s: {played.kills}")
    assert len(played.kills) == sum(kills.values())
    assert digests(root) == digest, f"seed {seed}: {played.kills}"


def test_ten_kills_end_as_none(tmp_path: Path, material: Material, undisturbed: tuple[Played, dict[str, str]]) -> None:
    assert set(undisturbed[0].moments) == set(STORY) and all(undisturbed[0].moments.values())
    _same_end(tmp_path / "studio", material, undisturbed, FEW, int(os.environ.get("KIMIKOE_KILL_SEED", "1")))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 100 + SLOW_ROUNDS))
def test_two_hundred_kills_end_as_none(
    seed: int, tmp_path: Path, material: Material, undisturbed: tuple[Played, dict[str, str]]
) -> None:
    assert SLOW_ROUNDS * sum(MANY.values()) >= 200
    _same_end(tmp_path / "studio", material, undisturbed, MANY, seed)
