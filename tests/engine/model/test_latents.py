from pathlib import Path

import numpy as np
import pytest
import torch

from db.connect import connect
from engine.base import BaseModel
from engine.fit import Box, Fit
from engine.latents import LatentCache, decode, encode, latent_key

FIT = Fit(Box(0, 0, 10, 10), "cover")
SHAPE = (4, 2, 3)


def smooth_picture(size: int = 64) -> np.ndarray:
    ramp = np.linspace(60, 200, size)
    return np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], np.float64(120)), axis=-1).astype(np.uint8)


def test_encoded_pictures_decode_to_nearly_themselves(sd15: BaseModel) -> None:
    pictures = np.stack([smooth_picture(), smooth_picture()[:, ::-1]])
    latents = encode(sd15, pictures)
    assert latents.shape == (2, 4, 16, 16) and latents.dtype == torch.float16
    assert 0.3 < latents.float().std() < 3
    decoded = decode(sd15, latents)
    assert decoded.shape == pictures.shape and decoded.dtype == np.uint8
    assert np.abs(decoded.astype(int) - pictures.astype(int)).mean() < 6


def test_a_picture_encodes_the_same_in_any_batch(sd15: BaseModel) -> None:
    pictures = np.stack([smooth_picture(), smooth_picture()[::-1], smooth_picture()[:, ::-1]])
    assert torch.equal(decode_all(sd15, pictures)[1], decode_all(sd15, pictures[1:2])[0])


def decode_all(base: BaseModel, pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(decode(base, encode(base, pictures)))


def test_the_cache_gives_back_what_was_put_in_any_order(tmp_path: Path) -> None:
    cache = LatentCache(tmp_path / "latents.db", SHAPE)
    keys = [f"key{number}" for number in range(1200)]
    latents = torch.randn(1200, *SHAPE, generator=torch.Generator().manual_seed(0)).half()
    assert cache.missing(keys) == set(keys)
    cache.put(keys[:1000], latents[:1000])
    assert cache.missing(keys) == set(keys[1000:])
    assert torch.equal(cache.read(keys[999::-1]), latents[:1000].flip(0))
    cache.close()
    reopened = LatentCache(tmp_path / "latents.db", SHAPE)
    assert torch.equal(reopened.read(["key7", "key7"]), latents[[7, 7]])


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "latents.db"
    path.write_bytes(b"not a database" * 100)
    cache = LatentCache(path, SHAPE)
    assert cache.missing(["a"]) == {"a"}
    cache.put(["a"], torch.zeros(1, *SHAPE).half())
    assert cache.missing(["a"]) == set()


def test_a_cache_of_an_earlier_format_is_emptied(tmp_path: Path) -> None:
    old = connect(tmp_path / "latents.db")
    old.execute("CREATE TABLE latent (key TEXT PRIMARY KEY, shape TEXT NOT NULL, float16 BLOB NOT NULL)")
    old.execute("INSERT INTO latent VALUES ('a', '4x2x3', x'00')")
    old.close()
    cache = LatentCache(tmp_path / "latents.db", SHAPE)
    assert cache.missing(["a"]) == {"a"}
    cache.put(["a"], torch.zeros(1, *SHAPE).half())
    cache.close()
    assert LatentCache(tmp_path / "latents.db", SHAPE).missing(["a"]) == set()


@pytest.mark.parametrize(
    "other",
    [
        ("film2", 1, FIT, 64, 64, "vae"),
        ("film", 2, FIT, 64, 64, "vae"),
        ("film", 1, Fit(Box(0, 1, 10, 9), "cover"), 64, 64, "vae"),
        ("film", 1, Fit(Box(0, 0, 10, 10), "cover", focus_x=0.4), 64, 64, "vae"),
        ("film", 1, FIT, 64, 96, "vae"),
        ("film", 1, FIT, 64, 64, "vae2"),
    ],
)
def test_a_key_names_everything_that_latents_depend_on(other: tuple[str, int, Fit, int, int, str]) -> None:
    key = latent_key("film", 1, FIT, 64, 64, "vae")
    assert key == latent_key("film", 1, Fit(Box(0, 0, 10, 10), "cover"), 64, 64, "vae")
    assert latent_key(*other) != key
