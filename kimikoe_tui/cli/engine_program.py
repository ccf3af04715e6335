"""A program of the engine's that a command waits for: its lines of JSON, its last words, and a bar meanwhile."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from db.errors import UserError
from db.findings import Looking
from db.i18n import _
from kimikoe_tui.engine_command import engine_command
from kimikoe_tui.text import plain


def told_by(arguments: Sequence[str], kind: Any, request: bytes = b"") -> Iterator[Any]:
    """What `python -m ARGUMENTS` tells, each line of `kind`, while a bar shows how far it is.

    `request` is given to it. Raises `UserError` with its last words where it fails.
    """
    pipe = subprocess.PIPE
    command = engine_command(*arguments)
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process, _bar() as show:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        with suppress(BrokenPipeError):  # its last words tell why it does not listen
            process.stdin.write(request)
            process.stdin.close()
        for line in process.stdout:
            told = msgspec.json.decode(line, type=kind)
            if isinstance(told, Looking):
                show(told)
            yield told
        words = process.stderr.read().decode(errors="replace").strip().splitlines()
    if process.returncode:
        last = (words or [_("the engine's program ended without a word")])[-1]
        raise UserError(plain(last.removeprefix("kimikoe: ")))


@contextmanager
def _bar() -> Iterator[Callable[[Looking], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description:<12}", markup=False), BarColumn(20), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda at: bar.update(task, description=plain(at.what), completed=at.done, total=at.total)
