import hashlib
import importlib.metadata
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from db.version import program_version
from engine.infotext import (
    LoraFacts,
    PictureFacts,
    parameters_text,
    parse_parameters,
    pixels_sha256,
    record,
    write_png,
)

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
FACTS = PictureFacts(
    prompt="1girl, solo, brown hair, glasses <lora:kimikoe-2023-10-18-1:0.7>", negative_prompt="lowres, (bad:1.4)",
    seed=1234567890123, steps=28, sampler="DPM++ 2M SDE Karras", cfg_scale=7.0, width=512, height=768, clip_skip=2,
    base_name="AnyLoRA", base_sha256="6ce0161689" + "0" * 54, base_licence="CreativeML Open RAIL-M",
    loras=(LoraFacts("kimikoe-2023-10-18-1", 0.7, 0.7, "0123456789abcdef"),), environment={"batch": [1, 4, 96, 64]},
)  # fmt: skip


def test_the_layout_is_a1111s() -> None:
    prompt, negative, settings = parameters_text(FACTS).split("\n")
    assert prompt == "1girl, solo, brown hair, glasses <lora:kimikoe-2023-10-18-1:0.7>"
    assert negative == "Negative prompt: lowres, (bad:1.4)"
    start = (
        "Steps: 28, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 7, Seed: 1234567890123, Size: 512x768, "
        'Model hash: 6ce0161689, Model: AnyLoRA, Clip skip: 2, Lora hashes: "kimikoe-2023-10-18-1: 0123456789ab", '
        "RNG: CPU, Version: kimikoe "
    )
    assert settings.startswith(start)


def test_a_program_that_is_not_installed_still_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training in a plain checkout ended without its file, for want of a version to name."""

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    program_version.cache_clear()
    try:
        assert parameters_text(FACTS).endswith("Version: kimikoe unknown")
    finally:
        program_version.cache_clear()


def test_what_is_the_default_is_left_out() -> None:
    text = parameters_text(replace(FACTS, negative_prompt="", sampler="Euler a", clip_skip=1, loras=()))
    assert text.count("\n") == 1
    assert not any(name in text for name in ("Negative prompt", "Schedule type", "Clip skip", "Lora hashes"))
    assert parse_parameters(text).settings["Sampler"] == "Euler a"


def test_a_prompt_without_settings_is_a_prompt() -> None:
    assert parse_parameters("a cat, Steps: 3, of stone").prompt == "a cat, Steps: 3, of stone"
    assert parse_parameters("").settings == {}


line = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"], include_characters=" ")).map(
    str.strip
)
prompt = st.lists(line.filter(lambda text: not text.startswith("Negative prompt:")), max_size=3).map(
    lambda lines: "\n".join(lines).strip()
)


@given(
    prompt, prompt, line.filter(bool), st.integers(0, 2**64 - 1), st.floats(0.5, 30), st.integers(1, 12),
    st.sampled_from(["Euler a", "DPM++ 2M Karras", "DDIM"]),
)  # fmt: skip
def test_parameters_parse_to_what_was_written(
    words: str, negative: str, name: str, seed: int, cfg_scale: float, clip_skip: int, sampler: str
) -> None:
    facts = replace(
        FACTS, prompt=words, negative_prompt=negative, base_name=name, seed=seed, cfg_scale=round(cfg_scale, 2),
        clip_skip=clip_skip, sampler=sampler,
    )  # fmt: skip
    parsed = parse_parameters(parameters_text(facts))
    assert (parsed.prompt, parsed.negative_prompt) == (words, negative)
    assert parsed.settings["Model"] == name
    assert int(parsed.settings["Seed"]) == seed
    assert float(parsed.settings["CFG scale"]) == pytest.approx(facts.cfg_scale)
    assert int(parsed.settings.get("Clip skip", 1)) == clip_skip
    schedule = parsed.settings.get("Schedule type", "")
    assert f"{parsed.settings['Sampler']} {schedule}".strip() == sampler


@pytest.mark.parametrize("prompt", ["1girl", "1girl, 青い髪 ♥"])
def test_a_png_says_what_it_is(tmp_path: Path, prompt: str) -> None:
    facts = replace(FACTS, prompt=prompt)
    pixels = np.random.default_rng(0).integers(0, 256, (8, 6, 3), np.uint8)
    path = tmp_path / "1" / "7.png"
    assert write_png(path, pixels, facts) == hashlib.sha256(path.read_bytes()).hexdigest()
    with Image.open(path) as image:
        assert np.array_equal(np.asarray(image), pixels)
        assert image.text["parameters"] == parameters_text(facts)
        assert json.loads(image.text["kimikoe"]) == json.loads(json.dumps(record(facts)))
        (description,) = ElementTree.fromstring(image.text["XML:com.adobe.xmp"]).iter(f"{RDF}Description")
        assert description.attrib[f"{IPTC}DigitalSourceType"].endswith("/digitalsourcetype/trainedAlgorithmicMedia")
    assert [file.name for file in path.parent.iterdir()] == ["7.png"]


def test_the_record_holds_everything_and_no_path() -> None:
    content = record(FACTS)
    assert content["base"] == {"name": "AnyLoRA", "sha256": FACTS.base_sha256, "licence": "CreativeML Open RAIL-M"}
    assert content["loras"] == [
        {"name": "kimikoe-2023-10-18-1", "weight": 0.7, "text_weight": 0.7, "sshs_hash": "0123456789abcdef"}
    ]
    assert content["environment"] == {"batch": [1, 4, 96, 64]}
    assert {"seed", "steps", "sampler", "cfg_scale", "width", "height", "clip_skip", "version"} <= content.keys()


def test_equal_pixels_have_equal_hashes() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    assert pixels_sha256(pixels) == pixels_sha256(np.zeros((2, 6, 3), np.uint8)[:, ::2])
    pixels[0, 0, 0] = 1
    assert pixels_sha256(pixels) != pixels_sha256(np.zeros((2, 3, 3), np.uint8))
