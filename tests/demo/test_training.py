"""The making of the demo's models, at a thousandth of its effort."""

import copy
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline
from hypothesis import given
from hypothesis import strategies as st
from transformers import CLIPTokenizer

import engine.demo
from engine.base import load_base
from engine.demo.drawing.character import Character, Figure, Pose
from engine.demo.drawing.scene import Scene, draw_scene
from engine.demo.training import tagger as tagger_training
from engine.demo.training import vae as vae_training
from engine.demo.training import words as words_training
from engine.demo.training.appraisal import grid, hands, nearness
from engine.demo.training.base import clothes_weights, heads, made_networks, mouth_weights
from engine.demo.training.captions import Captions
from engine.demo.training.corpus import Corpus, Recipe, draw_corpus
from engine.demo.training.measures import MEASURES, Measure, prompt_of
from engine.demo.training.networks import grown, new_text_encoder, small_unet
from engine.demo.training.plan import REHEARSAL, Workshop
from engine.demo.training.publish import ONE_FILE
from engine.demo.training.state import Course
from engine.demo.training.tagger import train_tagger
from engine.demo.training.tokenizer import make_tokenizer
from engine.demo.training.vae import train_vae, tune_decoder
from engine.demo.training.vocabulary import vocabulary
from engine.demo.training.words import bind_words, last_tokens
from engine.tagger import load_tagger

WEIGHTS = Path(engine.demo.__file__).parent / "weights"
LEFT = Character("black hair", "red eyes", "short hair", "blunt bangs", "shirt", cloth="green")
RIGHT = Character("pink hair", "blue eyes", "long hair", "swept bangs", "dress", cloth="white")
TWO = Scene("sky", 0, (Figure(RIGHT, Pose(), 0.7, 0.4, 0.19), Figure(LEFT, Pose(), 0.3, 0.4, 0.19)))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A workshop in which everything has been made."""
    made = Workshop(tmp_path_factory.mktemp("workshop"), REHEARSAL)
    made.make()
    return made


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> CLIPTokenizer:
    return make_tokenizer(vocabulary(), tmp_path_factory.mktemp("tokenizer"))


def test_what_is_made_draws_in_a_plain_pipeline(workshop: Workshop) -> None:
    pipeline = StableDiffusionPipeline.from_pretrained(
        workshop.shipped / "base", torch_dtype=torch.float32, local_files_only=True
    )
    (picture,) = pipeline("1girl, blue hair", num_inference_steps=2).images
    assert picture.size == (128, 128)
    tagger = load_tagger(str(workshop.shipped / "tagger"))
    assert tagger.input_size == 128 and [tag.name for tag in tagger.tags][:2] == ["1girl", "1boy"]


def test_as_one_file_it_is_the_same(workshop: Workshop) -> None:
    workshop.publish_one_file()
    sources = workshop.folder / ONE_FILE, workshop.shipped / "base"
    one, folder = (load_base(str(source), "cpu", torch.float32) for source in sources)
    for part in ("unet", "vae"):
        expected = getattr(folder, part).state_dict()
        assert all(torch.equal(value, expected[name]) for name, value in getattr(one, part).state_dict().items())
    assert one.prediction_type == folder.prediction_type == "v_prediction"


def test_what_ships_is_enough_to_go_on_from(workshop: Workshop, tmp_path: Path) -> None:
    other = Workshop(tmp_path / "other", REHEARSAL, workshop.shipped)
    other.take_shipped()
    other.take_shipped()
    unet, _text_encoder = made_networks(other.base)
    made, _text_encoder = made_networks(workshop.base)
    first, theirs = next(unet.parameters()), next(made.parameters())
    assert torch.allclose(first, theirs, atol=1e-3) and not torch.equal(first, torch.zeros_like(first))
    assert AutoencoderKL.load_config(other.vae)["latent_channels"] == 4
    assert len(CLIPTokenizer.from_pretrained(other.tokenizer, local_files_only=True)) > 100


def test_what_ships_is_not_mixed_with_parts_of_another_base(workshop: Workshop, tmp_path: Path) -> None:
    other = Workshop(tmp_path / "other", REHEARSAL, workshop.shipped)
    other.vae.mkdir()
    with pytest.raises(SystemExit, match="empty folder"):
        other.take_shipped()
    assert not other.base.exists() and not other.tokenizer.exists()


def test_the_card_tells_every_figure_and_the_licence(workshop: Workshop) -> None:
    card = (workshop.shipped / "base" / "README.md").read_text()
    figures = json.loads((workshop.shipped / "base" / "figures.json").read_text())
    assert card.startswith("---\nlicense: mit\n")
    for measure, found in zip(MEASURES, figures["adherence"], strict=True):
        assert found["name"] == measure.name and f"| {measure.name} | {measure.at_least:.2f} |" in card
    assert "(missed)" in card  # two steps teach nothing
    assert (workshop.shipped / "base" / "grid.webp").stat().st_size > 1000


def test_no_configuration_tells_where_it_was_made(workshop: Workshop) -> None:
    for path in (workshop.shipped / "base").rglob("*.json"):
        assert str(workshop.folder) not in path.read_text()


def test_what_is_there_is_not_made_again(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.stat().st_mtime_ns for path in workshop.folder.glob("*/*.safetensors")}
    workshop.make_vae()
    workshop.make_base()
    assert before == {path: path.stat().st_mtime_ns for path in workshop.folder.glob("*/*.safetensors")}


class Stopped(Exception):
    pass


def stop_at(step: int, monkeypatch: pytest.MonkeyPatch, owner: type, make: Callable[..., Any]) -> None:
    """Stop a training when it asks for the batch of a step."""

    def batch(self: Any, number: int) -> Any:
        if number == step:
            raise Stopped
        return make(self, number)

    monkeypatch.setattr(owner, "batch", batch)


def test_a_stopped_autoencoder_ends_as_an_unstopped_one(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vae_training, "_SAVE_EVERY", 1)
    corpora = Corpus(workshop.plain, workshop.folder / "plain"), Corpus(workshop.mixed, workshop.folder / "mixed")
    straight = train_vae(*corpora, 3, 7, workshop.folder / "straight.checkpoint")
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_at(2, patch, vae_training.Crops, vae_training.Crops.batch)
        train_vae(*corpora, 3, 7, workshop.folder / "stopped.checkpoint")
    resumed = train_vae(*corpora, 3, 7, workshop.folder / "stopped.checkpoint")
    expected = straight.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in resumed.state_dict().items())


def test_tuning_a_decoder_leaves_the_latents_alone(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vae_training, "_SAVE_EVERY", 1)
    corpora = Corpus(workshop.plain, workshop.folder / "plain"), Corpus(workshop.mixed, workshop.folder / "mixed")
    before = AutoencoderKL.from_pretrained(workshop.vae).state_dict()
    tuned = [AutoencoderKL.from_pretrained(workshop.vae) for _ in range(3)]
    tune_decoder(tuned[0], *corpora, 3, 7, workshop.folder / "straight-decoder.checkpoint")
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_at(2, patch, vae_training.Crops, vae_training.Crops.batch)
        tune_decoder(tuned[1], *corpora, 3, 7, workshop.folder / "stopped-decoder.checkpoint")
    tune_decoder(tuned[2], *corpora, 3, 7, workshop.folder / "stopped-decoder.checkpoint")
    straight, resumed = tuned[0].state_dict(), tuned[2].state_dict()
    for name, value in straight.items():
        assert torch.equal(value, resumed[name])
        assert torch.equal(value, before[name]) == name.startswith(("encoder.", "quant_conv."))


def test_each_tag_is_told_at_its_last_token(tokenizer: CLIPTokenizer) -> None:
    captions = Captions(tokenizer, [TWO])
    asked = ["red dress", "smile", "red hair"]
    ids = tokenizer(", ".join(asked), padding="max_length", return_tensors="pt").input_ids
    numbers = {tuple(captions.ids_of(tag)): number for number, tag in enumerate(asked)}
    positions, tags = last_tokens(ids.repeat(2, 1), captions, numbers)
    assert tags.tolist() == [0, 1, 2, 0, 1, 2]
    heard = tokenizer.convert_ids_to_tokens(ids.repeat(2, 1).flatten()[positions].tolist())
    assert heard == ["dress</w>", "smile</w>", "hair</w>"] * 2


def test_binding_words_learns_and_a_stopped_one_ends_as_an_unstopped_one(
    tokenizer: CLIPTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    untold: list[float] = []

    def said(_what: str, *, step: int, **figures: float) -> None:
        untold.append(figures["untold"])
        if len(untold) == 8:  # half-way through the second
            raise Stopped

    monkeypatch.setattr(words_training, "_SAVE_EVERY", 1)
    monkeypatch.setattr(words_training, "say", said)
    captions = Captions(tokenizer, [TWO])
    straight, stopped = new_text_encoder(tokenizer), new_text_encoder(tokenizer)
    stopped.load_state_dict(straight.state_dict())
    resumed = copy.deepcopy(stopped)
    bind_words(straight, captions, 5, 7, tmp_path / "straight")
    with pytest.raises(Stopped):
        bind_words(stopped, captions, 5, 7, tmp_path / "stopped")
    bind_words(resumed, captions, 5, 7, tmp_path / "stopped")
    assert untold[4] < untold[0]
    expected = straight.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in resumed.state_dict().items())


def test_a_grown_denoiser_hears_no_new_words_at_first() -> None:
    torch.manual_seed(0)
    unet = grown(small_unet())
    noisy, words = torch.randn(1, 4, 32, 32), torch.randn(1, 77, 128)
    with torch.no_grad():
        before = unet(noisy, 500, words).sample
        for module in (*unet.down_blocks[1].attentions, *unet.up_blocks[2].attentions):
            module.transformer_blocks[0].attn2.to_v.weight.mul_(-9)
        assert torch.equal(unet(noisy, 500, words).sample, before)


def test_a_stopped_tagger_ends_as_an_unstopped_one(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagger_training, "_SAVE_SECONDS", -1)
    monkeypatch.setattr(tagger_training, "settle", partial(tagger_training.settle, count=2))
    drawings = [(Corpus(workshop.mixed, workshop.folder / "mixed"), 1.0)]
    arguments = 6 * tagger_training.BATCH, 7
    train_tagger(drawings, tmp_path / "straight", tmp_path / "straight.checkpoint", *arguments)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_at(2, patch, tagger_training.Batches, tagger_training.Batches.batch)
        train_tagger(drawings, tmp_path / "stopped", tmp_path / "stopped.checkpoint", *arguments)
    train_tagger(drawings, tmp_path / "stopped", tmp_path / "stopped.checkpoint", *arguments)
    one, other = (load_tagger(str(tmp_path / name)) for name in ("straight", "stopped"))
    pictures = np.random.default_rng(0).integers(0, 256, (4, 128, 128, 3), np.uint8)
    assert np.array_equal(one(pictures)[0], other(pictures)[0])


def test_a_patch_is_a_little_of_another_picture() -> None:
    pictures = np.stack([np.full((128, 128, 3), 10 * number, np.uint8) for number in range(20)])
    tagger_training.patch(pictures, 0.5, np.random.default_rng(3))
    strange = [float((picture != 10 * number).mean()) for number, picture in enumerate(pictures)]
    assert 7 <= sum(share > 0 for share in strange) <= 10
    assert max(strange) <= 0.2
    assert set(np.unique(pictures)) <= set(range(0, 200, 10))
    assert all(10 * number in picture for number, picture in enumerate(pictures))


def test_drawings_that_were_not_finished_are_drawn_again(tmp_path: Path) -> None:
    recipe = Recipe(5, 6)
    first = np.array(draw_corpus(recipe, tmp_path).pictures)
    (tmp_path / "pictures.npy").unlink()
    assert np.array_equal(draw_corpus(recipe, tmp_path).pictures, first)
    assert not np.array_equal(draw_corpus(replace(recipe, seed=6), tmp_path).pictures, first)


def test_every_tag_is_one_token_a_word(tokenizer: CLIPTokenizer) -> None:
    for tag in vocabulary():
        words = re.findall(r"[a-z]+|[0-9]|[^\sa-z0-9]+", tag)  # CLIP parts digits and signs from letters
        assert len(tokenizer(tag).input_ids) == len(words) + 2, tag


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), max_size=20))
def test_any_text_is_sayable(tokenizer: CLIPTokenizer, text: str) -> None:
    ids = tokenizer(text).input_ids
    assert max(ids) < len(tokenizer) and ids[0] == tokenizer.bos_token_id and ids[-1] == tokenizer.eos_token_id


def test_captions_tell_people_apart_from_left_to_right(tokenizer: CLIPTokenizer) -> None:
    captions = Captions(tokenizer, [TWO])
    for seed in range(40):
        ids = captions.drawn(0, np.random.default_rng(seed))
        assert ids.shape == (77,) and ids[0] == tokenizer.bos_token_id and ids[-1] == tokenizer.eos_token_id
    assert prompt_of(TWO).index("black hair") < prompt_of(TWO).index("pink hair")
    assert prompt_of(TWO).startswith("2girls, multiple girls, ")


def test_a_prompt_escapes_what_has_brackets() -> None:
    assert r"star \(sky\)" in prompt_of(Scene("night"))


def measure(name: str) -> Measure:
    return next(each for each in MEASURES if each.name == name)


def scores(**high: float) -> dict[str, float]:
    return dict.fromkeys(vocabulary(), 0.1) | {name.replace("_", " "): score for name, score in high.items()}


def test_a_measure_sees_what_was_asked_and_nothing_else() -> None:
    alone = Scene("sky", 0, (Figure(LEFT, Pose(), 0.5, 0.4, 0.19),))
    assert measure("hair").right(alone, [scores(black_hair=0.4)])
    assert not measure("hair").right(alone, [scores(black_hair=0.4, pink_hair=0.5)])
    assert measure("glasses").right(alone, [scores()]) and not measure("glasses").right(alone, [scores(glasses=0.9)])
    assert measure("clothes colour").right(alone, [scores(green_shirt=0.2, red_dress=0.9)])
    assert not measure("clothes colour").right(alone, [scores(green_shirt=0.2, red_shirt=0.3)])
    views = [scores(**{"2girls": 0.9}), scores(black_hair=0.9), scores(pink_hair=0.9)]
    each_hair = measure("two girls, each hair")
    assert each_hair.right(TWO, views) and not each_hair.right(TWO, [views[0], views[2], views[1]])


def test_measures_ask_only_for_what_their_scenes_show() -> None:
    for each in MEASURES:
        found = each.scenes(6)
        assert len(found) == 6 and all(each.suitable(scene) for scene in found)
        assert found == each.scenes(6)
    assert all(scene.framing == "upper body" for scene in measure("eyes, upper body").scenes(6))


def test_a_copy_is_found_out() -> None:
    rng = np.random.default_rng(1)
    trained, fresh = (rng.integers(0, 256, (30, 128, 128, 3), np.uint8) for _ in range(2))
    copies = nearness(trained[:8], fresh, trained)
    assert copies.nearer == copies.of == 8 and copies.pictures < 1
    assert nearness(rng.integers(0, 256, (8, 128, 128, 3), np.uint8), fresh, trained).pictures > 10


def test_a_grid_goes_row_by_row() -> None:
    pictures = np.arange(16, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    assert grid(pictures)[::2, ::2, 0].tolist() == [list(range(8)), list(range(8, 16))]


@given(st.integers(1, 5000), st.floats(0.0, 0.99), st.floats(0.0, 1.0))
def test_a_learning_rate_never_rises_after_its_warm_up(steps: int, flat: float, end: float) -> None:
    course = Course(1.0, steps, warmup=1, flat=flat, end=end)
    rates = [course.at(step) for step in range(0, steps, max(1, steps // 50))]
    assert all(later <= earlier + 1e-9 for earlier, later in zip(rates, rates[1:], strict=False))
    assert math.isclose(rates[0], 1.0) and course.at(steps) == pytest.approx(end)


def test_what_ships_is_within_its_size() -> None:
    assert sum(path.stat().st_size for path in (WEIGHTS / "base").rglob("*.safetensors")) <= 20e6
    assert (WEIGHTS / "tagger" / "model.onnx").stat().st_size <= 3e6


@pytest.mark.parametrize("size", [0.36, 0.27, 0.19])
def test_the_weights_are_where_another_mouth_is_another_drawing(size: float) -> None:
    smiling, shouting = (
        Scene("sky", 0, (Figure(LEFT, Pose(mouth=mouth), 0.4, 0.45, size),)) for mouth in ("smile", "open")
    )
    first, second = (draw_scene(scene, hands(1)[0], 128, 128).astype(float) for scene in (smiling, shouting))
    changed = abs(first - second).sum(2)
    weighed = mouth_weights(heads(smiling), 128) > 0
    assert changed[weighed].sum() > 0.95 * changed.sum()
    assert weighed.sum() < 6 * (changed > 0).sum()


@pytest.mark.parametrize("size", [0.27, 0.19])
def test_clothes_weigh_more_where_another_colour_is_another_drawing(size: float) -> None:
    green, red = (
        Scene("sky", 0, (Figure(replace(LEFT, cloth=cloth), Pose(), 0.5, 0.4, size),)) for cloth in ("green", "red")
    )
    first, second = (draw_scene(scene, hands(1)[0], 128, 128).astype(float) for scene in (green, red))
    changed = abs(first - second).sum(2)
    weighed = clothes_weights(heads(green), 128) > 0
    assert changed[weighed].sum() > 0.95 * changed.sum()
    assert weighed.sum() < 3 * (changed > 0).sum()
