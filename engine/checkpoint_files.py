"""What a checkpoint on the disk consists of, and whether it is whole; read without torch."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.base_files import files_sha256

TENSORS, STATE, MANIFEST = "tensors.safetensors", "state.json", "manifest.json"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on the disk: its folder, the step it was saved before, and the hash of its manifest."""

    path: Path
    step: int
    sha256: str


def manifest_of(path: Path) -> dict[str, Any]:
    """What a checkpoint's manifest says where its files are whole."""
    return {"sha256": {name: files_sha256([path / name]) for name in (TENSORS, STATE)}}


def verified(path: Path) -> Checkpoint | None:
    """The checkpoint in a folder, or None where its files are not as its manifest says."""
    if not all((path / name).is_file() for name in (TENSORS, STATE, MANIFEST)):
        return None
    try:
        if json.loads((path / MANIFEST).read_bytes()) != manifest_of(path):
            return None
        step = int(json.loads((path / STATE).read_bytes())["step"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return Checkpoint(path, step, files_sha256([path / MANIFEST]))
