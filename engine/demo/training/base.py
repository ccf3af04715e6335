"""The base: a denoiser and a text encoder learn together what drawings look like, from noise and tags."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from engine.base import default_device
from engine.demo.drawing.scene import Scene
from engine.demo.training.captions import Captions
from engine.demo.training.corpus import Corpus, Recipe
from engine.demo.training.denoising import SHARE, Batch, Denoising, leads, learn, noised
from engine.demo.training.networks import LATENT_SIZE, grown, new_text_encoder, new_unet, small_unet
from engine.demo.training.parallel import Shares
from engine.demo.training.state import Course
from engine.demo.training.vae import face_weights

_MOUTH_WEIGHT = 6.0
_CLOTHES_WEIGHT = 3.0

Head = tuple[float, float, float]  # x, y and radius in picture heights


@dataclass(frozen=True)
class Stage:
    """One leg of the training: on latents of `size` x `size`, from the networks saved in `start` (none: untrained) to
    those it saves in `end`; `checkpoint` is where it goes on from when it was stopped."""

    size: int
    steps: int
    rate: float
    seed: int
    recipe: Recipe
    corpus: Path
    latents: Path
    tokenizer: Path
    start: Path | None
    end: Path
    checkpoint: Path
    flat: float = 0.55

    @property
    def course(self) -> Course:
        return Course(self.rate, self.steps, 100, self.flat)


def train_stage(shares: Shares, stage: Stage) -> None:
    """Train on these shares of each batch; the first one's process writes the log, the checkpoints and the result."""
    torch.manual_seed(stage.seed)
    tokenizer = CLIPTokenizer.from_pretrained(stage.tokenizer, local_files_only=True)
    unet, text_encoder = starting_networks(stage, tokenizer)
    batches = {share: DrawingBatches(stage, tokenizer, share) for share in shares}
    learn(f"base {stage.size}", FromText(unet, text_encoder), batches, stage.course, stage.checkpoint)
    if leads(shares):
        unet.save_pretrained(stage.end / "unet")
        text_encoder.save_pretrained(stage.end / "text_encoder")


def starting_networks(stage: Stage, tokenizer: CLIPTokenizer) -> tuple[UNet2DConditionModel, CLIPTextModel]:
    """Untrained networks, those of an earlier stage, or the small denoiser of one grown."""
    if stage.start is None:
        unet = small_unet() if stage.size < LATENT_SIZE else new_unet()
        return unet, new_text_encoder(tokenizer)
    unet, text_encoder = made_networks(stage.start)
    return grown(unet) if unet.config.sample_size < stage.size else unet, text_encoder


def made_networks(folder: Path) -> tuple[UNet2DConditionModel, CLIPTextModel]:
    """The networks that a stage has saved, in float32."""
    unet = UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float32)
    return unet, CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float32)


class DrawingBatches:
    """A share of what is trained on: latents, where the faces are, and captions; the same for the same step."""

    def __init__(self, stage: Stage, tokenizer: CLIPTokenizer, share: int) -> None:
        self.stage, self.share = stage, share
        self.latents: NDArray[np.float16] = np.load(stage.latents, mmap_mode="r")
        scenes = Corpus(stage.recipe, stage.corpus).scenes
        self.heads = [heads(scene) for scene in scenes]
        self.captions = Captions(tokenizer, scenes)

    def batch(self, step: int) -> Batch:
        """20 drawings; `given` as by `given`."""
        rng = np.random.default_rng([self.stage.seed, self.stage.size, step, self.share])
        numbers = np.sort(rng.integers(0, len(self.latents), SHARE))
        latents = torch.from_numpy(self.latents[numbers].astype(np.float32))
        if self.stage.size < LATENT_SIZE:
            latents = pooled(latents)
        weights = mean_weights((self.heads[number] for number in numbers), self.stage.size)
        given = self.given(numbers, rng)
        return noised(latents, weights, given, int(rng.integers(1 << 62)))

    def given(self, numbers: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Token ids [20, 77]."""
        return (torch.from_numpy(np.stack([self.captions.drawn(int(number), rng) for number in numbers])),)


class FromText(Denoising):
    """The denoiser is given token ids [n, 77], and the text encoder learns beside it."""

    def __init__(self, unet: UNet2DConditionModel, text_encoder: CLIPTextModel) -> None:
        super().__init__(unet, text_encoder.to(default_device()).parameters())
        self.text_encoder = text_encoder

    def velocity(self, noisy: Tensor, times: Tensor, *given: Tensor) -> Tensor:
        with torch.autocast(noisy.device.type, dtype=torch.bfloat16):
            words = self.text_encoder(given[0]).last_hidden_state
        predicted: Tensor = self.working(noisy, times, words.bfloat16()).sample
        return predicted


def mean_weights(faces: Iterable[list[Head]], size: int) -> Tensor:
    """Weights [n, 1, size, size], more on faces and clothes and most on mouths, each picture's of mean 1."""
    weights = torch.from_numpy(np.stack([_weights(each, size) for each in faces]))
    return (weights / weights.mean((1, 2), keepdim=True))[:, None]


def _weights(heads: list[Head], size: int) -> NDArray[np.float32]:
    return face_weights(heads, size) + mouth_weights(heads, size) + clothes_weights(heads, size)


def mouth_weights(heads: Iterable[Head], size: int) -> NDArray[np.float32]:
    """What [size, size] adds where a mouth is, a few cells that say which expression was asked for."""
    return _boxes(heads, size, 0.34, (0.62, 1.06), _MOUTH_WEIGHT)


def clothes_weights(heads: Iterable[Head], size: int) -> NDArray[np.float32]:
    """What [size, size] adds where trunk and sleeves are, whose colour is asked for in the fewest pictures."""
    return _boxes(heads, size, 1.5, (1.15, 4.2), _CLOTHES_WEIGHT)


def _boxes(
    heads: Iterable[Head], size: int, half_width: float, height: tuple[float, float], weight: float
) -> NDArray[np.float32]:
    """`weight` [size, size] in a box below the middle of each face; widths and heights in head radii."""
    weights = np.zeros((size, size), np.float32)
    grid = (np.arange(size, dtype=np.float32) + 0.5) / size
    for x, y, radius in heads:
        below = (grid - y) / radius
        across, down = abs(grid - x) < half_width * radius, (below > height[0]) & (below < height[1])
        weights[np.ix_(down, across)] = weight
    return weights


def pooled(latents: Tensor) -> Tensor:
    """Latents at half the size and about the same standard deviation: neighbours are alike, not equal."""
    return 1.15 * F.avg_pool2d(latents, 2)


def heads(scene: Scene) -> list[Head]:
    """Where faces are seen."""
    return [(figure.x, figure.y, figure.size) for figure in scene.figures if not figure.pose.away]
