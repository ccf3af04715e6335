"""A training step against the bare forward, backward and optimizer loop on the same base and LoRA."""

import torch

from bench.harness import Result, alternate, at_least
from db.captions import Caption
from db.requests import TrainRecipe
from engine.base import BaseModel, load_base
from engine.trainer import ADAPTER, Trainer, TrainingData
from kimikoe_tui.demo.settings import weights

ITEMS, BATCH, SIZE, LATENT = 64, 8, 128, (4, 32, 32)
ROUNDS, STEPS_PER_ROUND = 9, 3
FIXED = ("nagisa",)
FLEXIBLE = ("1girl", "solo", "portrait", "smile", "sky", "outdoors", "school uniform", "open mouth", "cloud")


def run() -> list[Result]:
    """Pictures a second; at least 0.85 of the bare loop, which has its batch, noise and text at hand."""
    base = load_base(str(weights("base")), torch.device("cpu"), torch.float32)
    recipe = TrainRecipe(steps=100_000, batch_size=BATCH, rank=16, alpha=16, learning_rate=1e-4, gradient_clip=1.0)
    trainer = Trainer(base, _data(), recipe)
    bare = _BareLoop(base)
    numbers = iter(range(100_000))

    def ours() -> None:
        for _step in range(STEPS_PER_ROUND):
            trainer.step(next(numbers))

    seconds = alternate(ours, bare.steps, ROUNDS)
    rates = [BATCH * STEPS_PER_ROUND / each for each in seconds]
    return [at_least("training", rates[0], rates[1], "pictures/s", 0.85)]


def _data() -> TrainingData:
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn((ITEMS, *LATENT), generator=generator).half()
    captions = [Caption(FIXED, FLEXIBLE)] * ITEMS
    return TrainingData(latents, captions, [1.0] * ITEMS, SIZE, SIZE)


class _BareLoop:
    """Predict, square, go back, step: what no trainer can leave out."""

    def __init__(self, base: BaseModel) -> None:
        self._base = base
        self._parameters = [p for name, p in base.unet.named_parameters() if f".{ADAPTER}." in name]
        self._optimizer = torch.optim.AdamW(self._parameters, lr=1e-4, fused=True)
        generator = torch.Generator().manual_seed(1)
        self._noisy = torch.randn((BATCH, *LATENT), generator=generator)
        self._target = torch.randn((BATCH, *LATENT), generator=generator)
        self._timesteps = torch.randint(0, 1000, (BATCH,), generator=generator)
        self._text = torch.randn((BATCH, 77, base.unet.config.cross_attention_dim), generator=generator)

    def steps(self) -> None:
        """As many steps as a round has."""
        for _step in range(STEPS_PER_ROUND):
            prediction = self._base.unet(self._noisy, self._timesteps, self._text, return_dict=False)[0]
            torch.nn.functional.mse_loss(prediction, self._target).backward()
            self._optimizer.step()
            self._optimizer.zero_grad(set_to_none=True)
