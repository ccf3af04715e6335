import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from peft import LoraConfig, inject_adapter_in_model

from db.errors import UserError
from db.requests import TrainRecipe
from engine.base import BaseModel, load_base
from engine.kohya import (
    TrainingFacts,
    metadata,
    payload_sha256,
    read_lora,
    read_metadata,
    tensors_sha256,
    write_lora,
)
from engine.lora import add_lora, kohya_tensors, load_lora, parts, remove_loras, resident_loras
from engine.prompt import parse
from engine.text import encode_prompts

NAME = "trained"


def predict(base: BaseModel, unet: Any = None, rows: int = 2) -> torch.Tensor:
    """A forward of the UNet at fixed inputs, each row its own."""
    random = torch.Generator().manual_seed(0)
    latents = torch.randn(rows, 4, 16, 16, generator=random)
    hidden = torch.randn(rows, 77, base.unet.config.cross_attention_dim, generator=random)
    pooled = torch.randn(rows, 16, generator=random) if base.architecture == "sdxl" else None
    with torch.no_grad():
        result: torch.Tensor = (unet or base.unet)(
            latents, torch.tensor(500), hidden, **base.conditions(pooled, 128, 128)
        ).sample
    return result


def train_a_little(parameters: list[torch.nn.Parameter], seed: int = 0) -> None:
    """Stand in for training: move every weight."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in parameters:
            parameter.add_(torch.randn(parameter.shape, generator=random) * 0.02)


def made(base: BaseModel, path: Path, seed: int = 0, *, alpha: float = 2.0, targets: str = "full") -> torch.Tensor:
    """Write a LoRA file; returns what the UNet predicted with it before it was taken out."""
    train_a_little(add_lora(base, NAME, rank=4, alpha=alpha, targets=targets, seed=0), seed)
    write_lora(path, kohya_tensors(base, NAME), {})
    predicted = predict(base)
    remove_loras(base)
    return predicted


def fresh_pipeline(base: BaseModel) -> Any:
    """A diffusers pipeline that shares nothing with the base but its files."""
    other = load_base(base.source, "cpu", torch.float32)
    names = [name for part in ("text_encoder", "tokenizer") for name in (part, f"{part}_2")]
    models = [*other.text_encoders, None][:2] + [*other.tokenizers, None][:2]
    given = {name: model for name, model in zip(names, models, strict=True) if model is not None}
    if base.architecture == "sdxl":
        return StableDiffusionXLPipeline(vae=other.vae, unet=other.unet, scheduler=None, **given)
    plain: dict[str, Any] = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    return StableDiffusionPipeline(vae=other.vae, unet=other.unet, scheduler=None, **given, **plain)


def test_a_new_adapter_changes_nothing_and_depends_on_its_seed_alone(sd15: BaseModel) -> None:
    bare = predict(sd15)
    first = [p.clone() for p in add_lora(sd15, NAME, rank=4, alpha=4, targets="full", seed=1)]
    assert torch.equal(predict(sd15), bare)
    remove_loras(sd15)
    torch.manual_seed(99)
    before = torch.random.get_rng_state()
    second = add_lora(sd15, NAME, rank=4, alpha=4, targets="full", seed=1)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    assert all(parameter.requires_grad for parameter in second)


def test_a_removed_adapter_leaves_the_base_as_it_was(sd15: BaseModel) -> None:
    bare, names = predict(sd15), list(sd15.unet.state_dict())
    train_a_little(add_lora(sd15, NAME, rank=2, alpha=2, targets="full", seed=0))
    assert not torch.allclose(predict(sd15), bare, atol=1e-3)
    remove_loras(sd15)
    assert torch.equal(predict(sd15), bare)
    assert list(sd15.unet.state_dict()) == names


@pytest.mark.parametrize("targets", ["attention", "full"])
def test_diffusers_loads_a_file_with_no_difference_from_training(sd15: BaseModel, tmp_path: Path, targets: str) -> None:
    trained = made(sd15, tmp_path / "lora.safetensors", targets=targets)
    pipeline = fresh_pipeline(sd15)
    pipeline.load_lora_weights(tmp_path, weight_name="lora.safetensors")
    assert torch.equal(predict(sd15, pipeline.unet), trained)


def test_diffusers_loads_an_sdxl_file_with_no_difference_from_training(sdxl: BaseModel, tmp_path: Path) -> None:
    trained = made(sdxl, tmp_path / "lora.safetensors")
    assert not torch.allclose(trained, predict(sdxl), atol=1e-4)
    pipeline = fresh_pipeline(sdxl)
    pipeline.load_lora_weights(tmp_path, weight_name="lora.safetensors")
    assert torch.equal(predict(sdxl, pipeline.unet), trained)


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
def test_text_encoder_adapters_load_the_same_here_and_in_diffusers(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    base: BaseModel = request.getfixturevalue(name)
    config = LoraConfig(r=3, lora_alpha=1.5, target_modules=["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"])
    for part, module in parts(base).items():
        if part != "unet":
            inject_adapter_in_model(config, module, NAME)
            train_a_little([p for p in module.parameters() if p.requires_grad])
    write_lora(tmp_path / "lora.safetensors", kohya_tensors(base, NAME), {})
    prompts = [parse("1girl, (smile:1.2)")]
    expected = encode_prompts(base, prompts, clip_skip=2).hidden.detach()
    remove_loras(base)
    load_lora(base, tmp_path / "lora.safetensors", "loaded")
    assert torch.equal(encode_prompts(base, prompts, clip_skip=2).hidden, expected)
    pipeline = fresh_pipeline(base)
    pipeline.load_lora_weights(tmp_path, weight_name="lora.safetensors")
    encoders = [pipeline.text_encoder, pipeline.text_encoder_2] if name == "sdxl" else [pipeline.text_encoder]
    for ours, theirs in zip(base.text_encoders, encoders, strict=True):
        ids = torch.tensor([[931, 9, 300, 932]])
        assert torch.equal(ours(ids).last_hidden_state, theirs(ids).last_hidden_state)


SD15_KEY = re.compile(
    r"lora_unet_(conv_in|conv_out|((down|up)_blocks_\d|mid_block)_(attentions|resnets)_\d_"
    r"(proj_(in|out)|transformer_blocks_0_(attn[12]_to_(q|k|v|out_0)|ff_net_(0_proj|2))"
    r"|conv1|conv2|conv_shortcut|time_emb_proj))\.(lora_(down|up)\.weight|alpha)"
)
SDXL_KEY = re.compile(
    r"lora_unet_(input_blocks_0_0|out_2|(input_blocks_\d|middle_block|output_blocks_\d)_\d_"
    r"(proj_(in|out)|transformer_blocks_\d_(attn[12]_to_(q|k|v|out_0)|ff_net_(0_proj|2))"
    r"|in_layers_2|out_layers_3|emb_layers_1|skip_connection))\.(lora_(down|up)\.weight|alpha)"
)


@pytest.mark.parametrize(("name", "pattern"), [("sd15", SD15_KEY), ("sdxl", SDXL_KEY)])
def test_keys_are_kohyas_and_every_module_has_its_true_alpha(
    name: str, pattern: re.Pattern[str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    base = request.getfixturevalue(name)
    made(base, tmp_path / "lora.safetensors", alpha=0.5)
    tensors, _metadata = read_lora(tmp_path / "lora.safetensors")
    assert [key for key in tensors if not pattern.fullmatch(key)] == []
    modules = {key.split(".")[0] for key in tensors}
    assert len(tensors) == 3 * len(modules)
    assert {tensors[f"{module}.alpha"].item() for module in modules} == {0.5}


def test_every_row_has_weights_of_its_own(sd15: BaseModel, tmp_path: Path) -> None:
    bare = predict(sd15)
    paths = {name: tmp_path / f"{name}.safetensors" for name in ("one", "two")}
    alone = {name: made(sd15, path, seed) for seed, (name, path) in enumerate(paths.items())}
    with resident_loras(sd15, paths) as weights:
        weights.set_rows([{"one": 1.0}, {}])
        mixed = predict(sd15)
        assert torch.allclose(mixed[0], alone["one"][0], atol=1e-5)
        assert torch.equal(mixed[1], bare[1])
        weights.set_rows([{"one": 0.0}, {"two": 1.0, "one": 0.0}])
        mixed = predict(sd15)
        assert torch.equal(mixed[0], bare[0])
        assert torch.allclose(mixed[1], alone["two"][1], atol=1e-5)
        weights.set_rows([{"one": 0.3}], copies=2)
        assert torch.allclose(predict(sd15), merged(sd15, paths["one"], 0.3), atol=1e-4)
    assert torch.equal(predict(sd15), bare)


def merged(base: BaseModel, path: Path, weight: float) -> torch.Tensor:
    """The prediction where the change of every weight is merged into the base, by the formula of the format."""
    tensors, _metadata = read_lora(path)
    other = load_base(base.source, "cpu", torch.float32)
    modules = {f"lora_unet_{name.replace('.', '_')}": module for name, module in other.unet.named_modules()}
    with torch.no_grad():
        for key in {key.split(".")[0] for key in tensors}:
            down, up = tensors[f"{key}.lora_down.weight"], tensors[f"{key}.lora_up.weight"]
            change = (up.flatten(1) @ down.flatten(1)) * tensors[f"{key}.alpha"] / len(down)
            modules[key].weight += weight * change.reshape(modules[key].weight.shape)
    return predict(base, other.unet)


def test_several_loras_add_up_in_one_row(sd15: BaseModel, tmp_path: Path) -> None:
    path = tmp_path / "lora.safetensors"
    full = made(sd15, path)
    with resident_loras(sd15, {"first": path, "second": path}) as weights:
        weights.set_rows([{"first": 0.5, "second": 0.5}] * 2)
        assert torch.allclose(predict(sd15), full, atol=1e-5)


def test_a_lora_for_another_base_is_refused(sd15: BaseModel, sdxl: BaseModel, tmp_path: Path) -> None:
    path = tmp_path / "xl.safetensors"
    made(sdxl, path)
    with pytest.raises(UserError, match=r"xl\.safetensors is no LoRA for this base"):
        load_lora(sd15, path, NAME)
    write_lora(path, {"lora_unet_conv_in.dora_scale": torch.zeros(1)}, {})
    with pytest.raises(UserError, match="dora_scale"):
        load_lora(sd15, path, NAME)
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match="cannot be read as a LoRA"):
        load_lora(sd15, path, NAME)


FACTS = TrainingFacts(
    name="kimikoe-2023-10-18-1", trigger="nagisa", base_name="AnyLoRA", base_sha256="ab" * 32, base_licence="MIT",
    architecture="sd15", prediction_type="epsilon", recipe=TrainRecipe(rank=8, alpha=4.0), width=640, height=384,
    dataset_name="first", dataset_sha256="cd" * 32, item_count=7, tag_frequency={"1girl": 7, "青い髪": 2}, steps=100,
    session_id="ef", started_at=1.5e9, finished_at=1.6e9,
)  # fmt: skip


def test_metadata_is_what_other_programs_read() -> None:
    found = metadata(FACTS)
    assert all(isinstance(value, str) for value in found.values())
    assert found["ss_output_name"] == found["modelspec.title"] == "kimikoe-2023-10-18-1"
    assert (found["ss_network_dim"], found["ss_network_alpha"]) == ("8", "4.0")
    assert json.loads(found["ss_tag_frequency"]) == {"first": {"1girl": 7, "青い髪": 2}}
    assert found["ss_base_model_version"] == "sd_v1"
    assert found["modelspec.architecture"] == "stable-diffusion-v1/lora"
    assert found["modelspec.trigger_phrase"] == "nagisa"
    assert found["modelspec.date"] == "2020-09-13T12:26:40+00:00"


def test_hashes_are_of_the_final_bytes(tmp_path: Path) -> None:
    tensors = {"b.alpha": torch.tensor(2.0), "a.lora_down.weight": torch.randn(2, 3)}
    path = tmp_path / "lora.safetensors"
    sshs = write_lora(path, tensors, metadata(FACTS))
    assert sshs == payload_sha256(path.read_bytes()) == read_metadata(path)["sshs_model_hash"]
    read, _metadata = read_lora(path)
    assert tensors_sha256(read) == tensors_sha256(tensors)
    assert tensors_sha256(tensors) != tensors_sha256(tensors | {"b.alpha": torch.tensor(3.0)})
    assert [file.name for file in tmp_path.iterdir()] == ["lora.safetensors"]


def test_a_file_without_metadata_or_alpha_is_read(sd15: BaseModel, tmp_path: Path) -> None:
    path = tmp_path / "lora.safetensors"
    trained = made(sd15, path, alpha=4.0)
    tensors, _metadata = read_lora(path)
    write_lora(path, {key: value for key, value in tensors.items() if not key.endswith("alpha")}, {})
    load_lora(sd15, path, NAME)
    assert torch.equal(predict(sd15), trained)
    path.write_bytes(b"nothing")
    assert read_metadata(path) == {}
