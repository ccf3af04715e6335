"""Bases to train and draw with: the embedded one, and an SDXL of a few thousand parameters."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import engine.demo
from engine.base import BaseModel, load_base
from engine.lora import remove_loras
from engine.models import Models
from tests.engine.model.tiny_models import save_micro_sdxl

WEIGHTS = Path(engine.demo.__file__).parent / "weights"


@pytest.fixture(scope="session")
def one_thread() -> None:
    """As many threads as the tests are given cores."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def loaded_sd15(one_thread: None) -> BaseModel:
    """The embedded base, loaded once."""
    return load_base(str(WEIGHTS / "base"), "cpu", torch.float32)


@pytest.fixture(scope="session")
def sdxl_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder with an untrained SDXL."""
    return save_micro_sdxl(tmp_path_factory.mktemp("sdxl"), WEIGHTS / "base" / "tokenizer")


@pytest.fixture(scope="session")
def loaded_sdxl(one_thread: None, sdxl_folder: Path) -> BaseModel:
    """The untrained SDXL, loaded once."""
    return load_base(str(sdxl_folder), "cpu", torch.float32)


@pytest.fixture
def sd15(loaded_sd15: BaseModel) -> Iterator[BaseModel]:
    """The embedded base, bare before and after the test."""
    yield loaded_sd15
    remove_loras(loaded_sd15)


@pytest.fixture
def sdxl(loaded_sdxl: BaseModel) -> Iterator[BaseModel]:
    """The untrained SDXL, bare before and after the test."""
    yield loaded_sdxl
    remove_loras(loaded_sdxl)


@pytest.fixture
def models(loaded_sd15: BaseModel, monkeypatch: pytest.MonkeyPatch) -> Models:
    """Warm models whose base is the one that the session has loaded."""
    warm = Models()
    monkeypatch.setattr(warm, "base", lambda source, dtype=None: loaded_sd15)
    return warm
