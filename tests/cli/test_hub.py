"""Models by hub id: the real downloading code against a hub on loopback."""

import os
import subprocess
import sys
from pathlib import Path

from db import library
from db.connect import connect_studio
from kimikoe_tui.demo.settings import weights
from kimikoe_tui.engine_control import stop_engine
from tests.cli.conftest import refused
from tests.hub import hub


def _init(root: Path, endpoint: str, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(home), "COLUMNS": "200"}
    environment.pop("HF_HUB_OFFLINE", None)
    command = [sys.executable, "-m", "kimikoe_tui", "init", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=180)


def test_a_base_and_a_tagger_come_from_the_hub(tmp_path: Path) -> None:
    root = tmp_path / "studio"
    with hub({"someone/tiny": weights("base"), "someone/wd": weights("tagger")}) as endpoint:
        made = _init(root, endpoint, tmp_path / "home", "--base", "someone/tiny", "--tagger", "someone/wd")
    assert made.returncode == 0, made.stderr
    stop_engine(root)
    db = connect_studio(root)
    base, tagger = library.base(db), library.tagger(db)
    assert (base.architecture, base.width, base.prediction_type) == ("sd15", 128, "v_prediction")
    assert (tagger.input_size, tagger.embedding_dim) == (128, 192)
    assert (base.source, tagger.source) == ("someone/tiny", "someone/wd")


def test_a_repository_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    root = tmp_path / "studio"
    with hub({}) as endpoint:
        message = refused(_init(root, endpoint, tmp_path / "home", "--tagger", "someone/nothing"))
    assert "someone/nothing" in message
    assert not root.exists()
