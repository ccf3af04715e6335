from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from db.captions import Caption
from db.requests import TrainRecipe
from engine.base import BaseModel
from engine.checkpoint import newest_verified, read_checkpoint, save_checkpoint
from engine.kohya import tensors_sha256
from engine.lora import kohya_tensors
from engine.trainer import ADAPTER, NoiseSchedule, Trainer, TrainingData, learning_rate

RECIPE = TrainRecipe(
    rank=4, alpha=2.0, steps=12, batch_size=2, learning_rate=1e-3, warmup_steps=2, tag_dropout=0.2, caption_dropout=0.2
)
CAPTIONS = [
    Caption(("nagisa",), ("1girl", "blue hair", "smile")),
    Caption((), ("sky", "cloud")),
    Caption(("kaito",), ("1boy", "classroom", "frown", "black hair")),
]


@pytest.fixture
def data() -> TrainingData:
    latents = torch.randn(3, 4, 16, 16, generator=torch.Generator().manual_seed(0)).half()
    return TrainingData(latents, CAPTIONS, [1.0, 2.0, 3.0], 64, 64)


@pytest.fixture
def sdxl_data(data: TrainingData) -> TrainingData:
    return replace(data, width=32, height=32)


def trained(base: BaseModel, data: TrainingData, recipe: TrainRecipe, steps: int) -> str:
    """The hash of a LoRA after so many steps."""
    with closing(Trainer(base, data, recipe)) as trainer:
        for number in range(steps):
            trainer.step(number)
        return tensors_sha256(kohya_tensors(base, ADAPTER))


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
def test_a_resumed_run_ends_bit_for_bit_as_a_straight_one(
    name: str, request: pytest.FixtureRequest, data: TrainingData, tmp_path: Path
) -> None:
    base: BaseModel = request.getfixturevalue(name)
    straight = trained(base, data, RECIPE, 12)
    with closing(Trainer(base, data, RECIPE)) as trainer:
        for number in range(5):
            trainer.step(number)
        save_checkpoint(tmp_path, 5, trainer.state_dict(), {})
    checkpoint = newest_verified(tmp_path)
    assert checkpoint is not None
    with closing(Trainer(base, data, RECIPE)) as trainer:
        trainer.load_state(read_checkpoint(checkpoint)[0])
        for number in range(checkpoint.step, 12):
            trainer.step(number)
        assert tensors_sha256(kohya_tensors(base, ADAPTER)) == straight


def test_another_seed_trains_another_lora(sd15: BaseModel, data: TrainingData) -> None:
    assert trained(sd15, data, RECIPE, 2) == trained(sd15, data, RECIPE, 2)
    assert trained(sd15, data, RECIPE, 2) != trained(sd15, data, msgspec.structs.replace(RECIPE, seed=1), 2)


def test_the_state_before_the_first_step_is_a_state(sd15: BaseModel, data: TrainingData) -> None:
    with closing(Trainer(sd15, data, RECIPE)) as trainer:
        state = trainer.state_dict()
    with closing(Trainer(sd15, data, RECIPE)) as trainer:
        trainer.step(0)
        trainer.load_state(state)
        assert trainer.state_dict().keys() >= state.keys()
        assert all(torch.equal(trainer.state_dict()[name], value) for name, value in state.items())


def test_training_learns_what_it_is_shown(sd15: BaseModel, data: TrainingData) -> None:
    one = TrainingData(data.latents[:1], data.captions[:1], [1.0], 64, 64)
    recipe = TrainRecipe(rank=8, alpha=8.0, steps=25, batch_size=4, learning_rate=1e-2, caption_dropout=0.0)
    with closing(Trainer(sd15, one, recipe)) as trainer:
        before = trainer.validation_loss(one)
        assert trainer.validation_loss(one) == before
        for number in range(25):
            trainer.step(number)
        assert trainer.validation_loss(one) < 0.8 * before


def test_a_batch_that_is_not_finite_is_skipped_and_counted(sd15: BaseModel, data: TrainingData) -> None:
    data.latents[2] = float("nan")
    recipe = msgspec.structs.replace(RECIPE, batch_size=1)
    with closing(Trainer(sd15, data, recipe)) as trainer:
        results = [trainer.step(number) for number in range(6)]
        skipped = [bool(result.skipped) for result in results]
        assert skipped == [not bool(torch.isfinite(result.loss)) for result in results]
        assert trainer.skipped == sum(skipped) > 0
        assert not all(skipped)
        assert all(bool(torch.isfinite(value).all()) for value in trainer.state_dict().values())


def test_a_skipped_batch_leaves_the_state_as_it_was(sd15: BaseModel, data: TrainingData) -> None:
    with closing(Trainer(sd15, data, RECIPE)) as trainer:
        trainer.step(0)
        before = trainer.state_dict()
        data.latents[:] = float("inf")
        trainer.step(1)
        after = trainer.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before if name != "skipped")


def test_held_captions_are_taught_what_the_bare_base_draws(sd15: BaseModel, data: TrainingData) -> None:
    """An adapter that changes nothing yet is exactly right about them, and has nothing to learn."""
    named = TrainingData(data.latents[:1], data.captions[:1], [1.0], 64, 64)
    recipe = msgspec.structs.replace(RECIPE, regularisation_share=1.0)
    with closing(Trainer(sd15, named, recipe)) as trainer:
        assert [trainer.step(number).loss.item() for number in range(2)] == [0.0, 0.0]
    nameless = TrainingData(data.latents[1:2], data.captions[1:2], [1.0], 64, 64)
    with closing(Trainer(sd15, nameless, recipe)) as trainer:
        assert trainer.step(0).loss.item() > 0


def test_holding_some_rows_leaves_the_others_to_learn(sd15: BaseModel, data: TrainingData) -> None:
    recipe = msgspec.structs.replace(RECIPE, batch_size=4, regularisation_share=0.5)
    with closing(Trainer(sd15, data, recipe)) as trainer:
        for number in range(3):
            assert 0 < trainer.step(number).loss.item() < 10
        assert trainer.skipped == 0


@pytest.fixture
def schedules(sd15: BaseModel) -> Iterator[tuple[NoiseSchedule, NoiseSchedule]]:
    """The noise of the base as it is (v-prediction), and as if it predicted the noise."""
    noise = replace(sd15, scheduler_config=dict(sd15.scheduler_config) | {"prediction_type": "epsilon"})
    yield NoiseSchedule(sd15, 5.0), NoiseSchedule(noise, 5.0)


def test_targets_and_min_snr_weights(schedules: tuple[NoiseSchedule, NoiseSchedule]) -> None:
    velocity, epsilon = schedules
    latents, noise = torch.randn(2, 1, 4, 2, 2, generator=torch.Generator().manual_seed(0))
    for timestep in (0, 500, 999):
        at = torch.tensor([timestep])
        noisy = velocity.noisy(latents, noise, at)
        signal = ((noisy - velocity.noisy(torch.zeros_like(latents), noise, at)) / latents).mean()
        sigma = (1 - signal**2).sqrt()
        assert torch.allclose(velocity.target(latents, noise, at), signal * noise - sigma * latents, atol=1e-4)
        assert torch.equal(epsilon.target(latents, noise, at), noise)
        snr = (signal / sigma) ** 2
        one = torch.ones_like(latents)
        assert epsilon.loss(one, 0 * one, at) == pytest.approx(min(snr, 5) / snr, rel=1e-2)
        assert velocity.loss(one, 0 * one, at) == pytest.approx(min(snr, 5) / (snr + 1), rel=1e-2)


def test_without_gamma_every_timestep_weighs_the_same(sd15: BaseModel) -> None:
    one = torch.ones(1, 4, 2, 2)
    schedule = NoiseSchedule(sd15, None)
    assert {schedule.loss(one, 0 * one, torch.tensor([t])).item() for t in (0, 500, 999)} == {1.0}


def test_zero_terminal_snr_ends_in_pure_noise(sd15: BaseModel) -> None:
    config = dict(sd15.scheduler_config) | {"rescale_betas_zero_snr": True}
    schedule = NoiseSchedule(replace(sd15, scheduler_config=config), 5.0)
    latents, noise = torch.ones(1, 4, 2, 2), torch.zeros(1, 4, 2, 2)
    assert schedule.noisy(latents, noise, torch.tensor([999])).abs().max() == pytest.approx(0, abs=1e-3)
    assert torch.isfinite(schedule.loss(latents, noise, torch.tensor([999])))


recipes = st.builds(
    TrainRecipe,
    steps=st.integers(1, 500),
    warmup_steps=st.integers(0, 50),
    schedule=st.sampled_from(["constant", "linear", "cosine"]),
    final_learning_rate_share=st.floats(0, 1),
)


@given(recipes, st.integers(0, 499))
def test_the_rate_warms_up_then_falls_to_its_share(recipe: TrainRecipe, step: int) -> None:
    step = min(step, recipe.steps - 1)
    rate, peak = learning_rate(recipe, step), recipe.learning_rate
    assert 0 <= rate <= peak * (1 + 1e-9)
    if step < recipe.warmup_steps:
        assert rate == pytest.approx(peak * (step + 1) / recipe.warmup_steps)
    else:
        assert rate >= learning_rate(recipe, step + 1) - 1e-12
        assert recipe.schedule == "constant" or rate >= peak * recipe.final_learning_rate_share * (1 - 1e-9)


@pytest.mark.parametrize(("schedule", "halfway"), [("constant", 1.0), ("linear", 0.55), ("cosine", 0.55)])
def test_rates_at_the_ends(schedule: str, halfway: float) -> None:
    recipe = msgspec.convert(
        {"steps": 120, "warmup_steps": 20, "schedule": schedule, "learning_rate": 1.0}, TrainRecipe
    )
    assert learning_rate(recipe, 20) == 1.0
    assert learning_rate(recipe, 70) == pytest.approx(halfway)
    assert learning_rate(recipe, 120) == pytest.approx(1.0 if schedule == "constant" else 0.1)
