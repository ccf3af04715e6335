"""The autoencoder: 128 px drawings as 32 x 32 x 4 latents and back.

A factor of 4 keeps eyes and mouths that one of 8 smears. Lines are what a drawing is made of, so the loss weighs
gradients, colour and faces beside the plain difference."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from torch import Tensor

from engine.demo.drawing.scene import Scene
from engine.demo.training.corpus import SIZE, Corpus
from engine.demo.training.log import say
from engine.demo.training.state import Course, Training

_CROP = 64
_BATCH = 16
_MIXED_SHARE = 0.25
_FACE_WEIGHT = 2.5
_SAVE_EVERY = 500


def new_vae() -> AutoencoderKL:
    """Untrained: 0.65 M parameters, 4 times smaller each way, 4 channels."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(16, 32, 64),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=SIZE,
        mid_block_add_attention=False,
        scaling_factor=1.0,
    )


def train_vae(plain: Corpus, mixed: Corpus, steps: int, seed: int, checkpoint: Path) -> AutoencoderKL:
    """Train on random 64 px crops, a quarter of them in mixed styles; goes on from `checkpoint`."""
    torch.manual_seed(seed)
    vae = new_vae()
    training = Training(vae.parameters(), Course(1.5e-3, steps, flat=0.4, end=0.03), 1e-4, 0.998)
    training.resume(checkpoint)
    crops = Crops(plain, mixed, seed)
    total = 0.0
    while not training.finished:
        pictures, weights = crops.batch(training.step)
        loss, error = vae_loss(vae, pictures, weights, training.step + seed)
        loss.backward()
        training.update()
        total += error
        if training.step % 100 == 0:
            say("vae", step=training.step, psnr=float(10 * np.log10(4 / (total / 100))))
            total = 0.0
        if training.step % _SAVE_EVERY == 0 or training.finished:
            training.save(checkpoint)
    training.averaged.apply()
    return vae.eval()


class Crops:
    """Batches of crops with the weight of each pixel, the same for the same step."""

    def __init__(self, plain: Corpus, mixed: Corpus, seed: int) -> None:
        self.corpora = (plain, mixed)
        self.heads = [_heads(corpus.scenes) for corpus in self.corpora]
        self.seed = seed

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Pictures [16, 3, 64, 64] in -1..1 and weights [16, 1, 64, 64] of mean 1."""
        rng = np.random.default_rng([self.seed, step])
        crops, weights = zip(*(self._crop(rng, index) for index in range(_BATCH)), strict=True)
        pictures = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 127.5 - 1
        weight = torch.from_numpy(np.stack(weights))[:, None]
        return _recoloured(pictures, rng), weight / weight.mean()

    def _crop(self, rng: np.random.Generator, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        which = int(index < _BATCH * _MIXED_SHARE)
        corpus, heads = self.corpora[which], self.heads[which]
        number = int(rng.integers(len(corpus)))
        top, left = (int(corner) for corner in rng.integers(0, SIZE - _CROP + 1, 2))
        crop = corpus.pictures[number, top : top + _CROP, left : left + _CROP]
        weight = face_weights(heads[number], SIZE)[top : top + _CROP, left : left + _CROP]
        return (crop[:, ::-1], weight[:, ::-1]) if rng.random() < 0.5 else (crop, weight)


def face_weights(heads: Sequence[tuple[float, float, float]], size: int) -> NDArray[np.float32]:
    """Weights [size, size]: more where one of the `heads` (x, y, radius in picture heights) has its face."""
    weights = np.ones((size, size), np.float32)
    grid = (np.arange(size, dtype=np.float32) + 0.5) / size
    for x, y, radius in heads:
        inside = (grid[None, :] - x) ** 2 + (grid[:, None] - y - 0.25 * radius) ** 2 < (0.85 * radius) ** 2
        weights[inside] = 1 + _FACE_WEIGHT
    return weights


def vae_loss(vae: AutoencoderKL, pictures: Tensor, weights: Tensor, seed: int) -> tuple[Tensor, float]:
    """The loss and the plain mean squared error."""
    generator = torch.Generator().manual_seed(seed)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        posterior = vae.encode(pictures).latent_dist
        decoded = vae.decode(posterior.sample(generator)).sample
    decoded, mean, log_variance = decoded.float(), posterior.mean.float(), posterior.logvar.float()
    difference = decoded - pictures
    error = difference.pow(2).mean()
    loss = (weights * difference.abs()).mean() + 0.5 * (weights * difference.pow(2)).mean()
    loss = loss + 0.5 * _line_loss(difference, weights) + 0.5 * _chroma(difference).abs().mean()
    loss = loss + 0.3 * F.avg_pool2d(difference, 4).abs().mean()
    divergence = 0.5 * (mean.pow(2) + log_variance.exp() - 1 - log_variance).mean()
    return loss + 1e-4 * divergence, float(error.detach())


def psnr(vae: AutoencoderKL, pictures: NDArray[np.uint8]) -> float:
    """Mean peak signal-to-noise ratio in dB of `pictures` [n, height, width, 3] encoded and decoded."""
    ratios = []
    for start in range(0, len(pictures), 20):
        original = _inputs(pictures[start : start + 20])
        ratios += (10 * torch.log10(4 / (_kept(vae, original) - original).pow(2).mean((1, 2, 3)))).tolist()
    return float(np.mean(ratios))


def keep(vae: AutoencoderKL, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures [n, height, width, 3] as they come back from the autoencoder."""
    decoded = [_kept(vae, _inputs(pictures[start : start + 20])) for start in range(0, len(pictures), 20)]
    levels = (torch.cat(decoded).permute(0, 2, 3, 1) + 1) * 127.5
    return np.asarray(levels.round().numpy(), np.uint8)


def _inputs(pictures: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def _kept(vae: AutoencoderKL, inputs: Tensor) -> Tensor:
    with torch.no_grad():
        decoded: Tensor = vae.decode(vae.encode(inputs).latent_dist.mean).sample.clamp(-1, 1)
    return decoded


def _heads(scenes: Sequence[Scene]) -> list[list[tuple[float, float, float]]]:
    return [[(figure.x, figure.y, figure.size) for figure in scene.figures] for scene in scenes]


def _recoloured(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Some of the pictures paler or tinted, so that other palettes than the drawings' own are known."""
    count = len(pictures)
    chosen = torch.from_numpy(rng.random((count, 1, 1, 1)) < 0.3)
    saturation = torch.from_numpy(rng.uniform(0.35, 1.0, (count, 1, 1, 1))).float()
    gain = torch.from_numpy(rng.uniform(0.875, 1.125, (count, 3, 1, 1))).float()
    offset = torch.from_numpy(rng.uniform(-0.125, 0.125, (count, 3, 1, 1))).float()
    grey = pictures.mean(1, keepdim=True)
    return torch.where(chosen, ((grey + (pictures - grey) * saturation) * gain + offset).clamp(-1, 1), pictures)


def _line_loss(difference: Tensor, weights: Tensor) -> Tensor:
    """Mean difference of the horizontal and vertical gradients."""
    across, down = difference[..., 1:] - difference[..., :-1], difference[..., 1:, :] - difference[..., :-1, :]
    return (weights[..., 1:] * across.abs()).mean() + (weights[..., 1:, :] * down.abs()).mean()


def _chroma(difference: Tensor) -> Tensor:
    return difference - difference.mean(1, keepdim=True)
