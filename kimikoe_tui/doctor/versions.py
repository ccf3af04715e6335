"""Python and the installed libraries against those that kimikoe was tested with."""

import re
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from db.i18n import _
from kimikoe_tui.doctor.finding import Finding, ok, problem, warning
from kimikoe_tui.doctor.machine import Machine

OLDEST_PYTHON = (3, 11)
CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
NEEDED = (
    "torch", "diffusers", "transformers", "peft", "safetensors", "numpy", "av", "onnx", "opencv-python-headless",
    "pillow", "textual", "msgspec",
)  # fmt: skip
TAGGING = ("onnxruntime", "onnxruntime-gpu")
INSTALL = "pip install -c constraints.txt -e ."


def installed(name: str) -> str | None:
    """The installed version of a distribution, without its build (`+cpu`)."""
    try:
        return metadata.version(name).partition("+")[0]
    except metadata.PackageNotFoundError:
        return None


def check(
    machine: Machine, found: Callable[[str], str | None] = installed, python: tuple[int, ...] = sys.version_info[:3]
) -> Iterator[Finding]:
    """Python, the libraries, and the two wheels of onnxruntime that overwrite each other."""
    dotted = ".".join(map(str, python))
    if python < OLDEST_PYTHON:
        yield problem("python", _("{version} is too old.").format(version=dotted), _("Use Python 3.11 or newer."))
    else:
        yield ok("python", dotted + ".")
    if all(found(name) for name in TAGGING):
        yield problem("libraries", _("onnxruntime and onnxruntime-gpu overwrite each other."),
                      _("Uninstall both, then install one of the extras cpu and cuda."))  # fmt: skip
    yield _against(pinned(machine.read(str(CONSTRAINTS)) or ""), found)


def _against(wanted: dict[str, str], found: Callable[[str], str | None]) -> Finding:
    if missing := [name for name in NEEDED if found(name) is None]:
        return problem("libraries", _("missing: {names}.").format(names=", ".join(missing)), INSTALL)
    names = [name for name in (*NEEDED, *TAGGING) if found(name) is not None and name in wanted]
    others = [f"{name} {found(name)} ({wanted[name]})" for name in names if found(name) != wanted[name]]
    if others:
        return warning("libraries", _("not as tested: {names}.").format(names=", ".join(others)), INSTALL)
    if not wanted:
        return ok("libraries", _("all there; which versions were tested is not known here."))
    return ok("libraries", _("as tested."))


def pinned(constraints: str) -> dict[str, str]:
    """`{name: version}` of the lines `name==version`, names as the index writes them."""
    lines = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;+]+)", constraints, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in lines}
