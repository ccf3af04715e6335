"""The base as one file in the layout of Stable Diffusion's first code, as checkpoints are passed around."""

from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from engine.base_files import PARTS, Architecture
from engine.kohya import original_unet_name

_OPEN_CLIP = {
    "token_embedding.weight": "embeddings.token_embedding.weight",
    "positional_embedding": "embeddings.position_embedding.weight",
    "ln_final.weight": "final_layer_norm.weight",
    "ln_final.bias": "final_layer_norm.bias",
}
_OPEN_CLIP_LAYER = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


def write_one_file(
    path: Path,
    unet: UNet2DConditionModel,
    vae: AutoencoderKL,
    text_encoder: CLIPTextModel,
    dtype: torch.dtype,
    extra: Mapping[str, Tensor] | None = None,
) -> None:
    """Write an SD 1.5-architecture base to `path` (.safetensors); its configuration stays a folder of its own.
    `extra` tensors, such as the marks of v-prediction, keep their names."""
    parts = {"unet": original_unet(unet), "vae": original_vae(vae), "text_encoder": _with_root(text_encoder)}
    _write(path, "sd15", parts, dtype, extra or {})


def write_sdxl_file(
    path: Path,
    unet: UNet2DConditionModel,
    vae: AutoencoderKL,
    text_encoder: CLIPTextModel,
    text_encoder_2: CLIPTextModelWithProjection,
    dtype: torch.dtype,
) -> None:
    """Write an SDXL-architecture base to `path` (.safetensors); its configuration stays a folder of its own."""
    parts = {
        "unet": original_unet(unet),
        "vae": original_vae(vae),
        "text_encoder": _with_root(text_encoder),
        "text_encoder_2": open_clip(text_encoder_2),
    }
    _write(path, "sdxl", parts, dtype, {})


def _write(
    path: Path,
    architecture: Architecture,
    parts: Mapping[str, Mapping[str, Tensor]],
    dtype: torch.dtype,
    extra: Mapping[str, Tensor],
) -> None:
    tensors = {
        PARTS[architecture][part] + name: value.to(dtype)
        for part, named in parts.items()
        for name, value in named.items()
    }
    save_file({name: value.contiguous().clone() for name, value in (tensors | dict(extra)).items()}, path)


def _with_root(text_encoder: CLIPTextModel) -> dict[str, Tensor]:
    """The tensors by the names that they had before transformers left out their root."""
    return {
        f"text_model.{name.removeprefix('text_model.')}": value for name, value in text_encoder.state_dict().items()
    }


def open_clip(text_encoder: CLIPTextModelWithProjection) -> dict[str, Tensor]:
    """A text encoder's tensors by the names of OpenCLIP, which keeps queries, keys and values in one."""
    known = {name.removeprefix("text_model."): value for name, value in text_encoder.state_dict().items()}
    named = {theirs: known[ours] for theirs, ours in _OPEN_CLIP.items()}
    named["text_projection"] = known["text_projection.weight"].T
    for layer in range(text_encoder.config.num_hidden_layers):
        ours, theirs = f"encoder.layers.{layer}", f"transformer.resblocks.{layer}"
        for kind in ("weight", "bias"):
            joined = [known[f"{ours}.self_attn.{one}_proj.{kind}"] for one in "qkv"]
            named[f"{theirs}.attn.in_proj_{kind}"] = torch.cat(joined)
            for part, module in _OPEN_CLIP_LAYER.items():
                named[f"{theirs}.{part}.{kind}"] = known[f"{ours}.{module}.{kind}"]
    return named


def original_unet(unet: UNet2DConditionModel) -> dict[str, Tensor]:
    """A denoiser's tensors by the names of the first code."""
    config = unet.config
    attention = [number for number, kind in enumerate(config.up_block_types) if kind.startswith("CrossAttn")]
    renamed = {}
    for name, value in unet.state_dict().items():
        module, _dot, kind = name.rpartition(".")
        renamed[f"{original_unet_name(module, config.layers_per_block, attention)}.{kind}"] = value
    return renamed


def original_vae(vae: AutoencoderKL) -> dict[str, Tensor]:
    """An autoencoder's tensors by the names of the first code."""
    levels = len(vae.config.block_out_channels)
    return {_vae_name(name, levels): value for name, value in vae.state_dict().items()}


def _vae_name(name: str, levels: int) -> str:
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    side, block, *rest = name.split(".")
    if block == "mid_block":
        return ".".join([side, "mid", f"block_{int(rest[1]) + 1}", *rest[2:]])
    if block not in ("down_blocks", "up_blocks"):
        return name
    down = block == "down_blocks"
    level = int(rest[0]) if down else levels - 1 - int(rest[0])
    place = f"{side}.{'down' if down else 'up'}.{level}"
    if rest[1] == "resnets":
        return ".".join([place, "block", *rest[2:]])
    return f"{place}.{'downsample' if down else 'upsample'}.conv.{rest[-1]}"
