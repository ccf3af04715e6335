"""Diffusers folders whose JSON, cards, classes and links are not what they seem."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from db.errors import UserError
from db.requests import BaseRequest
from engine.base import load_base
from kimikoe_tui.demo.settings import weights
from tests.hostile.oracle import Bench, Case, bounded, told
from tests.hostile.texts import TEXTS

Damage = Callable[[Path], Any]
JSONS = {
    "empty": "",
    "a list": "[]",
    "null": "null",
    "a number": "1e400",
    "a word": '"StableDiffusionPipeline"',
    "not JSON": "{'_class_name': 1}",
    "a comma too many": '{"a": 1,}',
    "nested 100,000 deep": '{"a":' * 100_000,
    "lists nested 100,000 deep": "[" * 100_000 + "]" * 100_000,
    "a long number": '{"sample_size": ' + "9" * 5000 + "}",
    "an empty object": "{}",
    "broken UTF-8": b'{"a": "\xff\xfe"}',
    "NUL bytes": b"\0" * 100,
    "UTF-16": '{"a": 1}'.encode("utf-16"),
}
FILES = ("model_index.json", "scheduler/scheduler_config.json", "unet/config.json", "vae/config.json")


def copied(damage: Damage) -> Callable[[Path], BaseRequest]:
    """A copy of the embedded base, damaged."""

    def make(folder: Path) -> BaseRequest:
        base = Path(shutil.copytree(weights("base"), folder / "base"))
        damage(base)
        return BaseRequest(source=str(base))

    return make


def written(name: str, content: str | bytes) -> Damage:
    def damage(base: Path) -> None:
        (base / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return damage


def changed(name: str, **values: Any) -> Damage:
    def damage(base: Path) -> None:
        path = base / name
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return damage


def replaced(name: str, how: Callable[[Path], Any]) -> Damage:
    def damage(base: Path) -> None:
        path = base / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        how(path)

    return damage


def _is_passed_over(name: str, key: str) -> bool:
    """Whether what is wrong is in a field that nobody reads, or nothing is wrong."""
    return (name[:4] in ("sche", "unet") and key == "an empty object") or key in ("a long number", "broken UTF-8")


REFUSAL = "base.*(cannot be read|has|is a|only)"
UNREADABLE = [
    Case(f"{name} is {key}", copied(written(name, content)), "" if _is_passed_over(name, key) else REFUSAL)
    for name in FILES for key, content in JSONS.items()
]  # fmt: skip
WRONG = [
    Case(f"{name}: {field} is {value!r:.40}", copied(changed(name, **{field: value})), r"config\.json")
    for name, field, values in (
        ("unet/config.json", "sample_size", ["x", None, [], [1], {}, -1, 0, 10**30, 1.5, [1, 2, 3], True]),
        ("vae/config.json", "block_out_channels", [None, 7, "abc", {}, [0] * 10_000]),
        ("scheduler/scheduler_config.json", "prediction_type", [7, "sample", "__import__('os')", ["epsilon"], {}]),
        ("scheduler/scheduler_config.json", "num_train_timesteps", [10**9, -1, "x", 1.5]),
    )
    for value in values
]  # fmt: skip
CLASSES = [
    Case(f"class {key}", copied(changed("model_index.json", _class_name=value)), "only Stable Diffusion")
    for key, value in {
        "foreign": "FluxPipeline", "a module": "os.system", "a list": ["my_code", "Pipeline"], "an object": {"a": 1},
        "a path": "../../evil.py", "empty": "", **{name: text for name, text in TEXTS.items()},
    }.items()
]  # fmt: skip
LINKS = [
    Case(f"{name} is {key}", copied(replaced(name, how)), ".")
    for name in ("model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors", "scheduler")
    for key, how in {
        "a FIFO": os.mkfifo, "a folder": lambda path: path.mkdir(), "a loop": lambda path: path.symlink_to(path.name),
        "a link to nothing": lambda path: path.symlink_to("/nonexistent"),
        "/dev/zero": lambda path: path.symlink_to("/dev/zero"),
    }.items()
]  # fmt: skip
CARDS = [
    Case(f"card {key}", copied(written("README.md", content)))
    for key, content in {
        "licence in colour": "---\nlicense: \x1b[31mmit\n---\n", "bytes": b"---\n\xff\xfelicense: \xff\n---\n",
        "a huge licence": "---\nlicense: " + "x" * 10**6 + "\n---\n",
        "a tag of YAML": "---\nlicense: !!python/object/apply:os.system ['x']\n---\n",
        "half a header": "---", "many dashes": "---\n" * 100_000,
        "many spaces": "---\nlicense: " + " " * 50_000 + "\n---\n",
    }.items()
]  # fmt: skip
CASES = [*UNREADABLE, *WRONG, *CLASSES, *LINKS, *CARDS]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_base_in_a_folder(bench: Bench, case: Case) -> None:
    bench.judge(case)


OWN_CODE = {
    "auto_map": changed("unet/config.json", auto_map={"AutoModel": "evil.Evil"}, _class_name="Evil"),
    "a custom pipeline": changed("model_index.json", _custom_pipeline="evil", unet=["evil", "Evil"]),
    "an encoder's code": changed("text_encoder/config.json", auto_map={"AutoModel": "evil--evil.Evil"}),
    "a tokenizer's code": changed(
        "tokenizer/tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.Evil", None]}, tokenizer_class="Evil"
    ),
}


@pytest.mark.parametrize("key", OWN_CODE)
def test_a_base_never_brings_code(tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it loads or is refused, its modules are not imported."""
    request = copied(OWN_CODE[key])(tmp_path)
    for place in (tmp_path / "base", *(tmp_path / "base").glob("*/")):
        if place.is_dir():
            (place / "evil.py").write_text(f"open({str(tmp_path / 'owned')!r}, 'w')\nclass Evil: pass\n")
    monkeypatch.chdir(tmp_path / "base")
    with bounded():
        try:
            load_base(request.source, "cpu", torch.float32)
        except UserError as error:
            told(str(error))
    assert not (tmp_path / "owned").exists()


LOADED = {
    "weights are a pickle": written("unet/diffusion_pytorch_model.safetensors", b"\x80\x04\x95garbage."),
    "weights have no tensors": written("unet/diffusion_pytorch_model.safetensors", b"\2\0\0\0\0\0\0\0{}"),
    "weights of another part": lambda base: shutil.copy(
        base / "vae/diffusion_pytorch_model.safetensors", base / "unet/diffusion_pytorch_model.safetensors"
    ),
    "a giant unet": changed("unet/config.json", block_out_channels=[1024, 2048, 2048, 2**20]),
    "a unet of letters": changed("unet/config.json", cross_attention_dim="wide"),
    "a vae without channels": changed("vae/config.json", latent_channels=0),
    "an encoder without layers": changed("text_encoder/config.json", num_hidden_layers=-1),
    "an encoder with half a head": changed("text_encoder/config.json", num_attention_heads=7),
    "a vocabulary of nothing": written("tokenizer/tokenizer.json", "{}"),
    "an index to elsewhere": lambda base: (base / "unet/diffusion_pytorch_model.safetensors.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": {"conv_in.weight": "../../../../etc/passwd"}})
    ),
}


@pytest.mark.parametrize("key", LOADED)
def test_a_base_that_is_registered_and_cannot_be_loaded(tmp_path: Path, key: str) -> None:
    request = copied(LOADED[key])(tmp_path)
    with bounded():
        try:
            load_base(request.source, "cpu", torch.float32)
        except UserError as error:
            told(str(error), "base")
        else:
            assert key in ("an index to elsewhere", "an encoder without layers")  # read as it is, and harmless


CASES_OF_LOADING = [*OWN_CODE, *LOADED]
