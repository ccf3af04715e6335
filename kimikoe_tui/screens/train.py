"""A form over the datasets: a LoRA to be trained on one of them, with the base's licence and the time it will take."""

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any, get_args, get_type_hints

import msgspec
from rich.text import Text

from db import library, paces, queue
from db.connect import writing
from db.i18n import _, plural
from db.library import Base, Dataset
from db.pictures import LARGEST_SEED
from db.requests import TrainRecipe, TrainRequest
from kimikoe_tui import written
from kimikoe_tui.licence import licence_line
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.screens.form import Meant, UpperForm, Values
from kimikoe_tui.session import Session
from kimikoe_tui.text import duration, plain, thousands
from kimikoe_tui.widgets.field_list import Field

USUAL = TrainRecipe()
ALMOST_ALL, MOST_STEPS, MOST_AT_ONCE = 0.99, 10_000_000, 1_024
HINTS = get_type_hints(TrainRecipe)
SCHEDULES, TARGETS = get_args(HINTS["schedule"]), get_args(HINTS["targets"])


class TrainRoom(UpperForm):
    """Begins with the recipe of the last run; what it leaves out stays as it was there."""

    heading = _("train a LoRA")
    deed = _("train it")

    def __init__(self, session: Session, dataset: str) -> None:
        super().__init__(session)
        self._dataset = dataset
        self._recipe = USUAL

    def prepare(self, db: Connection) -> tuple[Sequence[Field], Values]:
        """The datasets and bases there are, and the last recipe."""
        last = next(iter(library.runs(db)), None)
        self._recipe = (library.recipe_of(db, last.id) if last else None) or USUAL
        bases = list(library.bases_by_label(db))
        found = fields(self._dataset, [each.name for each in library.datasets(db)], bases)
        return found, {**{field.name: field.usual for field in found}, **values_of(self._recipe)}

    def describe(self, db: Connection, meant: Meant) -> Text:
        """How often each item is seen, the time at the last run's pace, and the licence of the base."""
        dataset, base, recipe = self._wanted(db, meant)
        lines = [_amount(dataset, recipe), Text(licence_line(base), TEXT)]
        if (seconds := paces.training_seconds(db, recipe)) is not None:
            words = _("about {time} at the pace of the last run").format(time=duration(seconds))
            lines.append(Text(words, MUTED))
        lines.append(Text(_("A crash or a reboot costs minutes: it goes on from the newest checkpoint."), FAINT))
        return Text("\n\n").join(lines)

    def do(self, db: Connection, meant: Meant) -> str:
        """Plan the run, named by today's date, and queue it."""
        dataset, base, recipe = self._wanted(db, meant)
        with writing(db):
            run_id = library.plan_run(db, dataset.id, base.id, recipe)
            job_id = queue.enqueue(db, TrainRequest(run_id=run_id))
        name = next(run.name for run in library.runs(db) if run.id == run_id)
        return _("job {id} trains {name} · g r shows it").format(id=job_id, name=plain(name))

    def _wanted(self, db: Connection, meant: Meant) -> tuple[Dataset, Base, TrainRecipe]:
        """The dataset, the base and the recipe that were written; raises `UserError` where one is not there."""
        given: dict[str, Any] = dict(meant)
        dataset, base = library.dataset(db, given.pop("dataset")), library.base_labelled(db, given.pop("base"))
        given["alpha"] = given["alpha"] or float(given["rank"])
        given["min_snr_gamma"] = given["min_snr_gamma"] or None
        return dataset, base, msgspec.structs.replace(self._recipe, **given)


def fields(dataset: str, datasets: Sequence[str], bases: Sequence[str]) -> tuple[Field, ...]:
    """What is asked of a training."""
    usual = values_of(USUAL)
    share = written.number(0.0, ALMOST_ALL)
    asked = (
        Field("steps", _("steps"), written.whole(1, MOST_STEPS)),
        Field("batch_size", _("batch size"), written.whole(1, MOST_AT_ONCE)),
        Field("rank", _("rank"), written.whole(1, MOST_AT_ONCE)),
        Field("alpha", _("alpha"), written.optional(written.number(0.0, MOST_AT_ONCE)), empty=_("as the rank")),
        Field("learning_rate", _("learning rate"), written.number(0.0, 1.0)),
        Field("schedule", _("schedule"), written.text, kind="choice", choices=SCHEDULES),
        Field("targets", _("layers"), written.text, kind="choice", choices=TARGETS),
        Field("tag_dropout", _("tag dropout"), share, hint=_("share of tags left out of a caption at each step")),
        Field("caption_dropout", _("caption dropout"), share, hint=_("share of captions left empty")),
        Field("regularisation_share", _("regularisation"), share,
              hint=_("share of captions held to the bare base without the trigger, against leaks")),
        Field("min_snr_gamma", _("min-SNR gamma"), written.number(0.0, MOST_AT_ONCE),
              hint=_("0 lets all noise levels count alike")),
        Field("clip_skip", _("clip skip"), written.whole(1, 12)),
        Field("checkpoint_every", _("checkpoint every"), written.whole(1, MOST_STEPS), hint=_("steps")),
        Field("seed", _("seed"), written.whole(0, LARGEST_SEED)),
    )  # fmt: skip
    return (
        Field("dataset", _("dataset"), written.text, dataset, kind="choice", choices=tuple(datasets)),
        Field("base", _("base"), written.text, bases[-1] if bases else "", _("none yet"), kind="choice",
              choices=tuple(bases)),
        *(msgspec.structs.replace(each, usual=usual[each.name]) for each in asked),
    )  # fmt: skip


def values_of(recipe: TrainRecipe) -> dict[str, str]:
    """A recipe as it is written in the form."""
    made = msgspec.structs.asdict(recipe)
    values = {
        name: written.as_written(value) if isinstance(value, float) else str(value) for name, value in made.items()
    }
    values["alpha"] = "" if recipe.alpha == recipe.rank else written.as_written(recipe.alpha)
    values["min_snr_gamma"] = written.as_written(recipe.min_snr_gamma or 0.0)
    return values


def _amount(dataset: Dataset, recipe: TrainRecipe) -> Text:
    """`1,204 items, 130 of them held out`, and how often training sees each."""
    items = plural("{count} item", "{count} items", dataset.items).format(count=thousands(dataset.items))
    held_out = _("{count} of them held out").format(count=thousands(dataset.validation_items))
    trained = max(1, dataset.items - dataset.validation_items)
    times = recipe.steps * recipe.batch_size / trained
    seen = _("each is seen {times:.1f} times on average").format(times=times)
    name = (f"{plain(dataset.name)}: ", f"bold {ACCENT}")
    return Text.assemble(name, (items, f"bold {ACCENT}"), (f", {held_out}", MUTED), (f"\n{seen}", TEXT))
