"""What a picture says of itself: A1111's `parameters`, a `kimikoe` JSON record, and the IPTC mark of AI media."""

import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from db.version import program_version
from engine.durable import write_whole

RECORD_VERSION = 1
NEGATIVE = "Negative prompt: "
SCHEDULE_TYPES = ("Karras",)

_SETTING = re.compile(r'\s{0,8}(\w[\w \-/]{1,60}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_FEWEST_SETTINGS = 3

# https://cv.iptc.org/newscodes/digitalsourcetype/: made by a model trained on sampled content.
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
   Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass(frozen=True)
class LoraFacts:
    """A LoRA that a picture was drawn with; `sshs_hash` is what other programs name it by."""

    name: str
    weight: float
    text_weight: float
    sshs_hash: str


@dataclass(frozen=True)
class PictureFacts:
    """Everything that made a picture. Prompts are as other programs read them; nothing here is a path."""

    prompt: str
    negative_prompt: str
    seed: int
    steps: int
    sampler: str
    cfg_scale: float
    width: int
    height: int
    clip_skip: int
    base_name: str
    base_sha256: str
    base_licence: str
    loras: Sequence[LoraFacts]
    environment: Mapping[str, Any]


@dataclass(frozen=True)
class Parameters:
    """A1111's `parameters`, taken apart."""

    prompt: str
    negative_prompt: str
    settings: dict[str, str]


def parameters_text(facts: PictureFacts) -> str:
    """The `parameters` text as A1111 and the programs that read it expect it."""
    settings = ", ".join(f"{name}: {_quoted(value)}" for name, value in _settings(facts).items())
    negative = [NEGATIVE + facts.negative_prompt] if facts.negative_prompt else []
    return "\n".join([facts.prompt, *negative, settings])


def _settings(facts: PictureFacts) -> dict[str, str]:
    sampler, schedule = _split_sampler(facts.sampler)
    hashes = ", ".join(f"{lora.name}: {lora.sshs_hash[:12]}" for lora in facts.loras)
    settings = {
        "Steps": str(facts.steps),
        "Sampler": sampler,
        "Schedule type": schedule,
        "CFG scale": f"{facts.cfg_scale:g}",
        "Seed": str(facts.seed),
        "Size": f"{facts.width}x{facts.height}",
        "Model hash": facts.base_sha256[:10],
        "Model": facts.base_name,
        "Clip skip": str(facts.clip_skip) if facts.clip_skip > 1 else "",
        "Lora hashes": hashes,
        "RNG": "CPU",
        "Version": f"kimikoe {program_version()}",
    }
    return {name: value for name, value in settings.items() if value}


def _split_sampler(name: str) -> tuple[str, str]:
    """A1111 writes the schedule of noise levels apart from the sampler."""
    for schedule in SCHEDULE_TYPES:
        if name.endswith(f" {schedule}"):
            return name.removesuffix(f" {schedule}"), schedule
    return name, ""


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r'[,:\n"]', value) else value


def parse_parameters(text: str) -> Parameters:
    """Take A1111's `parameters` apart; a last line with fewer than three settings belongs to the prompt."""
    *lines, last = text.strip().split("\n")
    settings = dict(_SETTING.findall(last))
    if len(settings) < _FEWEST_SETTINGS:
        lines, settings = [*lines, last], {}
    start = next((number for number, line in enumerate(lines) if line.startswith(NEGATIVE.strip())), len(lines))
    negative = "\n".join(lines[start:]).removeprefix(NEGATIVE.strip())
    return Parameters("\n".join(lines[:start]).strip(), negative.strip(), _unquoted(settings))


def _unquoted(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: _spoken(value) for name, value in settings.items()}


def _spoken(value: str) -> str:
    """A value without its quotation marks, where they are in order."""
    try:
        return str(json.loads(value)) if value[:1] == '"' else value
    except ValueError:
        return value


def record(facts: PictureFacts) -> dict[str, Any]:
    """The full record of the `kimikoe` chunk."""
    return {
        "version": RECORD_VERSION,
        "prompt": facts.prompt,
        "negative_prompt": facts.negative_prompt,
        "seed": facts.seed,
        "steps": facts.steps,
        "sampler": facts.sampler,
        "cfg_scale": facts.cfg_scale,
        "width": facts.width,
        "height": facts.height,
        "clip_skip": facts.clip_skip,
        "base": {"name": facts.base_name, "sha256": facts.base_sha256, "licence": facts.base_licence},
        "loras": [vars(lora) for lora in facts.loras],
        "environment": dict(facts.environment),
    }


def write_png(path: Path, pixels: NDArray[np.uint8], facts: PictureFacts) -> str:
    """Write a picture [h, w, 3] so that it is there whole or not at all; returns the file's sha256."""
    chunks = PngInfo()
    chunks.add_text("parameters", parameters_text(facts))
    chunks.add_text("kimikoe", json.dumps(record(facts), sort_keys=True))
    chunks.add_itxt("XML:com.adobe.xmp", XMP)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=chunks)
    write_whole(path, buffer.getbuffer())
    return hashlib.sha256(buffer.getbuffer()).hexdigest()


def pixels_sha256(pixels: NDArray[np.uint8]) -> str:
    """Hash of the pixels alone, whatever file holds them."""
    return hashlib.sha256(pixels.tobytes()).hexdigest()
