"""A studio, and jobs run in it without an engine."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from db import queue
from db.requests import Request
from engine.models import Models
from engine.running import RunningJob
from engine.studio import Studio


@pytest.fixture
def studio(studio_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """An empty studio, as the engine sees it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    opened = Studio(studio_root)
    yield opened
    opened.close()


@pytest.fixture
def models() -> Models:
    """Models as a fresh worker has them."""
    return Models()


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
        import_module(f"engine.jobs.{request.kind}").run(studio, request, job)
        queue.finish(studio.db, claimed.id, job.outcome)
        return job.outcome

    return run_request
