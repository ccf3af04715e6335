"""The rehearsal for a short while: everything goes wrong at once, and nothing is lost."""

import os
from pathlib import Path

import pytest

from tests.crash.rehearsal.play import rehearse


@pytest.mark.slow
def test_everything_goes_wrong_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`KIMIKOE_REHEARSAL_MINUTES=60` for the whole of it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    minutes = float(os.environ.get("KIMIKOE_REHEARSAL_MINUTES", "2"))
    assert rehearse(tmp_path, minutes, seed=int(os.environ.get("KIMIKOE_KILL_SEED", "1"))) == []
