"""What every command shares: which studio, its database, and how results are printed."""

import json
import sqlite3
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import click

from db.connect import connect_studio, studio_file
from db.text import escaped

Command = TypeVar("Command", bound=Callable[..., Any])
SESSION = "command-line"


class Context:
    """The studio a command works on; opened on first use."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def db(self) -> sqlite3.Connection:
        """The studio's database, waiting for the disk at each commit."""
        return connect_studio(self.root, durable=True)

    def check(self) -> None:
        """Raise `UserError` where the folder holds no studio that this version can read."""
        connect_studio(self.root).close()

    def check_folder(self) -> None:
        """Raise `UserError` where the folder holds no studio, of whatever version."""
        studio_file(self.root)


class QueryCommand(click.Command):
    """A command about a query, which may begin with `-`: `-is:rejected` is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put what only looks like an option behind the options."""
        queries = [each for each in args if each.startswith("-") and each[1:2] not in ("-", "") and each != "-h"]
        options = [each for each in args if each not in queries]
        return super().parse_args(ctx, [*options, "--", *queries] if queries and "--" not in args else args)


pass_context = click.make_pass_decorator(Context)


def studio_option(command: Command) -> Command:
    """The global `--studio` option."""
    return click.option(
        "--studio",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("."),
        envvar="KIMIKOE_STUDIO",
        show_envvar=True,
        help="The studio's folder; this one if not given.",
    )(command)


def json_option(command: Command) -> Command:
    """The `--json` option of commands that scripts use."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def print_json(value: Any) -> None:
    """Print a value as JSON; structs become objects."""
    import msgspec

    click.echo(escaped(json.dumps(msgspec.to_builtins(value, enc_hook=str), ensure_ascii=False, indent=2)))
