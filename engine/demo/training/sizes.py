"""Whether the small SDXL does what the sizes say that it is given beside the prompt."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import cv2
import msgspec
import numpy as np
import torch
from diffusers import StableDiffusionXLPipeline
from numpy.typing import NDArray

from engine.demo.drawing.scene import Scene, draw_scene
from engine.demo.training.appraisal import CFG_SCALE, STEPS, hands
from engine.demo.training.corpus import SIZE
from engine.demo.training.depth_reader import DepthReader
from engine.demo.training.log import say
from engine.demo.training.measures import MEASURES, prompt_of
from engine.demo.training.originals import Original, at_original

SCENES = 32
CUT = 32
_FIGURE = 0.4
_AT_ONCE = 8

Pictures = NDArray[np.uint8]
Corner = tuple[int, int]  # how many pixels are cut off above and on the left
Draw = Callable[[Original, Corner], Pictures]  # all scenes


class Sizes(msgspec.Struct, frozen=True):
    """What asking does, and what it does to drawings: how many pixels figures move up when 32 are cut off above an
    original of 160 and not none, and to the left when they are cut off on the left; and which share of the sharpness
    is left when the original was of 64."""

    up: float
    up_drawings: float
    left: float
    left_drawings: float
    sharpness: float
    sharpness_drawings: float
    of: int


def measure_sizes(folder: Path, reader: DepthReader, count: int = SCENES) -> Sizes:
    """Draw held-out scenes of one girl with the small SDXL in `folder` and by hand."""
    scenes = list(islice(MEASURES[0].scenes(count), count))
    pipeline = StableDiffusionXLPipeline.from_pretrained(folder, torch_dtype=torch.float32, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    made = _figures(lambda original, corner: draw_sized(pipeline, scenes, original, corner), reader)
    drawn = _figures(lambda original, corner: _by_hand(scenes, original, corner), reader)
    found = Sizes(made[0], drawn[0], made[1], drawn[1], made[2], drawn[2], count)
    say("sizes", **msgspec.structs.asdict(found))
    return found


def draw_sized(
    pipeline: StableDiffusionXLPipeline, scenes: Sequence[Scene], original: Original, corner: Corner
) -> Pictures:
    """What comes of the scenes' prompts when that size and that crop are asked for; seeds count up from 1."""
    prompts = [prompt_of(scene).replace("\\", "") for scene in scenes]
    made = []
    for at in range(0, len(scenes), _AT_ONCE):
        seeds = range(at + 1, min(at + _AT_ONCE, len(scenes)) + 1)
        made.append(
            pipeline(
                prompts[at : at + _AT_ONCE],
                num_inference_steps=STEPS,
                guidance_scale=CFG_SCALE,
                original_size=(original, original),
                crops_coords_top_left=corner,
                target_size=(SIZE, SIZE),
                generator=[torch.Generator().manual_seed(seed) for seed in seeds],
                output_type="np",
            ).images
        )
    return np.asarray((np.concatenate(made) * 255).round().clip(0, 255), np.uint8)


def _figures(draw: Draw, reader: DepthReader) -> tuple[float, float, float]:
    """Pixels moved up, pixels moved left, share of sharpness left."""
    half = CUT // 2
    up = _middles(reader, draw(160, (0, half)))[:, 1] - _middles(reader, draw(160, (CUT, half)))[:, 1]
    left = _middles(reader, draw(160, (half, 0)))[:, 0] - _middles(reader, draw(160, (half, CUT)))[:, 0]
    sharpness_left = sharpness(draw(64, (0, 0))) / max(1e-6, sharpness(draw(128, (0, 0))))
    return _median(up), _median(left), sharpness_left


def _median(moved: NDArray[np.float64]) -> float:
    return float(np.nanmedian(moved)) if np.isfinite(moved).any() else 0.0


def _by_hand(scenes: Sequence[Scene], original: Original, corner: Corner) -> Pictures:
    pictures = [
        at_original(draw_scene(scene, hand, original, original))
        for scene, hand in zip(scenes, hands(len(scenes)), strict=True)
    ]
    top, left = corner
    return np.stack([picture[top : top + SIZE, left : left + SIZE] for picture in pictures])


def _middles(reader: DepthReader, pictures: Pictures) -> NDArray[np.float64]:
    """Mean x and y in pixels [n, 2] of what is near, NaN where nothing is."""
    near = reader.read(pictures) > _FIGURE
    at = np.arange(near.shape[2]) * (SIZE / near.shape[2])
    count = near.sum((1, 2))
    sums = np.stack([(near * at).sum((1, 2)), (near * at[:, None]).sum((1, 2))], 1)
    return np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], np.nan)


def sharpness(pictures: Pictures) -> float:
    """The mean size of the Laplacian."""
    return float(np.mean([np.abs(cv2.Laplacian(picture, cv2.CV_32F)).mean() for picture in pictures]))
