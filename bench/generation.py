"""Pictures through the generator against the bare denoising loop of the same base."""

import torch
from diffusers import DPMSolverMultistepScheduler

from bench.harness import Result, alternate, at_least
from engine.base import BaseModel, load_base
from engine.generator import Row, generate
from engine.prompt import parse
from kimikoe_tui.demo.settings import weights

BATCH, STEPS, CFG_SCALE, SIZE = 8, 15, 5.0, 128
ROUNDS = 7
PROMPT = "1girl, solo, portrait, (blue hair:1.2), red eyes, smile, sky, outdoors"


def run() -> list[Result]:
    """Pictures a second, text and VAE included; at least 0.85 of a loop that has its text at hand."""
    base = load_base(str(weights("base")), torch.device("cpu"), torch.float32)
    rows = [
        Row(parse(f"{PROMPT}, {number}"), parse("lowres"), number, STEPS, "DPM++ 2M", CFG_SCALE, SIZE, SIZE)
        for number in range(BATCH)
    ]
    bare = _BareLoop(base)
    seconds = alternate(lambda: generate(base, rows, BATCH), bare.draw, ROUNDS)
    return [at_least("generation", BATCH / seconds[0], BATCH / seconds[1], "pictures/s", 0.85)]


class _BareLoop:
    """Noise to pictures with nothing but the UNet, a scheduler and the VAE."""

    def __init__(self, base: BaseModel) -> None:
        self._base = base
        generator = torch.Generator().manual_seed(0)
        self._text = torch.randn((2 * BATCH, 77, base.unet.config.cross_attention_dim), generator=generator)
        self._noise = torch.randn((BATCH, *base.latent_shape(SIZE, SIZE)), generator=generator)

    def draw(self) -> torch.Tensor:
        """One batch."""
        with torch.no_grad():
            return self._decode(self._denoise())

    def _denoise(self) -> torch.Tensor:
        scheduler = DPMSolverMultistepScheduler.from_config(dict(self._base.scheduler_config))
        scheduler.set_timesteps(STEPS)
        latents = self._noise
        for timestep in scheduler.timesteps:
            both = self._base.unet(torch.cat([latents, latents]), timestep, self._text, return_dict=False)[0]
            without, with_prompt = both.chunk(2)
            guided = without + CFG_SCALE * (with_prompt - without)
            latents = scheduler.step(guided, timestep, latents, return_dict=False)[0]
        return latents

    def _decode(self, latents: torch.Tensor) -> torch.Tensor:
        scaled = latents / self._base.vae.config.scaling_factor
        pictures: torch.Tensor = self._base.vae.decode(scaled, return_dict=False)[0]
        return pictures
