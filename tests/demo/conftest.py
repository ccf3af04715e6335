"""What the trainings' tests share: one setting, and a process group of the test's own process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.demo.training_setting import Setting, make_setting, one_process


@pytest.fixture(scope="session", autouse=True)
def no_card() -> Iterator[None]:
    """Tests train on the CPU, on a machine with a card too: they compare weights bit by bit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        patch.setattr(torch.cuda, "is_available", lambda: False)
        yield


@pytest.fixture(scope="session")
def training_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with one_process(tmp_path_factory.mktemp("group")):
        yield


@pytest.fixture
def setting(training_process: None, tmp_path: Path) -> Setting:
    return make_setting(tmp_path)
