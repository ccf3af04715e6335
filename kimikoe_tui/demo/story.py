"""The demo's story: film in, tags on, a LoRA, pictures, ratings, a name taught, a better LoRA, more pictures."""

import shlex
import time
from pathlib import Path

import click

from db import films, library, pictures, query, tags
from db.connect import DATABASE_NAME
from db.i18n import _
from db.pictures import PictureSettings
from db.requests import (
    BaseRequest,
    CaptionRecipe,
    DatasetRequest,
    GenerateRequest,
    IngestRequest,
    MatchRequest,
    Request,
    TaggerRequest,
    TagRequest,
    TrainRecipe,
    TrainRequest,
)
from kimikoe_tui.cli.context import Context
from kimikoe_tui.cli.models import create_studio
from kimikoe_tui.cli.waiting import progress_bar
from kimikoe_tui.demo import settings, truth
from kimikoe_tui.demo.rating import RULE, rate_by_rule
from kimikoe_tui.demo.report import print_report
from kimikoe_tui.demo.stage import Stages
from kimikoe_tui.engine_control import start_engine

SESSION = "demo"
FILM_NAME = "demo-film"
STAGES = 14
Asked = tuple[str, int]
"""A prompt and the first of its seeds."""


def tell(folder: Path, steps: tuple[int, int]) -> None:
    """Run the demo in `folder`, or go on with it; `steps` are those of its two runs."""
    began = time.monotonic()
    if not (folder / DATABASE_NAME).exists():
        create_studio(folder)
    context = Context(folder)
    story = Story(context, steps)
    start_engine(folder)
    story.tell()
    print_report(context, story.film_id, story.run_ids)
    click.echo(_("This took {seconds:.0f} s. Open the studio: kimikoe --studio {folder}").format(
        seconds=time.monotonic() - began, folder=shlex.quote(str(folder))))  # fmt: skip


def _asked(number: int, lora: str, prompts: tuple[str, ...]) -> list[Asked]:
    """The prompts of run `number` with a LoRA. Seeds follow from the place alone: another LoRA draws the same ones."""
    return [(f"{prompt} <{lora}:0.9>", 1000 * number + 100 * index) for index, prompt in enumerate(prompts)]


class Story:
    """The stages in order. Each finds out for itself what is done already."""

    def __init__(self, context: Context, steps: tuple[int, int]) -> None:
        self.context = context
        self.stages = Stages(context, STAGES)
        self.film_path = context.root / f"{FILM_NAME}.mp4"
        self.film_id = 0
        self.run_ids: list[int] = []
        self._steps = steps

    def tell(self) -> None:
        """Do what is left of the story."""
        self.prepare()
        first = self._train(1, "auto-tags", "", settings.FIRST_CAPTIONS)
        self._draw(1, _asked(1, first, settings.FIRST_PROMPTS))
        self._rate(1)
        self.teach_name()
        second = self._train(2, "named", settings.SECOND_QUERY, settings.SECOND_CAPTIONS)
        before = _asked(2, first, settings.COMPARED_PROMPTS)
        self._draw(2, [*before, *_asked(2, second, settings.SECOND_PROMPTS)])
        self._rate(2)

    def prepare(self) -> None:
        """A film, taken in and tagged."""
        self._film()
        self._models()
        self._frames()
        self._score_tags()

    def _film(self) -> None:
        self.stages.heading(_("Draw a film of our own and encode it as H.264"))
        with progress_bar() as bar:
            task = bar.add_task("film", total=None, unit="frames")
            for done, total in truth.write_film(self.film_path):
                bar.update(task, completed=done, total=total)

    def _models(self) -> None:
        base, tagger = (str(settings.weights(name)) for name in ("base", "tagger"))
        self.stages.heading(
            _("Make the studio, with the embedded base and tagger"),
            ["init", str(self.context.root), "--base", base, "--tagger", tagger],
        )
        self.stages.jobs("models", lambda: [BaseRequest(source=base, name="tiny"), TaggerRequest(source=tagger)])
        self.stages.once("policy", self._set_policy)
        self.stages.command(["policy", "--general", str(settings.THRESHOLD), "--character", str(settings.THRESHOLD)])

    def _set_policy(self) -> int:
        tagger = library.tagger(self.context.db)
        return library.set_policy(self.context.db, tagger.id, settings.THRESHOLD, settings.THRESHOLD)

    def _frames(self) -> None:
        path = str(self.film_path.resolve())
        self.stages.heading(_("Take in every frame"), ["ingest", path, "--fit", "cover", "--wait"])
        self.stages.jobs("ingest", lambda: [IngestRequest(path=path, name=FILM_NAME, fit="cover")])
        self.film_id = films.film_named(self.context.db, FILM_NAME).id
        self.stages.heading(_("Tag every drawing"), ["tag", "--wait"])
        self.stages.jobs("tag", lambda: [TagRequest()])

    def _score_tags(self) -> None:
        self.stages.heading(_("Compare the automatic tags with what was drawn"))
        score = truth.ask("score", str(self.context.root), str(self.film_path))
        click.echo(_("        F1 {f1:.3f} (precision {precision:.3f}, recall {recall:.3f})").format(**score))

    def _train(self, number: int, name: str, expression: str, captions: CaptionRecipe) -> str:
        """Dataset and run `number`, probed before and after; returns the LoRA's name."""
        self.freeze(number, name, expression, captions)
        recipe = settings.recipe(self._steps[number - 1], seed=number)
        self.stages.heading(
            _("Train run {number}").format(number=number),
            ["train", name, *settings.train_options(recipe)],
        )
        self.stages.command(["probe", settings.HEROINE, *settings.probe_options()])
        run_id = self.stages.once(f"run{number}", lambda: self.plan_run(name, recipe))
        self.run_ids.append(run_id)
        requests: list[Request] = [
            settings.probe_request(run_id, self.film_id, 0.0, "before"),
            TrainRequest(run_id=run_id),
            settings.probe_request(run_id, self.film_id, 1.0, "after"),
        ]
        self.stages.jobs(f"train{number}", lambda: requests)
        return next(run.lora for run in library.runs(self.context.db) if run.id == run_id and run.lora)

    def freeze(self, number: int, name: str, expression: str, captions: CaptionRecipe) -> None:
        """Dataset `number`: what matches the expression."""
        asked = ["--query", expression, *(part for tag in captions.core_tags for part in ("--core", tag))]
        self.stages.heading(
            _("Freeze dataset {number}").format(number=number), ["dataset", name, *(asked if expression else [])]
        )
        self.stages.jobs(f"dataset{number}", lambda: [DatasetRequest(name=name, query=expression, captions=captions)])

    def plan_run(self, dataset: str, recipe: TrainRecipe) -> int:
        """A run over the named dataset; returns its id."""
        db = self.context.db
        return library.plan_run(db, library.dataset(db, dataset).id, library.base(db).id, recipe)

    def _draw(self, number: int, asked: list[Asked]) -> None:
        prompt, first_seed = asked[-1]
        self.stages.heading(
            _("Draw 32 pictures, tag them, and find the frames they resemble"),
            ["generate", "…", prompt, *settings.generate_options(first_seed)],
        )
        generations = self.stages.once(f"plan{number}", lambda: self._plan_pictures(asked))
        drawn: list[Request] = [GenerateRequest(generation_id=each) for each in generations]
        self.stages.jobs(f"draw{number}", lambda: [*drawn, TagRequest(), MatchRequest()])

    def _plan_pictures(self, asked: list[Asked]) -> list[int]:
        base_id = library.base(self.context.db).id
        return [
            pictures.plan(
                self.context.db,
                base_id,
                PictureSettings(
                    prompt=prompt,
                    negative_prompt=settings.NEGATIVE,
                    count=settings.PICTURES_PER_PROMPT,
                    seed=first_seed,
                    steps=settings.SAMPLING_STEPS,
                    cfg_scale=settings.CFG_SCALE,
                ),
            )
            for prompt, first_seed in asked
        ]

    def _rate(self, number: int) -> None:
        self.stages.heading(_("Rate the pictures by a rule, as a person would by eye: {rule}").format(rule=RULE))
        generations = self.stages.once(f"plan{number}", list)
        self.stages.once(f"rate{number}", lambda: rate_by_rule(self.context, SESSION, generations))

    def teach_name(self) -> None:
        """Give the heroine's name to her shots."""
        shots = truth.ask("shots", settings.HEROINE, str(self.film_path))
        self.stages.heading(
            _("Name {name} in {count} of her shots, each spread from one frame").format(
                name=settings.HEROINE, count=len(shots)
            ),
            ["verdict", f"{FILM_NAME}#{shots[0]}", f"+character:{settings.HEROINE}", "--scope", "shot"],
        )
        self.stages.once("verdicts", lambda: [self._name_in_shot(number) for number in shots])
        named = len(query.frame_ids(self.context.db, settings.HEROINE))
        click.echo(_("        {count} frames carry her name now").format(count=named))

    def _name_in_shot(self, number: int) -> int:
        tag = f"character:{settings.HEROINE}"
        return tags.set_tag(self.context.db, SESSION, self.film_id, number, "shot", tag, True).event_id
