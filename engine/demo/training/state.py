"""What every training here shares: the learning rate's course, averaged weights, and checkpoints to go on from.

Randomness is counter-based, a generator for each step, so that going on needs no generator's state."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Course:
    """The learning rate over `steps`: a linear warm-up, flat until the share `flat`, then a line down to `end`."""

    rate: float
    steps: int
    warmup: int = 50
    flat: float = 0.5
    end: float = 0.04

    def at(self, step: int) -> float:
        """The rate of step `step`, from 0."""
        share = step / self.steps
        fall = 1.0 if share < self.flat else 1 - (1 - self.end) * (share - self.flat) / (1 - self.flat)
        return self.rate * min(1.0, (step + 1) / self.warmup) * fall


class Averaged:
    """Exponential moving average of parameters; young averages forget faster."""

    def __init__(self, parameters: Iterable[Tensor], decay: float) -> None:
        self.live = list(parameters)
        self.decay = decay
        self.mean = [parameter.detach().clone() for parameter in self.live]

    def update(self, step: int) -> None:
        with torch.no_grad():
            torch._foreach_lerp_(self.mean, self.live, 1 - min(self.decay, (step + 1) / (step + 20)))

    def apply(self) -> None:
        """Put the averages in the parameters' place."""
        with torch.no_grad():
            torch._foreach_copy_(self.live, self.mean)


class Training:
    """Parameters, their optimizer and average, and the step they are at; saved and taken up as one."""

    def __init__(self, parameters: Iterable[Tensor], course: Course, weight_decay: float, average: float) -> None:
        self.parameters = list(parameters)
        self.course = course
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=course.rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True
        )
        self.averaged = Averaged(self.parameters, average)
        self.step = 0

    @property
    def finished(self) -> bool:
        return self.step >= self.course.steps

    def update(self) -> None:
        """One step along the gradients that are there."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.course.at(self.step)
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.averaged.update(self.step)
        self.step += 1

    def save(self, path: Path) -> None:
        """Write a checkpoint, complete or not at all."""
        partial = path.with_suffix(".partial")
        torch.save(
            {
                "step": self.step,
                "parameters": [parameter.detach() for parameter in self.parameters],
                "mean": self.averaged.mean,
                "optimizer": self.optimizer.state_dict(),
            },
            partial,
        )
        os.replace(partial, path)

    def resume(self, path: Path) -> None:
        """Go on from the checkpoint at `path`, if there is one."""
        if not path.exists():
            return
        saved: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        with torch.no_grad():
            torch._foreach_copy_(self.parameters, saved["parameters"])
            torch._foreach_copy_(self.averaged.mean, saved["mean"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step = saved["step"]
