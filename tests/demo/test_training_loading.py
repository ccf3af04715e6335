"""What is trained on, and by whom: the same for one process as for two, whoever makes it."""

import os

import numpy as np
import pytest
import torch
from transformers import CLIPTokenizer

from engine.demo.training import loading
from engine.demo.training.base import DrawingBatches, FromText, made_networks, train_stage
from engine.demo.training.denoising import Batch, together
from engine.demo.training.loading import batches
from tests.demo.training_setting import Setting


def made_at(step: int) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """Numbers by lot, the step and the process."""
    lots = torch.from_numpy(np.random.default_rng(step).random(3))
    return lots, (torch.tensor(step), torch.tensor(os.getpid()))


def test_processes_that_make_batches_ahead_change_nothing_and_keep_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = list(batches(made_at, 3, 20))
    monkeypatch.setattr(loading, "loaders", lambda: 2)
    ahead = list(batches(made_at, 3, 20))
    assert [int(step) for _, (step, _process) in ahead] == list(range(3, 20))
    assert len({int(process) for _, (_step, process) in ahead} - {os.getpid()}) == 2
    assert all(torch.equal(one[0], other[0]) for one, other in zip(alone, ahead, strict=True))


def test_both_shares_at_once_teach_what_they_teach_one_by_one(setting: Setting) -> None:
    tokenizer = CLIPTokenizer.from_pretrained(setting.tokenizer, local_files_only=True)
    shares = [DrawingBatches(setting.stage("shares"), tokenizer, share).batch(5) for share in (0, 1)]
    assert not torch.equal(shares[0].noise, shares[1].noise)
    denoising = FromText(*made_networks(setting.base))
    one_by_one = [gradients(denoising, share) for share in shares]
    at_once = gradients(denoising, together(shares))
    mean = torch.stack(one_by_one).mean(0)
    assert float((at_once - mean).norm() / mean.norm()) < 0.02
    assert float((one_by_one[0] - mean).norm() / mean.norm()) > 0.2


def test_one_process_with_both_shares_trains_and_writes(setting: Setting) -> None:
    stage = setting.stage("both")
    train_stage((0, 1), stage)
    trained, before = made_networks(stage.end)[0], made_networks(setting.base)[0]
    assert torch.load(stage.checkpoint, weights_only=True)["step"] == stage.steps
    assert not torch.equal(next(trained.parameters()), next(before.parameters()))


def gradients(denoising: FromText, batch: Batch) -> torch.Tensor:
    """All gradients of the batch in one row."""
    for parameter in denoising.parameters:
        parameter.grad = None
    denoising.backward(batch)
    return torch.cat([parameter.grad.flatten() for parameter in denoising.parameters if parameter.grad is not None])
