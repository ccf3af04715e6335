"""What the demo asks of its film's truth, through the engine's own demo program."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from db.errors import UserError
from db.i18n import _
from kimikoe_tui.engine_command import engine_command


def write_film(path: Path) -> Iterator[tuple[int, int]]:
    """Draw and encode the film, unless it is there; yields (frames done, frames in all)."""
    with _start("film", str(path)) as process:
        assert process.stdout is not None
        for line in process.stdout:
            progress = json.loads(line)
            yield progress["done"], progress["total"]
    if process.returncode:
        raise UserError(_("The demo film could not be written to {path}.").format(path=path))


def ask(*arguments: str) -> Any:
    """The JSON answer of `python -m engine.demo ARGUMENTS`."""
    with _start(*arguments) as process:
        assert process.stdout is not None
        answer = process.stdout.read()
    if process.returncode:
        raise UserError(_("The demo's truth did not answer; is {path} whole?").format(path=arguments[-1]))
    return json.loads(answer)


def _start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(engine_command("engine.demo", *arguments), stdout=subprocess.PIPE, text=True)
