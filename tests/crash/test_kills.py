"""However often worker, supervisor or both are killed, a studio ends in the digest of the undisturbed one."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from functools import cache
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
SEEDS = range(100, 110)
ROOT = Path(__file__).parents[2]
AT_ONCE = 2  # each round's engine uses one core, and waits much


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
    print("\nundisturbed, to compare with", flush=True)
    played = play(root, material)
    with closing(connect_studio(root)) as db:
        assert {job.kind for job in queue.jobs(db)} == set(REQUESTS), "the story has every kind of job"
    return played, digests(root)


def _same_end(
    root: Path, material: Material, undisturbed: tuple[Played, dict[str, str]], kills: dict[str, int], seed: int
) -> Played:
    expected, digest = undisturbed
    played = play_with_kills(root, material, expected, kills, seed, _teller(seed, sum(kills.values())))
    assert len(played.kills) == sum(kills.values())
    differing = [part for part, each in digests(root).items() if digest.get(part) != each]
    assert not differing, f"seed {seed}: {differing} not as undisturbed after {played.kills}"
    return played


def _teller(seed: int, kills: int) -> Callable[[str], None]:
    began = time.monotonic()

    def tell(words: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  seed {seed}, {kills} kills  {words}", flush=True)

    return tell


def test_ten_kills_end_as_none(tmp_path: Path, material: Material, undisturbed: tuple[Played, dict[str, str]]) -> None:
    assert set(undisturbed[0].moments) == set(STORY) and all(undisturbed[0].moments.values())
    _same_end(tmp_path / "studio", material, undisturbed, FEW, int(os.environ.get("KIMIKOE_KILL_SEED", "1")))


@pytest.mark.slow
def test_two_hundred_kills_end_as_none(
    tmp_path: Path, material: Material, undisturbed: tuple[Played, dict[str, str]]
) -> None:
    """Rounds side by side; what a test that was broken off had done already is counted by the file of its rounds."""
    rounds = _Rounds(os.environ.get("KIMIKOE_KILL_ROUNDS"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        playing = {
            pool.submit(_same_end, tmp_path / str(seed), material, undisturbed, MANY, seed): seed
            for seed in rounds.left(SEEDS)
        }
        for ended in as_completed(playing):
            if error := ended.exception():
                print(f"round {playing[ended]} FAILED: {error}", flush=True)
            else:
                rounds.count(playing[ended], len(ended.result().kills))
                shutil.rmtree(tmp_path / str(playing[ended]))
    failures = [error for error in (each.exception() for each in playing) if error]
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(SEEDS)} rounds", failures)  # type: ignore[type-var]
    assert rounds.kills >= 200


class _Rounds:
    """The rounds that ended as they should, kept in a file where one is named; those of other sources do not count."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path) if path else None
        self._kills: dict[int, int] = {}
        known = self._path.read_text("ascii").splitlines() if self._path and self._path.exists() else []
        for program, seed, kills in (line.split() for line in known):
            if program == _program():
                self._kills[int(seed)] = int(kills)

    @property
    def kills(self) -> int:
        """How many there were in all of them."""
        return sum(self._kills.values())

    def left(self, seeds: range) -> list[int]:
        """The rounds that are still to be played."""
        return [seed for seed in seeds if seed not in self._kills]

    def count(self, seed: int, kills: int) -> None:
        """A round ended as it should."""
        self._kills[seed] = kills
        print(f"round {seed} ended as undisturbed: {self.kills} kills so far, in {len(self._kills)} rounds", flush=True)
        if self._path:
            with self._path.open("a", encoding="ascii") as file:
                file.write(f"{_program()} {seed} {kills}\n")


@cache
def _program() -> str:
    """A hash of all sources that a round plays with."""
    digest = hashlib.sha256()
    for package in ("db", "engine", "kimikoe_tui", "tests/crash"):
        for path in sorted((ROOT / package).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
