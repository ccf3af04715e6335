"""Stages of the demo: each done once, remembered in the studio, and taken up again where it stopped."""

import json
import shlex
from collections.abc import Callable, Sequence
from typing import Any

import click

from db import library, queue
from db.connect import writing
from db.errors import UserError
from db.i18n import _
from db.requests import Request
from kimikoe_tui.cli.context import Context
from kimikoe_tui.cli.waiting import plain_lines, watch
from kimikoe_tui.job_words import kind_name, state_name

_PREFIX = "demo."


class Stages:
    """Runs the demo's stages in order, with a bar and the time left for each, and says what is done already."""

    def __init__(self, context: Context, total: int) -> None:
        self.context = context
        self._number = 0
        self._total = total

    def heading(self, title: str, command: Sequence[str] = ()) -> None:
        """Begin a stage: its title and the command a person would type."""
        self._number += 1
        click.secho(f"[{self._number:>2}/{self._total}] {title}", bold=True)
        if command:
            self.command(command)

    def command(self, command: Sequence[str]) -> None:
        """Show a command that does what this stage does."""
        click.secho(f"        $ kimikoe {shlex.join(command)}", dim=True)

    def once(self, name: str, act: Callable[[], Any]) -> Any:
        """The result (JSON) of an act that is done a single time in the life of the studio."""
        with writing(self.context.db):
            known = library.setting(self.context.db, _PREFIX + name)
            if known:
                return json.loads(known)
            result = act()
            library.set_setting(self.context.db, _PREFIX + name, json.dumps(result))
        return result

    def jobs(self, name: str, make_requests: Callable[[], Sequence[Request]]) -> list[queue.Job]:
        """Queue requests, each behind the one before, unless they are queued already; show them to their end."""
        known = library.setting(self.context.db, _PREFIX + name)
        job_ids = self.once(name, lambda: queue.enqueue_chain(self.context.db, make_requests()))
        if known and all(queue.get(self.context.db, job_id).state == "done" for job_id in job_ids):
            click.secho(_("        done already"), dim=True)
        return [self._finish(job_id) for job_id in job_ids]

    def _finish(self, job_id: int) -> queue.Job:
        job = queue.get(self.context.db, job_id)
        if job.state == "done":
            return job
        if job.state in ("failed", "cancelled", "paused"):
            queue.resume(self.context.db, job_id)
        job = watch(self.context, job_id)
        if job.state != "done":
            raise UserError(
                _("The demo stopped at job {id} ({kind}): {reason}").format(
                    id=job.id, kind=kind_name(job.kind), reason=plain_lines(job.error) or state_name(job.state)
                )
            )
        return job
