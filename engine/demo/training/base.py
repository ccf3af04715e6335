"""The base: a denoiser and a text encoder learn together what drawings look like, from noise and tags."""

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import DDPMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from engine.demo.drawing.scene import Scene
from engine.demo.training.captions import Captions
from engine.demo.training.corpus import Corpus, Recipe
from engine.demo.training.log import say
from engine.demo.training.networks import LATENT_SIZE, grown, new_text_encoder, new_unet, small_unet
from engine.demo.training.parallel import RANKS, average_gradients
from engine.demo.training.state import Course, Training
from engine.demo.training.vae import face_weights

BATCH = 20
_SAVE_EVERY = 200
_MIN_SNR = 5.0


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


def noise_schedule() -> DDPMScheduler:
    """SD 1.5's betas, predicting velocity (Salimans and Ho, 2022)."""
    return DDPMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        steps_offset=1,
    )


def train_stage(rank: int, stage: Stage) -> None:
    """Train as process `rank` of `RANKS`; the first one writes the log, the checkpoints and the result."""
    torch.manual_seed(stage.seed)
    tokenizer = CLIPTokenizer.from_pretrained(stage.tokenizer, local_files_only=True)
    unet, text_encoder = starting_networks(stage, tokenizer)
    batches = Batches(stage, tokenizer, rank)
    denoising = Denoising(unet, text_encoder)
    training = Training(denoising.parameters, Course(stage.rate, stage.steps, 100, stage.flat), 1e-2, 0.999)
    training.resume(stage.checkpoint)
    denoising.take_over()
    total = torch.zeros(())
    while not training.finished:
        error = denoising.backward(*batches.batch(training.step))
        average_gradients(training.parameters)
        training.update()
        denoising.take_over()
        total += error
        if rank == 0 and training.step % 50 == 0:
            pictures = training.step * BATCH * RANKS
            say(f"base {stage.size}", step=training.step, pictures=pictures, error=float(total / 50))
            total.zero_()
        if rank == 0 and (training.step % _SAVE_EVERY == 0 or training.finished):
            training.save(stage.checkpoint)
    if rank == 0:
        training.averaged.apply()
        unet.save_pretrained(stage.end / "unet")
        text_encoder.save_pretrained(stage.end / "text_encoder")


def starting_networks(stage: Stage, tokenizer: CLIPTokenizer) -> tuple[UNet2DConditionModel, CLIPTextModel]:
    """Untrained networks, those of an earlier stage, or the small denoiser of one grown."""
    if stage.start is None:
        unet = small_unet() if stage.size < LATENT_SIZE else new_unet()
        return unet, new_text_encoder(tokenizer)
    unet = UNet2DConditionModel.from_pretrained(stage.start / "unet", torch_dtype=torch.float32)
    if unet.config.sample_size < stage.size:
        unet = grown(unet)
    return unet, CLIPTextModel.from_pretrained(stage.start / "text_encoder", dtype=torch.float32)


class Batches:
    """What one process trains on: latents, where the faces are, and captions; the same for the same step."""

    def __init__(self, stage: Stage, tokenizer: CLIPTokenizer, rank: int) -> None:
        self.stage, self.rank = stage, rank
        self.latents: NDArray[np.float16] = np.load(stage.latents, mmap_mode="r")
        scenes = Corpus(stage.recipe, stage.corpus).scenes
        self.heads = [_heads(scene) for scene in scenes]
        self.captions = Captions(tokenizer, scenes)

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor, torch.Generator]:
        """Latents [20, 4, s, s], weights [20, 1, s, s] of mean 1, ids [20, 77] and the step's own generator."""
        key = [self.stage.seed, self.stage.size, step, self.rank]
        rng = np.random.default_rng(key)
        numbers = np.sort(rng.integers(0, len(self.latents), BATCH))
        latents = torch.from_numpy(self.latents[numbers].astype(np.float32))
        if self.stage.size < LATENT_SIZE:
            latents = pooled(latents)
        weights = torch.from_numpy(np.stack([face_weights(self.heads[number], self.stage.size) for number in numbers]))
        ids = torch.from_numpy(np.stack([self.captions.drawn(int(number), rng) for number in numbers]))
        generator = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
        return latents, (weights / weights.mean((1, 2), keepdim=True))[:, None], ids, generator


def pooled(latents: Tensor) -> Tensor:
    """Latents at half the size and about the same standard deviation: neighbours are alike, not equal."""
    return 1.15 * F.avg_pool2d(latents, 2)


class Denoising:
    """The loss. The denoiser computes in bfloat16 on a copy; the weights that learn stay in float32."""

    def __init__(self, unet: UNet2DConditionModel, text_encoder: CLIPTextModel) -> None:
        self.text_encoder = text_encoder
        self.working = copy.deepcopy(unet).to(torch.bfloat16).train()
        self.working.set_attn_processor(AttnProcessor())
        self.master = list(unet.parameters())
        self.copies = list(self.working.parameters())
        self.parameters = [*self.master, *text_encoder.parameters()]
        self.signal = noise_schedule().alphas_cumprod

    def take_over(self) -> None:
        """Bring the copy up to date with the weights that learn."""
        with torch.no_grad():
            torch._foreach_copy_(self.copies, self.master)

    def backward(self, latents: Tensor, weights: Tensor, ids: Tensor, generator: torch.Generator) -> Tensor:
        """Leave the gradients on the float32 weights; returns the mean squared error of the velocity."""
        times = torch.randint(0, len(self.signal), (len(latents),), generator=generator)
        noise = torch.randn(latents.shape, generator=generator)
        signal = self.signal[times].view(-1, 1, 1, 1)
        noisy = signal.sqrt() * latents + (1 - signal).sqrt() * noise
        velocity = signal.sqrt() * noise - (1 - signal).sqrt() * latents
        with torch.autocast("cpu", dtype=torch.bfloat16):
            words = self.text_encoder(ids).last_hidden_state
        predicted = self.working(noisy.bfloat16(), times, words.bfloat16()).sample.float()
        errors = (predicted - velocity).pow(2)
        (_min_snr(signal.flatten()) * (errors * weights).mean((1, 2, 3))).mean().backward()
        for master, working in zip(self.master, self.copies, strict=True):
            master.grad, working.grad = working.grad.float() if working.grad is not None else None, None
        return errors.detach().mean()


def _min_snr(signal: Tensor) -> Tensor:
    """Weights of the steps for velocity: none counts for more than a signal-to-noise ratio of 5 (Hang et al., 2023)."""
    ratio = signal / (1 - signal)
    return 2 * ratio.clamp(max=_MIN_SNR) / (ratio + 1)


def _heads(scene: Scene) -> list[tuple[float, float, float]]:
    return [(figure.x, figure.y, figure.size) for figure in scene.figures if not figure.pose.away]
