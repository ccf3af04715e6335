from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

from db import generations
from db.errors import UserError
from engine.base import BaseModel
from engine.generator import SAMPLERS, LoraWeight, Row, batch_limit, generate, make_scheduler, row_shape
from engine.lora import resident_loras
from engine.prompt import parse
from tests.engine.model.test_lora import made


def row(prompt: str = "1girl, blue hair", seed: int = 1, **settings: Any) -> Row:
    given = {"steps": 2, "sampler": "DPM++ 2M", "cfg_scale": 5.0, "width": 64, "height": 64, "negative": ""} | settings
    return Row(prompt=parse(prompt), seed=seed, **given | {"negative": parse(given["negative"])})


OTHERS = [
    row("sky, cloud, no humans", 7),
    row("(1boy:1.2), frown", 8, negative="smile"),
    row("night", 9, cfg_scale=2.0),
]


def test_the_samplers_that_are_offered_are_those_there_are() -> None:
    assert set(generations.SAMPLERS) == set(SAMPLERS)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_row_comes_out_the_same_alone_and_in_any_company(sd15: BaseModel, sampler: str) -> None:
    wanted = row(sampler=sampler)
    others = [replace(other, sampler=sampler) for other in OTHERS]
    alone = generate(sd15, [wanted], 4)
    assert alone.shape == (1, 64, 64, 3) and alone.dtype == np.uint8
    assert np.array_equal(generate(sd15, [wanted, *others], 4)[0], alone[0])
    assert np.array_equal(generate(sd15, [*others, wanted], 4)[3], alone[0])


def test_samplers_seeds_and_prompts_make_different_pictures(sd15: BaseModel) -> None:
    rows = [row(), row(seed=2), row("sky"), row(cfg_scale=1.0), row(negative="smile"), row(steps=3)]
    rows += [row(sampler=sampler, steps=4) for sampler in SAMPLERS]
    pictures = {generate(sd15, [each], 1).tobytes() for each in rows}
    assert len(pictures) == len(rows)


def test_pictures_are_those_of_the_diffusers_pipeline(sd15: BaseModel) -> None:
    """The pipeline, given the same text and noise, with the same sampler."""
    plain: dict[str, Any] = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    scheduler = DPMSolverMultistepScheduler.from_config(dict(sd15.scheduler_config), timestep_spacing="linspace")
    pipeline = StableDiffusionPipeline(
        vae=sd15.vae, unet=sd15.unet, text_encoder=sd15.text_encoders[0], tokenizer=sd15.tokenizers[0],
        scheduler=scheduler, **plain,
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(
        "1girl, blue hair", negative_prompt="smile", num_inference_steps=4, guidance_scale=5.0, width=64, height=64,
        generator=torch.Generator("cpu").manual_seed(1), output_type="np",
    ).images[0]  # fmt: skip
    ours = generate(sd15, [row(negative="smile", steps=4)], 1)[0]
    assert np.abs(ours - 255 * theirs).max() <= 1


def test_guidance_of_one_is_the_prompt_alone(sd15: BaseModel) -> None:
    """One forward without guidance draws what two would, whatever the negative prompt."""
    nearly = generate(sd15, [row(cfg_scale=1.0 + 1e-6)], 1).astype(int)
    alone = generate(sd15, [row(cfg_scale=1.0, negative="smile")], 1).astype(int)
    assert np.abs(nearly - alone).max() <= 1


def test_loras_weigh_on_their_own_rows_and_nothing_at_zero(sd15: BaseModel, tmp_path: Path) -> None:
    paths = {name: tmp_path / f"{name}.safetensors" for name in ("one", "two")}
    for seed, path in enumerate(paths.values()):
        made(sd15, path, seed, targets="full")
    bare = generate(sd15, [row(), row(seed=2)], 3)
    with resident_loras(sd15, paths) as weights:
        used = [
            row(loras={"one": LoraWeight(0.0, 0.0)}),
            row(seed=2, loras={"one": LoraWeight(0.8, 0.8), "two": LoraWeight(-0.4, 0.0)}),
            row(seed=2, loras={"two": LoraWeight(1.0, 1.0)}),
        ]
        pictures = generate(sd15, used, 3, weights)
        assert np.array_equal(pictures[0], bare[0])
        assert len({bare[1].tobytes(), pictures[1].tobytes(), pictures[2].tobytes()}) == 3
        assert np.array_equal(generate(sd15, used[1:2], 3, weights)[0], pictures[1])
        assert np.array_equal(generate(sd15, [row(), row(seed=2)], 3, weights), bare)


def test_sdxl_is_drawn_too(sdxl: BaseModel) -> None:
    pictures = generate(sdxl, [row(width=16, height=16), row("sky", 2, width=16, height=16)], 2)
    assert pictures.shape == (2, 16, 16, 3)
    assert np.array_equal(generate(sdxl, [row(width=16, height=16)], 2)[0], pictures[0])


def test_rows_share_a_batch_only_where_their_shape_is_the_same(sd15: BaseModel) -> None:
    shape = row_shape(sd15, row())
    same = [row("sky", 9), row(cfg_scale=3.0), row(clip_skip=2), row(loras={"x": LoraWeight(1, 1)})]
    assert {row_shape(sd15, each) for each in same} == {shape}
    others = [
        row(steps=3),
        row(width=96),
        row(sampler="Euler"),
        row(cfg_scale=1.0),
        row("a BREAK b"),
        row(negative="BREAK"),
    ]
    assert len({shape, *(row_shape(sd15, each) for each in others)}) == len(others)


def test_what_cannot_be_drawn_is_refused(sd15: BaseModel) -> None:
    with pytest.raises(UserError, match="no sampler “Foo”: choose one of DPM"):
        row_shape(sd15, row(sampler="Foo"))
    with pytest.raises(UserError, match="multiples of 32"):
        row_shape(sd15, row(width=65))


def test_every_step_is_reported(sd15: BaseModel) -> None:
    steps: list[int] = []
    generate(sd15, [row(steps=3, sampler="Euler")], 1, on_step=steps.append)
    assert steps == [0, 1, 2]


def test_zero_terminal_snr_starts_at_the_noisiest_step(sd15: BaseModel) -> None:
    config = dict(sd15.scheduler_config) | {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    base = replace(sd15, scheduler_config=config)
    for sampler in SAMPLERS:
        assert make_scheduler(sampler, base, 5).timesteps[0] == 999
        assert np.isfinite(generate(base, [row(sampler=sampler)], 1)).all()


def test_a_batch_holds_what_a_small_card_can(sd15: BaseModel) -> None:
    limits = {size: batch_limit(sd15, size, size) for size in (128, 512, 1024, 2048)}
    assert limits == {128: 8, 512: 4, 1024: 1, 2048: 1}
