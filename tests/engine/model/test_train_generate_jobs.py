import json
import re
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Row
from typing import Any

import numpy as np
import pytest
from PIL import Image

from db import library, pictures
from db.connect import connect
from db.errors import UserError
from db.requests import (
    BaseRequest,
    DatasetRequest,
    GenerateRequest,
    IngestRequest,
    ProbeRequest,
    TaggerRequest,
    TrainRecipe,
    TrainRequest,
)
from engine.base import BaseModel
from engine.base_files import files_sha256
from engine.checkpoint import TENSORS
from engine.infotext import parse_parameters, pixels_sha256
from engine.jobs.probe import colour_distance, colour_statistics
from engine.jobs.train_data import size_like, training_size
from engine.kohya import read_lora, tensors_sha256
from engine.lora import load_lora, lora_layers
from engine.running import JobStopped
from engine.studio import Studio
from tests.engine.film.clips import held_drawings, write_clip
from tests.engine.model.conftest import WEIGHTS

Run = Callable[..., dict[str, Any]]
RECIPE = TrainRecipe(
    rank=2,
    alpha=1.0,
    steps=6,
    batch_size=2,
    width=64,
    height=64,
    checkpoint_every=2,
    warmup_steps=1,
    learning_rate=1e-3,
)


@pytest.fixture
def film_studio(studio: Studio, run: Run, tmp_path: Path) -> Studio:
    """A studio with a base, a tagger, a film of four shots of three drawings, and a dataset of it."""
    run(BaseRequest(source=str(WEIGHTS / "base"), licence="MIT"))
    run(TaggerRequest(source=str(WEIGHTS / "tagger")))
    run(IngestRequest(path=str(write_clip(tmp_path / "film.mp4", held_drawings(4, 3, 3)))))
    run(DatasetRequest(validation_share=0.25))
    return studio


def plan_run(studio: Studio, recipe: TrainRecipe = RECIPE) -> int:
    return library.plan_run(studio.db, library.dataset(studio.db).id, 1, recipe)


def lora(studio: Studio, run_id: int) -> Row:
    row: Row = studio.db.execute("SELECT * FROM lora WHERE run_id = ?", (run_id,)).fetchone()
    return row


@pytest.fixture
def trained(film_studio: Studio, run: Run) -> Row:
    """The row of a LoRA that was trained without a stop."""
    run_id = plan_run(film_studio)
    run(TrainRequest(run_id=run_id))
    return lora(film_studio, run_id)


def test_a_base_is_registered_once(studio: Studio, run: Run) -> None:
    made = run(BaseRequest(source=str(WEIGHTS / "base"), licence="MIT", name="mine"))
    assert run(BaseRequest(source=str(WEIGHTS / "base"))) == made
    (base,) = library.bases(studio.db)
    assert (base.name, base.architecture, base.prediction_type, base.licence) == ("mine", "sd15", "v_prediction", "MIT")
    assert (base.width, base.height) == (128, 128)


def test_a_run_publishes_a_lora_named_by_date(film_studio: Studio, sd15: BaseModel, trained: Row) -> None:
    assert re.fullmatch(r"kimikoe-\d{4}-\d\d-\d\d-1", trained["name"])
    path = film_studio.root / trained["path"]
    tensors, metadata = read_lora(path)
    assert tensors_sha256(tensors) == trained["tensors_sha256"]
    assert files_sha256([path]) == trained["sha256"]
    assert metadata["ss_output_name"] == trained["name"]
    assert metadata["sshs_model_hash"] == trained["sshs_hash"]
    assert not any(str(film_studio.root) in value or "/" + path.name in value for value in metadata.values())
    load_lora(sd15, path, "loaded")
    assert len(lora_layers(sd15.unet)) == len(tensors) // 3


def test_the_film_decides_the_size_that_a_recipe_leaves_open(film_studio: Studio, sd15: BaseModel) -> None:
    dataset_id = library.dataset(film_studio.db).id
    assert training_size(film_studio.db, dataset_id, sd15) == (160, 96)
    film_studio.db.execute("UPDATE film SET fit = 'cover'")
    assert training_size(film_studio.db, dataset_id, sd15) == (128, 128)


@pytest.mark.parametrize(
    ("aspect", "area", "step", "size"),
    [(16 / 9, 512**2, 64, (704, 384)), (4 / 3, 512**2, 64, (576, 448)), (1.0, 512**2, 64, (512, 512)),
     (16 / 9, 1024**2, 32, (1376, 768)), (2.39, 512**2, 64, (768, 320)), (9 / 16, 512**2, 64, (384, 704))],
)  # fmt: skip
def test_sizes_are_near_the_films_shape(aspect: float, area: int, step: int, size: tuple[int, int]) -> None:
    assert size_like(aspect, area, step) == size


def test_a_run_records_what_it_did(film_studio: Studio, trained: Row) -> None:
    row = film_studio.db.execute("SELECT * FROM run").fetchone()
    assert row["step"] == 6 and row["finished_at"] is not None
    assert json.loads(row["environment"])["batch"] == [2, 4, 16, 16]
    measured = library.metrics(film_studio.db, row["id"])
    assert [step for step, _value in measured["validation_loss"]] == [0, 6]
    assert measured["validation_loss"][0] != measured["validation_loss"][1]
    assert measured["loss"][0][0] == 6 and measured["pictures_per_second"][0][1] > 0
    saved = film_studio.db.execute("SELECT step, path FROM checkpoint ORDER BY step").fetchall()
    assert [each["step"] for each in saved] == [4, 6]
    assert all((film_studio.root / each["path"]).is_dir() for each in saved)


def test_a_run_stopped_anywhere_ends_as_one_that_was_not(film_studio: Studio, run: Run, trained: Row) -> None:
    run_id = plan_run(film_studio)
    for stop_after in (0, 1, 2):
        with pytest.raises(JobStopped):
            run(TrainRequest(run_id=run_id), stop_after=stop_after)
    made = run(TrainRequest(run_id=run_id))
    again = lora(film_studio, run_id)
    assert again["tensors_sha256"] == trained["tensors_sha256"]
    assert again["name"].endswith("-2") and made["lora"] == again["name"]


def test_a_damaged_checkpoint_costs_steps_and_nothing_else(film_studio: Studio, run: Run, trained: Row) -> None:
    run_id = plan_run(film_studio)
    with pytest.raises(JobStopped):
        run(TrainRequest(run_id=run_id), stop_after=4)
    newest = max((film_studio.runs / str(run_id)).iterdir())
    (newest / TENSORS).write_bytes(b"damaged")
    run(TrainRequest(run_id=run_id))
    assert lora(film_studio, run_id)["tensors_sha256"] == trained["tensors_sha256"]


def test_a_crash_before_the_row_leaves_one_file(film_studio: Studio, run: Run, trained: Row) -> None:
    film_studio.db.execute("DELETE FROM lora")
    film_studio.db.execute("UPDATE run SET finished_at = NULL")
    run(TrainRequest(run_id=trained["run_id"]))
    again = lora(film_studio, trained["run_id"])
    assert (again["name"], again["tensors_sha256"]) == (trained["name"], trained["tensors_sha256"])
    assert [path.name for path in film_studio.loras.iterdir()] == [f"{again['name']}.safetensors"]


def test_a_finished_run_is_left_alone(film_studio: Studio, run: Run, trained: Row) -> None:
    made = run(TrainRequest(run_id=trained["run_id"]))
    assert (made["lora_id"], made["lora"]) == (trained["id"], trained["name"])
    assert film_studio.db.execute("SELECT count(*) FROM lora").fetchone()[0] == 1
    with pytest.raises(UserError, match="no run 99"):
        run(TrainRequest(run_id=99))


def test_losses_that_are_not_finite_stop_the_run(film_studio: Studio, run: Run, trained: Row) -> None:
    cache = connect(film_studio.latents_path)
    cache.execute("UPDATE latent SET float16 = ?", (np.full((4, 16, 16), np.nan, np.float16).tobytes(),))
    with pytest.raises(UserError, match="no finite gradient: lower the learning rate"):
        run(TrainRequest(run_id=plan_run(film_studio)))


def test_other_files_than_were_registered_are_refused(film_studio: Studio, run: Run, trained: Row) -> None:
    generation = plan(film_studio, f"sky <{trained['name']}:1>")
    (film_studio.root / trained["path"]).write_bytes(b"other")
    with pytest.raises(UserError, match="has changed since"):
        run(GenerateRequest(generation_id=generation))
    film_studio.db.execute("UPDATE base SET sha256 = 'other'")
    with pytest.raises(UserError, match="another one than was registered"):
        run(GenerateRequest(generation_id=generation))


def plan(studio: Studio, prompt: str, **settings: Any) -> int:
    given = {"count": 3, "seed": 5, "steps": 2, "width": 64, "height": 64, "negative_prompt": "smile"} | settings
    return pictures.plan(studio.db, 1, pictures.PictureSettings(prompt=prompt, **given))


def images(studio: Studio, generation_id: int) -> list[Row]:
    return studio.db.execute(
        "SELECT * FROM image WHERE generation_id = ? ORDER BY ordinal", (generation_id,)
    ).fetchall()


def test_planned_pictures_are_drawn_and_say_how(film_studio: Studio, run: Run, trained: Row) -> None:
    generation = plan(film_studio, f"1girl, blue hair <{trained['name']}:0.7>")
    assert run(GenerateRequest(generation_id=generation))["pictures"] == 3
    found = images(film_studio, generation)
    assert [row["state"] for row in found] == ["done"] * 3
    assert len({row["pixels_sha256"] for row in found}) == 3
    row = found[0]
    assert row["path"] == f"images/{generation}/{row['id']}.png"
    path = film_studio.root / row["path"]
    assert files_sha256([path]) == row["sha256"]
    with Image.open(path) as image:
        assert pixels_sha256(np.asarray(image)) == row["pixels_sha256"]
        parameters, text = parse_parameters(image.text["parameters"]), image.text["kimikoe"]
    assert parameters.prompt == f"1girl, blue hair <lora:{trained['name']}:0.7>"
    assert parameters.settings["Lora hashes"] == f"{trained['name']}: {trained['sshs_hash'][:12]}"
    assert parameters.settings["Seed"] == "5"
    assert json.loads(row["environment"])["batch"] == [3, 4, 16, 16]
    assert str(film_studio.root) not in text and json.loads(text)["base"]["licence"] == "MIT"


def test_a_generation_stopped_anywhere_draws_the_same_pictures(film_studio: Studio, run: Run) -> None:
    """Pictures that were done stay, and the others come out as if there had been no stop."""
    straight, stopped = plan(film_studio, "1girl"), plan(film_studio, "1girl")
    run(GenerateRequest(generation_id=straight))
    for stop_after in (0, 1):
        with pytest.raises(JobStopped):
            run(GenerateRequest(generation_id=stopped), stop_after=stop_after)
    film_studio.db.execute(
        "UPDATE image SET state = 'done', pixels_sha256 = 'kept' WHERE generation_id = ? AND ordinal = 0", (stopped,)
    )
    run(GenerateRequest(generation_id=stopped))
    expected, found = ([row["pixels_sha256"] for row in images(film_studio, each)] for each in (straight, stopped))
    assert found == ["kept", *expected[1:]]


def test_a_picture_that_cannot_be_drawn_says_why_and_the_others_are_drawn(film_studio: Studio, run: Run) -> None:
    generation = plan(film_studio, "1girl", count=2)
    film_studio.db.execute("UPDATE image SET sampler = 'Foo' WHERE ordinal = 0")
    assert run(GenerateRequest(generation_id=generation))["failed"] == 1
    states = [(row["state"], row["error"] and row["error"][:24]) for row in images(film_studio, generation)]
    assert states == [("failed", "There is no sampler “Foo"), ("done", None)]
    with pytest.raises(UserError, match="AND"):
        run(GenerateRequest(generation_id=plan(film_studio, "a cat AND a dog")))


def probe(run_id: int, **settings: Any) -> ProbeRequest:
    given = {
        "label": "after", "trigger": "nagisa", "traits": ("blue_hair", "glasses"), "steps": 2,
        "name_prompts": ("1girl", "nagisa, sky"), "other_prompts": ("1boy",),
    } | settings  # fmt: skip
    return ProbeRequest(run_id=run_id, **given)


def test_a_probe_measures_traits_leaks_and_colours(film_studio: Studio, run: Run, trained: Row) -> None:
    found = run(probe(trained["run_id"]))
    shares = {name: value for name, value in found.items() if name.startswith(("found/", "leak/"))}
    traits = {f"{kind}/{trait}" for kind in ("found", "leak") for trait in ("blue_hair", "glasses")}
    assert set(shares) == {*traits, "found/together", "leak/any"}
    assert all(0 <= value <= 1 for value in shares.values())
    assert shares["found/together"] <= min(shares["found/blue_hair"], shares["found/glasses"])
    assert shares["leak/any"] >= max(shares["leak/blue_hair"], shares["leak/glasses"])
    assert 0 < found["colour_histogram_distance"] <= 1 and found["pictures_per_second"] > 0
    measured = library.metrics(film_studio.db, trained["run_id"])
    assert measured["probe/after/colour_mean_distance"] == [(6, found["colour_mean_distance"])]
    assert film_studio.db.execute("SELECT count(*) FROM image").fetchone()[0] == 0


def test_a_probe_of_the_bare_base_needs_no_lora(film_studio: Studio, run: Run) -> None:
    run_id = plan_run(film_studio)
    assert "found/glasses" in run(probe(run_id, weight=0.0, label="before"))
    with pytest.raises(UserError, match="published no LoRA yet"):
        run(probe(run_id))
    with pytest.raises(UserError, match="does not know no_such_tag"):
        run(probe(run_id, traits=("no_such_tag",)))


def test_colour_distances() -> None:
    red, blue = np.zeros((4, 4, 3), np.uint8), np.zeros((6, 2, 3), np.uint8)
    red[..., 0], blue[..., 2] = 255, 255
    same = colour_distance(colour_statistics([red]), colour_statistics([red, red]))
    assert all(value == pytest.approx(0, abs=1e-6) for value in same.values())
    apart = colour_distance(colour_statistics([red]), colour_statistics([blue]))
    assert apart["colour_histogram_distance"] == pytest.approx(1)
    assert apart["colour_mean_distance"] == pytest.approx(176.3, abs=1)
