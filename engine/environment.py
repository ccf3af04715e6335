"""What results depend on besides their recipe: recorded where work begins, and used again where it goes on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import diffusers
import peft
import torch
import transformers

from db import events
from db.i18n import _
from engine.base import BaseModel, default_device
from engine.running import RunningJob

if TYPE_CHECKING:
    from engine.studio import Studio

Environment = Mapping[str, Any]


def environment(base: BaseModel) -> dict[str, Any]:
    """Where this is the same, results repeat bit for bit on a CPU."""
    return {
        "device": device_name(base.device),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "dtype": str(base.dtype).removeprefix("torch."),
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "transformers": transformers.__version__,
        "peft": peft.__version__,
    }


def device_name(device: torch.device) -> str:
    """The name of a graphics card, or `cpu`."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def recorded_dtype(recorded: Environment | None) -> torch.dtype | None:
    """The type of numbers to go on with; None where work has yet to begin, or began on another device."""
    if recorded is None or recorded["device"] != device_name(default_device()):
        return None
    dtype: torch.dtype = getattr(torch, recorded["dtype"])
    return dtype


@contextmanager
def recorded_threads(recorded: Environment | None, base: BaseModel) -> Iterator[None]:
    """On a CPU, as many threads as the work began with, because their number changes the order of sums."""
    before = torch.get_num_threads()
    if recorded is not None and base.device.type == "cpu":
        torch.set_num_threads(recorded["threads"])
    try:
        yield
    finally:
        torch.set_num_threads(before)


def tell_differences(studio: "Studio", job: RunningJob, recorded: Environment, present: Environment, what: str) -> None:
    """Say, in the job's log and as an event, what cannot be as it was when the work began; `what` names the work."""
    for name in sorted(present.keys() & recorded.keys() - {"threads"}):
        if present[name] != recorded[name]:
            words = _("{name} was {before} when {what} began and is {now}: it goes on, but not bit for bit.")
            said = words.format(name=name, before=recorded[name], what=what, now=present[name])
            job.say(said)
            events.note(studio.db, "environment", said)
