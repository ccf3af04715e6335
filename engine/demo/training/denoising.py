"""How a denoiser learns, whatever it is told: noisy latents in, their velocity out, on every core at once."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from diffusers import DDPMScheduler
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn

from engine.demo.training.log import say
from engine.demo.training.parallel import RANKS, average_gradients
from engine.demo.training.state import Course, Training

BATCH = 20
_SAVE_EVERY = 200


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


@dataclass(frozen=True)
class Batch:
    """Latents [n, 4, s, s], weights [n, 1, s, s] of mean 1, what else the denoiser is `given`, and the step's own
    generator."""

    latents: Tensor
    weights: Tensor
    given: tuple[Tensor, ...]
    generator: torch.Generator


class Batches(Protocol):
    """What one process trains on."""

    def batch(self, step: int) -> Batch:
        """The same for the same step."""
        ...


class Denoising(ABC):
    """The loss. The network that learns computes in bfloat16 on a copy; the weights that learn stay in float32, as do
    those `beside` it."""

    def __init__(self, network: nn.Module, beside: Iterable[Tensor] = ()) -> None:
        self.working = in_bfloat16(network).train()
        self.master = list(network.parameters())
        self.copies = list(self.working.parameters())
        self.parameters = [*self.master, *beside]
        self.signal = noise_schedule().alphas_cumprod

    @abstractmethod
    def velocity(self, noisy: Tensor, times: Tensor, *given: Tensor) -> Tensor:
        """The velocity [n, 4, s, s] that the network sees in `noisy` of the same shape and type."""

    def take_over(self) -> None:
        """Bring the copy up to date with the weights that learn."""
        with torch.no_grad():
            torch._foreach_copy_(self.copies, self.master)

    def backward(self, batch: Batch) -> Tensor:
        """Leave the gradients on the float32 weights; returns the mean squared error of the velocity.

        Every noise level counts alike: most of what a prompt decides is decided where there is hardly a picture yet,
        and just those levels a cap on the signal-to-noise ratio (Hang et al., 2023) all but leaves out.
        """
        latents, generator = batch.latents, batch.generator
        times = torch.randint(0, len(self.signal), (len(latents),), generator=generator)
        noise = torch.randn(latents.shape, generator=generator)
        signal = self.signal[times].view(-1, 1, 1, 1)
        noisy = signal.sqrt() * latents + (1 - signal).sqrt() * noise
        velocity = signal.sqrt() * noise - (1 - signal).sqrt() * latents
        errors = (self.velocity(noisy.bfloat16(), times, *batch.given).float() - velocity).pow(2)
        (errors * batch.weights).mean().backward()
        for master, working in zip(self.master, self.copies, strict=True):
            master.grad, working.grad = working.grad.float() if working.grad is not None else None, None
        return errors.detach().mean()


def in_bfloat16(network: nn.Module) -> nn.Module:
    """A copy to compute with; for short sequences plain attention is the faster one on a CPU."""
    working = copy.deepcopy(network).to(torch.bfloat16)
    working.set_attn_processor(AttnProcessor())
    return working


def learn(rank: int, name: str, denoising: Denoising, batches: Batches, course: Course, checkpoint: Path) -> None:
    """Train to the end of the course, going on from the checkpoint, and leave the averaged weights in the network.

    Every process of `RANKS` runs this; the first one writes the log and the checkpoints.
    """
    training = Training(denoising.parameters, course, 1e-2, 0.999)
    training.resume(checkpoint)
    denoising.take_over()
    total = torch.zeros(())
    while not training.finished:
        error = denoising.backward(batches.batch(training.step))
        average_gradients(training.parameters)
        training.update()
        denoising.take_over()
        total += error
        if rank == 0 and training.step % 50 == 0:
            pictures = training.step * BATCH * RANKS
            say(name, step=training.step, pictures=pictures, error=float(total / 50))
            total.zero_()
        if rank == 0 and (training.step % _SAVE_EVERY == 0 or training.finished):
            training.save(checkpoint)
    training.averaged.apply()
