"""One small harness: a benchmark is a function that returns results, each a ratio to a baseline of the same run."""

import time
from collections.abc import Callable, Sequence
from math import ceil
from statistics import median

import msgspec


class Result(msgspec.Struct, frozen=True):
    """A measured value beside its baseline."""

    name: str
    value: float
    unit: str
    baseline: float
    ratio: float
    target: str
    ok: bool


Benchmark = Callable[[], Sequence[Result]]


def at_least(name: str, value: float, baseline: float, unit: str, target: float) -> Result:
    """A figure that is good when it is large: the ratio value/baseline is to reach the target."""
    ratio = value / baseline
    return Result(name, value, unit, baseline, ratio, f">= {target:g}", ratio >= target)


def at_most(name: str, value: float, baseline: float, unit: str, target: float) -> Result:
    """A figure that is good when it is small: the ratio value/baseline is not to exceed the target."""
    ratio = value / baseline
    return Result(name, value, unit, baseline, ratio, f"<= {target:g}", ratio <= target)


def at_95(values: Sequence[float]) -> float:
    """The 95th percentile, by the nearest rank."""
    return sorted(values)[ceil(0.95 * len(values)) - 1]


def alternate(ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of two calls that take turns, so that both see the same machine; one round warms up."""
    ours(), bare()
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        order = ((0, ours), (1, bare)) if turn % 2 else ((1, bare), (0, ours))
        for index, call in order:
            start = time.perf_counter()
            call()
            times[index].append(time.perf_counter() - start)
    return median(times[0]), median(times[1])
