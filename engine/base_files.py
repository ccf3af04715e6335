"""Where the parts of a base model are: a diffusers folder, a hub id or a single file, looked at without loading it."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from safetensors import SafetensorError, safe_open

from db.errors import UserError
from db.i18n import _
from db.text import plain

Architecture = Literal["sd15", "sdxl"]

CONFIGS = Path(__file__).parent / "configs"
HASH_BLOCK = 2**20
LARGEST_CONFIG = 2**20

TOKENIZERS: dict[Architecture, tuple[str, ...]] = {
    "sd15": ("tokenizer",),
    "sdxl": ("tokenizer", "tokenizer_2"),
}
PIPELINES: dict[str, Architecture] = {"StableDiffusionPipeline": "sd15", "StableDiffusionXLPipeline": "sdxl"}

# The parts that have weights, with the prefix of their tensors in the single-file layout of the original code.
PARTS: dict[Architecture, dict[str, str]] = {
    "sd15": {
        "text_encoder": "cond_stage_model.transformer.",
        "unet": "model.diffusion_model.",
        "vae": "first_stage_model.",
    },
    "sdxl": {
        "text_encoder": "conditioner.embedders.0.transformer.",
        "text_encoder_2": "conditioner.embedders.1.model.",
        "unet": "model.diffusion_model.",
        "vae": "first_stage_model.",
    },
}

CARD_CHARACTERS, LICENCE_CHARACTERS = 2**16, 200
_Side = Annotated[int, msgspec.Meta(ge=1, le=4096)]
_Sides = Annotated[list[_Side], msgspec.Meta(min_length=2, max_length=2)]  # of a tuple here msgspec 0.22 crashes
_Channels = Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=8192)]], msgspec.Meta(min_length=1, max_length=8)]


class _Index(msgspec.Struct):
    """What is read of `model_index.json`; no class that it names is ever looked up."""

    class_name: Any = msgspec.field(default=None, name="_class_name")


class _Unet(msgspec.Struct):
    sample_size: _Side | _Sides = 64
    block_out_channels: _Channels = msgspec.field(default_factory=lambda: [320, 640, 1280, 1280])


class _Vae(msgspec.Struct):
    block_out_channels: _Channels


class _Noise(msgspec.Struct):
    """The settings of noise that every sampler shares."""

    num_train_timesteps: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    beta_start: float | None = None
    beta_end: float | None = None
    beta_schedule: Literal["linear", "scaled_linear", "squaredcos_cap_v2"] | None = None
    trained_betas: list[float] | None = None
    prediction_type: Literal["epsilon", "v_prediction"] | None = None
    rescale_betas_zero_snr: bool | None = None
    timestep_spacing: Literal["linspace", "leading", "trailing"] | None = None
    steps_offset: int | None = None


_Config = TypeVar("_Config", bound=msgspec.Struct)


@dataclass(frozen=True)
class BaseInfo:
    """What a base is, found without loading a weight."""

    root: Path  # the folder or the single file
    config: Path  # the folder of its configuration
    tokenizers: tuple[Path, ...]
    architecture: Architecture
    weights: dict[str, tuple[Path, ...]]  # part to files
    scheduler_config: dict[str, Any]  # the settings of noise that every sampler shares
    width: int
    height: int

    @property
    def prediction_type(self) -> str:
        """`epsilon` or `v_prediction`."""
        return str(self.scheduler_config.get("prediction_type", "epsilon"))

    @property
    def sha256(self) -> str:
        """Over the bytes of all weight files in sorted order; of a single file, its own hash."""
        return files_sha256({path for paths in self.weights.values() for path in paths})

    @property
    def licence(self) -> tuple[str, str]:
        """Name and link of the licence in the model card beside the weights, each "" where it says nothing."""
        card = (self.root if self.root.is_dir() else self.root.parent) / "README.md"
        text = _beginning(card) if card.is_file() else ""
        header = text.split("---")[1] if text.startswith("---") else ""
        found = dict(re.findall(r"^license(|_name|_link):(.*)$", header, re.MULTILINE))
        said = {name: plain(text).strip()[:LICENCE_CHARACTERS] for name, text in found.items()}
        return said.get("_name") or said.get("", ""), said.get("_link", "")


def _beginning(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(CARD_CHARACTERS)


def inspect_base(source: str) -> BaseInfo:
    """What the base at a folder, hub id or `.safetensors` file is; downloads a hub id that is not here yet.

    Raises `UserError` naming the component that is missing, before any weight is read.
    """
    path = Path(source).expanduser()
    if path.is_file():
        return _inspect_file(path.resolve())
    if path.is_dir():
        return _inspect_folder(path.resolve(), str(path))
    if re.fullmatch(r"[\w.-]+/[\w.-]+", source):
        return _inspect_hub(source)
    raise UserError(_("There is no base model at {source}: give a folder, a file or a hub id.").format(source=source))


def files_sha256(paths: Iterable[Path]) -> str:
    """One hash over the bytes of all files, in sorted order."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        with path.open("rb") as file:
            for block in iter(partial(file.read, HASH_BLOCK), b""):
                digest.update(block)
    return digest.hexdigest()


def _inspect_folder(folder: Path, source: str) -> BaseInfo:
    index = folder / "model_index.json"
    if not index.is_file():
        raise UserError(_("{source} is no diffusers folder: it has no model_index.json.").format(source=source))
    architecture = _architecture(_read(index, _Index).class_name, source)
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.glob("*/*")) if path.is_file()]
    _require_parts(names, architecture, source)
    weights = {part: tuple(folder / name for name in weight_names(names, part)) for part in PARTS[architecture]}
    tokenizers = tuple(folder / part for part in TOKENIZERS[architecture])
    return _info(folder, folder, tokenizers, architecture, weights, {})


def _info(
    root: Path,
    config: Path,
    tokenizers: tuple[Path, ...],
    architecture: Architecture,
    weights: dict[str, tuple[Path, ...]],
    overrides: dict[str, Any],
) -> BaseInfo:
    scheduler = msgspec.structs.asdict(_read(config / "scheduler" / "scheduler_config.json", _Noise)) | overrides
    noise = {name: value for name, value in scheduler.items() if value is not None}
    size = _read(config / "unet" / "config.json", _Unet).sample_size
    height, width = (size, size) if isinstance(size, int) else size
    scale = 2 ** (len(_read(config / "vae" / "config.json", _Vae).block_out_channels) - 1)
    return BaseInfo(root, config, tokenizers, architecture, weights, noise, width * scale, height * scale)


def _read(path: Path, kind: type[_Config]) -> _Config:
    """What is needed of a configuration file; raises `UserError` where it says something else."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_CONFIG:
            raise UserError(_("{path} is no configuration file of a base: get the whole model.").format(path=path))
        return msgspec.convert(json.loads(path.read_text("utf-8")), kind)  # Python's reader knows diffusers' `Infinity`
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            _("{path} cannot be read as the configuration of a base ({error}): get the whole model.").format(
                path=path, error=error
            )
        ) from error


def _architecture(class_name: object, source: str) -> Architecture:
    if (architecture := PIPELINES.get(str(class_name))) is None:
        raise UserError(
            _("{source} is a {kind}; only Stable Diffusion 1.5 and XL bases are supported.").format(
                source=source, kind=class_name
            )
        )
    return architecture


def _require_parts(names: Sequence[str], architecture: Architecture, source: str) -> None:
    missing = [part for part in PARTS[architecture] if f"{part}/config.json" not in names]
    missing += [part for part in TOKENIZERS[architecture] if not _has_vocabulary(names, part)]
    missing += ["scheduler"] * ("scheduler/scheduler_config.json" not in names)
    if missing:
        _refuse(source, missing)
    if bare := [part for part in PARTS[architecture] if not weight_names(names, part)]:
        raise UserError(
            _("The base in {source} has no weights of its {parts} as .safetensors: convert them first.").format(
                source=source, parts=", ".join(bare)
            )
        )


def _refuse(source: str, missing: Sequence[str]) -> None:
    raise UserError(
        _("The base in {source} has no {parts}: get the whole model.").format(source=source, parts=", ".join(missing))
    )


def _has_vocabulary(names: Sequence[str], part: str) -> bool:
    return f"{part}/tokenizer.json" in names or {f"{part}/vocab.json", f"{part}/merges.txt"} <= set(names)


def weight_names(names: Sequence[str], part: str) -> list[str]:
    """A part's weight files, the half-precision ones where there are both."""
    found = [name for name in names if re.fullmatch(rf"{part}/(diffusion_pytorch_)?model\b[^/]*\.safetensors", name)]
    found = [name for name in found if ".non_ema" not in name]
    return [name for name in found if ".fp16" in name] or found


def _inspect_hub(repository: str) -> BaseInfo:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return _inspect_folder(Path(snapshot_download(repository, local_files_only=True)), repository)
    except (LocalEntryNotFoundError, UserError):
        return _inspect_folder(_download(repository), repository)


def _download(repository: str) -> Path:
    """Fetch a repository's configuration, then, where nothing is missing, its weights."""
    from huggingface_hub import HfApi

    patterns = ["model_index.json", "*/*.json", "*/*.txt", "README.md"]
    try:
        names = HfApi().list_repo_files(repository)
    except Exception as error:
        raise _unreachable(repository, error) from error
    folder = _fetched(repository, patterns)
    index = Path(folder, "model_index.json")
    architecture = _architecture(_read(index, _Index).class_name if index.is_file() else None, repository)
    _require_parts(names, architecture, repository)
    weights = [name for part in PARTS[architecture] for name in weight_names(names, part)]
    return _fetched(repository, patterns + weights)


def _fetched(repository: str, patterns: list[str]) -> Path:
    """The folder of these files of a repository; raises `UserError` where the hub does not give them."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(repository, allow_patterns=patterns))
    except Exception as error:  # a hub that answers nonsense gives errors of every kind
        raise _unreachable(repository, error) from error


def _unreachable(repository: str, error: Exception) -> UserError:
    return UserError(
        _("{source} is neither here nor on the hub ({error}): check the name and the connection.").format(
            source=repository, error=str(error).split("\n")[0]
        )
    )


def _inspect_file(path: Path) -> BaseInfo:
    keys = _tensor_names(path)
    architecture: Architecture = "sdxl" if any(key.startswith("conditioner.") for key in keys) else "sd15"
    missing = [part for part, prefix in PARTS[architecture].items() if not any(key.startswith(prefix) for key in keys)]
    if missing:
        _refuse(str(path), missing)
    config = _config_beside(path, architecture)
    weights: dict[str, tuple[Path, ...]] = {part: (path,) for part in PARTS[architecture]}
    return _info(path, config, _tokenizers_for(path, config, architecture), architecture, weights, _marked(keys))


def _tensor_names(path: Path) -> set[str]:
    try:
        with safe_open(path, framework="numpy") as file:
            return set(file.keys())
    except SafetensorError as error:
        raise UserError(
            _("{path} is no .safetensors file ({error}): other formats are not read.").format(path=path, error=error)
        ) from error


def _marked(keys: set[str]) -> dict[str, Any]:
    """Settings of noise that a checkpoint states by tensors of these names (NoobAI and its kin)."""
    settings: dict[str, Any] = {"prediction_type": "v_prediction"} if "v_pred" in keys else {}
    if "ztsnr" in keys:
        settings |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    return settings


def _config_beside(path: Path, architecture: Architecture) -> Path:
    """A folder named as the file, with a configuration of its own, or else the architecture's."""
    beside = path.with_suffix("")
    return beside if (beside / "model_index.json").is_file() else CONFIGS / architecture


def _tokenizers_for(path: Path, config: Path, architecture: Architecture) -> tuple[Path, ...]:
    beside = path.with_suffix("")
    tokenizers = []
    for part in TOKENIZERS[architecture]:
        places = [beside / part, config / part, beside / "tokenizer"]
        found = next((place for place in places if _has_vocabulary(_files_in(place), place.name)), None)
        if found is None:
            raise UserError(
                _(
                    "{path} has no tokenizer beside it: put CLIP's vocab.json and merges.txt (of "
                    "openai/clip-vit-large-patch14, or of any base of this kind) into {folder}."
                ).format(path=path, folder=beside / "tokenizer")
            )
        tokenizers.append(found)
    return tuple(tokenizers)


def _files_in(folder: Path) -> list[str]:
    return [f"{folder.name}/{path.name}" for path in folder.glob("*")]
