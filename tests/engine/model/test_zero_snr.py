"""A v-predicting base with zero terminal SNR: it is known as one, and drawn and trained with as one."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.base import BaseModel, load_base
from engine.base_files import inspect_base
from engine.generator import SAMPLERS, Row, generate, make_scheduler
from engine.prompt import parse
from engine.trainer import NoiseSchedule
from tests.engine.model.conftest import WEIGHTS
from tests.engine.model.tiny_models import save_zero_snr, write_single_file, zero_snr_marks

SETTINGS = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
STEPS = 8


@pytest.fixture(scope="module")
def zero_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_zero_snr(tmp_path_factory.mktemp("zero") / "base", WEIGHTS / "base")


@pytest.fixture(scope="module")
def zero(one_thread: None, zero_folder: Path) -> BaseModel:
    return load_base(str(zero_folder), "cpu", torch.float32)


def settings(config: dict[str, object]) -> dict[str, object]:
    return {name: config.get(name) for name in SETTINGS}


def test_a_folder_says_so_in_its_configuration(zero: BaseModel) -> None:
    assert settings(zero.scheduler_config) == SETTINGS
    assert settings(inspect_base(str(WEIGHTS / "base")).scheduler_config) != SETTINGS


def test_a_single_file_says_so_by_its_marks(zero_folder: Path, zero: BaseModel, tmp_path: Path) -> None:
    file = write_single_file(tmp_path / "zero.safetensors", zero, zero_snr_marks())
    plain = save_zero_snr(file.with_suffix(""), WEIGHTS / "base") / "scheduler" / "scheduler_config.json"
    silent = {"prediction_type": "epsilon", "rescale_betas_zero_snr": False, "timestep_spacing": "linspace"}
    plain.write_text(json.dumps(json.loads(plain.read_text()) | silent))
    assert settings(inspect_base(str(file)).scheduler_config) == SETTINGS
    unmarked = write_single_file(tmp_path / "zero.safetensors", zero)
    assert settings(inspect_base(str(unmarked)).scheduler_config) == silent


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_starts_at_pure_noise(zero: BaseModel, loaded_sd15: BaseModel, sampler: str) -> None:
    scheduler, usual = (make_scheduler(sampler, base, STEPS) for base in (zero, loaded_sd15))
    assert float(scheduler.alphas_cumprod[-1]) < 1e-6 < 1e-3 < float(usual.alphas_cumprod[-1])
    assert float(scheduler.timesteps[0]) == 999
    assert len(scheduler.timesteps) == STEPS


@pytest.mark.parametrize("sampler", ["DPM++ 2M", "Euler", "DDIM"])
def test_it_draws_what_the_base_draws_but_not_the_same(zero: BaseModel, loaded_sd15: BaseModel, sampler: str) -> None:
    row = Row(parse("1girl, solo, blue hair, portrait"), parse(""), 3, STEPS, sampler, 4.0, 128, 128)
    picture, usual = (generate(base, [row], 1)[0].astype(float) for base in (zero, loaded_sd15))
    assert picture.std() > 25
    assert np.corrcoef(picture.ravel(), usual.ravel())[0, 1] > 0.3
    assert np.abs(picture - usual).mean() > 1


def test_training_asks_for_the_picture_itself_where_there_is_only_noise(zero: BaseModel) -> None:
    schedule, last = NoiseSchedule(zero, gamma=5.0), torch.tensor([999])
    latents, noise = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 8, 8)
    assert torch.allclose(schedule.noisy(latents, noise, last), noise, atol=1e-6)
    assert torch.allclose(schedule.target(latents, noise, last), -latents, atol=1e-6)
    loss = schedule.loss(torch.zeros_like(latents), schedule.target(latents, noise, last), last)
    assert torch.isfinite(loss)
