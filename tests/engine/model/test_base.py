import json
import shutil
from pathlib import Path

import huggingface_hub
import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from huggingface_hub.errors import LocalEntryNotFoundError
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from db.errors import UserError
from engine.base import BaseModel, load_base
from engine.base_files import CONFIGS, files_sha256, inspect_base, weight_names
from tests.engine.model.conftest import WEIGHTS
from tests.engine.model.tiny_models import write_single_file

PUBLISHED_SIZES = {
    "sd15": {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480},
    "sdxl": {"unet": 2_567_463_684, "vae": 83_653_863, "text_encoder": 123_060_480, "text_encoder_2": 694_659_840},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the embedded base."""
    return shutil.copytree(WEIGHTS / "base", tmp_path / "base")


def prediction(base: BaseModel) -> torch.Tensor:
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    hidden = base.text_encoders[0](torch.tensor([[931, 5, 932]])).last_hidden_state
    with torch.no_grad():
        result: torch.Tensor = base.unet(latents, torch.tensor(500), hidden).sample
    return result


def test_a_folder_is_known_and_loaded_in_the_precision_asked_for(sd15: BaseModel) -> None:
    assert (sd15.architecture, sd15.prediction_type, sd15.width, sd15.height) == ("sd15", "v_prediction", 128, 128)
    assert sd15.latent_shape(128, 64) == (4, 16, 32)
    modules = (sd15.unet, sd15.vae, *sd15.text_encoders)
    assert {parameter.dtype for module in modules for parameter in module.parameters()} == {torch.float32}
    assert not any(parameter.requires_grad for module in modules for parameter in module.parameters())


def test_an_sdxl_folder_has_two_text_encoders(sdxl: BaseModel) -> None:
    assert sdxl.architecture == "sdxl"
    assert [type(encoder).__name__ for encoder in sdxl.text_encoders] == [
        "CLIPTextModel", "CLIPTextModelWithProjection",
    ]  # fmt: skip


def test_sizes_the_unet_cannot_halve_are_refused(sd15: BaseModel) -> None:
    with pytest.raises(UserError, match="multiples of 32"):
        sd15.latent_shape(100, 128)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "tokenizer", "scheduler"])
def test_a_missing_component_is_named_before_any_weight_is_read(folder: Path, part: str) -> None:
    shutil.rmtree(folder / part)
    for weights in folder.glob("*/*.safetensors"):
        weights.write_bytes(b"unreadable")
    with pytest.raises(UserError, match=rf"has no {part}:"):
        load_base(str(folder), "cpu", torch.float32)


def test_pickled_weights_are_refused(folder: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").rename(folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(UserError, match="unet as .safetensors"):
        inspect_base(str(folder))


def test_other_kinds_of_models_and_places_are_refused(folder: Path) -> None:
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "FluxPipeline"}))
    with pytest.raises(UserError, match="FluxPipeline"):
        inspect_base(str(folder))
    with pytest.raises(UserError, match="no diffusers folder"):
        inspect_base(str(folder / "unet"))
    with pytest.raises(UserError, match="no base model at"):
        inspect_base(str(folder / "nothing" / "here" / "at all"))


def test_the_hash_is_of_all_weight_files(folder: Path, sd15: BaseModel) -> None:
    assert inspect_base(str(folder)).sha256 == sd15.sha256
    assert sd15.sha256 == files_sha256(folder.glob("*/*.safetensors"))
    assert sd15.vae_sha256 == files_sha256([folder / "vae" / "diffusion_pytorch_model.safetensors"])
    (folder / "model_index.json").write_text((folder / "model_index.json").read_text() + "\n")
    assert inspect_base(str(folder)).sha256 == sd15.sha256
    with (folder / "vae" / "diffusion_pytorch_model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x7f")
    assert inspect_base(str(folder)).sha256 != sd15.sha256


def test_half_precision_files_are_taken_where_there_are_both() -> None:
    names = ["unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors",
             "unet/diffusion_pytorch_model.non_ema.safetensors", "vae/diffusion_pytorch_model.safetensors"]  # fmt: skip
    assert weight_names(names, "unet") == ["unet/diffusion_pytorch_model.fp16.safetensors"]
    assert weight_names(names, "vae") == ["vae/diffusion_pytorch_model.safetensors"]


def test_the_model_card_states_the_licence(folder: Path) -> None:
    assert inspect_base(str(folder)).licence == ("mit", "https://opensource.org/license/mit")
    (folder / "README.md").unlink()
    assert inspect_base(str(folder)).licence == ("", "")
    card = "---\nlicense: other\nlicense_name: my-licence\nlicense_link: https://example.org/l\ntags:\n- x\n---\nText\n"
    (folder / "README.md").write_text(card)
    assert inspect_base(str(folder)).licence == ("my-licence", "https://example.org/l")


@pytest.fixture
def single_file(sd15: BaseModel, folder: Path) -> Path:
    """The embedded base as one file, its configuration and tokenizer in the folder beside it."""
    for weights in folder.glob("*/*.safetensors"):
        weights.unlink()
    return write_single_file(folder.with_suffix(".safetensors"), sd15)


def test_a_single_file_is_the_same_model(single_file: Path, sd15: BaseModel) -> None:
    loaded = load_base(str(single_file), "cpu", torch.float32)
    assert loaded.sha256 == files_sha256([single_file])
    for part, same in (
        (loaded.unet, sd15.unet),
        (loaded.vae, sd15.vae),
        (loaded.text_encoders[0], sd15.text_encoders[0]),
    ):
        expected = same.state_dict()
        assert part.state_dict().keys() == expected.keys()
        assert all(torch.equal(value, expected[name]) for name, value in part.state_dict().items())
    assert torch.allclose(prediction(loaded), prediction(sd15), atol=1e-5)


def test_a_single_file_states_its_prediction_by_tensors(sd15: BaseModel, single_file: Path) -> None:
    scheduler = single_file.with_suffix("") / "scheduler" / "scheduler_config.json"
    scheduler.write_text(json.dumps(json.loads(scheduler.read_text()) | {"prediction_type": "epsilon"}))
    assert inspect_base(str(single_file)).prediction_type == "epsilon"
    marks = {"v_pred": torch.tensor([]), "ztsnr": torch.tensor([])}
    info = inspect_base(str(write_single_file(single_file, sd15, marks)))
    assert info.prediction_type == "v_prediction"
    assert info.scheduler_config["rescale_betas_zero_snr"] is True
    assert info.scheduler_config["timestep_spacing"] == "trailing"


def test_a_single_file_says_which_component_it_lacks(tmp_path: Path, sd15: BaseModel) -> None:
    path = tmp_path / "unet-only.safetensors"
    from safetensors.torch import save_file

    save_file({"model.diffusion_model.out.2.bias": torch.zeros(4)}, path)
    with pytest.raises(UserError, match="has no text_encoder, vae"):
        inspect_base(str(path))
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"is no \.safetensors file"):
        inspect_base(str(path))


def test_a_single_file_without_a_tokenizer_says_where_to_put_one(single_file: Path) -> None:
    shutil.rmtree(single_file.with_suffix(""))
    with pytest.raises(UserError, match="put CLIP's vocab.json and merges.txt") as caught:
        inspect_base(str(single_file))
    assert str(single_file.with_suffix("") / "tokenizer") in str(caught.value)


def test_a_tokenizer_beside_a_single_file_is_enough(single_file: Path) -> None:
    beside = single_file.with_suffix("")
    for path in beside.iterdir():
        if path.name != "tokenizer":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    info = inspect_base(str(single_file))
    assert info.config == CONFIGS / "sd15"
    assert (info.width, info.prediction_type) == (512, "epsilon")


class FakeHub:
    """A hub with one repository, of which `downloaded` remembers the patterns fetched."""

    def __init__(self, repository: Path, left_out: str = "") -> None:
        self._repository, self._left_out = repository, left_out
        self.downloaded: list[str] = []

    def list_repo_files(self, name: str) -> list[str]:
        files = (path.relative_to(self._repository).as_posix() for path in self._repository.rglob("*.*"))
        return [file for file in files if not self._left_out or not file.startswith(f"{self._left_out}/")]

    def snapshot_download(
        self, name: str, allow_patterns: list[str] | None = None, local_files_only: bool = False
    ) -> str:
        if local_files_only:
            raise LocalEntryNotFoundError("not cached")
        self.downloaded += allow_patterns or []
        return str(self._repository)


@pytest.mark.parametrize("left_out", ["", "vae"])
def test_a_hub_id_is_checked_before_its_weights_are_fetched(
    monkeypatch: pytest.MonkeyPatch, folder: Path, left_out: str
) -> None:
    hub = FakeHub(folder, left_out)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub.snapshot_download)
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: hub)
    if left_out:
        with pytest.raises(UserError, match=r"someone/base has no vae"):
            inspect_base("someone/base")
        assert not any("safetensors" in pattern for pattern in hub.downloaded)
    else:
        assert inspect_base("someone/base").root == folder
        assert "unet/diffusion_pytorch_model.safetensors" in hub.downloaded


def test_an_unreachable_hub_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_arguments: object, **_options: object) -> str:
        raise LocalEntryNotFoundError("cannot connect\nmore")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    monkeypatch.setattr(huggingface_hub, "HfApi", unreachable)
    with pytest.raises(UserError, match="someone/base is neither here nor on the hub") as caught:
        inspect_base("someone/base")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("architecture", ["sd15", "sdxl"])
def test_shipped_configurations_have_the_published_sizes(architecture: str) -> None:
    folder = CONFIGS / architecture
    sizes = PUBLISHED_SIZES[architecture]
    with torch.device("meta"):
        made = {
            "unet": UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder / "unet")),
            "vae": AutoencoderKL.from_config(AutoencoderKL.load_config(folder / "vae")),
            "text_encoder": CLIPTextModel(CLIPTextConfig.from_pretrained(folder / "text_encoder")),
        }
        if "text_encoder_2" in sizes:
            config = CLIPTextConfig.from_pretrained(folder / "text_encoder_2")
            made["text_encoder_2"] = CLIPTextModelWithProjection(config)
    assert {part: sum(p.numel() for p in model.parameters()) for part, model in made.items()} == sizes
