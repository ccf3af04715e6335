"""Training a LoRA: every step is a pure function of the recipe, its own number and the weights before it."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import DDPMScheduler

from db.captions import Caption
from db.requests import TrainRecipe
from engine import counter_random
from engine.base import BaseModel
from engine.lora import add_lora, lora_layers, remove_loras
from engine.memory import fitting
from engine.text import CaptionTokens, EncodedText, caption_chunks, encode_ids

ADAPTER = "trained"
FLOAT16_LOSS_SCALE = 2.0**12  # keeps small gradients above float16's smallest number
MOMENTS = 2  # that the optimizer keeps of each weight
SMALL_FILES = 2**16  # bytes of headers, names and manifests beside tensors
VALIDATION_TIMESTEPS = (0.1, 0.3, 0.5, 0.7, 0.9)  # shares of the schedule


@dataclass(frozen=True)
class TrainingData:
    """Latents [n, c, h, w] with the caption of each and how often it is seen, relative to the others."""

    latents: torch.Tensor
    captions: Sequence[Caption]
    weights: Sequence[float]
    width: int
    height: int


@dataclass(frozen=True)
class StepResult:
    """What a step did: its loss and whether it was skipped as not finite, still on the device, and its rate."""

    loss: torch.Tensor
    skipped: torch.Tensor
    learning_rate: float


@dataclass(frozen=True)
class _Batch:
    latents: torch.Tensor
    noise: torch.Tensor
    timesteps: torch.Tensor
    words: list[list[str]]
    held: list[int]  # rows that are to stay as the bare base draws them

    def part(self, start: int, count: int) -> "_Batch":
        """At most `count` of its rows from `start` on."""
        some = slice(start, start + count)
        held = [row - start for row in self.held if start <= row < start + count]
        return _Batch(self.latents[some], self.noise[some], self.timesteps[some], self.words[some], held)


class NoiseSchedule:
    """Noise levels of a base, as tables on the device indexed by timesteps [n]."""

    def __init__(self, base: BaseModel, gamma: float | None) -> None:
        alphas = DDPMScheduler.from_config(dict(base.scheduler_config)).alphas_cumprod.to(base.device)
        self.count = len(alphas)
        self._velocity = base.prediction_type == "v_prediction"
        self._signal = alphas.sqrt()[:, None, None, None]
        self._noise = (1 - alphas).sqrt()[:, None, None, None]
        self._weights = self._min_snr(alphas / (1 - alphas), gamma)

    def _min_snr(self, snr: torch.Tensor, gamma: float | None) -> torch.Tensor:
        """Weights of the loss by T. Hang et al., "Efficient Diffusion Training via Min-SNR", ICCV 2023."""
        if gamma is None:
            return torch.ones_like(snr)
        return snr.clamp(max=gamma) / (snr + 1 if self._velocity else snr)

    def noisy(self, latents: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
        """Latents [n, c, h, w] with noise added."""
        return self._signal[timesteps] * latents + self._noise[timesteps] * noise

    def target(self, latents: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
        """What the UNet is to predict [n, c, h, w]: the noise, or the velocity."""
        if not self._velocity:
            return noise
        return self._signal[timesteps] * noise - self._noise[timesteps] * latents

    def loss(self, prediction: torch.Tensor, target: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
        """The mean squared error, weighted by timestep."""
        errors = (prediction.float() - target).square().mean((1, 2, 3))
        return (errors * self._weights[timesteps]).mean()


def learning_rate(recipe: TrainRecipe, step: int) -> float:
    """The rate of a step, counted from 0: a linear warm-up, then the schedule down to its final share."""
    if step < recipe.warmup_steps:
        return recipe.learning_rate * (step + 1) / recipe.warmup_steps
    done = (step - recipe.warmup_steps) / max(1, recipe.steps - recipe.warmup_steps)
    remaining = {"constant": 1.0, "linear": 1 - done, "cosine": (1 + math.cos(math.pi * done)) / 2}
    final = recipe.final_learning_rate_share if recipe.schedule != "constant" else 0.0
    return recipe.learning_rate * (final + (1 - final) * remaining[recipe.schedule])


class Trainer:
    """A LoRA in training on a base. `close` takes it out of the base again.

    `at_once` is how many items of a batch pass the base together: fewer where the card has no memory for more. A step
    is over the whole batch in any case.
    """

    def __init__(self, base: BaseModel, data: TrainingData, recipe: TrainRecipe, at_once: int | None = None) -> None:
        self._base, self._data, self._recipe = base, data, recipe
        self.at_once = min(at_once or recipe.batch_size, recipe.batch_size)
        self._levels_at_once = len(VALIDATION_TIMESTEPS)
        self._parameters = add_lora(
            base, ADAPTER, rank=recipe.rank, alpha=recipe.alpha, targets=recipe.targets, seed=recipe.seed
        )
        self._layers = lora_layers(base.unet, ADAPTER)
        self._optimizer: Any = torch.optim.AdamW(
            self._parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
        )
        scale = FLOAT16_LOSS_SCALE if base.dtype == torch.float16 else 1.0
        self._optimizer.grad_scale = self._loss_scale = torch.tensor(scale, device=base.device)
        self._clip = (recipe.gradient_clip or math.inf) * scale
        self._schedule = NoiseSchedule(base, recipe.min_snr_gamma)
        self._sampling = counter_random.Sampling(recipe.seed, data.weights)
        words = [(*caption.fixed, *caption.flexible) for caption in data.captions]
        self._chunks = caption_chunks(base.tokenizers[0], words)
        self._tokens = CaptionTokens(base.tokenizers, self._chunks)
        self._skipped = torch.zeros((), device=base.device)
        if base.architecture == "sdxl":
            base.unet.enable_gradient_checkpointing()
            base.unet.train()

    @property
    def device(self) -> torch.device:
        """Where it trains."""
        return self._base.device

    @property
    def state_bytes(self) -> int:
        """What a checkpoint takes up, with the two moments of each weight that the first step adds."""
        return sum(int(parameter.nbytes) for parameter in self._parameters) * (1 + MOMENTS) + SMALL_FILES

    @property
    def skipped(self) -> int:
        """Steps skipped so far because their gradients were not finite. Waits for the device."""
        return int(self._skipped.item())

    def step(self, number: int) -> StepResult:
        """Train on batch `number`, counted from 0, without waiting for the device."""
        rate = learning_rate(self._recipe, number)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        batch = self._batch(number)
        loss = fitting(self.at_once, lambda count: self._backward(batch, count), self._use_fewer)
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, self._clip)
        # The fused optimizer leaves weights and moments alone where this is 1, without a look from the CPU.
        skipped = self._optimizer.found_inf = (~torch.isfinite(norm)).float()
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._skipped += skipped
        return StepResult(loss, skipped, rate)

    def _backward(self, batch: _Batch, at_once: int) -> torch.Tensor:
        """The loss of a whole batch, its gradients gathered from parts of `at_once` items."""
        self._optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self._base.device)
        for start in range(0, len(batch.words), at_once):
            part = batch.part(start, at_once)
            loss = self._loss(part) * (len(part.words) / len(batch.words))
            (loss * self._loss_scale).backward()
            total += loss.detach()
        return total

    def _use_fewer(self, at_once: int) -> None:
        self.at_once = at_once

    def _batch(self, step: int) -> _Batch:
        recipe = self._recipe
        items = self._sampling.items(step, recipe.batch_size)
        indices = range(recipe.batch_size)
        latents = self._data.latents[items].float()
        held = [index for index in indices if self._is_held(step, index, items[index])]
        return _Batch(
            latents=self._to_device(latents),
            noise=self._to_device(
                torch.from_numpy(counter_random.noise(recipe.seed, step, indices, tuple(latents.shape[1:])))
            ),
            timesteps=self._to_device(
                torch.from_numpy(counter_random.timesteps(recipe.seed, step, indices, self._schedule.count))
            ),
            words=[self._words(step, index, items[index], index in held) for index in indices],
            held=held,
        )

    def _to_device(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to(self._base.device, non_blocking=True)

    def _is_held(self, step: int, index: int, item: int) -> bool:
        share = self._recipe.regularisation_share
        return bool(self._data.captions[item].fixed) and counter_random.chance(
            self._recipe.seed, "held", step, index, share
        )

    def _words(self, step: int, index: int, item: int, held: bool) -> list[str]:
        recipe, caption = self._recipe, self._data.captions[item]
        if counter_random.chance(recipe.seed, "caption", step, index, recipe.caption_dropout):
            return []
        count = len(caption.flexible)
        order = counter_random.shuffled_subset(recipe.seed, step, index, count, recipe.tag_dropout)
        return [*(() if held else caption.fixed), *(caption.flexible[number] for number in order)]

    def _loss(self, batch: _Batch) -> torch.Tensor:
        noisy = self._schedule.noisy(batch.latents, batch.noise, batch.timesteps)
        target = self._schedule.target(batch.latents, batch.noise, batch.timesteps)
        text = self._encode(batch.words)
        if batch.held:
            target = self._hold(target, noisy, batch, text)
        prediction = self._predict(noisy, batch.timesteps, text)
        return self._schedule.loss(prediction, target, batch.timesteps)

    def _predict(self, noisy: torch.Tensor, timesteps: torch.Tensor, text: EncodedText) -> torch.Tensor:
        base = self._base
        conditions = base.conditions(text.pooled, self._data.width, self._data.height)
        with torch.autocast(base.device.type, dtype=base.dtype, enabled=base.device.type != "cpu"):
            prediction: torch.Tensor = base.unet(noisy, timesteps, text.hidden, **conditions, return_dict=False)[0]
        return prediction

    def _encode(self, words: Sequence[Sequence[str]]) -> EncodedText:
        with torch.no_grad():
            encoded = encode_ids(self._base, self._tokens.batch(words), self._recipe.clip_skip)
        hidden = encoded.hidden.reshape(len(words), -1, encoded.hidden.shape[-1])
        return EncodedText(hidden, None if encoded.pooled is None else encoded.pooled[:: self._chunks])

    def _hold(self, target: torch.Tensor, noisy: torch.Tensor, batch: _Batch, text: EncodedText) -> torch.Tensor:
        """Without its trigger a caption is to give what the bare base gives; this keeps traits from leaking."""
        rows = batch.held
        with self._bare(), torch.no_grad():
            bare = self._predict(noisy[rows], batch.timesteps[rows], text.rows(rows))
        return target.index_copy(0, torch.tensor(rows, device=target.device), bare.to(target.dtype))

    @contextmanager
    def _bare(self) -> Iterator[None]:
        for _path, layer in self._layers:
            layer.enable_adapters(False)
        try:
            yield
        finally:
            for _path, layer in self._layers:
                layer.enable_adapters(True)

    def validation_loss(self, data: TrainingData) -> float:
        """Mean squared error over held-out items, at fixed noise and timesteps, so that runs compare."""
        with torch.no_grad():
            return sum(self._item_error(data, item) for item in range(len(data.captions))) / len(data.captions)

    def _item_error(self, data: TrainingData, item: int) -> float:
        levels = [round(share * (self._schedule.count - 1)) for share in VALIDATION_TIMESTEPS]
        shape = tuple(data.latents.shape[1:])
        noise = self._to_device(torch.from_numpy(counter_random.noise(0, item, range(len(levels)), shape)))
        latents = self._to_device(data.latents[item].float()).expand_as(noise)
        timesteps = torch.tensor(levels, device=self._base.device)
        caption = data.captions[item]
        text = self._encode([[*caption.fixed, *caption.flexible]] * len(levels))
        noisy = self._schedule.noisy(latents, noise, timesteps)
        prediction = fitting(
            self._levels_at_once, lambda count: self._predict_in_parts(noisy, timesteps, text, count), self._look_at
        )
        error = prediction.float() - self._schedule.target(latents, noise, timesteps)
        return float(error.square().mean())

    def _predict_in_parts(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, text: EncodedText, at_once: int
    ) -> torch.Tensor:
        parts = [slice(start, start + at_once) for start in range(0, len(noisy), at_once)]
        return torch.cat([self._predict(noisy[part], timesteps[part], text.rows(part)) for part in parts])

    def _look_at(self, levels: int) -> None:
        self._levels_at_once = levels

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Everything that a later step depends on, as tensors by name."""
        tensors = {"skipped": self._skipped}
        for number, parameter in enumerate(self._parameters):
            tensors[f"{number}.weight"] = parameter.detach()
            for name, value in self._optimizer.state.get(parameter, {}).items():
                tensors[f"{number}.{name}"] = value
        return {name: tensor.cpu().contiguous().clone() for name, tensor in tensors.items()}

    def load_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Put back what `state_dict` gave."""
        self._skipped = self._to_device(tensors["skipped"].clone())
        for number, parameter in enumerate(self._parameters):
            named = {name.split(".", 1)[1]: tensor for name, tensor in tensors.items() if name.startswith(f"{number}.")}
            with torch.no_grad():
                parameter.copy_(named.pop("weight"))
            if named:
                self._optimizer.state[parameter] = {
                    name: value.clone().to(parameter.device) for name, value in named.items()
                }

    def close(self) -> None:
        """Take the LoRA out of the base."""
        self._base.unet.disable_gradient_checkpointing()
        self._base.unet.eval()
        remove_loras(self._base)
