"""The autoencoder: 128 px drawings as 32 x 32 x 4 latents and back.

A factor of 4 keeps eyes and mouths that one of 8 smears. Lines are what a drawing is made of, so the loss weighs
gradients, colour and faces beside the plain difference."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.base import default_device
from engine.demo.drawing.scene import Scene
from engine.demo.training.corpus import SIZE, Corpus
from engine.demo.training.loading import batches
from engine.demo.training.log import say
from engine.demo.training.state import Course, Training

_CROP = 64
_BATCH = 16
_MIXED_SHARE = 0.25
_FACE_WEIGHT = 2.5
_ERROR_WEIGHT = 3.0
_SAVE_EVERY = 500

LossOf = Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]


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
    vae = new_vae().to(default_device())
    training = Training(vae.parameters(), Course(1.5e-3, steps, flat=0.4, end=0.03), 1e-4, 0.998)
    _train("vae", training, Crops(plain, mixed, seed), checkpoint, partial(vae_loss, vae))
    return vae.cpu().eval()


def tune_decoder(vae: AutoencoderKL, plain: Corpus, mixed: Corpus, steps: int, seed: int, checkpoint: Path) -> None:
    """Train the decoder alone on latents as they are, without their noise; goes on from `checkpoint`. What a base has
    learnt on these latents still holds."""
    vae.to(default_device()).requires_grad_(False)
    parts = nn.ModuleList([vae.post_quant_conv, vae.decoder]).requires_grad_(True)
    training = Training(parts.parameters(), Course(1.2e-3, steps, flat=0.3, end=0.02), 1e-4, 0.998)
    _train("decoder", training, Crops(plain, mixed, seed), checkpoint, partial(decoder_loss, vae))
    vae.cpu().requires_grad_(True).eval()


def _train(name: str, training: Training, crops: "Crops", checkpoint: Path, loss_of: LossOf) -> None:
    training.resume(checkpoint)
    total = torch.zeros((), device=default_device())
    for pictures, weights in batches(crops.batch, training.step, training.course.steps):
        loss, error = loss_of(pictures, weights, training.step + crops.seed)
        loss.backward()
        training.update()
        total += error
        if training.step % 100 == 0:
            say(name, step=training.step, psnr=float(10 * torch.log10(400 / total)))
            total.zero_()
        if training.step % _SAVE_EVERY == 0 or training.finished:
            training.save(checkpoint)
    training.averaged.apply()


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


def vae_loss(vae: AutoencoderKL, pictures: Tensor, weights: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """The loss and the plain mean squared error."""
    generator = torch.Generator().manual_seed(seed)
    with torch.autocast(pictures.device.type, dtype=torch.bfloat16):
        posterior = vae.encode(pictures).latent_dist
        decoded = vae.decode(posterior.sample(generator)).sample
    mean, log_variance = posterior.mean.float(), posterior.logvar.float()
    divergence = 0.5 * (mean.pow(2) + log_variance.exp() - 1 - log_variance).mean()
    difference = decoded.float() - pictures
    return difference_loss(difference, weights) + 1e-4 * divergence, difference.detach().pow(2).mean()


def decoder_loss(vae: AutoencoderKL, pictures: Tensor, weights: Tensor, _seed: int) -> tuple[Tensor, Tensor]:
    """The loss with a frozen encoder, in which the plain mean squared error, what PSNR measures, counts beside; and
    that error."""
    with torch.autocast(pictures.device.type, dtype=torch.bfloat16):
        with torch.no_grad():
            latents = vae.encode(pictures).latent_dist.mean
        decoded = vae.decode(latents).sample
    difference = decoded.float() - pictures
    error = difference.pow(2).mean()
    return difference_loss(difference, weights) + _ERROR_WEIGHT * error, error.detach()


def difference_loss(difference: Tensor, weights: Tensor) -> Tensor:
    """What a difference [n, 3, h, w] costs where pixels weigh [n, 1, h, w]: its size, lines, colours and patches."""
    loss = (weights * difference.abs()).mean() + 0.5 * (weights * difference.pow(2)).mean()
    loss = loss + 0.5 * _line_loss(difference, weights) + 0.5 * _chroma(difference).abs().mean()
    return loss + 0.3 * F.avg_pool2d(difference, 4).abs().mean()


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
