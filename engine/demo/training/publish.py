"""The made models as they are shipped: bases as diffusers folders in float16 or one file, ControlNets, the tagger."""

import json
import shutil
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DiffusionPipeline,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from engine.demo.training.denoising import noise_schedule
from engine.demo.training.one_file import write_one_file, write_sdxl_file
from engine.demo.training.sdxl import SECOND_PADDING
from engine.tagger import MODEL_FILE, TAGS_FILE

ONE_FILE = "kimikoe-tiny.safetensors"


def publish_base(vae: Path, networks: Path, tokenizer: Path, out: Path) -> None:
    """Write the diffusers folder `out` from the made parts; `networks` holds `unet/` and `text_encoder/`."""
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL.from_pretrained(vae, torch_dtype=torch.float32),
        text_encoder=CLIPTextModel.from_pretrained(networks / "text_encoder", dtype=torch.float32),
        tokenizer=CLIPTokenizer.from_pretrained(tokenizer, local_files_only=True),
        unet=UNet2DConditionModel.from_pretrained(networks / "unet", torch_dtype=torch.float32),
        scheduler=_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    _publish(pipeline, tokenizer, out)


def publish_sdxl(vae: Path, networks: Path, tokenizer: Path, out: Path) -> None:
    """Write the diffusers folder `out` of the small SDXL; `networks` holds its denoiser and both text encoders."""
    second = CLIPTextModelWithProjection.from_pretrained(networks / "text_encoder_2", dtype=torch.float32)
    pipeline = StableDiffusionXLPipeline(
        vae=AutoencoderKL.from_pretrained(vae, torch_dtype=torch.float32),
        text_encoder=CLIPTextModel.from_pretrained(networks / "text_encoder", dtype=torch.float32),
        text_encoder_2=second,
        tokenizer=CLIPTokenizer.from_pretrained(tokenizer, local_files_only=True),
        tokenizer_2=CLIPTokenizer.from_pretrained(tokenizer, local_files_only=True, pad_token=SECOND_PADDING),
        unet=UNet2DConditionModel.from_pretrained(networks / "unet", torch_dtype=torch.float32),
        scheduler=_scheduler(),
        force_zeros_for_empty_prompt=False,
        add_watermarker=False,
    )
    _publish(pipeline, tokenizer, out)


def publish_controlnet(networks: Path, out: Path) -> None:
    """Write the folder `out` of a ControlNet."""
    shutil.rmtree(out, ignore_errors=True)
    ControlNetModel.from_pretrained(networks, torch_dtype=torch.float16).save_pretrained(out)
    _forget_places(out)


def publish_one_file(base: Path, out: Path) -> None:
    """Write the diffusers folder `base` as one file in float16, with its configuration in a folder beside it."""
    parts = DiffusionPipeline.from_pretrained(base, torch_dtype=torch.float16, local_files_only=True)
    if isinstance(parts, StableDiffusionXLPipeline):
        write_sdxl_file(out, parts.unet, parts.vae, parts.text_encoder, parts.text_encoder_2, torch.float16)
    else:
        write_one_file(out, parts.unet, parts.vae, parts.text_encoder, torch.float16)
    without_weights = shutil.ignore_patterns("*.safetensors")
    shutil.copytree(base, out.with_suffix(""), ignore=without_weights, dirs_exist_ok=True)


def publish_tagger(tagger: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in (MODEL_FILE, TAGS_FILE):
        shutil.copy(tagger / name, out / name)


def _scheduler() -> DPMSolverMultistepScheduler:
    return DPMSolverMultistepScheduler.from_config(noise_schedule().config, algorithm_type="dpmsolver++")


def _publish(pipeline: DiffusionPipeline, tokenizer: Path, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    pipeline.to(torch.float16).save_pretrained(out, safe_serialization=True)
    for folder in out.glob("tokenizer*"):
        for name in ("vocab.json", "merges.txt"):
            shutil.copy(tokenizer / name, folder / name)
    _forget_places(out)


def _forget_places(folder: Path) -> None:
    """Leave no path of the machine that made them in the configurations."""
    for path in folder.rglob("*.json"):
        config = json.loads(path.read_text("utf-8"))
        if config.pop("_name_or_path", None) is not None:
            path.write_text(json.dumps(config, indent=2) + "\n", "utf-8")
