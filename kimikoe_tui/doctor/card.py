"""The graphics card: its driver, its memory, and whether torch and onnxruntime use it."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from db.i18n import _
from kimikoe_tui.doctor.finding import Finding, ok, problem, warning
from kimikoe_tui.doctor.machine import Machine
from kimikoe_tui.engine_command import engine_command

SMI = ("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader,nounits")
ENGINE = engine_command("engine.doctor")
ENGINE_SECONDS = 180.0
LEAST_MIB = 7_500
CUDA = "CUDAExecutionProvider"
INSTALL = "pip install -c constraints.txt"


class Card(msgspec.Struct, frozen=True):
    """A card as its driver names it, its memory in MiB."""

    name: str
    driver: str
    mib: int


def card(machine: Machine) -> Card | None:
    """The first card whose driver answers."""
    answer = machine.run(*SMI)
    if answer is None or answer.status != 0 or not answer.output.strip():
        return None
    name, driver, mib = ([part.strip() for part in answer.output.splitlines()[0].split(",")] + ["", ""])[:3]
    return Card(name, driver, int(mib) if mib.isdigit() else 0)


def check(machine: Machine) -> Iterator[Finding]:
    """The driver's word first, then that of the engine's libraries."""
    found, seen = card(machine), engine_sees(machine)
    yield _driver(machine, found, seen)
    if seen is None:
        yield problem("engine", _("its libraries did not answer."), f"{INSTALL} -e .")
        return
    yield _torch(found, seen)
    yield _onnx(found, seen)


def engine_sees(machine: Machine) -> dict[str, Any] | None:
    """What `engine.doctor` reports."""
    answer = machine.run(*ENGINE, seconds=ENGINE_SECONDS)
    try:
        report: dict[str, Any] = json.loads(answer.output.splitlines()[-1]) if answer else {}
    except (ValueError, IndexError):
        return None
    return report or None


def _driver(machine: Machine, found: Card | None, seen: dict[str, Any] | None) -> Finding:
    if found is None and seen and seen.get("card"):
        found = Card(str(seen["card"]), "?", int(seen.get("card_bytes", 0)) // 2**20)
    if found is not None:
        words = _("{name}, driver {driver}, {gib:.1f} GiB.").format(
            name=found.name, driver=found.driver, gib=found.mib / 1024)  # fmt: skip
        small = _("Small for training: SD 1.5 wants 8 GB, SDXL 12; batches are halved where they do not fit.")
        return warning("card", words, small) if found.mib < LEAST_MIB else ok("card", words)
    if machine.exists("/proc/driver/nvidia") or _has_nvidia(machine):
        return problem("card", _("there is one, and its driver does not answer."),
                       _("Install NVIDIA's driver or restart, until `nvidia-smi` answers."))  # fmt: skip
    return warning("card", _("none: training and generating run on the processor, slowly."),
                   _("Use small counts, or a machine with a card of 8 GB or more."))  # fmt: skip


def _has_nvidia(machine: Machine) -> bool:
    devices = "/sys/bus/pci/devices"
    return any(
        (machine.read(f"{devices}/{each}/vendor") or "").strip() == "0x10de"
        and (machine.read(f"{devices}/{each}/class") or "").startswith("0x03")
        for each in machine.list(devices)
    )


def _torch(found: Card | None, seen: dict[str, Any]) -> Finding:
    if "torch" not in seen:
        return problem("torch", str(seen.get("errors", {}).get("torch", "?")), f"{INSTALL} torch")
    words = _("{version}, on {device}.").format(version=seen["torch"], device=seen.get("card") or _("the processor"))
    if found is None or seen.get("card"):
        return ok("torch", words)
    if seen.get("built_for"):
        return problem("torch", _("{version} does not reach the card that is there.").format(version=seen["torch"]),
                       _("Its build wants CUDA {cuda}: update the driver.").format(cuda=seen["built_for"]))  # fmt: skip
    return problem("torch", _("{version} IS BUILT FOR THE PROCESSOR ALONE, and a card is there.").format(
        version=seen["torch"]), _("Install torch's CUDA build: see “Install” in the README."))  # fmt: skip


def _onnx(found: Card | None, seen: dict[str, Any]) -> Finding:
    if "provider" not in seen:
        return problem("onnx", str(seen.get("errors", {}).get("onnxruntime", "?")), f"{INSTALL} -e '.[cpu]'")
    words = _("onnxruntime {version} runs taggers with {provider}.").format(
        version=seen["onnxruntime"], provider=seen["provider"])  # fmt: skip
    if found is None or seen["provider"] == CUDA:
        return ok("onnx", words)
    if CUDA in seen.get("offered", ()):
        return problem("onnx", _("TAGGING RUNS ON THE PROCESSOR although a card is there: CUDA was tried and failed."),
                       _("Its CUDA or cuDNN libraries are missing or of another version."))  # fmt: skip
    return problem("onnx", _("TAGGING RUNS ON THE PROCESSOR although a card is there."),
                   f"pip uninstall -y onnxruntime && {INSTALL} -e '.[cuda]'")  # fmt: skip
