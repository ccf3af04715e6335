"""LoRAs in a base: adapters to train, published files resident for generation, and a weight for each row of a batch."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer

from engine.base import BaseModel
from engine.kohya import (
    ModuleLora,
    Modules,
    Tensors,
    check_all_used,
    check_shapes,
    check_values,
    from_kohya,
    module_key,
    original_unet_name,
    read_lora,
    to_kohya,
)

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
TARGETS: dict[str, tuple[str, ...]] = {
    "attention": ATTENTION,
    "full": (
        *ATTENTION, "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out",
        "conv1", "conv2", "conv_shortcut", "time_emb_proj", "conv_in", "conv_out",
    ),
}  # fmt: skip


def parts(base: BaseModel) -> dict[str, Any]:
    """The modules of a base that a LoRA can change, by the names of diffusers' components."""
    encoders = {("text_encoder", "text_encoder_2")[n]: encoder for n, encoder in enumerate(base.text_encoders)}
    return {"unet": base.unet, **encoders}


def add_lora(
    base: BaseModel, name: str, *, rank: int, alpha: float, targets: str, seed: int
) -> list[torch.nn.Parameter]:
    """Add a new adapter to the UNet, its start drawn from `seed` alone; returns its parameters, in float32."""
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(TARGETS[targets]))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _add_adapter(base.unet, config, name)
    activate(base.unet, [name])
    for _path, layer in lora_layers(base.unet, name):
        layer.lora_A[name].float()
        layer.lora_B[name].float()
    return adapter_parameters(base.unet, name)


def _add_adapter(module: Any, config: LoraConfig, name: str) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        inject_adapter_in_model(config, module, name)


def adapter_parameters(module: Any, name: str) -> list[torch.nn.Parameter]:
    """The trainable parameters of an adapter, in the order of the modules."""
    pairs = ((layer.lora_A[name].weight, layer.lora_B[name].weight) for _path, layer in lora_layers(module, name))
    return [weight for pair in pairs for weight in pair]


def lora_layers(module: Any, name: str | None = None) -> list[tuple[str, LoraLayer]]:
    """The layers that hold adapter `name`, or any adapter, by their path in the module."""
    return [
        (path, layer)
        for path, layer in module.named_modules()
        if isinstance(layer, LoraLayer) and (name is None or name in layer.lora_A)
    ]


def activate(module: Any, names: Sequence[str]) -> None:
    """Let only these adapters take part in the forward pass."""
    for _path, layer in lora_layers(module):
        layer.set_adapter([name for name in names if name in layer.lora_A])


def remove_loras(base: BaseModel) -> None:
    """Take every adapter out of the base, leaving its modules as they were loaded."""
    for module in parts(base).values():
        for path, layer in lora_layers(module):
            parent, _dot, child = path.rpartition(".")
            setattr(module.get_submodule(parent), child, layer.get_base_layer())


def extract(module: Any, name: str) -> Modules:
    """An adapter's weights and alphas by module."""
    return {
        path: ModuleLora(layer.lora_A[name].weight, layer.lora_B[name].weight, layer.lora_alpha[name])
        for path, layer in lora_layers(module, name)
    }


def kohya_tensors(base: BaseModel, name: str) -> Tensors:
    """An adapter of the base as the tensors of a kohya file, in float32, which is what training holds."""
    tensors: Tensors = {}
    for part, module in parts(base).items():
        tensors |= to_kohya(module_keys(base, part), extract(module, name))
    return tensors


def module_keys(base: BaseModel, part: str) -> dict[str, str]:
    """kohya's key of every module of a part that could hold a LoRA."""
    module = parts(base)[part]
    wrapped = {path for path, _layer in lora_layers(module)}
    names = wrapped | {
        path
        for path, layer in module.named_modules()
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d) and not _inside(path, wrapped)
    }
    return {name: module_key(base.architecture, part, _file_name(base, part, name)) for name in sorted(names)}


def _inside(path: str, wrapped: set[str]) -> bool:
    parents = path.split(".")
    return any(".".join(parents[:end]) in wrapped for end in range(1, len(parents) + 1))


def _file_name(base: BaseModel, part: str, name: str) -> str:
    if part != "unet" or base.architecture != "sdxl":
        return name
    config = base.unet.config
    with_attention = [n for n, kind in enumerate(config.up_block_types) if kind.startswith("CrossAttn")]
    return original_unet_name(name, config.layers_per_block, with_attention)


def load_lora(base: BaseModel, path: Path, name: str) -> None:
    """Add a LoRA file to the base as an adapter, for inference, in the base's precision.

    Raises `UserError` where it cannot be read or does not fit this base.
    """
    tensors, _metadata = read_lora(path)
    keys = {part: module_keys(base, part) for part in parts(base)}
    check_all_used(path, tensors, (key for named in keys.values() for key in named.values()))
    check_values(path, tensors)
    changes = {part: from_kohya(keys[part], tensors) for part in parts(base)}
    for part, modules in changes.items():
        check_shapes(path, modules, _weights(parts(base)[part], modules))
    for part, modules in changes.items():
        if modules:
            _inject(parts(base)[part], name, modules)


def _weights(module: Any, names: Iterable[str]) -> dict[str, torch.Tensor]:
    """The weights of a part's modules, below any adapter, by the modules' names."""
    found = {name: module.get_submodule(name) for name in names}
    return {
        name: (each.get_base_layer() if isinstance(each, LoraLayer) else each).weight for name, each in found.items()
    }


def _inject(module: Any, name: str, modules: Modules) -> None:
    ranks = {path: len(lora.down) for path, lora in modules.items()}
    alphas = {path: lora.alpha for path, lora in modules.items()}
    config = LoraConfig(
        r=next(iter(ranks.values())),
        lora_alpha=next(iter(alphas.values())),
        target_modules=list(modules),
        rank_pattern=ranks,
        alpha_pattern=alphas,
    )
    _add_adapter(module, config, name)
    with torch.no_grad():
        for path, layer in lora_layers(module, name):
            _fill(layer, name, modules[path])


def _fill(layer: Any, name: str, lora: ModuleLora) -> None:
    for half, values in ((layer.lora_A[name], lora.down), (layer.lora_B[name], lora.up)):
        half.weight.copy_(values.reshape(half.weight.shape))
        half.requires_grad_(False).to(layer.get_base_layer().weight.dtype)


class RowWeights:
    """Weights of resident LoRAs: on the UNet one for each row of a batch, on the text encoders one for a text."""

    def __init__(self, base: BaseModel, names: Sequence[str]) -> None:
        self._base = base
        self._scales: dict[tuple[str, str], torch.Tensor] = {}
        self._active: dict[str, list[str]] = {}
        for part, module in parts(base).items():
            for name in names:
                for _path, layer in lora_layers(module, name):
                    layer.lora_A[name].register_forward_hook(self._scaler(part, name))

    def _scaler(self, part: str, name: str) -> Any:
        """Scale the narrow middle of an adapter, where it costs least."""

        def scale(_module: Any, _inputs: Any, middle: torch.Tensor) -> torch.Tensor:
            return middle * self._scales[part, name].view(-1, *(1,) * (middle.ndim - 1))

        return scale

    def set_rows(self, rows: Sequence[Mapping[str, float]], copies: int = 1) -> None:
        """Weights on the UNet for each row of the next forwards, the rows following each other `copies` times."""
        self._set("unet", [dict(row) for row in rows] * copies)

    def set_text(self, weights: Mapping[str, float]) -> None:
        """Weights on the text encoders for the next texts."""
        for part in parts(self._base):
            if part != "unet":
                self._set(part, [dict(weights)])

    def _set(self, part: str, rows: list[dict[str, float]]) -> None:
        used = sorted({name for row in rows for name, weight in row.items() if weight})
        if self._active.get(part) != used:
            activate(parts(self._base)[part], used)
            self._active[part] = used
        for name in used:
            weights = [row.get(name, 0.0) for row in rows]
            self._scales[part, name] = torch.tensor(weights, device=self._base.device, dtype=self._base.dtype)


@contextmanager
def resident_loras(base: BaseModel, paths: Mapping[str, Path]) -> Iterator[RowWeights]:
    """Hold these LoRA files, by name, in the base at once; it is bare again afterwards."""
    try:
        for name, path in paths.items():
            load_lora(base, path, name)
        yield RowWeights(base, list(paths))
    finally:
        remove_loras(base)
