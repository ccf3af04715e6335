"""The command line. Without a command it opens the terminal program on the studio here."""

import sys
import traceback
from pathlib import Path

import click

from db.errors import UserError
from db.i18n import _
from db.permissions import keep_private
from kimikoe_tui.cli import (
    checking,
    demo,
    doctor,
    engine,
    film,
    jobs,
    keeping,
    models,
    pictures,
    report,
    settings,
    training,
    usage,
)
from kimikoe_tui.cli.context import Context, studio_option
from kimikoe_tui.cli.waiting import plain_lines

PREFIX = "kimikoe: "


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@studio_option
@click.version_option(package_name="kimikoe-tui")
@click.pass_context
def kimikoe(click_context: click.Context, studio: Path) -> None:
    """From every frame of a film to a LoRA, hundreds of pictures, and the few worth keeping.

    Without a command: open the studio in this folder, and start its engine if none runs.

    \b
    Example:
      kimikoe init my-film --base ~/models/anylora.safetensors --tagger SmilingWolf/wd-swinv2-tagger-v3
      cd my-film && kimikoe ingest ~/film.mkv --wait && kimikoe
    """
    click_context.obj = Context(studio)
    if click_context.invoked_subcommand is None:
        open_studio(click_context.obj)


def open_studio(context: Context) -> None:
    """Open the terminal program on the studio, starting the engine behind the first paint."""
    context.check()
    from kimikoe_tui.graphics.detect import Detection
    from kimikoe_tui.graphics.known import known_terminals

    with Detection(known_terminals()) as detection:  # the terminal answers while the program loads
        from kimikoe_tui.app import run_studio
        from kimikoe_tui.engine_control import start_engine

        def start() -> None:
            start_engine(context.root)

        run_studio(context.root, start, detection)


for command in (
    *models.COMMANDS, *film.COMMANDS, *training.COMMANDS, *pictures.COMMANDS, *report.COMMANDS, *jobs.COMMANDS,
    *engine.COMMANDS, *keeping.COMMANDS, *checking.COMMANDS, *usage.COMMANDS, *settings.COMMANDS, *demo.COMMANDS,
    *doctor.COMMANDS,
):  # fmt: skip
    kimikoe.add_command(command)


def main() -> None:
    """Run the command line: one clear line for a person's errors, the traceback of ours to a log."""
    keep_private()
    try:
        kimikoe(standalone_mode=False)
    except click.exceptions.Exit as ending:
        sys.exit(ending.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("Stopped. What was queued goes on in the engine."), err=True)
        sys.exit(130)
    except UserError as error:
        lines = plain_lines(str(error)).split("\n")
        click.echo(
            "\n".join([f"kimikoe: {lines[0]}", *(" " * len("kimikoe: ") + line for line in lines[1:])]), err=True
        )
        sys.exit(1)
    except Exception as error:
        sys.exit(_report_bug(error))


def _report_bug(error: Exception) -> str:
    import platformdirs

    log = Path(platformdirs.user_log_dir("kimikoe")) / "kimikoe.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "a", encoding="utf-8") as file:
        traceback.print_exc(file=file)
    return _("kimikoe: internal error ({kind}: {error}); the traceback is in {log}").format(
        kind=type(error).__name__, error=error, log=log
    )
