"""LoRA files of the right form with values that would poison what is drawn; checkpoints that name other places."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from db.errors import UserError
from engine.base import BaseModel, load_base
from engine.checkpoint import newest_verified
from engine.kohya import module_key
from engine.lora import load_lora, lora_layers
from kimikoe_tui.demo.settings import weights
from tests.hostile.oracle import Case, bounded, told
from tests.hostile.texts import TEXTS

KEY = module_key("sd15", "unet", "conv_in")
Change = Callable[[dict[str, torch.Tensor]], Any]


def sound() -> dict[str, torch.Tensor]:
    """A LoRA of rank 2 on the first convolution of the embedded base."""
    return {
        f"{KEY}.lora_down.weight": torch.ones(2, 4, 3, 3),
        f"{KEY}.lora_up.weight": torch.ones(48, 2, 1, 1),
        f"{KEY}.alpha": torch.tensor(2.0),
    }


def _set(part: str, value: torch.Tensor) -> Change:
    return lambda tensors: tensors.update({f"{KEY}.{part}": value})


CHANGES: dict[str, Change] = {
    "NaN": lambda tensors: tensors[f"{KEY}.lora_up.weight"].fill_(torch.nan),
    "one NaN": lambda tensors: tensors[f"{KEY}.lora_down.weight"][0, 0, 0].fill_(torch.nan),
    "infinity": lambda tensors: tensors[f"{KEY}.lora_down.weight"].fill_(torch.inf),
    "no up": lambda tensors: tensors.pop(f"{KEY}.lora_up.weight"),
    "no down": lambda tensors: tensors.pop(f"{KEY}.lora_down.weight"),
    "an alpha alone": lambda tensors: [tensors.pop(f"{KEY}.lora_{half}.weight") for half in ("up", "down")],
    "other ranks": _set("lora_up.weight", torch.ones(48, 3, 1, 1)),
    "no rank": lambda tensors: tensors.update(
        {f"{KEY}.lora_down.weight": torch.ones(0, 4, 3, 3), f"{KEY}.lora_up.weight": torch.ones(48, 0, 1, 1)}
    ),
    "another input": _set("lora_down.weight", torch.ones(2, 5, 3, 3)),
    "another output": _set("lora_up.weight", torch.ones(7, 2, 1, 1)),
    "another kernel": _set("lora_down.weight", torch.ones(2, 4, 5, 5)),
    "one axis": _set("lora_down.weight", torch.ones(72)),
    "no axis": _set("lora_up.weight", torch.tensor(1.0)),
    "a huge alpha": _set("alpha", torch.tensor(1e30)),
    "a NaN alpha": _set("alpha", torch.tensor(torch.nan)),
    "an infinite alpha": _set("alpha", torch.tensor(-torch.inf)),
    "many alphas": _set("alpha", torch.ones(3)),
    "no alphas": _set("alpha", torch.ones(0)),
    "whole numbers": _set("lora_up.weight", torch.ones(48, 2, 1, 1, dtype=torch.int64)),
    "truth values": _set("lora_up.weight", torch.ones(48, 2, 1, 1, dtype=torch.bool)),
    "a module twice": lambda tensors: tensors.update({f"{KEY}.lora_A.weight": torch.ones(2, 4, 3, 3)}),
    "DoRA": _set("dora_scale", torch.ones(48, 1, 1, 1)),
    "a module too many": lambda tensors: tensors.update({f"{KEY}_x.lora_down.weight": torch.ones(2, 4)}),
}  # fmt: skip
LORA_CASES = [Case(f"lora with {key}", lambda _folder, change=change: change, ".") for key, change in CHANGES.items()]
NAMED_CASES = [
    Case(f"lora on {key}", lambda _folder, text=text: lambda tensors: tensors.update({text[:500]: torch.ones(1)}), ".")
    for key, text in TEXTS.items()
]  # fmt: skip
MANIFESTS: dict[str, str] = {
    "no JSON": "{", "a list": "[]", "nested": "[" * 100_000, "a number": "1", "no hashes": "{}",
    "a file above": json.dumps({"sha256": {"../../precious": "x", "tensors.safetensors": "y"}}),
    "a file elsewhere": json.dumps({"sha256": {"/etc/passwd": "x"}}),
    "wrong hashes": json.dumps({"sha256": {"tensors.safetensors": "x", "state.json": "y"}}),
    "hashes that are lists": json.dumps({"sha256": {"tensors.safetensors": [], "state.json": {}}}),
}  # fmt: skip
MANIFEST_CASES = [Case(f"manifest: {key}", lambda _folder, text=text: text) for key, text in MANIFESTS.items()]
CASES = [*LORA_CASES, *NAMED_CASES, *MANIFEST_CASES]


@pytest.fixture(scope="module")
def base() -> BaseModel:
    """The embedded base."""
    return load_base(str(weights("base")), "cpu", torch.float32)


@pytest.mark.parametrize("case", [*LORA_CASES, *NAMED_CASES], ids=str)
def test_a_lora_that_would_poison_pictures_is_refused_whole(base: BaseModel, case: Case, tmp_path: Path) -> None:
    tensors = sound()
    case.make(tmp_path)(tensors)
    path = tmp_path / "mine.safetensors"
    path.write_bytes(save(tensors))
    with bounded(), pytest.raises(UserError) as caught:
        load_lora(base, path, "mine")
    told(str(caught.value), r"mine\.safetensors")
    assert not lora_layers(base.unet)


@pytest.mark.parametrize("case", MANIFEST_CASES, ids=str)
def test_a_checkpoint_is_what_its_manifest_says_or_is_passed_over(tmp_path: Path, case: Case) -> None:
    folder = tmp_path / "run" / "step-00000002"
    folder.mkdir(parents=True)
    (folder / "tensors.safetensors").write_bytes(b"x")
    (folder / "state.json").write_text('{"step": 2}')
    (folder / "manifest.json").write_text(case.make(tmp_path))
    with bounded():
        assert newest_verified(tmp_path / "run") is None


def test_a_checkpoint_of_pipes_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "step-00000002"
    folder.mkdir(parents=True)
    for name in ("tensors.safetensors", "state.json", "manifest.json"):
        os.mkfifo(folder / name)
    with bounded():
        assert newest_verified(tmp_path / "run") is None
