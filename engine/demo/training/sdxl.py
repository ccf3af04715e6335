"""A small base of SDXL's architecture, grown from the base: two text encoders, and sizes that mean something."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPTokenizer

from engine.base import default_device
from engine.demo.training.base import Stage, made_networks, mean_weights
from engine.demo.training.captions import Captions
from engine.demo.training.denoising import SHARE, Batch, Denoising, leads, learn, noised
from engine.demo.training.networks import LATENT_SIZE
from engine.demo.training.parallel import Shares
from engine.demo.training.sdxl_drawings import Drawings, Source, Taken
from engine.demo.training.sdxl_networks import TextEncoders, sdxl_text_encoder, sdxl_text_encoder_2, sdxl_unet

SECOND_PADDING = "!"  # SDXL's second text encoder was trained with it


@dataclass(frozen=True, kw_only=True)
class SdxlStage(Stage):
    """The training of the small SDXL; `start` holds the base's networks. The drawings come from `sources`."""

    sources: tuple[Source, ...]


def train_sdxl(shares: Shares, stage: SdxlStage) -> None:
    """Train on these shares of each batch; the first one's process writes the log, the checkpoints and the result."""
    torch.manual_seed(stage.seed)
    assert stage.start is not None
    base, text_encoder = made_networks(stage.start)
    unet = sdxl_unet(base)
    encoders = TextEncoders(sdxl_text_encoder(text_encoder), sdxl_text_encoder_2(text_encoder))
    tokenizer = CLIPTokenizer.from_pretrained(stage.tokenizer, local_files_only=True)
    batches = {share: SdxlBatches(stage, tokenizer, share) for share in shares}
    learn("sdxl", FromTextAndSizes(unet, encoders), batches, stage.course, stage.checkpoint)
    if leads(shares):
        unet.save_pretrained(stage.end / "unet")
        encoders.first.save_pretrained(stage.end / "text_encoder")
        encoders.second.save_pretrained(stage.end / "text_encoder_2")


class SdxlBatches:
    """A share of what is trained on: drawings of every original size, in their shares; the same for the same step."""

    def __init__(self, stage: SdxlStage, tokenizer: CLIPTokenizer, share: int) -> None:
        self.stage, self.share = stage, share
        self.drawings = [Drawings(source) for source in stage.sources]
        self.captions = [Captions(tokenizer, drawings.scenes) for drawings in self.drawings]
        self.padding = (tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids(SECOND_PADDING))
        edges = np.cumsum([0.0, *(source.share for source in stage.sources)])
        self.counts = np.diff(np.round(edges / edges[-1] * SHARE).astype(int))

    def batch(self, step: int) -> Batch:
        """20 drawings; given are ids [20, 77] for each text encoder and time ids [20, 6]."""
        rng = np.random.default_rng([self.stage.seed, self.stage.size, step, self.share])
        taken: list[Taken] = []
        ids: list[NDArray[np.int64]] = []
        for drawings, captions, count in zip(self.drawings, self.captions, self.counts, strict=True):
            numbers = np.sort(rng.integers(0, len(drawings), count))
            taken += [drawings.take(int(number), rng) for number in numbers]
            ids += [captions.drawn(int(number), rng) for number in numbers]
        given = (*(torch.from_numpy(each) for each in self._both(np.stack(ids))), time_ids(taken))
        latents = torch.from_numpy(np.stack([each.latents for each in taken]).astype(np.float32))
        weights = mean_weights((each.heads for each in taken), LATENT_SIZE)
        return noised(latents, weights, given, int(rng.integers(1 << 62)))

    def _both(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The ids for both text encoders, which pad what follows the end each in their way."""
        end, padding = self.padding
        ended = np.cumsum(ids == end, 1) > 1
        return ids, np.where(ended, padding, ids)


def time_ids(taken: Sequence[Taken]) -> Tensor:
    """[n, 6]"""
    return torch.tensor([each.time_ids for each in taken], dtype=torch.float32)


class FromTextAndSizes(Denoising):
    """The denoiser is given token ids [n, 77] twice and time ids [n, 6]. The second text encoder learns beside it; the
    first one, which knows the words, stays as it is."""

    def __init__(self, unet: UNet2DConditionModel, encoders: TextEncoders) -> None:
        encoders.to(default_device()).first.requires_grad_(False)
        super().__init__(unet, encoders.second.parameters())
        self.encoders = encoders

    def velocity(self, noisy: Tensor, times: Tensor, *given: Tensor) -> Tensor:
        ids, ids_2, sizes = given
        with torch.autocast(noisy.device.type, dtype=torch.bfloat16):
            words, pooled = self.encoders(ids, ids_2)
        added = {"text_embeds": pooled.bfloat16(), "time_ids": sizes}
        predicted: Tensor = self.working(noisy, times, words.bfloat16(), added_cond_kwargs=added).sample
        return predicted
