"""Where the card has no memory, fewer pass at once and results mean the same; with none left the job waits."""

import gc
import json
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from db import library, pictures, queue, waits
from db.requests import (
    BaseRequest,
    DatasetRequest,
    GenerateRequest,
    IngestRequest,
    ProbeRequest,
    Request,
    TaggerRequest,
    TagRequest,
    TrainRecipe,
    TrainRequest,
)
from engine import memory
from engine.base import BaseModel
from engine.card import Card, CardUser, parse_card
from engine.kohya import read_lora
from engine.lane import run_job
from engine.models import Models
from engine.running import JobStopped
from engine.studio import Studio
from engine.tagger import Tagger
from engine.trainer import Trainer
from tests.engine.film.clips import held_drawings, write_clip
from tests.engine.memory_faults import REASON, small_card
from tests.engine.model.conftest import WEIGHTS

Run = Callable[..., dict[str, Any]]
RECIPE = TrainRecipe(
    rank=2, alpha=1.0, steps=4, batch_size=4, width=64, height=64, checkpoint_every=2, warmup_steps=1,
    learning_rate=1e-3, regularisation_share=0.3,
)  # fmt: skip
PICTURES = pictures.PictureSettings(prompt="glasses", count=6, seed=5, steps=2, width=64, height=64, sampler="Euler a")
PROBE = ProbeRequest(
    run_id=1, label="bare", weight=0.0, trigger="nagisa", traits=("glasses",), steps=2, name_prompts=("1girl",) * 3,
    other_prompts=(),
)  # fmt: skip
ONNX_REASON = "BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 536870912"


@pytest.fixture
def film_studio(studio: Studio, run: Run, tmp_path: Path) -> Studio:
    run(BaseRequest(source=str(WEIGHTS / "base"), licence="MIT"))
    run(TaggerRequest(source=str(WEIGHTS / "tagger")))
    run(IngestRequest(path=str(write_clip(tmp_path / "film.mp4", held_drawings(4, 3, 3)))))
    run(DatasetRequest(validation_share=0.25))
    return studio


def _unet_rows(sample: torch.Tensor, *_rest: Any, **_options: Any) -> int:
    return len(sample)


def _plan_run(studio: Studio) -> int:
    return library.plan_run(studio.db, library.dataset(studio.db).id, 1, RECIPE)


def _set_aside(studio: Studio, models: Models, request: Request) -> queue.Job:
    """Run a request as a worker does."""
    queue.enqueue(studio.db, request)
    claimed = queue.claim(studio.db, request.lane, os.getpid())
    assert claimed is not None
    run_job(studio, claimed, models, lambda: False)
    return queue.get(studio.db, claimed.id)


def test_training_keeps_its_batch_and_means_the_same(
    film_studio: Studio, run: Run, sd15: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(TrainRequest(run_id=_plan_run(film_studio)))
    calls = small_card(monkeypatch, sd15.unet, "forward", 1, _unet_rows)
    in_parts = run(TrainRequest(run_id=_plan_run(film_studio)))
    assert 4 in calls and 2 in calls and calls.count(1) > RECIPE.steps * RECIPE.batch_size - 1
    ours, theirs = (_tensors(film_studio, made) for made in (whole, in_parts))
    for name, tensor in ours.items():
        torch.testing.assert_close(theirs[name], tensor, rtol=2e-3, atol=2e-4)
    environments = [json.loads(row[0]) for row in film_studio.db.execute("SELECT environment FROM run ORDER BY id")]
    assert [each["at_once"] for each in environments] == [4, 1]
    assert [each["batch"][0] for each in environments] == [4, 4]
    noted = [row[0] for row in film_studio.db.execute("SELECT summary FROM event WHERE kind = 'environment'")]
    assert noted == ["At step 0 the card had no memory for 4 items at once: 1 at once, 4 a step."]


def _tensors(studio: Studio, made: dict[str, Any]) -> dict[str, torch.Tensor]:
    path = studio.db.execute("SELECT path FROM lora WHERE id = ?", (made["lora_id"],)).fetchone()["path"]
    return read_lora(studio.root / path)[0]


def test_a_resumed_run_begins_with_what_fitted(
    film_studio: Studio, run: Run, sd15: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = _plan_run(film_studio)
    with monkeypatch.context() as patch:
        small_card(patch, sd15.unet, "forward", 2, _unet_rows)
        with pytest.raises(JobStopped):
            run(TrainRequest(run_id=run_id), stop_after=5)
    seen: list[int] = []
    original = Trainer.__init__
    monkeypatch.setattr(Trainer, "__init__", lambda self, *given: (seen.append(given[3]), original(self, *given))[1])
    run(TrainRequest(run_id=run_id))
    assert seen == [2]


def test_pictures_come_out_of_smaller_batches_and_record_them(
    film_studio: Studio, run: Run, sd15: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_card(monkeypatch, sd15.unet, "forward", 4, _unet_rows)  # guidance doubles the rows
    made = run(GenerateRequest(generation_id=pictures.plan(film_studio.db, 1, PICTURES)))
    assert (made["pictures"], made["failed"]) == (6, 0)
    rows = film_studio.db.execute("SELECT environment FROM image ORDER BY ordinal").fetchall()
    assert {json.loads(row["environment"])["batch"][0] for row in rows} == {1}


def test_a_stopped_generation_goes_on_with_the_batch_that_fitted(
    film_studio: Studio, run: Run, sd15: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = pictures.plan(film_studio.db, 1, PICTURES)
    with monkeypatch.context() as patch:
        small_card(patch, sd15.unet, "forward", 6, _unet_rows)
        with pytest.raises(JobStopped):
            run(GenerateRequest(generation_id=generation), stop_after=4)
    calls = small_card(monkeypatch, sd15.unet, "forward", 99, _unet_rows)
    run(GenerateRequest(generation_id=generation))
    assert set(calls) == {6}


def test_a_probe_draws_fewer_at_once(
    film_studio: Studio, run: Run, sd15: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    _plan_run(film_studio)
    expected = run(PROBE)
    small_card(monkeypatch, sd15.unet, "forward", 2, _unet_rows)
    found = run(PROBE)
    assert found["found/glasses"] == expected["found/glasses"]
    assert found["colour_mean_distance"] == pytest.approx(expected["colour_mean_distance"], abs=0.05)


def test_tagging_halves_its_batch(film_studio: Studio, run: Run, models: Models, monkeypatch: Any) -> None:
    tagger = models.tagger(library.tagger(film_studio.db).source)
    calls = small_card(monkeypatch, Tagger, "_run", 3, lambda _self, _pixels, batch: batch)
    made = run(TagRequest())
    assert made["pictures"] > 8 and tagger.batch_size == 2 and set(calls) == {8, 4, 2}


@pytest.mark.parametrize("kind", ["tag", "train", "generate", "probe"])
def test_where_even_one_is_too_many_the_job_waits_with_the_figures_and_frees_its_models(
    kind: str, film_studio: Studio, sd15: BaseModel, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = _plan_run(film_studio)
    requests: dict[str, Callable[[], Request]] = {
        "tag": TagRequest,
        "train": lambda: TrainRequest(run_id=run_id),
        "generate": lambda: GenerateRequest(generation_id=pictures.plan(film_studio.db, 1, PICTURES)),
        "probe": lambda: PROBE,
    }
    with monkeypatch.context() as patch:
        small_card(patch, sd15.unet, "forward", 0, _unet_rows)
        small_card(patch, Tagger, "_run", 0, lambda _self, _pixels, batch: batch)
        patch.setattr(memory, "card", lambda: Card(2**29, 2**33, [CardUser(7, "/usr/bin/game", 7 * 2**30)]))
        job = _set_aside(film_studio, models, requests[kind]())
    assert (job.state, job.wanted) == ("paused", "run")
    assert job.error == "needs memory on the card: 2.1 GB needed, 537 MB free of 8.6 GB; also on it: game 7.5 GB"
    (wait,) = waits.waits(film_studio.db)
    assert (wait.reason, wait.bytes) == ("memory", 2 * 2**30)
    waits.release(film_studio.db, job.id)
    claimed = queue.claim(film_studio.db, job.lane, os.getpid())
    assert claimed is not None
    run_job(film_studio, claimed, models, lambda: False)
    assert queue.get(film_studio.db, job.id).state == "done"


def test_a_paused_job_holds_no_model(film_studio: Studio, tmp_path: Path) -> None:
    """Models are gone although the error that stopped the job had passed through all that held them."""
    models = Models()
    queue.enqueue(film_studio.db, TrainRequest(run_id=_plan_run(film_studio)))
    claimed = queue.claim(film_studio.db, "device", os.getpid())
    assert claimed is not None
    seen: list[weakref.ref[Any]] = []

    def stopping() -> bool:
        if models._base is not None and not seen:
            seen.append(weakref.ref(models._base[1].unet))
            queue.pause(film_studio.db, claimed.id)
        return False

    run_job(film_studio, claimed, models, stopping)
    assert queue.get(film_studio.db, claimed.id).state == "paused"
    gc.collect()
    assert seen and seen[0]() is None


def test_errors_of_torch_and_onnxruntime_are_known_and_their_figures_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

    assert memory.is_out_of_memory(torch.OutOfMemoryError(REASON))
    assert memory.is_out_of_memory(RuntimeException(ONNX_REASON))
    assert memory.is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"))
    assert not memory.is_out_of_memory(Fail("the model is broken")) and not memory.is_out_of_memory(ValueError(REASON))
    monkeypatch.setattr(memory, "card", lambda: None)
    assert memory.lacking_memory(torch.OutOfMemoryError(REASON)).free == 0
    monkeypatch.setattr(memory, "card", lambda: Card(0, 8, []))
    assert memory.lacking_memory(torch.OutOfMemoryError(REASON)).free == 2 * 2**30
    assert memory.lacking_memory(RuntimeException(ONNX_REASON)).free == 536870912


def test_the_drivers_answer_is_read() -> None:
    answer = b"""<nvidia_smi_log><gpu id="00000000:01:00.0">
        <fb_memory_usage><total>8192 MiB</total><used>7000 MiB</used><free>1192 MiB</free></fb_memory_usage><processes>
        <process_info><pid>12</pid><type>G</type><process_name>/usr/bin/game</process_name>
        <used_memory>900 MiB</used_memory></process_info>
        <process_info><pid>13</pid><process_name>python</process_name><used_memory>N/A</used_memory></process_info>
        </processes></gpu></nvidia_smi_log>"""
    assert parse_card(answer) == Card(
        1192 * 2**20, 8192 * 2**20, [CardUser(12, "/usr/bin/game", 900 * 2**20), CardUser(13, "python", 0)]
    )
    assert parse_card(b"<nvidia_smi_log></nvidia_smi_log>") is None
