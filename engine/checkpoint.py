"""Checkpoints that are there whole or not at all: written aside, synced, renamed, and verified before they are used."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save

from engine.base_files import files_sha256
from engine.checkpoint_files import MANIFEST, STATE, TENSORS, Checkpoint, manifest_of, verified
from engine.durable import removed_on_failure, sync_folder, write_synced

PARTIAL = ".partial"


def save_checkpoint(
    folder: Path, step: int, tensors: Mapping[str, torch.Tensor], state: Mapping[str, Any]
) -> Checkpoint:
    """Write `folder/step-00001234`; `step` is the next one to train. One of the same step is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    partial, path = folder / PARTIAL, folder / f"step-{step:08}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    with removed_on_failure(partial):
        write_synced(partial / TENSORS, save(dict(tensors)))
        write_synced(partial / STATE, _json_bytes({**state, "step": step}))
        write_synced(partial / MANIFEST, _json_bytes(manifest_of(partial)))
        sync_folder(partial)
    shutil.rmtree(path, ignore_errors=True)
    partial.rename(path)
    sync_folder(folder)
    return Checkpoint(path, step, files_sha256([path / MANIFEST]))


def _json_bytes(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"


def newest_verified(folder: Path) -> Checkpoint | None:
    """The newest checkpoint whose files are as its manifest says; damaged ones are passed over."""
    return next((found for path in _newest_first(folder) if (found := verified(path))), None)


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"), reverse=True)


def _step(path: Path) -> int:
    return int(path.name.removeprefix("step-"))


def read_checkpoint(checkpoint: Checkpoint) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and state of a verified checkpoint."""
    state: dict[str, Any] = json.loads((checkpoint.path / STATE).read_bytes())
    return load_file(checkpoint.path / TENSORS), state


def discard_newer(folder: Path, checkpoint: Checkpoint | None) -> None:
    """Delete what is newer than this checkpoint, which is damaged, so that no pruning prefers it."""
    for path in _newest_first(folder):
        if checkpoint is None or path.name > checkpoint.path.name:
            shutil.rmtree(path, ignore_errors=True)


def prune(folder: Path, keep: int, every: int) -> list[Path]:
    """Delete all but the newest `keep` checkpoints; returns the folders that went.

    Where a newer one is there, those off the beat of `every` steps go too: they were saved for a stop, and what is left
    in the end is not to depend on stops.
    """
    found = _newest_first(folder)
    on_beat = [path for path in found[1:] if _step(path) % every == 0]
    kept = {*found[:1], *on_beat[: max(1, keep) - 1]}
    old = [path for path in found if path not in kept]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return old
