"""The small SDXL's denoiser and text encoders, grown from those of the base.

What both have is taken over. The rest starts so that it changes little: the second text encoder's share of the
attention small, the second layers of attention and the added embedding at nothing (Net2Net: Chen et al., 2016). SDXL
reads the first text encoder before its last layer and without its last normalization, so that a layer normalizes."""

from collections.abc import Mapping, Sequence

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

_SECOND_WIDTH = 96
_TIME_WIDTH = 32
_IDS = 6
_LAYERS = 3
_NEW_WORDS = 0.3
_FAINT = 4096


def sdxl_unet(base: UNet2DConditionModel) -> UNet2DConditionModel:
    """Told by two text encoders and by the sizes; two layers of attention on its lowest level, as `base` has one."""
    old = base.config
    levels = len(old.block_out_channels)
    unet = UNet2DConditionModel(
        sample_size=old.sample_size,
        block_out_channels=old.block_out_channels,
        layers_per_block=old.layers_per_block,
        down_block_types=old.down_block_types,
        up_block_types=old.up_block_types,
        cross_attention_dim=old.cross_attention_dim + _SECOND_WIDTH,
        attention_head_dim=old.attention_head_dim,
        norm_num_groups=old.norm_num_groups,
        use_linear_projection=True,
        transformer_layers_per_block=(1,) * (levels - 1) + (2,),
        addition_embed_type="text_time",
        addition_time_embed_dim=_TIME_WIDTH,
        projection_class_embeddings_input_dim=_IDS * _TIME_WIDTH + _SECOND_WIDTH,
    )
    known = base.state_dict()
    unet.load_state_dict({name: _taken_over(name, value, known) for name, value in unet.state_dict().items()})
    return unet


def _taken_over(name: str, new: Tensor, known: Mapping[str, Tensor]) -> Tensor:
    """What the tensor `name` starts from."""
    if name.startswith("add_embedding.linear_2") or _ends_second_layer(name):
        return torch.zeros_like(new)
    old = known.get(name)
    if old is None:
        return new
    if old.shape == new.shape:
        return old
    if old.numel() == new.numel():
        return old.view_as(new)
    return torch.cat([old, _NEW_WORDS * new[:, old.shape[1] :]], 1)


def _ends_second_layer(name: str) -> bool:
    """Whether the tensor belongs to what a second layer of attention adds its results by."""
    return "transformer_blocks.1." in name and any(part in name for part in (".to_out.", ".ff.net.2."))


def sdxl_text_encoder(base: CLIPTextModel) -> CLIPTextModel:
    """Its last layer but one says what `base` says in the end. It has two layers more: one normalizes, and what the
    last one says is not read."""
    old = base.config
    config = CLIPTextConfig.from_dict(
        {
            **old.to_dict(),
            "num_hidden_layers": old.num_hidden_layers + 2,
            "layer_norm_eps": old.layer_norm_eps / _FAINT**2,
        }
    )
    encoder = CLIPTextModel(config)
    encoder.load_state_dict(base.state_dict(), strict=False)
    *kept, normalizing, _unread = encoder.encoder.layers
    with torch.no_grad():
        _make_faint(encoder, kept)
        _normalize(normalizing, base.final_layer_norm)
    return encoder


def _make_faint(encoder: CLIPTextModel, layers: Sequence[nn.Module]) -> None:
    """All that is added up along these layers becomes small; they normalize what they see, so nothing else changes."""
    embeddings = (encoder.embeddings.token_embedding, encoder.embeddings.position_embedding)
    for part in (*embeddings, *(part for layer in layers for part in (layer.self_attn.out_proj, layer.mlp.fc2))):
        for parameter in part.parameters():
            parameter /= _FAINT


def _normalize(layer: nn.Module, norm: nn.LayerNorm) -> None:
    """Let the layer add what `norm` makes of its input: CLIP's activation of x less that of -x is x itself."""
    width = norm.normalized_shape[0]
    both = torch.cat([torch.eye(width), -torch.eye(width)])
    layer.layer_norm2.load_state_dict(norm.state_dict())
    for part in (layer.self_attn.out_proj, layer.mlp.fc2):
        for parameter in part.parameters():
            parameter.zero_()
    layer.mlp.fc1.bias.zero_()
    layer.mlp.fc1.weight[: 2 * width] = both
    layer.mlp.fc2.weight[:, : 2 * width] = both.T


def sdxl_text_encoder_2(base: CLIPTextModel) -> CLIPTextModelWithProjection:
    """Untrained, for the same tokens; as wide as its projection and with OpenCLIP's activation."""
    vocabulary = ("vocab_size", "max_position_embeddings", "bos_token_id", "eos_token_id")
    config = CLIPTextConfig(
        hidden_size=_SECOND_WIDTH,
        intermediate_size=3 * _SECOND_WIDTH,
        projection_dim=_SECOND_WIDTH,
        num_hidden_layers=_LAYERS,
        num_attention_heads=4,
        hidden_act="gelu",
        pad_token_id=0,
        **{name: getattr(base.config, name) for name in vocabulary},
    )
    return CLIPTextModelWithProjection(config)


class TextEncoders(nn.Module):  # type: ignore[misc]
    """Both text encoders, read as SDXL reads them."""

    def __init__(self, first: CLIPTextModel, second: CLIPTextModelWithProjection) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, ids: Tensor, ids_2: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden states [n, 77, dim] of both encoders' last layers but one, and the second's pooled state [n, dim]."""
        one = self.first(ids, output_hidden_states=True)
        two = self.second(ids_2, output_hidden_states=True)
        return torch.cat([one.hidden_states[-2], two.hidden_states[-2]], -1), two.text_embeds
