"""Latents of pictures, in `latents.db`: a cache keyed by content, lost and rebuilt without harm."""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from db.connect import connect, writing
from engine.base import BaseModel
from engine.fit import Fit

SCHEMA = """
CREATE TABLE IF NOT EXISTS latent (
    key TEXT PRIMARY KEY, shape TEXT NOT NULL, float16 BLOB NOT NULL, crc32 INTEGER NOT NULL)
"""
FORMAT = 1
ROWS_PER_WRITE = 64
KEYS_PER_READ = 500


def latent_key(film_sha256: str, number: int, fit: Fit, width: int, height: int, vae_sha256: str) -> str:
    """Names the latents of a frame by everything that they depend on."""
    return hashlib.sha256(f"{film_sha256} {number} {fit} {width}x{height} {vae_sha256}".encode()).hexdigest()


def encode(base: BaseModel, pixels: NDArray[np.uint8]) -> torch.Tensor:
    """Latents [n, c, h, w] of pictures [n, height, width, 3], as the UNet reads them, in float16 on the CPU.

    One at a time, because a picture's last bits depend on the batch, and runs that repeat depend on them.
    """
    with torch.no_grad():
        return torch.cat([_encode_one(base, picture[None]) for picture in pixels])


def _encode_one(base: BaseModel, pixels: NDArray[np.uint8]) -> torch.Tensor:
    pictures = torch.from_numpy(pixels).to(base.device).permute(0, 3, 1, 2).float() / 127.5 - 1
    latents: torch.Tensor = base.vae.encode(pictures).latent_dist.mode() * base.vae.config.scaling_factor
    return latents.half().cpu()


def decode(base: BaseModel, latents: torch.Tensor) -> NDArray[np.uint8]:
    """Pictures [n, height, width, 3] of latents [n, c, h, w], one at a time, which also bounds the memory."""
    scaled = latents.float() / base.vae.config.scaling_factor
    with torch.no_grad():
        return np.concatenate([_decode_one(base, one[None]) for one in scaled])


def _decode_one(base: BaseModel, latents: torch.Tensor) -> NDArray[np.uint8]:
    pictures = base.vae.decode(latents, return_dict=False)[0]
    rounded = ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    pixels: NDArray[np.uint8] = rounded.permute(0, 2, 3, 1).cpu().numpy()
    return pixels


class LatentCache:
    """The latents of one shape that `latents.db` holds, by key."""

    def __init__(self, path: Path, shape: tuple[int, int, int]) -> None:
        self._db = _open(path)
        self._shape = shape

    def missing(self, keys: Sequence[str]) -> set[str]:
        """Keys that have no latents yet."""
        return set(keys) - {row["key"] for row in self._rows("key", keys)}

    def put(self, keys: Sequence[str], latents: torch.Tensor) -> None:
        """Store float16 latents [n, c, h, w] under their keys."""
        shape = "x".join(map(str, self._shape))
        blobs = [one.numpy().tobytes() for one in latents]
        rows = [(key, shape, blob, zlib.crc32(blob)) for key, blob in zip(keys, blobs, strict=True)]
        for start in range(0, len(rows), ROWS_PER_WRITE):
            with writing(self._db):
                self._db.executemany(
                    "INSERT OR REPLACE INTO latent VALUES (?, ?, ?, ?)", rows[start : start + ROWS_PER_WRITE]
                )

    def read(self, keys: Sequence[str]) -> torch.Tensor:
        """Latents [n, c, h, w] of keys that are all there, in float16."""
        latents = np.empty((len(keys), *self._shape), np.float16)
        for start in range(0, len(keys), KEYS_PER_READ):
            some = keys[start : start + KEYS_PER_READ]
            found = {row["key"]: row["float16"] for row in self._rows("key, float16", some)}
            for offset, key in enumerate(some):
                latents[start + offset] = np.frombuffer(found[key], np.float16).reshape(self._shape)
        return torch.from_numpy(latents)

    def _rows(self, columns: str, keys: Sequence[str]) -> Iterable[sqlite3.Row]:
        for start in range(0, len(keys), KEYS_PER_READ):
            some = keys[start : start + KEYS_PER_READ]
            marks = ", ".join("?" * len(some))
            yield from self._db.execute(f"SELECT {columns} FROM latent WHERE key IN ({marks})", some)

    def close(self) -> None:
        """Close the cache."""
        self._db.close()


def _open(path: Path) -> sqlite3.Connection:
    """Open the cache, made anew where it is missing or damaged."""
    try:
        return _opened(path)
    except sqlite3.OperationalError:  # locked, or a full disk: the cache itself is sound
        raise
    except sqlite3.DatabaseError:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        return _opened(path)


def _opened(path: Path) -> sqlite3.Connection:
    """The cache with its table; one of an earlier format is emptied."""
    cache = connect(path)
    if cache.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
        with writing(cache):
            cache.execute("DROP TABLE IF EXISTS latent")
            cache.execute(SCHEMA)
            cache.execute(f"PRAGMA user_version = {FORMAT}")
    cache.execute(SCHEMA)
    return cache
