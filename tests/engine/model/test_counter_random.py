import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import counter_random
from engine.counter_random import Sampling, chance, epoch_order, shuffled_subset


@given(st.integers(0, 2**63), st.integers(0, 10**6), st.integers(0, 60))
def test_a_draw_depends_on_its_position_alone(seed: int, step: int, index: int) -> None:
    alone = counter_random.noise(seed, step, range(index, index + 1), (4,))
    among = counter_random.noise(seed, step, range(index - 1, index + 2) if index else range(3), (4,))
    assert np.array_equal(alone[0], among[1 if index else 0])


def test_positions_and_streams_differ() -> None:
    draws = {
        counter_random.generator(seed, stream, *counter).integers(2**62)
        for seed in (0, 1) for stream in ("noise", "tags") for counter in ((0, 0), (0, 1), (1, 0), (1,))
    }  # fmt: skip
    assert len(draws) == 2 * 2 * 3  # a missing number of the counter is 0


def test_long_draws_do_not_run_into_the_next_position() -> None:
    """A counter that only started at the step would repeat itself shifted."""
    first, second = (counter_random.generator(0, "noise", step).integers(2**63, size=10_000) for step in (1, 2))
    assert not np.isin(first, second).any()


def test_noise_is_standard_normal() -> None:
    noise = counter_random.noise(3, 7, range(8), (4, 32, 32))
    assert noise.dtype == np.float32
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 1) < 0.02


def test_timesteps_reach_both_ends() -> None:
    drawn = counter_random.timesteps(0, 0, range(400), 10)
    assert set(drawn.tolist()) == set(range(10))


@given(st.lists(st.floats(0.1, 9), min_size=1, max_size=60), st.integers(0, 1000))
def test_an_epoch_gives_each_item_its_share_rounded(weights: list[float], epoch: int) -> None:
    shares = np.array(weights) / sum(weights) * len(weights)
    counts = np.bincount(epoch_order(5, epoch, np.array(weights)), minlength=len(weights))
    assert counts.sum() == len(weights)
    assert (counts >= np.floor(shares - 1e-9)).all()
    assert (counts <= np.ceil(shares + 1e-9)).all()


def test_equal_weights_give_every_item_once_in_a_new_order() -> None:
    first, second = (epoch_order(0, epoch, np.ones(50)) for epoch in (0, 1))
    assert sorted(first) == sorted(second) == list(range(50))
    assert not np.array_equal(first, second)


def test_any_step_can_be_asked_for_alone() -> None:
    straight = [Sampling(1, [1.0, 2.0, 3.0, 1.0]).items(step, 3) for step in range(10)]
    sampling = Sampling(1, [1.0, 2.0, 3.0, 1.0])
    assert [sampling.items(step, 3) for step in (9, 2, 5, 0)] == [straight[step] for step in (9, 2, 5, 0)]


@pytest.mark.parametrize("dropout", [0.0, 0.3, 1.0])
def test_tags_are_shuffled_and_dropped_at_their_rate(dropout: float) -> None:
    subsets = [shuffled_subset(0, step, 0, 10, dropout) for step in range(300)]
    assert all(len(set(subset)) == len(subset) for subset in subsets)
    assert sum(map(len, subsets)) / 3000 == pytest.approx(1 - dropout, abs=0.04)
    if dropout == 0:
        assert len(set(map(tuple, subsets))) > 290


def test_chance_happens_at_its_rate() -> None:
    assert sum(chance(0, "x", step, 0, 0.25) for step in range(2000)) / 2000 == pytest.approx(0.25, abs=0.04)
    assert not any(chance(0, "x", step, 0, 0.0) for step in range(50))
    assert all(chance(0, "x", step, 0, 1.0) for step in range(50))
