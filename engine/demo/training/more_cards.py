"""The cards of the models that are made beside the base: ControlNets and the small SDXL."""

from pathlib import Path

import msgspec
import numpy as np

from engine.demo.training.appraisal import CFG_SCALE, SAMPLER, STEPS, Adherence, Pictures, grid
from engine.demo.training.card import LICENCE, adherence_rows, write_card_files
from engine.demo.training.conditions import Kind, as_picture
from engine.demo.training.following import Following, Shown
from engine.demo.training.sizes import CUT, Sizes

_IN_GRID = 8
_WHAT = {
    "canny": "the edges that `cv2.Canny` finds in it with the thresholds 100 and 200",
    "depth": "how near everything in it is, near things bright",
}
_AGREEMENT = {
    "canny": "F1 of the picture's edges against the asked ones, a pixel of tolerance",
    "depth": "correlation of the asked depth with what a small network, trained on drawings alone, reads",
}


class ControlNetFigures(msgspec.Struct, frozen=True):
    """All figures of one ControlNet; `steps` are those of its training."""

    following: Following
    megabytes: float
    steps: int


class SdxlFigures(msgspec.Struct, frozen=True):
    """All figures of the small SDXL: over `prompts` prompts a measure, after `steps` of training."""

    adherence: list[Adherence]
    sizes: Sizes
    megabytes: float
    prompts: int
    steps: int


def write_controlnet_card(figures: ControlNetFigures, shown: Shown, folder: Path) -> None:
    """The card, with a grid of conditions, pictures with them, pictures without, and the drawings they are of."""
    rows = (as_picture(shown.conditions), shown.pictures, shown.without, shown.drawings)
    pictures = grid(np.concatenate([row[:_IN_GRID] for row in rows]), min(_IN_GRID, len(shown.pictures)))
    write_card_files(figures, pictures, _controlnet_card(figures), folder)


def write_sdxl_card(figures: SdxlFigures, pictures: Pictures, folder: Path) -> None:
    """The card, with a grid of `pictures` [n, h, w, 3]."""
    write_card_files(figures, grid(pictures), _sdxl_card(figures), folder)


def controlnet_name(kind: Kind) -> str:
    """Its folder's name."""
    return f"controlnet-{kind}"


def _controlnet_card(figures: ControlNetFigures) -> str:
    found = figures.following
    return f"""{LICENCE}# A ControlNet for the demo's base: {found.kind}

A `ControlNetModel` of diffusers for the demo's base (128 × 128 pixels, an autoencoder that makes things 4 times
smaller). It was trained on the base's own drawings, each with {_WHAT[found.kind]}.
The base itself was not changed. It is for tests and for trying things out, and is no part of the installed program.

![From the top: what was asked, with it, without it, the drawing it was taken from](grid.webp)

`make demo-models` makes it again, in {figures.steps:,} steps. It has {figures.megabytes:.1f} MB.

## Figures

{found.of} held-out scenes, {STEPS} steps of {SAMPLER}, guidance {CFG_SCALE:g}, full strength: the mean
{_AGREEMENT[found.kind]}.

| pictures | agreement |
|---|---|
| drawn with the condition | {found.shown:.3f} |
| the same prompts and seeds without it | {found.without:.3f} |
| the drawings themselves, after the autoencoder | {found.drawings:.3f} |
"""


def _sdxl_card(figures: SdxlFigures) -> str:
    sizes = figures.sizes
    return f"""{LICENCE}# A small base of SDXL's architecture

Everything that SDXL has and Stable Diffusion 1.5 has not, at 128 × 128 pixels: two text encoders, of which the last
layer but one is read, a pooled text embedding, and six numbers that say how large the original was and what was cut off
it. It was grown from the demo's base and trained on the same kind of drawings: whole ones, windows of larger ones and
enlarged smaller ones. It is for tests and for trying things out, and is no part of the installed program.

![What it draws for {figures.prompts} prompts it was not trained on](grid.webp)

`make demo-models` makes it again, in {figures.steps:,} steps. It has {figures.megabytes:.1f} MB.

## Figures

{figures.prompts} held-out prompts for each row, {STEPS} steps of {SAMPLER}, guidance {CFG_SCALE:g}; the share of pictures that
show what was asked, by the demo's tagger, by a judge trained apart from it, and by the tagger on real drawings.

| asked for | at least (of the base) | tagger | judge | drawings |
|---|---|---|---|---|
{adherence_rows(figures.adherence)}

What the sizes do, over {sizes.of} prompts of one girl:

| asked for | pictures | drawings |
|---|---|---|
| {CUT} px cut off above an original of 160, and not none: figures move up by px | {sizes.up:.1f} | {sizes.up_drawings:.1f} |
| {CUT} px cut off on its left, and not none: figures move left by px | {sizes.left:.1f} | {sizes.left_drawings:.1f} |
| an original of 64, and not 128: share of the sharpness left | {sizes.sharpness:.2f} | {sizes.sharpness_drawings:.2f} |
"""  # noqa: E501
