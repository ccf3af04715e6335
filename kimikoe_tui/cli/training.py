"""`kimikoe dataset`, `train`, `runs` and `probe`: from corrected tags to a LoRA that works."""

import click

from db import dataset_items, library
from db.errors import UserError
from db.i18n import _
from db.requests import CaptionRecipe, DatasetRequest, ProbeRequest, TrainRecipe, TrainRequest
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.cli.waiting import Wait, submit, wait_option
from kimikoe_tui.licence import licence_line
from kimikoe_tui.text import plain

AT_LEAST_ONE = click.IntRange(min=1)
SHARE = click.FloatRange(min=0.0, max=1.0, max_open=True)


@click.command()
@click.argument("name")
@click.option("--query", default="", help="Which frames; all if not given. See `kimikoe query --help`.")
@click.option("--trigger", default="", help="A word that begins every caption.")
@click.option("--drop", "drop_tags", multiple=True, help="A tag to leave out of captions; may be repeated.")
@click.option("--core", "core_tags", multiple=True, help="A trait that a name is to absorb: left out of all captions.")
@click.option(
    "--max-tags",
    type=AT_LEAST_ONE,
    default=40,
    show_default=True,
    help="Most tags of a caption; a person's are exempt.",
)
@click.option(
    "--validation-share", type=SHARE, default=0.1, show_default=True, help="Share of the shots held out of training."
)
@wait_option
@pass_context
def dataset(
    context: Context, name: str, query: str, trigger: str, drop_tags: tuple[str, ...], core_tags: tuple[str, ...],
    max_tags: int, validation_share: float, wait: Wait,
) -> None:  # fmt: skip
    """Freeze frames with their captions into the dataset NAME, which never changes again.

    \b
    Example:
      kimikoe dataset heroines --query 'nagisa or shion' --core blue_hair --wait
    """
    dataset_items.refuse_taken(context.db, name)
    captions = CaptionRecipe(trigger=trigger, drop_tags=drop_tags, core_tags=core_tags, max_tags=max_tags)
    request = DatasetRequest(name=name, query=query, captions=captions, validation_share=validation_share)
    submit(context, [request], wait)


@click.command()
@click.argument("dataset_name", metavar="[DATASET]", default="")
@click.option("--steps", type=AT_LEAST_ONE, default=1000, show_default=True, help="Training steps.")
@click.option("--batch-size", type=AT_LEAST_ONE, default=4, show_default=True, help="Pictures in a step.")
@click.option("--rank", type=AT_LEAST_ONE, default=16, show_default=True, help="Rank of the LoRA.")
@click.option("--alpha", type=float, help="Alpha of the LoRA; its rank if not given.")
@click.option("--learning-rate", default=1e-4, show_default=True)
@click.option("--schedule", type=click.Choice(["constant", "linear", "cosine"]), default="cosine", show_default=True)
@click.option("--targets", type=click.Choice(["attention", "full"]), default="full", show_default=True,
              help="Which layers learn: attention alone, or convolutions too.")  # fmt: skip
@click.option(
    "--tag-dropout",
    type=SHARE,
    default=0.1,
    show_default=True,
    help="Share of tags left out of a caption at each step.",
)
@click.option("--caption-dropout", type=SHARE, default=0.05, show_default=True, help="Share of captions left empty.")
@click.option("--regularisation", type=SHARE, default=0.0, show_default=True,
              help="Share of captions held to the bare base without the trigger, against leaks.")  # fmt: skip
@click.option("--min-snr-gamma", type=click.FloatRange(min=0.0), default=5.0, show_default=True,
              help="Cap on the weight of clean pictures in the loss; 0 lets all noise levels count alike.")  # fmt: skip
@click.option(
    "--clip-skip",
    type=AT_LEAST_ONE,
    default=1,
    show_default=True,
    help="Which layer of the text encoder, from the end.",
)
@click.option(
    "--checkpoint-every", type=AT_LEAST_ONE, default=100, show_default=True, help="Steps between checkpoints."
)
@click.option("--seed", default=0, show_default=True)
@wait_option
@pass_context
def train(
    context: Context, dataset_name: str, steps: int, batch_size: int, rank: int, alpha: float | None,
    learning_rate: float, schedule: str, targets: str, tag_dropout: float, caption_dropout: float,
    regularisation: float, min_snr_gamma: float, clip_skip: int, checkpoint_every: int, seed: int, wait: Wait,
) -> None:  # fmt: skip
    """Train a LoRA on a dataset (the newest if none is named). It is called kimikoe-YYYY-MM-DD-N.

    \b
    Example:
      kimikoe train heroines --steps 20000 --batch-size 8 --detach
    """
    found = library.dataset(context.db, dataset_name)
    base = library.base(context.db)
    recipe = TrainRecipe(
        steps=steps, batch_size=batch_size, rank=rank, alpha=alpha or float(rank), learning_rate=learning_rate,
        schedule=schedule, targets=targets, tag_dropout=tag_dropout, caption_dropout=caption_dropout,  # type: ignore[arg-type]
        regularisation_share=regularisation, min_snr_gamma=min_snr_gamma or None, clip_skip=clip_skip,
        checkpoint_every=checkpoint_every, seed=seed,
    )  # fmt: skip
    click.echo(licence_line(base), err=True)
    submit(context, [TrainRequest(run_id=library.plan_run(context.db, found.id, base.id, recipe))], wait)


@click.command()
@json_option
@pass_context
def runs(context: Context, as_json: bool) -> None:
    """List the training runs, the newest first.

    \b
    Example:
      kimikoe runs --json
    """
    found = library.runs(context.db)
    if as_json:
        print_json([{"run": run, "metrics": library.metrics(context.db, run.id)} for run in found])
        return
    for run in found:
        loss = library.metrics(context.db, run.id).get("loss", [])
        last = f"loss {loss[-1][1]:.4f}" if loss else ""
        name, dataset, lora = plain(run.name), plain(run.dataset), plain(run.lora or "")
        click.echo(f"{run.id:>3} {name}  {dataset}  step {run.step}  {last}  {lora}".rstrip())


@click.command()
@click.argument("trigger")
@click.option("--trait", "traits", multiple=True, required=True, help="A tag the name should bring; may be repeated.")
@click.option("--run", "run_name", default="", help="Which run; the newest if not given.")
@click.option("--name-prompt", "name_prompts", multiple=True, help="A prompt with the name; may be repeated.")
@click.option("--other-prompt", "other_prompts", multiple=True, help="A prompt without it; may be repeated.")
@click.option(
    "--count", type=AT_LEAST_ONE, default=16, show_default=True, help="Pictures with the name, and as many without."
)
@click.option("--weight", default=1.0, show_default=True, help="Weight of the LoRA; 0 asks the bare base.")
@wait_option
@pass_context
def probe(
    context: Context, trigger: str, traits: tuple[str, ...], run_name: str, name_prompts: tuple[str, ...],
    other_prompts: tuple[str, ...], count: int, weight: float, wait: Wait,
) -> None:  # fmt: skip
    """Measure whether a name brings its traits, and whether they leak into prompts without it.

    The tagger judges pictures that are drawn for this and not kept; the figures go to the run (`kimikoe runs --json`).

    \b
    Example:
      kimikoe probe nagisa --trait blue_hair --trait red_eyes --wait
    """
    run = _run_named(context, run_name)
    request = ProbeRequest(
        run_id=run.id,
        weight=weight,
        label=f"weight-{weight:g}",
        trigger=trigger,
        traits=traits,
        name_prompts=_repeat(name_prompts or (f"{trigger}, 1girl, solo",), count),
        other_prompts=_repeat(other_prompts or ("1girl, solo",), count),
    )
    submit(context, [request], wait)


def _run_named(context: Context, name: str) -> library.Run:
    found = [run for run in library.runs(context.db) if name in ("", run.name)]
    if not found:
        raise UserError(_("There is no run “{name}”: `kimikoe runs` lists them.").format(name=name))
    return found[0]


def _repeat(prompts: tuple[str, ...], count: int) -> tuple[str, ...]:
    return tuple(prompts[index % len(prompts)] for index in range(count))


COMMANDS = (dataset, train, runs, probe)
