"""The demo's report: what each run learnt, and the table of pictures and the frames they resemble."""

from collections.abc import Sequence

import click

from db import films, library, pictures, query
from db.i18n import _
from kimikoe_tui.cli.context import Context
from kimikoe_tui.text import cells, padded, plain

SHOWN_PICTURES = 8
LOSSES = ("loss", "validation_loss")


def print_report(context: Context, film_id: int, run_ids: Sequence[int]) -> None:
    """Print what the runs learnt, how the pictures were rated, and which frames the best resemble."""
    click.secho("\n" + _("What was learnt"), bold=True)
    _print_runs(context, run_ids)
    total = pictures.counts(context.db, query.image_ids(context.db))
    click.echo(
        _("{total} pictures: {rated} rated, {rejected} rejected").format(
            total=total.total, rated=total.rated, rejected=total.rejected
        )
    )
    click.secho(
        "\n" + _("The best pictures and the frames they most resemble (uncalibrated: compare by eye)"), bold=True
    )
    _print_resemblance(context, film_id)


def _print_runs(context: Context, run_ids: Sequence[int]) -> None:
    """One table: a row for each figure, for each run the value before and after."""
    by_run = [library.metrics(context.db, run_id) for run_id in run_ids]
    rows = {figure: [_first_and_last(metrics.get(figure, [])) for metrics in by_run] for figure in LOSSES}
    for figure in _probed(by_run):
        rows[_title(figure)] = [_before_and_after(metrics, figure) for metrics in by_run]
    width = max(map(cells, rows))
    runs = [_("run {number}").format(number=number) for number in range(1, len(run_ids) + 1)]
    for title, figures in {"": runs, **rows}.items():
        click.echo(f"  {padded(title, width)}" + "".join(" " * (20 - cells(each)) + each for each in figures))


def _probed(by_run: Sequence[dict[str, list[tuple[int, float]]]]) -> list[str]:
    """The figures that probes measured, without the label of the probe."""
    names = sorted(name for metrics in by_run for name in metrics if name.startswith("probe/"))
    return list(dict.fromkeys(name.split("/", 2)[2] for name in names))


def _title(figure: str) -> str:
    kind, _slash, trait = figure.partition("/")
    titles = {
        "found/together": _("all of them, name asked"),
        "leak/any": _("any of them, leaked into others"),
        "found": _("{trait}, name asked"),
        "leak": _("{trait}, leaked into others"),
    }
    title = titles.get(figure) or titles.get(kind)
    return title.format(trait=trait) if title else figure.replace("_", " ")


def _first_and_last(values: Sequence[tuple[int, float]]) -> str:
    return f"{values[0][1]:.4f} → {values[-1][1]:.4f}" if values else "-"


def _before_and_after(metrics: dict[str, list[tuple[int, float]]], figure: str) -> str:
    values = [metrics.get(f"probe/{label}/{figure}", []) for label in ("before", "after")]
    return " → ".join(f"{found[-1][1]:.2f}" if found else "-" for found in values)


def _print_resemblance(context: Context, film_id: int) -> None:
    film = films.film(context.db, film_id)
    kept = [pictures.picture(context.db, image_id) for image_id in query.image_ids(context.db, "-is:rejected")]
    best = sorted(kept, key=lambda each: (-(each.stars or 0), -each.id))[:SHOWN_PICTURES]
    for picture in best:
        found = pictures.matches(context.db, picture.id)
        frames = ", ".join(f"{film.citation(each.frame_number)} {each.score:.2f}" for each in found[:3])
        click.echo(plain(f"{picture.id:>4}  {'*' * (picture.stars or 0):<5}  {frames}"))
