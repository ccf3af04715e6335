"""How a denoiser learns, whatever it is told: noisy latents in, their velocity out, on every core or a card."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from diffusers import DDPMScheduler
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn

from engine.base import default_device
from engine.demo.training.loading import batches
from engine.demo.training.log import say
from engine.demo.training.parallel import RANKS, average_gradients
from engine.demo.training.state import Course, Training

SHARE = 20  # drawings in a share of a batch
_SAVE_EVERY = 200
_TIMES = 1000


def noise_schedule() -> DDPMScheduler:
    """SD 1.5's betas, predicting velocity (Salimans and Ho, 2022)."""
    return DDPMScheduler(
        num_train_timesteps=_TIMES,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        steps_offset=1,
    )


class Batch(NamedTuple):
    """Latents [n, 4, s, s], weights [n, 1, s, s] of mean 1, times [n], noise of the latents' shape, and what else the
    denoiser is `given`."""

    latents: Tensor
    weights: Tensor
    times: Tensor
    noise: Tensor
    given: tuple[Tensor, ...]


class Batches(Protocol):
    """One share of what is trained on."""

    def batch(self, step: int) -> Batch:
        """The same for the same step."""
        ...


def noised(latents: Tensor, weights: Tensor, given: tuple[Tensor, ...], seed: int) -> Batch:
    """A batch with times and noise by lot."""
    generator = torch.Generator().manual_seed(seed)
    times = torch.randint(0, _TIMES, (len(latents),), generator=generator)
    return Batch(latents, weights, times, torch.randn(latents.shape, generator=generator), given)


def together(shares: Sequence[Batch]) -> Batch:
    """The shares of one step as one batch."""
    latents, weights, times, noise = (torch.cat([share[part] for share in shares]) for part in range(4))
    given = tuple(torch.cat(parts) for parts in zip(*(share.given for share in shares), strict=True))
    return Batch(latents, weights, times, noise, given)


class Denoising(ABC):
    """The loss. The network that learns computes in bfloat16 on a copy; the weights that learn stay in float32, as do
    those `beside` it."""

    def __init__(self, network: nn.Module, beside: Iterable[Tensor] = ()) -> None:
        network.to(default_device())
        self.working = in_bfloat16(network).train()
        self.master = list(network.parameters())
        self.copies = list(self.working.parameters())
        self.parameters = [*self.master, *beside]
        self.signal = noise_schedule().alphas_cumprod.to(default_device())

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
        latents, weights, times, noise, given = batch
        signal = self.signal[times].view(-1, 1, 1, 1)
        noisy = signal.sqrt() * latents + (1 - signal).sqrt() * noise
        velocity = signal.sqrt() * noise - (1 - signal).sqrt() * latents
        errors = (self.velocity(noisy.bfloat16(), times, *given).float() - velocity).pow(2)
        (errors * weights).mean().backward()
        for master, working in zip(self.master, self.copies, strict=True):
            master.grad, working.grad = working.grad.float() if working.grad is not None else None, None
        return errors.detach().mean()


def in_bfloat16(network: nn.Module) -> nn.Module:
    """A copy to compute with; for short sequences plain attention is the faster one on a CPU."""
    working = copy.deepcopy(network).to(torch.bfloat16)
    working.set_attn_processor(AttnProcessor())
    return working


def learn(name: str, denoising: Denoising, shares: Mapping[int, Batches], course: Course, checkpoint: Path) -> None:
    """Train to the end of the course, going on from the checkpoint, and leave the averaged weights in the network.

    Every process runs this with its shares of each batch; the one with the first writes the log and the checkpoints.
    """
    training = Training(denoising.parameters, course, 1e-2, 0.999)
    training.resume(checkpoint)
    denoising.take_over()
    total = torch.zeros((), device=default_device())
    for batch in batches(partial(_batch, list(shares.values())), training.step, course.steps):
        error = denoising.backward(batch)
        average_gradients(training.parameters)
        training.update()
        denoising.take_over()
        total += error
        if leads(shares) and training.step % 50 == 0:
            pictures = training.step * SHARE * RANKS
            say(name, step=training.step, pictures=pictures, error=float(total / 50))
            total.zero_()
        if leads(shares) and (training.step % _SAVE_EVERY == 0 or training.finished):
            training.save(checkpoint)
    training.averaged.apply()


def leads(shares: Collection[int]) -> bool:
    """Whether the process that takes these shares is the one that writes."""
    return 0 in shares


def _batch(shares: Sequence[Batches], step: int) -> Batch:
    return together([share.batch(step) for share in shares])
