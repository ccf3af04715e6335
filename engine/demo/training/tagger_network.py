"""The demo's tagger as a network, and its ONNX file in the form of the WD taggers."""

import os
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.demo.training.corpus import SIZE

EMBEDDING = 192
_STEM = 16
Levels = tuple[tuple[int, int], ...]  # width and residuals of each
LEVELS: Levels = ((40, 1), (80, 2), (144, 2), (192, 1))
_OPSET = 17


class Level(nn.Module):  # type: ignore[misc]
    """Half the size, then depthwise residuals."""

    def __init__(self, channels: int, width: int, residuals: int) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(channels, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width))
        self.residuals = nn.ModuleList(_residual(width) for _ in range(residuals))

    def forward(self, features: Tensor) -> Tensor:
        features = F.relu(self.down(features))
        for residual in self.residuals:
            features = F.relu(features + residual(features))
        return features


class TaggerNetwork(nn.Module):  # type: ignore[misc]
    """0.7 M parameters. Pictures [n, 128, 128, 3] BGR 0..255 become probabilities [n, tags] and an embedding [n, 192].

    The strongest response anywhere counts at three scales, so that one small mouth among many things is still heard;
    the means of the four quarters say what is above or below and on which side (He et al., 2014).
    """

    def __init__(self, tags: int, levels: Levels = LEVELS) -> None:
        super().__init__()
        widths = [_STEM, *(width for width, _ in levels)]
        self.stem = nn.Conv2d(3, _STEM, 3, 2, 1)
        self.levels = nn.ModuleList(
            Level(before, width, residuals) for before, (width, residuals) in zip(widths, levels, strict=False)
        )
        self.gather = nn.Linear(sum(widths[-3:]) + 4 * widths[-1], EMBEDDING)
        self.score = nn.Linear(EMBEDDING, tags)

    def embed(self, pictures: Tensor) -> Tensor:
        features = F.relu(self.stem(pictures.permute(0, 3, 1, 2) * (1 / 127.5) - 1))
        strongest = []
        for level in self.levels:
            features = level(features)
            strongest.append(features.amax((2, 3)))
        quarters = F.avg_pool2d(features, features.shape[-1] // 2).flatten(1)
        gathered = torch.cat([*strongest[-3:], quarters], 1)
        return F.relu(self.gather(gathered))

    def logits(self, pictures: Tensor) -> Tensor:
        scores: Tensor = self.score(self.embed(pictures))
        return scores

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        embedding = self.embed(pictures)
        return torch.sigmoid(self.score(embedding)), embedding


def export(network: TaggerNetwork, path: Path) -> None:
    """Write the network to the ONNX file `path`, complete or not at all."""
    partial = path.with_suffix(".partial")
    network = network.eval().to(memory_format=torch.contiguous_format)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            (torch.zeros(1, SIZE, SIZE, 3),),
            str(partial),
            input_names=["input"],
            output_names=["predictions", "embedding"],
            dynamic_axes={name: {0: "n"} for name in ("input", "predictions", "embedding")},
            opset_version=_OPSET,
            dynamo=False,
        )
    os.replace(partial, path)


def _residual(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 3, 1, 1, groups=width, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, width, 1, bias=False),
        nn.BatchNorm2d(width),
    )
