"""A hub that lies: names that lead elsewhere, files that are others, answers that are none."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import tests.hub
from kimikoe_tui.demo.settings import weights
from tests.hostile.oracle import listing, process, refused
from tests.hub import hub

Answer = Callable[[Any, Path], Any]
LIES: dict[str, Answer] = {
    "names above": lambda _self, _folder: [{"type": "file", "path": "../../../owned", "size": 1, "oid": "0" * 40}],
    "no list": lambda _self, _folder: {"error": "\x1b[31mno\x1b[0m"},
}


@contextmanager
def lying(kind: str, folder: Path) -> Iterator[str]:
    """A hub of one repository that answers wrongly."""

    def repository(_self: Any, name: str, _folder: Path) -> dict[str, Any]:
        files = ["model.onnx", "../../../owned", "/etc/owned", "selected_tags.csv"] if kind == "names above" else None
        return {"id": name, "sha": "../../x", "siblings": [{"rfilename": each} for each in files or ["\x1b[31m"]]}

    with (
        patch.object(tests.hub._Handler, "_repository", repository),
        patch.object(tests.hub._Handler, "_tree", LIES[kind]),
    ):
        with hub({"someone/tiny": folder}) as endpoint:
            yield endpoint


@pytest.mark.parametrize("kind", LIES)
@pytest.mark.parametrize("option", ["--base", "--tagger"])
def test_a_hub_that_lies_is_one_line_and_no_file(tmp_path: Path, kind: str, option: str) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "model_index.json").write_text(json.dumps({"_class_name": "\x1b[31mEvil"}))
    before = listing(tmp_path)
    with lying(kind, tmp_path / "hub") as endpoint:
        environment = {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}
        refused(process("init", tmp_path / "studio", option, "someone/tiny", environment=environment), "tiny")
    after = {path: each for path, each in listing(tmp_path).items() if not path.startswith("home")}
    assert after == before


def test_a_hub_whose_weights_are_a_pickle(tmp_path: Path) -> None:
    import shutil

    base = Path(shutil.copytree(weights("base"), tmp_path / "hub"))
    for path in base.glob("*/*.safetensors"):
        path.rename(path.with_suffix(".bin"))
    with hub({"someone/tiny": base}) as endpoint:
        environment = {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}
        outcome = process("init", tmp_path / "studio", "--base", "someone/tiny", environment=environment)
    refused(outcome, "no weights of its text_encoder, unet, vae as .safetensors")
    assert not list((tmp_path / "home").rglob("*.bin"))
