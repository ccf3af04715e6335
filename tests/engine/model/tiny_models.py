"""Models for tests: an SDXL of a few thousand parameters, a zero-terminal-SNR variant of a base, and a base written as
one file in the original layout."""

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from engine.base import BaseModel
from engine.base_files import CONFIGS
from engine.demo.training.one_file import write_one_file

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
    CLIPTextModel(_text_config(8, tokenizer)).save_pretrained(folder / "text_encoder")
    CLIPTextModelWithProjection(_text_config(16, tokenizer)).save_pretrained(folder / "text_encoder_2")
    DDIMScheduler(beta_schedule="scaled_linear").save_pretrained(folder / "scheduler")
    shutil.copytree(tokenizer, folder / "tokenizer")
    shutil.copytree(tokenizer, folder / "tokenizer_2")
    shutil.copy(CONFIGS / "sdxl" / "model_index.json", folder)
    return folder


def _text_config(size: int, tokenizer: Path) -> CLIPTextConfig:
    """For a tokenizer whose last two tokens are the start and the end, as those of the tiny base are."""
    words = len(json.loads((tokenizer / "vocab.json").read_text("utf-8")))
    return CLIPTextConfig(
        hidden_size=size, intermediate_size=2 * size, num_hidden_layers=3, num_attention_heads=2,
        projection_dim=size, vocab_size=words, bos_token_id=words - 2, eos_token_id=words - 1,
    )  # fmt: skip


def write_single_file(path: Path, base: BaseModel, extra: dict[str, torch.Tensor] | None = None) -> Path:
    """Write an SD 1.5 base as one file, with its configuration and tokenizer in the folder named as the file."""
    write_one_file(path, base.unet, base.vae, base.text_encoders[0], base.dtype, extra)
    return path


def save_zero_snr(folder: Path, base: Path) -> Path:
    """Write the v-predicting base of a folder as it is with zero terminal SNR: the last step is noise and nothing else
    (Lin et al., 2024)."""
    shutil.copytree(base, folder)
    path = folder / "scheduler" / "scheduler_config.json"
    zero = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    path.write_text(json.dumps(json.loads(path.read_text()) | zero))
    return folder


def zero_snr_marks() -> dict[str, torch.Tensor]:
    """The tensors by which a single file says the same."""
    return {"v_pred": torch.tensor([]), "ztsnr": torch.tensor([])}
