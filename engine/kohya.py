"""LoRA files in kohya's format: the names, alphas, metadata and hashes that other programs read.

Module names are those of `sd-scripts`: diffusers names for SD 1.5, the original code's names for SDXL. Every module
carries its true alpha, so that its change of a weight is `alpha / rank * up @ down`.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from db.errors import UserError
from db.i18n import _
from db.requests import TrainRecipe
from db.version import program_version
from engine.base_files import Architecture
from engine.durable import write_whole

LARGEST_ALPHA = 1e5
Tensors = dict[str, torch.Tensor]
Modules = dict[str, "ModuleLora"]  # by the module's name in diffusers or transformers

PREFIXES: dict[Architecture, dict[str, str]] = {
    "sd15": {"unet": "lora_unet_", "text_encoder": "lora_te_"},
    "sdxl": {"unet": "lora_unet_", "text_encoder": "lora_te1_", "text_encoder_2": "lora_te2_"},
}
_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_PLAIN = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}


@dataclass(frozen=True)
class ModuleLora:
    """The change of one module: `down` [r, in, ...], `up` [out, r, ...]."""

    down: torch.Tensor
    up: torch.Tensor
    alpha: float


def original_unet_name(name: str, layers_per_block: int, attention_up_blocks: Sequence[int]) -> str:
    """A diffusers UNet module's name in the original Stable Diffusion code, which SDXL's files use.

    `attention_up_blocks` are the numbers of the up blocks that have attention.
    """
    if name in _PLAIN:
        return _PLAIN[name]
    side, *rest = name.split(".", 1)
    if side == "mid_block":
        kind, index, tail = rest[0].split(".", 2)
        return f"middle_block.{2 * int(index)}.{_inner(tail)}" if kind == "resnets" else f"middle_block.1.{tail}"
    block, kind, index, tail = rest[0].split(".", 3)
    step = layers_per_block + 1
    if kind == "downsamplers":
        return f"input_blocks.{(int(block) + 1) * step}.0.op"
    if kind == "upsamplers":
        position = 2 if int(block) in attention_up_blocks else 1
        return f"output_blocks.{(int(block) + 1) * step - 1}.{position}.{tail}"
    first = f"input_blocks.{1 + int(block) * step + int(index)}"
    place = first if side == "down_blocks" else f"output_blocks.{int(block) * step + int(index)}"
    return f"{place}.0.{_inner(tail)}" if kind == "resnets" else f"{place}.1.{tail}"


def _inner(tail: str) -> str:
    module, *rest = tail.split(".")
    return ".".join([_RESNET[module], *rest])


def module_key(architecture: Architecture, part: str, name: str) -> str:
    """The key of a module; for SDXL's UNet, `name` is the original code's."""
    if part != "unet" and not name.startswith("text_model."):
        name = f"text_model.{name}"
    return PREFIXES[architecture][part] + name.replace(".", "_")


def to_kohya(keys: Mapping[str, str], modules: Modules) -> Tensors:
    """The tensors of a part's modules, under the keys given for their names."""
    tensors: Tensors = {}
    for name, module in modules.items():
        tensors[f"{keys[name]}.lora_down.weight"] = module.down.detach().float().cpu().contiguous()
        tensors[f"{keys[name]}.lora_up.weight"] = module.up.detach().float().cpu().contiguous()
        tensors[f"{keys[name]}.alpha"] = torch.tensor(float(module.alpha))
    return tensors


def from_kohya(keys: Mapping[str, str], tensors: Tensors) -> Modules:
    """The modules among `tensors` that the keys name; an absent alpha means the rank, as everywhere."""
    modules = {}
    for name, key in keys.items():
        down = tensors.get(f"{key}.lora_down.weight")
        if down is not None:
            alpha = tensors.get(f"{key}.alpha", torch.tensor(float(len(down))))
            modules[name] = ModuleLora(down, tensors[f"{key}.lora_up.weight"], alpha.item())
    return modules


def check_all_used(path: Path, tensors: Tensors, keys: Iterable[str]) -> None:
    """Raise `UserError` where the file changes modules that this base lacks, or in a way that is not supported."""
    known = set(keys)
    unused = sorted({name.rsplit(".", 1)[0] for name in tensors if name.split(".")[0] not in known})
    strange = [name for name in tensors if not re.search(r"\.(lora_(down|up)\.weight|alpha)$", name)]
    if unused or strange:
        raise UserError(
            _("{path} is no LoRA for this base: {count} of its tensors have no place, such as {name}.").format(
                path=path.name, count=len(unused) + len(strange), name=(unused + strange)[0]
            )
        )


def check_values(path: Path, tensors: Tensors) -> None:
    """Raise `UserError` where a module is not two halves of one rank, or has values that are no numbers."""
    for module in sorted({name.split(".")[0] for name in tensors}):
        down, up = (tensors.get(f"{module}.lora_{half}.weight") for half in ("down", "up"))
        alpha = tensors.get(f"{module}.alpha", torch.tensor(1.0))
        if down is None or up is None or min(down.ndim, up.ndim) < 2 or len(down) != up.shape[1] or len(down) == 0:
            raise _faulty(path, module, _("it is not two halves of one rank"))
        values = (down, up, alpha)
        if not all(each.is_floating_point() and bool(torch.isfinite(each.float()).all()) for each in values):
            raise _faulty(path, module, _("it has values that are no finite numbers"))
        if alpha.numel() != 1 or abs(alpha.item()) > LARGEST_ALPHA:
            raise _faulty(path, module, _("its alpha makes no sense"))


def check_shapes(path: Path, modules: Modules, weights: Mapping[str, torch.Tensor]) -> None:
    """Raise `UserError` where a change is not of the shape of the weight that it changes, by the module's name."""
    for name, lora in modules.items():
        rank, weight = len(lora.down), weights[name]
        if lora.down.numel() != rank * weight[0].numel() or lora.up.numel() != rank * len(weight):
            raise _faulty(path, name, _("it is made for a base of other sizes"))


def _faulty(path: Path, module: str, reason: str) -> UserError:
    return UserError(
        _("{path} cannot be used as a LoRA here, {module}: {reason}.").format(
            path=path.name, module=module, reason=reason
        )
    )


def read_lora(path: Path) -> tuple[Tensors, dict[str, str]]:
    """Tensors and metadata of a LoRA file."""
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise UserError(_("{path} cannot be read as a LoRA ({error}).").format(path=path, error=error)) from error


def read_metadata(path: Path) -> dict[str, str]:
    """Metadata of a LoRA file, empty where there is none or the file cannot be read."""
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError):
        return {}


def write_lora(path: Path, tensors: Tensors, metadata: Mapping[str, str]) -> str:
    """Write a LoRA file so that it is there whole or not at all; returns the hash that other programs name it by.

    That hash is of the bytes after the header, so the header can hold it.
    """
    sshs = payload_sha256(save(tensors))
    write_whole(path, save(tensors, {**metadata, "sshs_model_hash": sshs}))
    return sshs


def payload_sha256(data: bytes) -> str:
    """Hash of a safetensors file's bytes after its header: `sshs_model_hash`."""
    return hashlib.sha256(memoryview(data)[8 + int.from_bytes(data[:8], "little") :]).hexdigest()


def tensors_sha256(tensors: Mapping[str, torch.Tensor]) -> str:
    """Hash of names, types, shapes and values alone, whatever file holds them."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class TrainingFacts:
    """What a published LoRA says of its training. It names no path."""

    name: str
    trigger: str
    base_name: str
    base_sha256: str
    base_licence: str
    architecture: Architecture
    prediction_type: str
    recipe: TrainRecipe
    width: int
    height: int
    dataset_name: str
    dataset_sha256: str
    item_count: int
    tag_frequency: Mapping[str, int]
    steps: int
    session_id: str
    started_at: float
    finished_at: float


def metadata(facts: TrainingFacts) -> dict[str, str]:
    """The `ss_` metadata that trainers write, and Stability's model specification 1.0.1."""
    return {**_training_metadata(facts), **_model_metadata(facts)}


def _training_metadata(facts: TrainingFacts) -> dict[str, str]:
    recipe = facts.recipe
    folder = facts.dataset_name
    convolutions = {"conv_dim": str(recipe.rank), "conv_alpha": str(recipe.alpha)}
    bucket = {"resolution": [facts.width, facts.height], "count": facts.item_count}
    return {
        "ss_output_name": facts.name,
        "ss_sd_model_name": facts.base_name,
        "ss_new_sd_model_hash": facts.base_sha256,
        "ss_base_model_version": "sd_v1" if facts.architecture == "sd15" else "sdxl_base_v1-0",
        "ss_v2": "False",
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(recipe.rank),
        "ss_network_alpha": str(recipe.alpha),
        "ss_network_args": json.dumps(convolutions if recipe.targets == "full" else {}),
        "ss_resolution": f"({facts.width}, {facts.height})",
        "ss_num_train_images": str(facts.item_count),
        "ss_dataset_dirs": json.dumps({folder: {"n_repeats": 1, "img_count": facts.item_count}}),
        "ss_bucket_info": json.dumps({"buckets": {"0": bucket}}),
        "ss_tag_frequency": json.dumps({folder: dict(facts.tag_frequency)}, ensure_ascii=False),
        "ss_steps": str(facts.steps),
        "ss_max_train_steps": str(recipe.steps),
        "ss_total_batch_size": str(recipe.batch_size),
        "ss_num_epochs": str(-(-facts.steps * recipe.batch_size // max(1, facts.item_count))),
        "ss_learning_rate": str(recipe.learning_rate),
        "ss_unet_lr": str(recipe.learning_rate),
        "ss_lr_scheduler": recipe.schedule,
        "ss_lr_warmup_steps": str(recipe.warmup_steps),
        "ss_optimizer": "torch.optim.AdamW",
        "ss_min_snr_gamma": str(recipe.min_snr_gamma),
        "ss_clip_skip": str(recipe.clip_skip),
        "ss_seed": str(recipe.seed),
        "ss_session_id": facts.session_id,
        "ss_training_started_at": str(facts.started_at),
        "ss_training_finished_at": str(facts.finished_at),
        "ss_training_comment": f"dataset {facts.dataset_sha256}; base licence: {facts.base_licence or 'not stated'}",
    }


def _model_metadata(facts: TrainingFacts) -> dict[str, str]:
    sd15 = facts.architecture == "sd15"
    return {
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": f"{'stable-diffusion-v1' if sd15 else 'stable-diffusion-xl-v1-base'}/lora",
        "modelspec.implementation": "diffusers" if sd15 else "https://github.com/Stability-AI/generative-models",
        "modelspec.implementation_version": f"kimikoe {program_version()}",
        "modelspec.title": facts.name,
        "modelspec.date": datetime.fromtimestamp(facts.finished_at, UTC).isoformat(timespec="seconds"),
        "modelspec.resolution": f"{facts.width}x{facts.height}",
        "modelspec.prediction_type": "v" if facts.prediction_type == "v_prediction" else "epsilon",
        "modelspec.encoder_layer": str(facts.recipe.clip_skip),
        "modelspec.trigger_phrase": facts.trigger,
        "modelspec.license": facts.base_licence,
    }
