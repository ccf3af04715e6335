"""All commands of the command line."""

import click

from kimikoe_tui.cli import (
    checking,
    culling,
    demo,
    doctor,
    engine,
    excluding,
    film,
    holds,
    jobs,
    judging,
    keeping,
    models,
    pictures,
    query,
    report,
    settings,
    sheet,
    standing,
    training,
    usage,
)

COMMANDS: tuple[click.Command, ...] = (
    *models.COMMANDS, *film.COMMANDS, *excluding.COMMANDS, *holds.COMMANDS, *training.COMMANDS, *pictures.COMMANDS,
    *culling.COMMANDS, *sheet.COMMANDS, *report.COMMANDS, *jobs.COMMANDS, *standing.COMMANDS, *engine.COMMANDS,
    *keeping.COMMANDS, *checking.COMMANDS, *usage.COMMANDS, *settings.COMMANDS, *demo.COMMANDS, *doctor.COMMANDS,
    *judging.COMMANDS, *query.COMMANDS,
)  # fmt: skip
