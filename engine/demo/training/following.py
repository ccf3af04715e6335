"""Whether pictures follow the condition that a ControlNet is shown, against the same pictures drawn without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import torch
from diffusers import ControlNetModel, StableDiffusionControlNetPipeline
from numpy.typing import NDArray

from engine.demo.drawing.depth import draw_depth
from engine.demo.drawing.scene import Scene
from engine.demo.training.appraisal import CFG_SCALE, STEPS, draw_by_hand, hands
from engine.demo.training.conditions import Condition, Kind, as_picture, canny
from engine.demo.training.corpus import SIZE
from engine.demo.training.depth_reader import DepthReader, small_depths
from engine.demo.training.log import say
from engine.demo.training.measures import held_out_scenes, prompt_of
from engine.demo.training.vae import keep

SCENES = 64
_AT_ONCE = 8
_TOLERANCE = np.ones((3, 3), np.uint8)  # a pixel around

Pictures = NDArray[np.uint8]


class Following(msgspec.Struct, frozen=True):
    """The mean agreement of `of` pictures with the condition: when they are drawn with it, when they are drawn from the
    same prompts and seeds without it, and of the drawings that it was taken from after the autoencoder."""

    kind: Kind
    shown: float
    without: float
    drawings: float
    of: int


@dataclass(frozen=True)
class Shown:
    """What a ControlNet was asked and what came: drawings, conditions, pictures with and without the condition."""

    drawings: Pictures
    conditions: Condition
    pictures: Pictures
    without: Pictures


def draw_shown(base: Path, controlnet: Path, kind: Kind, count: int = SCENES) -> Shown:
    """Draw held-out scenes with people in them from their prompts, with their condition and without."""
    scenes = list(islice((scene for scene in held_out_scenes() if scene.figures), count))
    drawings = draw_by_hand(scenes)
    asked = np.stack([canny(drawing) for drawing in drawings] if kind == "canny" else _depths(scenes))
    pipeline = load_pipeline(base, controlnet)
    with_it, without = (_draw(pipeline, scenes, asked, scale) for scale in (1.0, 0.0))
    kept = keep(pipeline.vae, drawings)
    return Shown(kept, asked, with_it, without)


def follows(kind: Kind, shown: Shown, reader: DepthReader) -> Following:
    """The figures of a ControlNet."""
    agreement = _edges_agree if kind == "canny" else _depths_agree
    with_it, without, drawings = (
        float(np.mean(agreement(shown.conditions, pictures, reader)))
        for pictures in (shown.pictures, shown.without, shown.drawings)
    )
    found = Following(kind, with_it, without, drawings, len(shown.pictures))
    say(f"controlnet {kind}", shown=found.shown, without=found.without, drawings=found.drawings)
    return found


def edge_agreement(asked: Condition, found: Condition) -> float:
    """F1 of edges [h, w], each found if there is one of the other within a pixel; 1 where both have none."""
    precision, recall = _near(found, asked), _near(asked, found)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def depth_agreement(asked: NDArray[Any], found: NDArray[Any]) -> float:
    """Pearson's correlation of two depths of one shape; 0 where one of them is flat."""
    deviations = asked - asked.mean(), found - found.mean()
    size = float(np.sqrt((deviations[0] ** 2).sum() * (deviations[1] ** 2).sum()))
    return float((deviations[0] * deviations[1]).sum()) / size if size > 0 else 0.0


def load_pipeline(base: Path, controlnet: Path) -> StableDiffusionControlNetPipeline:
    """The base with the ControlNet, in float32 on the CPU."""
    pipeline = StableDiffusionControlNetPipeline.from_pretrained(
        base,
        controlnet=ControlNetModel.from_pretrained(controlnet, torch_dtype=torch.float32),
        torch_dtype=torch.float32,
        local_files_only=True,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _draw(
    pipeline: StableDiffusionControlNetPipeline, scenes: Sequence[Scene], asked: Condition, scale: float
) -> Pictures:
    """What comes of the scenes' prompts; seeds count up from 1."""
    prompts = [prompt_of(scene).replace("\\", "") for scene in scenes]
    made = []
    for at in range(0, len(scenes), _AT_ONCE):
        part = slice(at, min(at + _AT_ONCE, len(scenes)))
        made.append(
            pipeline(
                prompts[part],
                image=torch.from_numpy(as_picture(asked[part])).permute(0, 3, 1, 2).float() / 255,
                num_inference_steps=STEPS,
                guidance_scale=CFG_SCALE,
                controlnet_conditioning_scale=scale,
                generator=[torch.Generator().manual_seed(number + 1) for number in range(part.start, part.stop)],
                output_type="np",
            ).images
        )
    return np.asarray((np.concatenate(made) * 255).round().clip(0, 255), np.uint8)


def _depths(scenes: Sequence[Scene]) -> list[Condition]:
    return [draw_depth(scene, hand, SIZE, SIZE) for scene, hand in zip(scenes, hands(len(scenes)), strict=True)]


def _edges_agree(asked: Condition, pictures: Pictures, reader: DepthReader) -> list[float]:
    return [edge_agreement(one, canny(picture)) for one, picture in zip(asked, pictures, strict=True)]


def _depths_agree(asked: Condition, pictures: Pictures, reader: DepthReader) -> list[float]:
    depths = small_depths(asked).numpy()
    return [depth_agreement(one, found) for one, found in zip(depths, reader.read(pictures), strict=True)]


def _near(edges: Condition, others: Condition) -> float:
    """The share of `edges` that have one of the `others` within a pixel."""
    here = edges > 0
    return float((cv2.dilate(others, _TOLERANCE) > 0)[here].mean()) if here.any() else float(not others.any())
