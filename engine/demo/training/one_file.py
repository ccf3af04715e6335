"""The base as one file in the layout of Stable Diffusion's first code, as checkpoints are passed around."""

from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextModel

from engine.base_files import PARTS
from engine.kohya import original_unet_name


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
    prefixes = PARTS["sd15"]
    tensors = {prefixes["unet"] + name: value for name, value in original_unet(unet).items()}
    tensors |= {prefixes["vae"] + name: value for name, value in original_vae(vae).items()}
    for name, value in text_encoder.state_dict().items():
        tensors[f"{prefixes['text_encoder']}text_model.{name.removeprefix('text_model.')}"] = value
    tensors = {name: value.to(dtype) for name, value in tensors.items()} | dict(extra or {})
    save_file({name: value.contiguous().clone() for name, value in tensors.items()}, path)


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
