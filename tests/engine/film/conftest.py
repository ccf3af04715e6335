"""A studio, and jobs run in it without an engine."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from db import queue
from db.requests import Request
from engine.jobs import ingest, match, tag, tagger
from engine.models import Models
from engine.running import RunningJob
from engine.studio import Studio

RUN = {"ingest": ingest.run, "tag": tag.run, "match": match.run, "tagger": tagger.run}


@pytest.fixture
def studio(studio_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """An empty studio, as the engine sees it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    opened = Studio(studio_root)
    yield opened
    opened.close()


@pytest.fixture
def run(studio: Studio) -> Callable[..., dict[str, Any]]:
    """Run a request to its end, or until its `stop_after`th check; returns what the job made."""
    models = Models()

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
