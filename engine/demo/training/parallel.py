"""One process a core, each with its own share of a batch and all with the same weights."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor

RANKS = 2


def on_every_core(work: Callable[..., None], *arguments: Any) -> None:
    """Run `work(rank, *arguments)` in `RANKS` processes of one thread each and wait for all."""
    with TemporaryDirectory() as folder:
        mp.spawn(_start, (Path(folder) / "meeting", work, arguments), nprocs=RANKS)


def average_gradients(parameters: Sequence[Tensor]) -> None:
    """Give every process the mean of all gradients, in one message."""
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
        work(rank, *arguments)
    finally:
        dist.destroy_process_group()
