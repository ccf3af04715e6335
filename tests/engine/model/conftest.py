"""Bases to train and draw with: the embedded one, and an SDXL of a few thousand parameters."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import engine.demo
from db import queue
from db.requests import Request
from engine.base import BaseModel, load_base
from engine.jobs import base, dataset, generate, ingest, probe, tag, tagger, train
from engine.lora import remove_loras
from engine.models import Models
from engine.running import RunningJob
from engine.studio import Studio
from tests.engine.model.tiny_models import save_micro_sdxl

WEIGHTS = Path(engine.demo.__file__).parent / "weights"
RUN = {
    "base": base.run, "dataset": dataset.run, "generate": generate.run, "ingest": ingest.run, "probe": probe.run,
    "tag": tag.run, "tagger": tagger.run, "train": train.run,
}  # fmt: skip


@pytest.fixture(scope="session")
def one_thread() -> None:
    """As many threads as the tests are given cores."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def loaded_sd15(one_thread: None) -> BaseModel:
    """The embedded base, loaded once."""
    return load_base(str(WEIGHTS / "base"), "cpu", torch.float32)


@pytest.fixture(scope="session")
def sdxl_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder with an untrained SDXL."""
    return save_micro_sdxl(tmp_path_factory.mktemp("sdxl"), WEIGHTS / "base" / "tokenizer")


@pytest.fixture(scope="session")
def loaded_sdxl(one_thread: None, sdxl_folder: Path) -> BaseModel:
    """The untrained SDXL, loaded once."""
    return load_base(str(sdxl_folder), "cpu", torch.float32)


@pytest.fixture
def sd15(loaded_sd15: BaseModel) -> Iterator[BaseModel]:
    """The embedded base, bare before and after the test."""
    yield loaded_sd15
    remove_loras(loaded_sd15)


@pytest.fixture
def sdxl(loaded_sdxl: BaseModel) -> Iterator[BaseModel]:
    """The untrained SDXL, bare before and after the test."""
    yield loaded_sdxl
    remove_loras(loaded_sdxl)


@pytest.fixture
def studio(studio_root: Path) -> Iterator[Studio]:
    """An empty studio, as the engine sees it."""
    opened = Studio(studio_root)
    yield opened
    opened.close()


@pytest.fixture
def models(loaded_sd15: BaseModel, monkeypatch: pytest.MonkeyPatch) -> Models:
    """Warm models whose base is the one that the session has loaded."""
    warm = Models()
    monkeypatch.setattr(warm, "base", lambda source: loaded_sd15)
    return warm


@pytest.fixture
def run(studio: Studio, models: Models) -> Callable[..., dict[str, Any]]:
    """Run a request to its end, or until its `stop_after`th check; returns what the job made."""

    def run_request(request: Request, stop_after: int | None = None) -> dict[str, Any]:
        queue.enqueue(studio.db, request)
        claimed = queue.claim(studio.db, request.lane, 1)
        assert claimed is not None
        checks = SimpleNamespace(count=0)

        def stopping() -> bool:
            checks.count += 1
            return stop_after is not None and checks.count > stop_after

        job = RunningJob(studio, claimed, models, stopping)
        RUN[request.kind](studio, request, job)
        queue.finish(studio.db, claimed.id, job.outcome)
        return job.outcome

    return run_request
