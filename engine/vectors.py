"""The vectors of all tagged frames as one memory-mapped array: a cache of rows, rebuilt when it is not theirs.

float32, because a matrix product over float16 is an order of magnitude slower on a CPU.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.durable import removed_on_failure


def to_blob(vector: NDArray[np.float32]) -> bytes:
    """A vector as rows store it, float16."""
    return vector.astype("<f2").tobytes()


def from_blob(blob: bytes) -> NDArray[np.float32]:
    """A vector [dim] back from a row."""
    return np.frombuffer(blob, "<f2").astype(np.float32)


def checksum(tagger_sha256: str, keys: NDArray[np.int64]) -> str:
    """Names the content of a cache: the tagger and, in order, which rows are in it; `keys` is [n, any]."""
    digest = hashlib.sha256(tagger_sha256.encode())
    digest.update(np.ascontiguousarray(keys).tobytes())
    return digest.hexdigest()


def open_vectors(
    path: Path, expected_checksum: str, shape: tuple[int, int], blobs: Callable[[], Iterable[bytes]]
) -> NDArray[np.float32]:
    """The array [n, dim], read-only; written anew from `blobs()` where the file is missing or of other rows."""
    if recorded_checksum(path) != expected_checksum or mapped(path, shape) is None:
        _write(path, shape, blobs())
        sidecar(path).write_text(json.dumps({"checksum": expected_checksum, "bytes": path.stat().st_size}))
    vectors = mapped(path, shape)
    assert vectors is not None
    return vectors


def mapped(path: Path, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    """The file as an array [n, dim], read-only; None where it is no such array."""
    if shape[0] == 0:
        return np.empty(shape, np.float32)
    try:
        vectors: NDArray[np.float32] = np.load(path, mmap_mode="r")
    except (OSError, ValueError, SyntaxError):
        return None
    return vectors if vectors.shape == shape and vectors.dtype == np.float32 else None


def sidecar(path: Path) -> Path:
    """Where it is written of which rows the file is a copy."""
    return path.with_suffix(".json")


def recorded_checksum(path: Path) -> str | None:
    """Of which rows the file says it is a copy, if it is of the size that it had when it was written."""
    try:
        record = json.loads(sidecar(path).read_text())
        return str(record["checksum"]) if record["bytes"] == path.stat().st_size else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, shape: tuple[int, int], blobs: Iterable[bytes]) -> None:
    """Replace the file whole, so that a reader never maps a half-written one."""
    sidecar(path).unlink(missing_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.partial")
    with removed_on_failure(temporary), temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for blob in blobs:
            file.write(from_blob(blob).astype("<f4").tobytes())
    os.replace(temporary, path)
