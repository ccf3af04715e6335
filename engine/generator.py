"""Drawing pictures: rows of one static shape through one denoising loop, each row with noise and LoRAs of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
)
from numpy.typing import NDArray

from db.errors import UserError
from db.i18n import _
from engine.base import BaseModel
from engine.latents import decode
from engine.lora import RowWeights
from engine.prompt import Prompt
from engine.text import EncodedText, chunk_count, encode_prompts

PIXELS_AT_ONCE = 4 * 512 * 512
LARGE_CARD = 20 * 2**30
_KARRAS = {"use_karras_sigmas": True}
_SDE = {"algorithm_type": "sde-dpmsolver++"}
# The names are A1111's. Its samplers space their steps evenly, except DDIM, which starts below the noisiest one.
_LINEAR, _LEADING = {"timestep_spacing": "linspace"}, {"timestep_spacing": "leading"}
SAMPLERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "DPM++ 2M": (DPMSolverMultistepScheduler, _LINEAR),
    "DPM++ 2M Karras": (DPMSolverMultistepScheduler, _LINEAR | _KARRAS),
    "DPM++ 2M SDE": (DPMSolverMultistepScheduler, _LINEAR | _SDE),
    "DPM++ 2M SDE Karras": (DPMSolverMultistepScheduler, _LINEAR | _SDE | _KARRAS),
    "Euler": (EulerDiscreteScheduler, _LINEAR),
    "Euler a": (EulerAncestralDiscreteScheduler, _LINEAR),
    "DDIM": (DDIMScheduler, _LEADING | {"clip_sample": False, "set_alpha_to_one": False}),
}


@dataclass(frozen=True)
class LoraWeight:
    """How strongly a row uses a resident LoRA."""

    unet: float
    text: float


@dataclass(frozen=True)
class Row:
    """One picture to draw; `loras` are resident adapters by name."""

    prompt: Prompt
    negative: Prompt
    seed: int
    steps: int
    sampler: str
    cfg_scale: float
    width: int
    height: int
    clip_skip: int = 1
    loras: Mapping[str, LoraWeight] = field(default_factory=dict)


@dataclass(frozen=True)
class Shape:
    """What rows must share to be drawn in one batch."""

    width: int
    height: int
    steps: int
    sampler: str
    chunks: int
    guided: bool


def row_shape(base: BaseModel, row: Row) -> Shape:
    """The shape a row is drawn in; raises `UserError` for a sampler or a size that this base cannot do."""
    if row.sampler not in SAMPLERS:
        raise UserError(
            _("There is no sampler “{name}”: choose one of {names}.").format(
                name=row.sampler, names=", ".join(SAMPLERS)
            )
        )
    base.latent_shape(row.width, row.height)
    chunks = max(chunk_count(base, row.prompt), chunk_count(base, row.negative))
    return Shape(row.width, row.height, row.steps, row.sampler, chunks, row.cfg_scale != 1.0)


def batch_limit(base: BaseModel, width: int, height: int) -> int:
    """How many pictures of this size to draw at once: as many as fit a card of 8 GB, more on a large one."""
    large = base.device.type == "cuda" and torch.cuda.get_device_properties(base.device).total_memory > LARGE_CARD
    pixels = PIXELS_AT_ONCE * (4 if large else 1)
    return min(16 if large else 8, max(1, pixels // (width * height)))


def make_scheduler(name: str, base: BaseModel, steps: int) -> Any:
    """A diffusers scheduler for a sampler, with the base's noise, ready for this many steps."""
    scheduler, settings = SAMPLERS[name]
    noise = dict(base.scheduler_config)
    if noise.get("timestep_spacing") == "trailing":
        settings = settings | {"timestep_spacing": "trailing"}
    made = scheduler.from_config(noise | settings)
    made.set_timesteps(steps, device=base.device)
    return made


def generate(
    base: BaseModel,
    rows: Sequence[Row],
    batch_size: int,
    loras: RowWeights | None = None,
    on_step: Callable[[int], None] = lambda step: None,
) -> NDArray[np.uint8]:
    """Draw rows of one shape, at most `batch_size`, as pictures [n, height, width, 3].

    A short batch is padded by repeating its last row: a row comes out the same whatever is drawn beside it.
    """
    padded = [*rows, *[rows[-1]] * (batch_size - len(rows))]
    shape = row_shape(base, padded[0])
    with torch.no_grad():
        text = _encode(base, padded, shape, loras)
        if loras is not None:
            unet_weights = [{name: lora.unet for name, lora in row.loras.items()} for row in padded]
            loras.set_rows(unet_weights, copies=2 if shape.guided else 1)
        latents = denoise(base, padded, shape, text, on_step)
    return decode(base, latents[: len(rows)])


def _encode(base: BaseModel, rows: Sequence[Row], shape: Shape, loras: RowWeights | None) -> EncodedText:
    """The texts of a batch: all negative ones, then all prompts; without guidance only the prompts."""
    encoded: dict[Any, EncodedText] = {}

    def one(row: Row, prompt: Prompt) -> EncodedText:
        weights = {name: lora.text for name, lora in row.loras.items()}
        key = prompt.sections, row.clip_skip, tuple(sorted(weights.items()))
        if key not in encoded:
            if loras is not None:
                loras.set_text(weights)
            encoded[key] = encode_prompts(base, [prompt], row.clip_skip, shape.chunks)
        return encoded[key]

    negative = [one(row, row.negative) for row in rows] if shape.guided else []
    return EncodedText.stack([*negative, *(one(row, row.prompt) for row in rows)])


def denoise(
    base: BaseModel, rows: Sequence[Row], shape: Shape, text: EncodedText, on_step: Callable[[int], None]
) -> torch.Tensor:
    """Latents [n, c, h, w] from the noise of each row's seed, drawn on the CPU so that no device changes it."""
    scheduler = make_scheduler(shape.sampler, base, shape.steps)
    generators = [torch.Generator("cpu").manual_seed(row.seed) for row in rows]
    latent_shape = base.latent_shape(shape.width, shape.height)
    noise = torch.stack([torch.randn(latent_shape, generator=generator) for generator in generators])
    latents = noise.to(base.device) * scheduler.init_noise_sigma
    guidance = torch.tensor([row.cfg_scale for row in rows], device=base.device)[:, None, None, None]
    conditions = base.conditions(text.pooled, shape.width, shape.height)
    for number, timestep in enumerate(scheduler.timesteps):
        doubled = torch.cat([latents, latents]) if shape.guided else latents
        scaled = scheduler.scale_model_input(doubled, timestep).to(base.dtype)
        prediction = base.unet(scaled, timestep, text.hidden, **conditions, return_dict=False)[0].float()
        if shape.guided:
            without, with_prompt = prediction.chunk(2)
            prediction = without + guidance * (with_prompt - without)
        latents = scheduler.step(prediction, timestep, latents, generator=generators, return_dict=False)[0]
        on_step(number)
    return latents
