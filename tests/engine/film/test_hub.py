"""A tagger comes from a hub on loopback: its progress is told, a cut is made good, a stop is heard."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from db import queue
from db.errors import UserError
from db.requests import TaggerRequest
from engine.hub import download
from engine.running import EngineStopping
from engine.studio import Studio
from engine.tagger import MODEL_FILE, TAGS_FILE
from tests.engine.film.tiny_taggers import write_tagger
from tests.hub import hub

Run = Callable[..., dict[str, Any]]
WEIGHT = 3_000_000


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A tagger of some megabytes, so that it comes in several pieces."""
    folder = write_tagger(tmp_path / "tagger")
    (folder / "weights.bin").write_bytes(os.urandom(WEIGHT))
    return folder


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """The library, pointed at a hub on loopback and at a cache of its own."""

    @contextmanager
    def pointed(repositories: dict[str, Path], cut_after: int | None = None) -> Iterator[None]:
        with hub(repositories, cut_after) as endpoint:
            snapshot = huggingface_hub.snapshot_download

            def from_loopback(*arguments: Any, **options: Any) -> Any:
                return snapshot(*arguments, endpoint=endpoint, cache_dir=tmp_path / "cache", **options)

            monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
            monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: False, raising=False)
            monkeypatch.setattr(huggingface_hub, "snapshot_download", from_loopback)
            yield

    return pointed


def test_progress_grows_to_the_whole_and_a_cut_is_made_good(repository: Path, through: Any) -> None:
    told: list[tuple[int, int]] = []
    with through({"someone/wd": repository}, cut_after=1_000_000):
        folder = download("someone/wd", None, ["weights.bin"], lambda done, total: told.append((done, total)))
    assert (folder / "weights.bin").read_bytes() == (repository / "weights.bin").read_bytes()
    assert told[-1] == (WEIGHT, WEIGHT)
    assert [done for done, _total in told] == sorted(done for done, _total in told)


def test_a_download_shows_in_its_job(studio: Studio, run: Run, repository: Path, through: Any) -> None:
    with through({"someone/wd": repository}):
        made = run(TaggerRequest(source="someone/wd"))
    job = queue.jobs(studio.db)[0]
    assert made["tagger_id"] == 1
    assert (job.unit, job.message) == ("kB", "downloading someone/wd")
    assert studio.db.execute("SELECT source FROM tagger").fetchone()[0] == "someone/wd"


def test_a_stop_ends_the_download_and_the_next_attempt_gets_it(
    studio: Studio, run: Run, repository: Path, through: Any
) -> None:
    with through({"someone/wd": repository}):
        with pytest.raises(EngineStopping):
            run(TaggerRequest(source="someone/wd"), stop_after=0)
        studio.db.execute("UPDATE job SET state = 'cancelled'")
        assert run(TaggerRequest(source="someone/wd"))["tagger_id"] == 1


def test_what_is_here_is_used_without_a_network(repository: Path, through: Any) -> None:
    with through({"someone/wd": repository}):
        first = download("someone/wd", None, [MODEL_FILE, TAGS_FILE])
    assert download("someone/wd", None, [MODEL_FILE, TAGS_FILE]) == first


def test_without_a_network_it_says_what_to_put_where(studio: Studio, run: Run, through: Any) -> None:
    with through({}):
        pass
    with pytest.raises(UserError, match=f"put its {MODEL_FILE} and {TAGS_FILE} into a folder.*tagger add"):
        run(TaggerRequest(source="someone/wd"))
