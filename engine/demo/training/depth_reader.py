"""Reads a picture's depth, so that it can be seen whether a picture follows the depth that was asked for.

It is trained on drawings alone, and is not shipped."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.demo.training.log import say
from engine.demo.training.state import Course, Training

_BATCH = 32
_NOISE = 0.08
READ_SIZE = 32

Pixels = NDArray[np.uint8]


class DepthReader(nn.Module):  # type: ignore[misc]
    """Pictures [n, 3, 128, 128] in -1..1 become depths [n, 32, 32], near 0..1. 0.2 M parameters: down to 8 x 8 to know
    what is a figure, and up again to know where."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.fine = _convolution(3, 16, 2), _convolution(16, 32, 2)
        self.low, self.lower = _convolution(32, 64, 2), _convolution(64, 96, 2)
        self.deep = _convolution(96, 64)
        self.up, self.upper = _convolution(128, 48), _convolution(80, 32)
        self.depth = nn.Conv2d(32, 1, 3, 1, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        fine = self.fine(self.stem(pictures))
        low = self.low(fine)
        deep = self.deep(self.lower(low))
        up = self.up(torch.cat([_doubled(deep), low], 1))
        depth: Tensor = self.depth(self.upper(torch.cat([_doubled(up), fine], 1)))
        return depth[:, 0]

    def read(self, pictures: Pixels) -> NDArray[np.float32]:
        """Depths [n, 32, 32] of RGB pictures [n, 128, 128, 3]."""
        with torch.no_grad():
            parts = [self(_inputs(pictures[at : at + _BATCH])) for at in range(0, len(pictures), _BATCH)]
        return np.asarray(torch.cat(parts).numpy(), np.float32)


def train_depth_reader(pictures: Pixels, depths: Pixels, steps: int, checkpoint: Path) -> DepthReader:
    """Train on drawings [n, 128, 128, 3] and their depths [n, 128, 128], with more noise or less; about a minute on
    one core for 600 steps."""
    torch.manual_seed(31)
    reader = DepthReader()
    training = Training(reader.parameters(), Course(3e-3, steps, 20, 0.4), 1e-3, 0.99)
    training.resume(checkpoint)
    while not training.finished:
        rng = np.random.default_rng([31, training.step])
        numbers = np.sort(rng.integers(0, len(pictures), _BATCH))
        inputs = _inputs(pictures[numbers])
        noise = torch.randn(inputs.shape, generator=torch.Generator().manual_seed(training.step))
        read = reader(inputs + noise * _NOISE * float(rng.random()))
        loss = (read - small_depths(depths[numbers])).abs().mean()
        loss.backward()
        training.update()
        if training.step % 100 == 0:
            say("depth reader", step=training.step, error=float(loss.detach()))
        if training.step % 200 == 0 or training.finished:
            training.save(checkpoint)
    training.averaged.apply()
    reader.eval()
    return reader


def save_depth_reader(reader: DepthReader, path: Path) -> None:
    save_file(reader.state_dict(), path)


def load_depth_reader(path: Path) -> DepthReader:
    reader = DepthReader()
    reader.load_state_dict(load_file(path))
    reader.eval()
    return reader


def small_depths(depths: Pixels) -> Tensor:
    """Depths [n, 128, 128] as a reader sees them, [n, 32, 32] in 0..1."""
    return F.adaptive_avg_pool2d(torch.from_numpy(np.array(depths)).float() / 255, READ_SIZE)


def _inputs(pictures: Pixels) -> Tensor:
    return torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def _convolution(channels: int, width: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, 3, stride, 1), nn.GroupNorm(8, width), nn.SiLU())


def _doubled(features: Tensor) -> Tensor:
    return F.interpolate(features, scale_factor=2, mode="bilinear")
