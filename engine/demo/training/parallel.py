"""A batch is two shares. Two processes of one thread take one each, or a graphics card takes both at once.

What is drawn by lot belongs to a share, so that the same things are trained on either way."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor

from engine.base import default_device

RANKS = 2

Shares = tuple[int, ...]  # the shares of each batch that a process takes


def in_shares(work: Callable[..., None], *arguments: Any) -> None:
    """Run `work(shares, *arguments)` and wait: once with all shares on a card, otherwise in `RANKS` processes of one
    thread each."""
    if default_device().type == "cuda":
        return work(tuple(range(RANKS)), *arguments)
    with TemporaryDirectory() as folder:
        mp.spawn(_start, (Path(folder) / "meeting", work, arguments), nprocs=RANKS)


def average_gradients(parameters: Sequence[Tensor]) -> None:
    """Give every process the mean of all gradients, in one message; one process alone has it already."""
    if not dist.is_initialized():
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    parts = flat.split([gradient.numel() for gradient in gradients])
    torch._foreach_copy_(gradients, [part.view_as(gradient) for part, gradient in zip(parts, gradients, strict=True)])


def _start(rank: int, meeting: Path, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=RANKS)
    try:
        work((rank,), *arguments)
    finally:
        dist.destroy_process_group()
