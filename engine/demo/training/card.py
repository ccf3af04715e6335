"""The card beside the weights: what they are, how they were made, and their figures."""

from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.demo.training.appraisal import CFG_SCALE, SAMPLER, STEPS, Adherence, Nearness
from engine.demo.training.on_film import OnFilm

CARD_FILES = CARD, GRID, FIGURES = "README.md", "grid.webp", "figures.json"
FILM_F1, TWO_GIRLS_F1, PSNR = 0.93, 0.88, 30.0
LICENCE = """---
license: mit
license_link: https://opensource.org/license/mit
---
"""


class Appraisal(msgspec.Struct, frozen=True):
    """All figures of one making; `psnr` in dB, `megabytes` of the weights as shipped."""

    psnr: float
    adherence: list[Adherence]
    nearness: Nearness
    tagger: OnFilm
    judge: OnFilm
    megabytes: dict[str, float]
    effort: dict[str, int]


def write_card(appraisal: Appraisal, pictures: NDArray[np.uint8], folder: Path) -> None:
    """Write the card, its grid of pictures [h, w, 3] and the figures for programs into `folder`."""
    write_card_files(appraisal, pictures, _card(appraisal), folder)


def write_card_files(figures: msgspec.Struct, pictures: NDArray[np.uint8], text: str, folder: Path) -> None:
    """Write a card's text, its grid of pictures and its figures for programs into `folder`."""
    (folder / FIGURES).write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")
    _done, grid = cv2.imencode(".webp", cv2.cvtColor(pictures, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, 90])
    (folder / GRID).write_bytes(grid.tobytes())
    (folder / CARD).write_text(text, "utf-8")


def _card(appraisal: Appraisal) -> str:
    effort = "\n".join(f"| {name.replace('_', ' ')} | {number:,} |" for name, number in appraisal.effort.items())
    sizes = ", ".join(f"{name} {size:.1f} MB" for name, size in appraisal.megabytes.items())
    film = _film_figures(appraisal, "all_frames", FILM_F1)
    two_girls = _film_figures(appraisal, "two_girls", TWO_GIRLS_F1)
    far, prompts = appraisal.nearness, appraisal.effort["prompts"]
    return f"""{LICENCE}# The demo's base

A text-to-image model of 128 × 128 pixels with the component classes of Stable Diffusion 1.5, trained from scratch on
drawings of this program's own. No picture made by anybody else went into it. It is here so that the whole program
can be tried without a graphics card and without a download.

![What it draws for {prompts} prompts it was not trained on](grid.webp)

`make demo-weights` makes it again from nothing, with what the last table says. Sizes: {sizes}.

## Figures

Repeat them with `make demo-card`. {prompts} held-out prompts for each row, {STEPS} steps of {SAMPLER}, guidance
{CFG_SCALE:g}; the share of pictures that show what was asked. The tagger is the one that is shipped. The judge is
trained apart from it, on other drawings by other seeds. *Drawings* is the tagger's share on real drawings of the same
scenes: more than that cannot be seen.

| asked for | at least | tagger | judge | drawings |
|---|---|---|---|---|
{adherence_rows(appraisal.adherence)}

| other figures | at least | tagger | judge |
|---|---|---|---|
| micro-F1 on the demo's film, of which neither has seen a frame | {FILM_F1:.2f} | {film} |
| micro-F1 on its frames with two girls | {TWO_GIRLS_F1:.2f} | {two_girls} |
| held-out drawings through the autoencoder, dB | {PSNR:.0f} | {appraisal.psnr:.1f}{_missed(appraisal.psnr, PSNR)} | |

Are pictures copies? At 32 × 32 their median distance to the nearest drawing of the training is {far.pictures:.1f}
of 255, that of held-out drawings {far.drawings:.1f}; {far.nearer} of {far.of} pictures lie nearer than all but 1 % of
those.

## How much was drawn and trained

| what | how much |
|---|---|
{effort}
"""


def _film_figures(appraisal: Appraisal, name: str, at_least: float) -> str:
    tagger, judge = (getattr(each, name) for each in (appraisal.tagger, appraisal.judge))
    return f"{tagger:.3f}{_missed(tagger, at_least)} | {judge:.3f}"


def _missed(found: float, at_least: float) -> str:
    return "" if found >= at_least else " (missed)"


def adherence_rows(found: list[Adherence]) -> str:
    """The table's rows, without its head."""
    return "\n".join(_row(each) for each in found)


def _row(each: Adherence) -> str:
    tagger = f"{each.tagger:.2f}{_missed(each.tagger, each.at_least)}"
    return f"| {each.name} | {each.at_least:.2f} | {tagger} | {each.judge:.2f} | {each.drawings:.2f} |"
