"""`kimikoe doctor`: whether this machine can be left alone with a studio."""

import sys

import click

from db.i18n import _
from kimikoe_tui.cli.context import Context, json_option, pass_context, print_json
from kimikoe_tui.text import cells, padded, plain

NAME_WIDTH = 10


@click.command()
@json_option
@pass_context
def doctor(context: Context, as_json: bool) -> None:
    """Check the machine, the studio and the terminal: each line is ok, a warning or a problem, with what to do.

    Changes nothing. Ends with status 1 where there is a problem.

    \b
    Example:
      kimikoe doctor
    """
    from kimikoe_tui.doctor.checkup import check
    from kimikoe_tui.doctor.machine import Machine

    findings = []
    labels = {"ok": _("ok"), "warning": _("warning"), "problem": _("problem")}
    width = max(map(cells, labels.values()))
    for finding in check(Machine(), context.root):
        findings.append(finding)
        if not as_json:
            words = plain(f"{finding.says} {finding.do}".strip())
            click.echo(f"{padded(labels[finding.state], width)}  {padded(_name(finding.check), NAME_WIDTH)} {words}")
    if as_json:
        print_json(findings)
    if any(finding.state == "problem" for finding in findings):
        sys.exit(1)


def _name(check: str) -> str:
    """What a check looks at, in a person's language; JSON has the English name."""
    names = {
        "card": _("card"), "clipboard": _("clipboard"), "clock": _("clock"), "colours": _("colours"), "disk": _("disk"),
        "driver": _("driver"), "engine": _("engine"), "glyphs": _("glyphs"), "libraries": _("libraries"),
        "line": _("line"), "pictures": _("pictures"),
        "privacy": _("privacy"), "room": _("room"), "sleep": _("sleep"), "studio": _("studio"),
        "terminal": _("terminal"), "versions": _("versions"), "width": _("width"), "files": _("files"),
    }  # fmt: skip
    return names.get(check, check)


COMMANDS = (doctor,)
