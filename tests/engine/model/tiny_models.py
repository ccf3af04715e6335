"""Models for tests: an SDXL of a few thousand parameters, and a base written as one file in the original layout."""

import shutil
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from engine.base import BaseModel
from engine.base_files import CONFIGS
from engine.kohya import original_unet_name

VOCABULARY = {"vocab_size": 933, "bos_token_id": 931, "eos_token_id": 932}
UNET = {
    "sample_size": 8,
    "block_out_channels": (8, 16),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "cross_attention_dim": 24,
    "attention_head_dim": (1, 2),
    "transformer_layers_per_block": (1, 2),
    "norm_num_groups": 4,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 4,
    "projection_class_embeddings_input_dim": 6 * 4 + 16,
}
BLOCKS = {"down": ("DownEncoderBlock2D",) * 2, "up": ("UpDecoderBlock2D",) * 2}


def save_micro_sdxl(folder: Path, tokenizer: Path) -> Path:
    """Write an untrained SDXL, drawn from a fixed seed, as a diffusers folder."""
    torch.manual_seed(0)
    UNet2DConditionModel(**UNET).save_pretrained(folder / "unet")
    AutoencoderKL(
        block_out_channels=(8, 8), down_block_types=BLOCKS["down"], up_block_types=BLOCKS["up"], norm_num_groups=4
    ).save_pretrained(folder / "vae")
    CLIPTextModel(_text_config(8)).save_pretrained(folder / "text_encoder")
    CLIPTextModelWithProjection(_text_config(16)).save_pretrained(folder / "text_encoder_2")
    DDIMScheduler(beta_schedule="scaled_linear").save_pretrained(folder / "scheduler")
    shutil.copytree(tokenizer, folder / "tokenizer")
    shutil.copytree(tokenizer, folder / "tokenizer_2")
    shutil.copy(CONFIGS / "sdxl" / "model_index.json", folder)
    return folder


def _text_config(size: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        hidden_size=size, intermediate_size=2 * size, num_hidden_layers=3, num_attention_heads=2,
        projection_dim=size, **VOCABULARY,
    )  # fmt: skip


def write_single_file(path: Path, base: BaseModel, extra: dict[str, torch.Tensor] | None = None) -> Path:
    """Write an SD 1.5 base as one file, with its configuration and tokenizer in the folder named as the file."""
    tensors = {f"model.diffusion_model.{name}": value for name, value in _unet(base).items()}
    tensors |= {f"first_stage_model.{name}": value for name, value in _vae(base.vae).items()}
    for name, value in base.text_encoders[0].state_dict().items():
        tensors[f"cond_stage_model.transformer.text_model.{name.removeprefix('text_model.')}"] = value
    save_file({name: value.contiguous().clone() for name, value in (tensors | (extra or {})).items()}, path)
    return path


def _unet(base: BaseModel) -> dict[str, torch.Tensor]:
    config = base.unet.config
    attention = [number for number, kind in enumerate(config.up_block_types) if kind.startswith("CrossAttn")]
    renamed = {}
    for name, value in base.unet.state_dict().items():
        module, _dot, kind = name.rpartition(".")
        renamed[f"{original_unet_name(module, config.layers_per_block, attention)}.{kind}"] = value
    return renamed


def _vae(vae: Any) -> dict[str, torch.Tensor]:
    blocks = len(vae.config.block_out_channels)
    return {_vae_name(name, blocks): value for name, value in vae.state_dict().items()}


def _vae_name(name: str, blocks: int) -> str:
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    side, block, *rest = name.split(".")
    if block == "mid_block":
        return ".".join([side, "mid", f"block_{int(rest[1]) + 1}", *rest[2:]])
    if block not in ("down_blocks", "up_blocks"):
        return name
    down = block == "down_blocks"
    level = int(rest[0]) if down else blocks - 1 - int(rest[0])
    place = f"{side}.{'down' if down else 'up'}.{level}"
    if rest[1] == "resnets":
        return ".".join([place, "block", *rest[2:]])
    return f"{place}.{'downsample' if down else 'upsample'}.conv.{rest[-1]}"
