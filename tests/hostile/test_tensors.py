"""Safetensors files: headers that lie, pickles in disguise; as bases of one file and as LoRAs."""

import json
import pickle
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from db.requests import BaseRequest
from engine.kohya import read_lora, read_metadata
from tests.hostile.oracle import Bench, Case, bounded, told
from tests.hostile.texts import TEXTS


class Owned:
    """Unpickled, it would write a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("owned-by-a-pickle", "w"))


def file_of(header: bytes, data: bytes = b"\0" * 16, length: int | None = None) -> bytes:
    """A safetensors file with this header, whatever it says."""
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def described(name: str = "a", **changes: Any) -> bytes:
    """A header of one tensor, some of it changed."""
    tensor = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]} | changes
    return json.dumps({name: {key: value for key, value in tensor.items() if value is not None}}).encode()


def _zip() -> bytes:
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Owned()))
    return buffer.getvalue()


def _mutated(seed: int) -> bytes:
    """A sound file in which a few bytes are others."""
    names = {f"lora_unet_x{number}.lora_down.weight": number for number in range(4)}
    header = json.dumps({
        name: {"dtype": "F16", "shape": [2, 4], "data_offsets": [16 * at, 16 * at + 16]} for name, at in names.items()
    }).encode()  # fmt: skip
    content = bytearray(file_of(header))
    chance = random.Random(seed)
    for _change in range(chance.randrange(1, 9)):
        content[chance.randrange(len(content) if seed % 3 else 40)] = chance.randrange(256)
    return bytes(content)


LYING = {
    "empty": b"",
    "three bytes": b"abc",
    "length only": struct.pack("<Q", 8),
    "length 2**60": file_of(b"{}", length=2**60),
    "length 2**63": file_of(b"{}", length=2**63),
    "length 2**64-1": file_of(b"{}", length=2**64 - 1),
    "length past the end": file_of(b"{}", length=4096),
    "length 99 MB of nothing": file_of(b"{}", length=99_000_000),
    "header is a list": file_of(b"[]"),
    "header is null": file_of(b"null"),
    "header is a number": file_of(b"1e999"),
    "header is no JSON": file_of(b"{'a': 1}"),
    "header is broken UTF-8": file_of(b'{"\xff\xfe": 1}'),
    "header nested 100,000 deep": file_of(b'{"a":' * 100_000),
    "lists nested 100,000 deep": file_of(b"[" * 100_000 + b"]" * 100_000),
    "no dtype": file_of(described(dtype=None)),
    "unknown dtype": file_of(described(dtype="PICKLE")),
    "dtype is an object": file_of(described(dtype={"x": 1})),
    "negative shape": file_of(described(shape=[-4])),
    "shape overflows": file_of(described(shape=[2**32, 2**32, 2**32])),
    "shape of floats": file_of(described(shape=[0.5])),
    "shape of 20,000 by 20,000": file_of(described(shape=[20_000, 20_000])),
    "shape too large for offsets": file_of(described(shape=[5])),
    "offsets backwards": file_of(described(data_offsets=[16, 0])),
    "offsets past the end": file_of(described(data_offsets=[0, 2**40], shape=[2**38])),
    "offsets negative": file_of(described(data_offsets=[-16, 0])),
    "offsets of 2**64": file_of(described(data_offsets=[2**64, 2**64 + 16])),
    "one offset": file_of(described(data_offsets=[0])),
    "offsets leave a hole": file_of(described(data_offsets=[8, 24]), b"\0" * 24),
    "tensor is null": file_of(b'{"a": null}'),
    "metadata is a list": file_of(b'{"__metadata__": [1, 2]}'),
    "metadata of numbers": file_of(b'{"__metadata__": {"a": 1}}'),
    "data after the end": file_of(described(), b"\0" * 999),
    "two tensors on one place": file_of(
        b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}',
        b"\0" * 4,
    ),
    "a pickle": pickle.dumps(Owned()),
    "a pickle of protocol 0": pickle.dumps(Owned(), 0),
    "a torch zip": _zip(),
    "a shell script": b"#!/bin/sh\ntouch /tmp/owned\n",
    "an ELF": b"\x7fELF" + b"\0" * 200,
    "a GGUF": b"GGUF" + b"\3\0\0\0" + b"\xff" * 64,
} | {f"bytes changed {seed}": _mutated(seed) for seed in range(24)}


def _as_base(content: bytes, name: str) -> Any:
    def make(folder: Path) -> BaseRequest:
        (folder / name).write_bytes(content)
        return BaseRequest(source=str(folder / name))

    return make


BASES = [Case(f"base: {key}", _as_base(content, "model.safetensors"), ".") for key, content in LYING.items()]
PICKLES = [
    Case(f"base: {name} {key}", _as_base(content, name), "safetensors")
    for name in ("model.ckpt", "model.pt", "model.bin", "model.pth", "model.pkl", "model.safetensors.ckpt")
    for key, content in (("pickle", pickle.dumps(Owned())), ("zip", _zip()))
]
TALKING = [
    Case(
        f"base: a tensor called {key}",
        _as_base(file_of(described(text[:1000])), "m.safetensors"),
        "m.safetensors has no",
    )
    for key, text in TEXTS.items()
]
LORAS = [Case(f"lora: {key}", lambda folder, content=content: content) for key, content in LYING.items()]
CASES = [*BASES, *PICKLES, *TALKING, *LORAS]


@pytest.mark.parametrize("case", [*BASES, *PICKLES, *TALKING], ids=str)
def test_a_base_of_one_file(bench: Bench, case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    bench.judge(case)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("case", LORAS, ids=str)
def test_a_lora_file_is_read_whole_or_refused(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from db.errors import UserError

    monkeypatch.chdir(tmp_path)
    path = tmp_path / "x.safetensors"
    path.write_bytes(case.make(tmp_path))
    with bounded():
        try:
            tensors, metadata = read_lora(path)
        except UserError as error:
            told(str(error), "x.safetensors")
        else:
            assert all(isinstance(value, str) for value in metadata.values()) and len(tensors) < 10
        assert isinstance(read_metadata(path), dict)
    assert [each.name for each in tmp_path.iterdir()] == ["x.safetensors"]
