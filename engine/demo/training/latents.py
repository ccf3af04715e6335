"""Drawings as latents, encoded once."""

import os
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from engine.base import default_device
from engine.demo.training.log import say
from engine.demo.training.networks import SCALE
from engine.demo.training.parallel import RANKS, Shares, in_shares

_BATCH = 50


def encode_pictures(vae_folder: Path, pictures_file: Path, path: Path) -> NDArray[np.float16]:
    """Latents [n, 4, h / 4, w / 4] of unit size of the pictures in a file (.npy), from the cache at `path` if they are
    there."""
    if not path.exists():
        count, height, width, _channels = np.load(pictures_file, mmap_mode="r").shape
        partial = path.with_suffix(".partial.npy")
        open_memmap(partial, "w+", np.float16, (count, 4, height // SCALE, width // SCALE)).flush()
        in_shares(_encode_shares, vae_folder, pictures_file, partial)
        os.replace(partial, path)
        say("latents", encoded=count)
    latents: NDArray[np.float16] = np.load(path, mmap_mode="r")
    return latents


def latent_size(vae: AutoencoderKL, pictures: NDArray[np.uint8]) -> float:
    """The standard deviation of the latents of `pictures`; its reciprocal is the scaling factor."""
    return float(_encode(vae, pictures).std())


def _encode_shares(shares: Shares, vae_folder: Path, pictures_file: Path, latents_file: Path) -> None:
    vae = AutoencoderKL.from_pretrained(vae_folder, torch_dtype=torch.float32).to(default_device(), torch.bfloat16)
    pictures, latents = np.load(pictures_file, mmap_mode="r"), open_memmap(latents_file, "r+")
    for number, start in enumerate(range(0, len(pictures), _BATCH)):
        if number % RANKS not in shares:
            continue
        part = _encode(vae, pictures[start : start + _BATCH])
        latents[start : start + _BATCH] = (part * vae.config.scaling_factor).half().numpy()
    latents.flush()


def _encode(vae: AutoencoderKL, pictures: NDArray[np.uint8]) -> torch.Tensor:
    inputs = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).to(vae.device, vae.dtype) / 127.5 - 1
    with torch.no_grad():
        return vae.encode(inputs).latent_dist.mean.float().cpu()
