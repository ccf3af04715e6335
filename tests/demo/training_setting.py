"""A setting to train in within seconds: a few drawings, a base of a few thousand parameters, one process."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

import engine.demo
from engine.demo.training import denoising
from engine.demo.training.base import Stage
from engine.demo.training.corpus import SIZE, Recipe
from engine.demo.training.networks import LATENT_SIZE

WEIGHTS = Path(engine.demo.__file__).parent / "weights" / "base"
RECIPE = Recipe(seed=7, count=6)
STEPS = 4


@dataclass(frozen=True)
class Setting:
    """A folder with drawings, latents and a base's networks."""

    folder: Path

    @property
    def plain(self) -> Path:
        return self.folder / "plain"

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def tokenizer(self) -> Path:
        return WEIGHTS / "tokenizer"

    @property
    def vae(self) -> Path:
        return WEIGHTS / "vae"

    def stage(self, name: str) -> Stage:
        return Stage(
            size=LATENT_SIZE, steps=STEPS, rate=1e-3, seed=1, recipe=RECIPE, corpus=self.plain,
            latents=self.folder / "latents.npy", tokenizer=self.tokenizer, start=self.base,
            end=self.folder / name, checkpoint=self.folder / f"{name}.checkpoint",
        )  # fmt: skip


def make_setting(folder: Path) -> Setting:
    """Drawings are noise here: that something is learnt is not what the tests are about."""
    setting = Setting(folder)
    setting.plain.mkdir()
    rng = np.random.default_rng(0)
    np.save(setting.plain / "pictures.npy", rng.integers(0, 256, (RECIPE.count, SIZE, SIZE, 3), np.uint8))
    latents = rng.normal(size=(RECIPE.count, 4, LATENT_SIZE, LATENT_SIZE)).astype(np.float16)
    np.save(folder / "latents.npy", latents)
    torch.manual_seed(0)
    micro_unet().save_pretrained(setting.base / "unet")
    micro_text_encoder().save_pretrained(setting.base / "text_encoder")
    return setting


def micro_unet() -> UNet2DConditionModel:
    """The base's denoiser, a twentieth as wide."""
    return UNet2DConditionModel(
        sample_size=LATENT_SIZE,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=2,
        norm_num_groups=4,
    )


def micro_text_encoder() -> CLIPTextModel:
    tokenizer = CLIPTokenizer.from_pretrained(WEIGHTS / "tokenizer", local_files_only=True)
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=2,
            num_attention_heads=2, max_position_embeddings=77, bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        )
    )  # fmt: skip


@contextmanager
def one_process(folder: Path) -> Iterator[None]:
    """A process group of this process alone."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=0, world_size=1)
    try:
        yield
    finally:
        torch.distributed.destroy_process_group()


class Stopped(Exception):
    """The power went."""


def stop_before(step: int, batches: type[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Save after every second step, and fail when the batch of `step` is asked for."""
    monkeypatch.setattr(denoising, "_SAVE_EVERY", 2)
    original = batches.batch

    def batch(self: Any, at: int) -> denoising.Batch:
        if at == step:
            raise Stopped
        made: denoising.Batch = original(self, at)
        return made

    monkeypatch.setattr(batches, "batch", batch)


def same_weights(one: Path, other: Path) -> bool:
    """Whether two folders hold the same tensors, bit by bit."""
    files = sorted(path.relative_to(one) for path in one.rglob("*.safetensors"))
    assert files
    tensors = [(load_file(one / file), load_file(other / file)) for file in files]
    return all(torch.equal(value, theirs[name]) for ours, theirs in tensors for name, value in ours.items())


def assemble_base(setting: Setting, folder: Path) -> Path:
    """The embedded base's folder with the setting's networks in it."""
    for part in ("vae", "tokenizer", "scheduler"):
        shutil.copytree(WEIGHTS / part, folder / part)
    for part in ("unet", "text_encoder"):
        shutil.copytree(setting.base / part, folder / part)
    shutil.copy(WEIGHTS / "model_index.json", folder)
    return folder
