"""The models that are kept beside the program, in `demo-models/`."""

import json
from pathlib import Path

import pytest
import torch
from diffusers import ControlNetModel, UNet2DConditionModel

from engine.base import load_base
from engine.demo.training.conditions import KINDS, Kind
from engine.demo.training.more_cards import controlnet_name
from tests.demo.training_setting import WEIGHTS

MODELS = Path(__file__).parents[2] / "demo-models"
LEAST_GAIN = {"canny": 0.1, "depth": 0.05}


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors")) / 1e6


@pytest.mark.parametrize("kind", KINDS)
def test_a_controlnet_is_small_fits_the_base_and_is_followed(kind: Kind) -> None:
    folder = MODELS / controlnet_name(kind)
    assert megabytes(folder) <= 25
    controlnet = ControlNetModel.from_pretrained(folder, torch_dtype=torch.float32)
    base = UNet2DConditionModel.load_config(WEIGHTS / "unet")
    assert list(controlnet.config.block_out_channels) == base["block_out_channels"]
    found = json.loads((folder / "figures.json").read_text())["following"]
    assert found["of"] >= 32
    assert found["shown"] > found["without"] + LEAST_GAIN[kind]


def test_the_small_sdxl_is_small_follows_its_sizes_and_loads() -> None:
    folder = MODELS / "sdxl"
    assert megabytes(folder) <= 25
    base = load_base(str(folder), "cpu", torch.float32)
    assert (base.architecture, base.width, base.height) == ("sdxl", 128, 128)
    figures = json.loads((folder / "figures.json").read_text())
    assert figures["sizes"]["up"] > 0.3 * figures["sizes"]["up_drawings"] > 0
    hair = next(each for each in figures["adherence"] if each["name"] == "hair")
    assert hair["tagger"] >= 0.9
