"""Base models, loaded: the components of an SD 1.5- or SDXL-architecture model, without a pipeline around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from db.errors import UserError
from db.i18n import _
from engine.base_files import Architecture, BaseInfo, files_sha256, inspect_base
from engine.memory import is_out_of_memory


@dataclass(frozen=True)
class BaseModel:
    """A loaded base: its components, and what must be known to use them."""

    source: str
    sha256: str
    vae_sha256: str
    architecture: Architecture
    scheduler_config: dict[str, Any]
    width: int
    height: int
    unet: Any
    vae: Any
    text_encoders: list[Any]
    tokenizers: list[Any]
    device: torch.device
    dtype: torch.dtype

    @property
    def prediction_type(self) -> str:
        """`epsilon` or `v_prediction`."""
        return str(self.scheduler_config.get("prediction_type", "epsilon"))

    @property
    def vae_scale_factor(self) -> int:
        """Picture pixels for each latent, along one side."""
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @property
    def size_step(self) -> int:
        """Both sides of a picture must be multiples of this, so that the UNet can halve them."""
        return int(self.vae_scale_factor * 2 ** (len(self.unet.config.block_out_channels) - 1))

    def latent_shape(self, width: int, height: int) -> tuple[int, int, int]:
        """[c, h, w] of the latents of a picture; raises `UserError` for a size that is no multiple of `size_step`."""
        scale, step = self.vae_scale_factor, self.size_step
        if width % step or height % step:
            raise UserError(
                _("{width}×{height} does not suit this base: both sides must be multiples of {step}.").format(
                    width=width, height=height, step=step
                )
            )
        return int(self.vae.config.latent_channels), height // scale, width // scale

    def conditions(self, pooled: torch.Tensor | None, width: int, height: int) -> dict[str, Any]:
        """What the UNet is told besides the text: for SDXL the pooled text and the picture's size, uncropped."""
        if pooled is None:
            return {}
        size = torch.tensor([[height, width, 0, 0, height, width]], dtype=pooled.dtype, device=pooled.device)
        return {"added_cond_kwargs": {"text_embeds": pooled, "time_ids": size.expand(len(pooled), -1)}}


def default_device() -> torch.device:
    """The graphics card where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def default_dtype(device: torch.device) -> torch.dtype:
    """float32 on a CPU; on a card bfloat16, or float16 where the card is too old for that."""
    if device.type == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def load_base(source: str, device: torch.device | str, dtype: torch.dtype) -> BaseModel:
    """Load a base from a folder, a hub id or a single file, for inference.

    Its VAE stays float32, where half precision overflows or bands. Raises `UserError` as `inspect_base`.
    """
    info = inspect_base(source)
    tokenizers, (unet, vae, *encoders) = _load(info, dtype)
    for module in (unet, vae, *encoders):
        module.requires_grad_(False).eval().to(device)
    return BaseModel(
        source=source,
        sha256=info.sha256,
        vae_sha256=files_sha256(info.weights["vae"]),
        architecture=info.architecture,
        scheduler_config=info.scheduler_config,
        width=info.width,
        height=info.height,
        unet=unet,
        vae=vae,
        text_encoders=encoders,
        tokenizers=tokenizers,
        device=torch.device(device),
        dtype=dtype,
    )


def _load(info: BaseInfo, dtype: torch.dtype) -> tuple[list[Any], list[Any]]:
    """Tokenizers and components; raises `UserError` where the libraries make nothing of the files."""
    load = _load_file if info.root.is_file() else _load_folder
    try:
        tokenizers = [_tokenizer(path, second=number > 0) for number, path in enumerate(info.tokenizers)]
        return tokenizers, load(info, dtype, tokenizers)
    except UserError:
        raise
    except Exception as error:  # theirs are of every kind
        if is_out_of_memory(error):
            raise
        raise _unloadable(info, str(error).strip().split("\n")[0] or type(error).__name__) from error


def _unloadable(info: BaseInfo, reason: str) -> UserError:
    return UserError(
        _("The base at {source} cannot be loaded ({reason}): get the whole model.").format(
            source=info.root, reason=reason
        )
    )


def _tokenizer(folder: Path, *, second: bool) -> Any:
    """CLIP's tokenizer; SDXL's second text encoder was trained with `!` as its padding."""
    configured = (folder / "tokenizer_config.json").is_file()
    padding = {"pad_token": "!"} if second and not configured else {}
    return CLIPTokenizer.from_pretrained(str(folder), local_files_only=True, **padding)


def _load_folder(info: BaseInfo, dtype: torch.dtype, tokenizers: Sequence[Any]) -> list[Any]:
    classes = {
        "unet": UNet2DConditionModel,
        "vae": AutoencoderKL,
        "text_encoder": CLIPTextModel,
        "text_encoder_2": CLIPTextModelWithProjection,
    }
    return [_load_part(info, part, model, dtype) for part, model in classes.items() if part in info.weights]


def _load_part(info: BaseInfo, part: str, model: Any, dtype: torch.dtype) -> Any:
    """A component; where its file lacks weights they would be drawn at random, so it is refused."""
    loaded, found = model.from_pretrained(
        str(info.root),
        subfolder=part,
        torch_dtype=torch.float32 if part == "vae" else dtype,
        variant=_variant(info.weights[part]),
        use_safetensors=True,
        local_files_only=True,
        output_loading_info=True,
    )
    if missing := sorted(found["missing_keys"]):
        words = _("{part} lacks {count} of its tensors, such as {name}")
        raise _unloadable(info, words.format(part=part, count=len(missing), name=missing[0]))
    return loaded


def _variant(paths: Sequence[Path]) -> str | None:
    return "fp16" if any(".fp16" in path.name for path in paths) else None


def _load_file(info: BaseInfo, dtype: torch.dtype, tokenizers: Sequence[Any]) -> list[Any]:
    """Components of a single file; the pipeline's loader knows the layout, and is told not to reach for the hub."""
    from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline  # seconds that folders need not pay

    sdxl = info.architecture == "sdxl"
    local = {"config": str(info.config), "local_files_only": True}
    vae = AutoencoderKL.from_single_file(str(info.root), subfolder="vae", torch_dtype=torch.float32, **local)
    pipeline = (StableDiffusionXLPipeline if sdxl else StableDiffusionPipeline).from_single_file(
        str(info.root),
        torch_dtype=dtype,
        vae=vae,
        tokenizer=tokenizers[0],
        **({"tokenizer_2": tokenizers[1]} if sdxl else {"safety_checker": None}),
        **local,
    )
    parts = [pipeline.unet, vae, pipeline.text_encoder]
    return [*parts, pipeline.text_encoder_2] if sdxl else parts
