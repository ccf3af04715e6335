from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel
from safetensors.torch import load_file
from transformers import CLIPTokenizer

from engine.demo.training.base import made_networks
from engine.demo.training.conditions import Kind, canny, conditions
from engine.demo.training.controlnet import (
    ConditionedBatches,
    ControlStage,
    FromCondition,
    new_controlnet,
    train_controlnet,
)
from engine.demo.training.corpus import Corpus
from engine.demo.training.denoising import noised
from engine.demo.training.depth_reader import DepthReader, train_depth_reader
from engine.demo.training.following import depth_agreement, draw_shown, edge_agreement, follows, load_pipeline
from engine.demo.training.more_cards import ControlNetFigures, write_controlnet_card
from engine.demo.training.networks import new_unet
from engine.demo.training.publish import publish_controlnet
from tests.demo.training_setting import (
    RECIPE,
    STEPS,
    Setting,
    Stopped,
    assemble_base,
    same_weights,
    stop_before,
)


def control_stage(setting: Setting, kind: Kind, name: str) -> ControlStage:
    conditions(kind, Corpus(RECIPE, setting.plain), setting.plain)
    return ControlStage(**vars(setting.stage(name)), kind=kind)


def test_a_training_that_was_stopped_ends_in_the_same_weights(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    through, stopped = control_stage(setting, "canny", "through"), control_stage(setting, "canny", "stopped")
    train_controlnet((0,), through)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_before(3, ConditionedBatches, patch)
        train_controlnet((0,), stopped)
    assert torch.load(stopped.checkpoint, weights_only=True)["step"] == 2
    assert not stopped.end.exists()
    train_controlnet((0,), stopped)
    assert same_weights(through.end, stopped.end)
    assert not same_weights(through.end, untrained(setting, setting.folder / "untrained"))


def untrained(setting: Setting, folder: Path) -> Path:
    torch.manual_seed(1)
    new_controlnet(made_networks(setting.base)[0]).save_pretrained(folder)
    return folder


def test_an_untrained_one_changes_nothing_and_its_base_never_learns(setting: Setting) -> None:
    unet, text_encoder = made_networks(setting.base)
    controlnet = new_controlnet(unet)
    denoising = FromCondition(controlnet, unet, text_encoder)
    ids, condition = torch.randint(0, 900, (2, 77)), torch.rand(2, 3, 128, 128)
    noisy, times = torch.randn(2, 4, 32, 32).bfloat16(), torch.tensor([10, 900])
    with torch.no_grad():
        bare = denoising.unet(noisy, times, text_encoder(ids).last_hidden_state.bfloat16()).sample
        assert torch.equal(denoising.velocity(noisy, times, ids, condition), bare)
    assert {id(parameter) for parameter in denoising.parameters} == {id(each) for each in controlnet.parameters()}
    batch = noised(torch.randn(2, 4, 32, 32), torch.ones(2, 1, 32, 32), (ids, condition), 0)
    denoising.backward(batch)
    assert all(parameter.grad is None for parameter in (*denoising.unet.parameters(), *text_encoder.parameters()))
    assert float(controlnet.controlnet_mid_block.weight.grad.abs().sum()) > 0


def test_what_it_is_shown_is_the_drawings_condition(setting: Setting) -> None:
    stage = control_stage(setting, "canny", "shown")
    batches = ConditionedBatches(stage, CLIPTokenizer.from_pretrained(setting.tokenizer, local_files_only=True), 0)
    batch = batches.batch(3)
    again = batches.batch(3)
    ids, shown = batch.given
    assert shown.shape == (20, 3, 128, 128) and set(shown.unique().tolist()) == {0.0, 1.0}
    known = torch.from_numpy(np.load(stage.latents).astype(np.float32))
    pictures = Corpus(RECIPE, setting.plain).pictures
    for latents, seen in zip(batch.latents, shown, strict=True):
        (number,) = [number for number, one in enumerate(known) if torch.equal(one, latents)]
        edges = torch.from_numpy(canny(pictures[number]) / 255).float()
        assert torch.equal(seen[0], edges) and torch.equal(seen[0], seen[2])
    assert torch.equal(ids, again.given[0]) and torch.equal(batch.latents, again.latents)


def test_a_published_one_draws_in_a_plain_pipeline_and_has_a_card(setting: Setting) -> None:
    stage = control_stage(setting, "depth", "controlnet-depth")
    train_controlnet((0,), replace(stage, steps=1))
    out, base = setting.folder / "published", assemble_base(setting, setting.folder / "whole")
    publish_controlnet(stage.end, out)
    loaded = ControlNetModel.from_pretrained(out)
    tensors = load_file(out / "diffusion_pytorch_model.safetensors")
    assert {value.dtype for value in tensors.values()} == {torch.float16}
    assert loaded.config.conditioning_embedding_out_channels == [16, 32, 64]
    assert "_name_or_path" not in (out / "config.json").read_text()
    pipeline = load_pipeline(base, out)
    picture = pipeline("1girl", image=torch.rand(1, 3, 128, 128), num_inference_steps=2, output_type="np").images[0]
    assert picture.shape == (128, 128, 3) and np.isfinite(picture).all() and picture.std() > 0
    shown = draw_shown(base, out, "depth", 2)
    assert shown.pictures.shape == shown.without.shape == (2, 128, 128, 3)
    found = follows("depth", shown, DepthReader())
    assert -1 <= found.shown <= 1 and found.of == 2
    write_controlnet_card(ControlNetFigures(found, 1.5, STEPS), shown, out)
    assert f"{found.shown:.3f}" in (out / "README.md").read_text() and (out / "grid.webp").stat().st_size > 500


def test_the_made_base_gets_one_of_at_most_25_megabytes() -> None:
    controlnet = new_controlnet(new_unet())
    assert 2 * sum(parameter.numel() for parameter in controlnet.parameters()) < 25e6
    assert not any(bool(weight.any()) for weight in controlnet.controlnet_down_blocks.parameters())


def test_edges_agree_within_a_pixel() -> None:
    asked = np.zeros((20, 20), np.uint8)
    asked[5, 2:12] = 255
    assert edge_agreement(asked, asked) == 1
    assert edge_agreement(asked, np.roll(asked, 1, 0)) == 1
    assert edge_agreement(asked, np.roll(asked, 3, 0)) == 0
    half = asked.copy()
    half[5, 7:] = 0
    assert edge_agreement(asked, half) == pytest.approx(2 * 0.6 / 1.6)
    nothing = np.zeros_like(asked)
    assert edge_agreement(nothing, nothing) == 1
    assert edge_agreement(asked, nothing) == 0


def test_depths_agree_as_far_as_they_vary_together() -> None:
    ramp = np.tile(np.linspace(0, 1, 8), (8, 1))
    assert depth_agreement(ramp, 3 * ramp + 2) == pytest.approx(1)
    assert depth_agreement(ramp, -ramp) == pytest.approx(-1)
    assert depth_agreement(ramp, ramp.T) == pytest.approx(0)
    assert depth_agreement(ramp, np.ones_like(ramp)) == 0


def test_the_reader_learns_where_is_near_and_what_it_learnt_is_kept(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    corners = np.zeros((8, 128, 128), np.uint8)
    for number, (top, left) in enumerate(2 * [(0, 0), (0, 64), (64, 0), (64, 64)]):
        corners[number, top : top + 64, left : left + 64] = 200
    pictures = np.repeat(corners[..., None], 3, -1)
    reader = train_depth_reader(pictures, corners, 30, tmp_path / "checkpoint")
    again = train_depth_reader(pictures, corners, 30, tmp_path / "checkpoint")
    assert torch.equal(reader.depth.weight, again.depth.weight)
    read = reader.read(pictures)
    agreements = [depth_agreement(one[::4, ::4] / 255.0, found) for one, found in zip(corners, read, strict=True)]
    assert read.shape == (8, 32, 32) and np.mean(agreements) > 0.6
