"""The command line. Without a command it opens the terminal program on the studio here."""

import io
import sqlite3
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from db.errors import UserError
from db.i18n import _, share_catalogue
from db.permissions import keep_private
from db.short_log import keep_short
from db.text import plain_block, readable
from kimikoe_tui.cli import help_words
from kimikoe_tui.cli.context import Context, studio_option
from kimikoe_tui.cli.opening import open_studio
from kimikoe_tui.cli.waiting import plain_lines

PREFIX = "kimikoe: "


class Commands(click.Group):
    """Knows its commands once one is asked for: the terminal program opens without them, a fifth sooner."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of this name."""
        self.learn()
        return super().get_command(context, name)

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all commands."""
        self.learn()
        return super().list_commands(context)

    def learn(self) -> None:
        """Load all commands, their help in the language in use."""
        from kimikoe_tui.cli.commands import COMMANDS

        for command in COMMANDS if not self.commands else ():
            help_words.translate(command)
            self.add_command(command)


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
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


def main() -> None:
    """Run the command line: one clear line for a person's errors, the traceback of ours to a log."""
    keep_private()
    share_catalogue()
    help_words.translate(kimikoe)
    try:
        _check_arguments(sys.argv[1:])
        kimikoe(standalone_mode=False)
    except click.exceptions.Exit as ending:
        sys.exit(ending.exit_code)
    except click.ClickException as error:
        usage = io.StringIO()
        error.show(usage)
        click.echo(plain_block(usage.getvalue()), err=True, nl=False)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("Stopped. What was queued goes on in the engine."), err=True)
        sys.exit(130)
    except UserError as error:
        sys.exit(_complaint(str(error)))
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        words = _(
            "The studio's database cannot be used ({error}): `kimikoe check` looks at it; the traceback is in {log}."
        )
        sys.exit(_complaint(readable(words.format(error=error, log=_keep_traceback()))))
    except OSError as error:
        words = _("{path} cannot be used: {error}; the traceback is in {log}.")
        said = words.format(path=error.filename, error=error.strerror or error, log=_keep_traceback())
        sys.exit(_complaint(readable(said)))
    except Exception as error:
        words = _("internal error ({kind}: {error}); the traceback is in {log}")
        sys.exit(_complaint(readable(words.format(kind=type(error).__name__, error=error, log=_keep_traceback()))))


def _check_arguments(arguments: Sequence[str]) -> None:
    """Raise `UserError` for what is no text: rows and requests could not hold it."""
    for each in arguments:
        if not each.isascii() and any("\ud800" <= character <= "\udfff" for character in each):
            raise UserError(_("“{argument}” is not UTF-8: rename the file, or write it otherwise.").format(
                argument=each.encode(errors="surrogateescape").decode(errors="replace")))  # fmt: skip


def _complaint(message: str) -> str:
    """The message as it is printed; a caret below stays below its place."""
    lines = plain_lines(message).split("\n")
    return "\n".join([f"{PREFIX}{lines[0]}", *(" " * len(PREFIX) + line for line in lines[1:])])


def _keep_traceback() -> Path:
    """Append the traceback of the error at hand to a log; returns the log."""
    import platformdirs

    log = Path(platformdirs.user_log_dir("kimikoe")) / "kimikoe.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    keep_short(log)
    with open(log, "a", encoding="utf-8") as file:
        traceback.print_exc(file=file)
    return log
