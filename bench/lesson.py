"""What the demo's second run learns: the name's traits, their leak, and the film's colours; the median of three seeds.

`KIMIKOE_LESSON_STUDIO` names a folder to keep the studio in, so that the next run only trains.
"""

import os
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.harness import Result, at_most
from db import library, queue
from db.requests import TrainRequest
from kimikoe_tui.cli.context import Context
from kimikoe_tui.cli.demo import STEPS
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.demo import settings
from kimikoe_tui.demo.story import Story
from kimikoe_tui.engine_control import start_engine, stop_engine

SEEDS = (2, 12, 22)
LONGEST_SECONDS = 150.0


def run() -> list[Result]:
    """Train run 2 with each seed on the tagger's captions, and ask for the name before and after."""
    with TemporaryDirectory() as folder:
        root = Path(os.environ.get("KIMIKOE_LESSON_STUDIO", folder)) / "lesson"
        if not root.exists():
            root.parent.mkdir(parents=True, exist_ok=True)
            create_studio(root)
        start_engine(root)
        try:
            return _results(Lesson(Context(root)))
        finally:
            stop_engine(root)


class Lesson:
    """The demo's story up to the named dataset, then a run for each seed."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.story = Story(context, STEPS)
        self.story.prepare()
        self.story.teach_name()
        self.story.freeze(2, "named", settings.SECOND_QUERY, settings.SECOND_CAPTIONS)
        self.seconds: list[float] = []
        self.after: list[dict[str, float]] = []
        self.before: dict[str, float] = {}
        for seed in SEEDS:
            self._learn(seed)

    def _learn(self, seed: int) -> None:
        stages, story = self.story.stages, self.story
        recipe = settings.recipe(STEPS[1], seed=seed)
        stages.heading(f"seed {seed}")
        run_id = story.plan_run("named", recipe)  # each time anew: what an earlier one found is no result of this one
        train, *_probes = stages.jobs(
            f"lesson-jobs{run_id}",
            lambda: [
                TrainRequest(run_id=run_id),
                settings.probe_request(run_id, story.film_id, 0.0, "before"),
                settings.probe_request(run_id, story.film_id, 1.0, "after"),
            ],
        )
        found = {name: values[-1][1] for name, values in library.metrics(self.context.db, run_id).items()}
        self.before, after = (
            {name.removeprefix(f"probe/{label}/"): value for name, value in found.items() if f"/{label}/" in name}
            for label in ("before", "after")
        )
        self.after.append(after)
        self.seconds.append(_seconds(queue.get(self.context.db, train.id)))


def _seconds(job: queue.Job) -> float:
    assert job.started_at is not None and job.finished_at is not None
    return job.finished_at - job.started_at


def _results(lesson: Lesson) -> list[Result]:
    def shown(name: str, title: str, unit: str, ok: bool, target: str) -> Result:
        value, baseline = median(each[name] for each in lesson.after), lesson.before[name]
        return Result(f"lesson, {title}", value, unit, baseline, value / max(baseline, 1e-9), target, ok)

    together = median(each["found/together"] for each in lesson.after)
    leak = median(each["leak/any"] for each in lesson.after)
    colours = median(each["colour_histogram_distance"] for each in lesson.after)
    before, seconds = lesson.before, median(lesson.seconds)
    learnt = together >= 0.6 and before["found/together"] <= 0.05
    nearer = colours / before["colour_histogram_distance"]
    return [
        shown("found/together", "name alone", "share", learnt, ">= 0.6, before <= 0.05"),
        shown("leak/any", "leak", "share", leak <= 0.15, "<= 0.15"),
        shown("colour_histogram_distance", "palette", "distance", nearer <= 0.8, "<= 0.8 of before"),
        at_most("lesson, training", seconds, LONGEST_SECONDS, "s", 1.0),
    ]
