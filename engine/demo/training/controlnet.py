"""ControlNets for the made base: the base stays as it is, and a copy of its inner half learns to show it a drawing's
edges or depth (Zhang et al., 2023)."""

from dataclasses import dataclass

import numpy as np
import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from engine.base import default_device
from engine.demo.training.base import DrawingBatches, Stage, made_networks
from engine.demo.training.conditions import Kind, as_picture, conditions
from engine.demo.training.corpus import Corpus
from engine.demo.training.denoising import Denoising, in_bfloat16, leads, learn
from engine.demo.training.parallel import Shares

# One entry for each size that the condition passes on its way down to the latents: an autoencoder of 4 has three.
_EMBEDDING = (16, 32, 64)


@dataclass(frozen=True, kw_only=True)
class ControlStage(Stage):
    """The training of one ControlNet; `start` holds the base's networks and `end` gets the ControlNet."""

    kind: Kind


def new_controlnet(unet: UNet2DConditionModel) -> ControlNetModel:
    """An untrained one for the bare `unet`: it changes nothing yet."""
    return ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=_EMBEDDING)


def train_controlnet(shares: Shares, stage: ControlStage) -> None:
    """Train on these shares of each batch; the first one's process writes the log, the checkpoints and the result."""
    torch.manual_seed(stage.seed)
    assert stage.start is not None
    unet, text_encoder = made_networks(stage.start)
    controlnet = new_controlnet(unet)
    tokenizer = CLIPTokenizer.from_pretrained(stage.tokenizer, local_files_only=True)
    batches = {share: ConditionedBatches(stage, tokenizer, share) for share in shares}
    learn(stage.kind, FromCondition(controlnet, unet, text_encoder), batches, stage.course, stage.checkpoint)
    if leads(shares):
        controlnet.save_pretrained(stage.end)


class ConditionedBatches(DrawingBatches):
    """Drawings with their conditions, which must be there already."""

    def __init__(self, stage: ControlStage, tokenizer: CLIPTokenizer, share: int) -> None:
        super().__init__(stage, tokenizer, share)
        self.conditions = conditions(stage.kind, Corpus(stage.recipe, stage.corpus), stage.corpus)

    def given(self, numbers: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Token ids [20, 77] and conditions [20, 3, 128, 128] in 0..1."""
        shown = torch.from_numpy(as_picture(self.conditions[numbers])).permute(0, 3, 1, 2)
        return *super().given(numbers, rng), shown.float() / 255


class FromCondition(Denoising):
    """The ControlNet is given token ids [n, 77] and conditions [n, 3, h, w]; the base around it is frozen."""

    def __init__(self, controlnet: ControlNetModel, unet: UNet2DConditionModel, text_encoder: CLIPTextModel) -> None:
        super().__init__(controlnet)
        self.unet = in_bfloat16(unet).to(default_device()).requires_grad_(False)
        self.text_encoder = text_encoder.to(default_device()).requires_grad_(False)

    def velocity(self, noisy: Tensor, times: Tensor, *given: Tensor) -> Tensor:
        ids, condition = given
        words = self.text_encoder(ids).last_hidden_state.bfloat16()
        down, middle = self.working(noisy, times, words, condition.bfloat16(), return_dict=False)
        predicted: Tensor = self.unet(
            noisy, times, words, down_block_additional_residuals=down, mid_block_additional_residual=middle
        ).sample
        return predicted
