"""All checks, in the order in which a person would ask them."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from db.connect import DATABASE_NAME
from db.errors import UserError
from kimikoe_tui.doctor import card, clock, copying, display, pictures, sleeping, staying, studio, versions, wsl
from kimikoe_tui.doctor.finding import Finding
from kimikoe_tui.doctor.machine import Machine


def check(machine: Machine, folder: Path) -> Iterator[Finding]:
    """Every finding about this machine, and about the studio in `folder` where there is one."""
    root = folder if (folder / DATABASE_NAME).is_file() else None
    yield from staying.check(machine, root)
    yield sleeping.check(machine)
    yield from wsl.check(machine)
    if root is not None:
        yield from studio.check(root)
    else:
        yield studio.disk(folder)
    yield from card.check(machine)
    yield from versions.check(machine)
    size = terminal_size()
    yield from display.check(machine, size)
    yield from copying.check(machine, size is not None)
    yield from pictures.check()
    yield clock.check(machine, time.time(), _newest(root))


def terminal_size() -> tuple[int, int] | None:
    """(columns, rows) of the terminal, None where there is none."""
    try:
        columns, rows = os.get_terminal_size(0)
    except OSError:
        return None
    return columns, rows


def _newest(root: Path | None) -> float | None:
    try:
        return studio.facts(root).newest if root is not None else None
    except UserError:
        return None
