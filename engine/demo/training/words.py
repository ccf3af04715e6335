"""The text encoder learns which word goes with which: the last token of each tag comes to tell the whole tag.

For hair and eyes it learns that beside the denoiser. For clothes it did not: "red dress" left its colour at "red",
where it may as well be the hair's."""

import copy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import CLIPTextModel

from engine.base import default_device
from engine.demo.training.captions import Captions
from engine.demo.training.log import say
from engine.demo.training.state import Course, Training
from engine.demo.training.vocabulary import vocabulary

_BATCH = 64
_NEARNESS = 2.0
_SAVE_EVERY = 100

TagNumbers = dict[tuple[int, ...], int]


def bind_words(text_encoder: CLIPTextModel, captions: Captions, steps: int, seed: int, checkpoint: Path) -> None:
    """Train the text encoder alone; goes on from `checkpoint`. It stays near to what its denoiser can read already."""
    torch.manual_seed(seed)
    numbers = {tuple(captions.ids_of(tag)): number for number, tag in enumerate(vocabulary())}
    before = copy.deepcopy(text_encoder.to(default_device()))
    told = nn.Linear(text_encoder.config.hidden_size, len(numbers)).to(default_device())
    training = Training([*text_encoder.parameters(), *told.parameters()], Course(1e-3, steps), 1e-2, 0.98)
    training.resume(checkpoint)
    while not training.finished:
        ids = _ids(captions, np.random.default_rng([seed, training.step])).to(default_device())
        words = text_encoder(ids).last_hidden_state
        positions, tags = (each.to(default_device()) for each in last_tokens(ids, captions, numbers))
        untold = F.cross_entropy(told(words.flatten(0, 1)[positions]), tags)
        with torch.no_grad():
            known = before(ids).last_hidden_state
        (untold + _NEARNESS * F.mse_loss(words, known)).backward()
        training.update()
        if training.step % _SAVE_EVERY == 0 or training.finished:
            say("words", step=training.step, untold=float(untold.detach()))
            training.save(checkpoint)
    training.averaged.apply()
    text_encoder.cpu()


def last_tokens(ids: Tensor, captions: Captions, numbers: TagNumbers) -> tuple[Tensor, Tensor]:
    """Where tags end in captions [n, 77], counted over all of them, and which tags these are by `numbers`."""
    found = [
        (row * ids.shape[1] + end, numbers[tag])
        for row, caption in enumerate(ids.tolist())
        for end, tag in _tags(caption, captions)
    ]
    positions, tags = torch.tensor(found).T
    return positions, tags


def _tags(caption: list[int], captions: Captions) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The tags of one caption, with the position of each one's last token."""
    (comma,) = captions.comma
    words: list[int] = []
    for position, word in enumerate(caption[1:]):
        if word not in (comma, captions.end):
            words.append(word)
        elif words:
            yield position, tuple(words)
            words = []


def _ids(captions: Captions, rng: np.random.Generator) -> Tensor:
    """Token ids [64, 77] of drawings by lot."""
    drawn: list[NDArray[np.int64]] = [
        captions.drawn(int(number), rng) for number in rng.integers(0, len(captions.parts), _BATCH)
    ]
    return torch.from_numpy(np.stack(drawn))
