from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from safetensors.torch import load_file
from transformers import CLIPTokenizer

from engine.base import load_base
from engine.base_files import inspect_base
from engine.demo.drawing.scene import draw_scene
from engine.demo.training.base import heads, made_networks
from engine.demo.training.corpus import Recipe
from engine.demo.training.depth_reader import DepthReader
from engine.demo.training.more_cards import SdxlFigures, write_sdxl_card
from engine.demo.training.networks import new_text_encoder, new_unet
from engine.demo.training.originals import draw_originals
from engine.demo.training.publish import publish_one_file, publish_sdxl
from engine.demo.training.sdxl import FromTextAndSizes, SdxlBatches, SdxlStage, train_sdxl
from engine.demo.training.sdxl_drawings import Drawings, Source
from engine.demo.training.sdxl_networks import TextEncoders, sdxl_text_encoder, sdxl_text_encoder_2, sdxl_unet
from engine.demo.training.sizes import Sizes, measure_sizes
from engine.demo.training.vae import new_vae
from engine.generator import Row, generate
from engine.prompt import parse
from tests.demo.training_setting import RECIPE, STEPS, WEIGHTS, Setting, Stopped, same_weights, stop_before

LARGE = Recipe(seed=8, count=3)


def large_source(setting: Setting) -> Source:
    """Latents that say where they lie: channel 0 counts rows, channel 1 columns."""
    path = setting.folder / "large.npy"
    rows, columns = np.mgrid[0:40, 0:40]
    np.save(path, np.stack([np.stack([rows, columns, rows, columns])] * LARGE.count).astype(np.float16))
    return Source(LARGE, 160, path, 0.5)


def sdxl_stage(setting: Setting, name: str) -> SdxlStage:
    plain = Source(RECIPE, 128, setting.folder / "latents.npy", 0.5)
    return SdxlStage(**vars(setting.stage(name)), sources=(plain, large_source(setting)))


def test_a_training_that_was_stopped_ends_in_the_same_weights(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    through, stopped = sdxl_stage(setting, "through"), sdxl_stage(setting, "stopped")
    train_sdxl((0,), through)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_before(3, SdxlBatches, patch)
        train_sdxl((0,), stopped)
    assert torch.load(stopped.checkpoint, weights_only=True)["step"] == 2
    train_sdxl((0,), stopped)
    assert same_weights(through.end, stopped.end)
    learnt = load_file(through.end / "unet" / "diffusion_pytorch_model.safetensors")
    assert bool(learnt["add_embedding.linear_2.weight"].any())


def test_the_second_text_encoder_learns_and_the_first_stays(setting: Setting) -> None:
    base, text_encoder = made_networks(setting.base)
    first, second = sdxl_text_encoder(text_encoder), sdxl_text_encoder_2(text_encoder)
    learning = FromTextAndSizes(sdxl_unet(base), TextEncoders(first, second))
    tokenizer = CLIPTokenizer.from_pretrained(setting.tokenizer, local_files_only=True)
    learning.backward(SdxlBatches(sdxl_stage(setting, "learning"), tokenizer, 0).batch(0))
    assert all(parameter.grad is None for parameter in first.parameters())
    assert any(parameter.grad is not None and parameter.grad.any() for parameter in second.parameters())
    learnt = {id(parameter) for parameter in learning.parameters}
    assert not learnt & set(map(id, first.parameters())) and learnt >= set(map(id, second.parameters()))


def test_it_starts_as_what_it_is_grown_from(setting: Setting) -> None:
    base, text_encoder = made_networks(setting.base)
    unet, first = sdxl_unet(base), sdxl_text_encoder(text_encoder)
    assert unet.config.transformer_layers_per_block == (1, 2)
    noisy, times, words = torch.randn(2, 4, 32, 32), torch.tensor([10, 900]), torch.randn(2, 77, 16)
    added = {"text_embeds": torch.randn(2, 96), "time_ids": torch.rand(2, 6)}
    with torch.no_grad():
        as_before = base(noisy, times, words).sample
        same_words = torch.cat([words, torch.zeros(2, 77, 96)], -1)
        assert torch.allclose(unet(noisy, times, same_words, added_cond_kwargs=added).sample, as_before, atol=1e-5)
        ids = torch.tensor([[931, 5, 6, *[932] * 74]])
        said = text_encoder(ids).last_hidden_state
        assert torch.allclose(first(ids, output_hidden_states=True).hidden_states[-2], said, atol=0.01)
        hidden, pooled = TextEncoders(first, sdxl_text_encoder_2(text_encoder))(ids, ids)
    assert hidden.shape == (1, 77, 16 + 96) and pooled.shape == (1, 96)


def test_the_sizes_say_where_a_window_was_cut_out(setting: Setting) -> None:
    drawings, rng = Drawings(large_source(setting)), np.random.default_rng(1)
    corners = set()
    for _ in range(30):
        taken = drawings.take(1, rng)
        top, left = int(taken.latents[0, 0, 0]), int(taken.latents[1, 0, 0])
        assert taken.latents.shape == (4, 32, 32)
        assert taken.time_ids == (160, 160, 4 * top, 4 * left, 128, 128)
        for (x, y, radius), (seen_x, seen_y, seen_radius) in zip(heads(LARGE.scene(1)), taken.heads, strict=True):
            seen_pixels = (seen_x * 128 + 4 * left, seen_y * 128 + 4 * top, seen_radius * 128)
            assert seen_pixels == pytest.approx((160 * x, 160 * y, 160 * radius))
        corners.add((top, left))
    assert len(corners) > 15 and max(max(corner) for corner in corners) <= 8


def test_batches_mix_the_sources_and_pad_for_both_text_encoders(setting: Setting) -> None:
    tokenizer = CLIPTokenizer.from_pretrained(setting.tokenizer, local_files_only=True)
    batches = SdxlBatches(sdxl_stage(setting, "mixed"), tokenizer, 0)
    batch = batches.batch(2)
    ids, ids_2, sizes = batch.given
    assert sizes[:10, 0].unique().tolist() == [128] and sizes[10:, 0].unique().tolist() == [160]
    assert batch.latents.shape == (20, 4, 32, 32) and batch.weights.shape == (20, 1, 32, 32)
    for one, two in zip(ids.tolist(), ids_2.tolist(), strict=True):
        end = one.index(tokenizer.eos_token_id)
        assert one[: end + 1] == two[: end + 1] and set(two[end + 1 :]) <= {0}
    assert torch.equal(batches.batch(2).given[1], ids_2)


def test_originals_are_drawn_at_their_size_and_small_ones_enlarged(tmp_path: Path) -> None:
    large = draw_originals(LARGE, 160, tmp_path / "160" / "pictures.npy")
    assert np.array_equal(large[2], draw_scene(LARGE.scene(2), LARGE.style(2), 160, 160))
    small = draw_originals(LARGE, 64, tmp_path / "64" / "pictures.npy")
    assert small.shape == (3, 128, 128, 3)
    sharp, blurred = (np.abs(np.diff(picture.astype(int), axis=0)).max() for picture in (large[2], small[2]))
    assert blurred < sharp


@pytest.fixture
def published(setting: Setting) -> Path:
    stage = sdxl_stage(setting, "sdxl")
    train_sdxl((0,), replace(stage, steps=1))
    publish_sdxl(setting.vae, stage.end, setting.tokenizer, setting.folder / "published")
    return setting.folder / "published"


def test_a_published_one_draws_in_a_plain_pipeline_and_in_the_engine(published: Path) -> None:
    pipeline = StableDiffusionXLPipeline.from_pretrained(published, torch_dtype=torch.float32)
    picture = pipeline("1girl", num_inference_steps=2, original_size=(64, 64), output_type="np").images[0]
    assert picture.shape == (128, 128, 3) and np.isfinite(picture).all() and picture.std() > 0
    assert pipeline.tokenizer_2.pad_token_id == 0 and pipeline.tokenizer.pad_token_id != 0
    base = load_base(str(published), "cpu", torch.float32)
    assert (base.architecture, base.prediction_type, base.width) == ("sdxl", "v_prediction", 128)
    row = Row(parse("1girl, (smile:1.2)"), parse(""), 1, 2, "DPM++ 2M", 5.0, 128, 128)
    assert generate(base, [row], 1).std() > 0


def test_the_engine_and_the_pipeline_read_a_prompt_alike(published: Path) -> None:
    from engine.text import encode_prompts

    pipeline = StableDiffusionXLPipeline.from_pretrained(published, torch_dtype=torch.float32)
    words, empty, pooled, _pooled_empty = pipeline.encode_prompt("1girl, smile", negative_prompt=None)
    base = load_base(str(published), "cpu", torch.float32)
    encoded, nothing = (encode_prompts(base, [parse(text)]) for text in ("1girl, smile", ""))
    assert encoded.pooled is not None
    assert torch.allclose(encoded.hidden, words, atol=1e-5) and torch.allclose(encoded.pooled, pooled, atol=1e-5)
    assert torch.allclose(nothing.hidden, empty, atol=1e-5)


def test_as_one_file_it_is_the_same_model(published: Path, tmp_path: Path) -> None:
    file = tmp_path / "tiny-sdxl.safetensors"
    publish_one_file(published, file)
    assert inspect_base(str(file)).architecture == "sdxl"
    one, other = (load_base(str(source), "cpu", torch.float32) for source in (file, published))
    for loaded, known in zip(
        (one.unet, one.vae, *one.text_encoders), (other.unet, other.vae, *other.text_encoders), strict=True
    ):
        expected = known.state_dict()
        assert loaded.state_dict().keys() == expected.keys()
        assert all(torch.equal(value, expected[name]) for name, value in loaded.state_dict().items())


def test_the_card_says_what_the_sizes_do(published: Path) -> None:
    sizes = measure_sizes(published, DepthReader(), 2)
    assert sizes.of == 2 and sizes.sharpness_drawings < 0.8
    said = Sizes(17.5, 26.0, 3.5, 25.0, 0.6, 0.5, 2)
    write_sdxl_card(SdxlFigures([], said, 24.1, 2, STEPS), np.zeros((2, 8, 8, 3), np.uint8), published)
    card = (published / "README.md").read_text()
    assert "| 17.5 | 26.0 |" in card and "| 3.5 | 25.0 |" in card and "24.1 MB" in card
    assert inspect_base(str(published)).licence == ("mit", "https://opensource.org/license/mit")


def test_the_real_one_has_at_most_25_megabytes() -> None:
    tokenizer = CLIPTokenizer.from_pretrained(WEIGHTS / "tokenizer", local_files_only=True)
    text_encoder = new_text_encoder(tokenizer)
    parts = (sdxl_unet(new_unet()), sdxl_text_encoder(text_encoder), sdxl_text_encoder_2(text_encoder), new_vae())
    assert 2 * sum(parameter.numel() for part in parts for parameter in part.parameters()) < 24.9e6
