"""The base's denoiser and text encoder, in the component classes of SD 1.5.

The denoiser starts small, on latents pooled to 16 x 16, where a picture costs a third. Grown by an outer level it goes
on at 32 x 32 with what it knows (progressive growing: Karras et al., 2018)."""

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

_WIDTH = 128
_INNER = (48, 112, 160)
LATENT_SIZE, SCALE = 32, 4


def new_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """Two layers, 0.5 M parameters."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=_WIDTH,
        intermediate_size=3 * _WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=tokenizer.model_max_length,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def small_unet() -> UNet2DConditionModel:
    """For latents of 16 x 16."""
    return _unet(_INNER, LATENT_SIZE // 2, (False, True, True))


def new_unet() -> UNet2DConditionModel:
    """For latents of 32 x 32: the small one with a level of the first one's width around it, and the words heard at
    16 x 16 too, where a mouth is a cell of its own."""
    return _unet((_INNER[0], *_INNER), LATENT_SIZE, (False, True, True, True))


def _unet(widths: tuple[int, ...], size: int, attends: tuple[bool, ...]) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=size,
        block_out_channels=widths,
        layers_per_block=1,
        down_block_types=tuple("CrossAttnDownBlock2D" if attention else "DownBlock2D" for attention in attends),
        up_block_types=tuple("CrossAttnUpBlock2D" if attention else "UpBlock2D" for attention in reversed(attends)),
        cross_attention_dim=_WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
    )


def grown(small: UNet2DConditionModel) -> UNet2DConditionModel:
    """A denoiser for 32 x 32 whose inner levels are `small` and whose new outer level passes on nearly what it gets."""
    unet = new_unet()
    known = small.state_dict()
    weights = unet.state_dict()
    for name in weights:
        inner = _inner_name(name)
        if inner in known and known[inner].shape == weights[name].shape:
            weights[name] = known[inner]
    unet.load_state_dict(weights)
    with torch.no_grad():
        _pass_on(unet, known["conv_in.weight"], known["conv_in.bias"])
        for name, weight in unet.named_parameters():
            if ".proj_out." in name and _inner_name(name) not in known:
                weight.zero_()  # what the small one did without words, this one does so at first
    return unet


def _inner_name(name: str) -> str | None:
    """What the small denoiser calls the large one's weight `name`, if it has it."""
    if name.startswith(("conv_in", "down_blocks.0", "up_blocks.3", "up_blocks.2.upsamplers")):
        return None
    if name.startswith("down_blocks."):
        level = int(name.split(".")[1])
        return name.replace(f"down_blocks.{level}.", f"down_blocks.{level - 1}.", 1)
    return name


def _pass_on(unet: UNet2DConditionModel, weight: Tensor, bias: Tensor) -> None:
    """The latents go through the first four channels of the new level to where the small one took them in."""
    channels = weight.shape[1]
    unet.conv_in.weight.mul_(0.5)
    for channel in range(channels):
        unet.conv_in.weight[channel] = 0
        unet.conv_in.weight[channel, channel, 1, 1] = 1
        unet.conv_in.bias[channel] = 0
    for block in (unet.down_blocks[0].resnets[0], *unet.up_blocks[3].resnets):
        block.conv2.weight.mul_(0.1)
        block.conv2.bias.zero_()
    downsampler = unet.down_blocks[0].downsamplers[0].conv
    downsampler.weight.mul_(0.1)
    downsampler.weight[:, :channels] = weight
    downsampler.bias.copy_(bias)
    _nearly_identity(unet.up_blocks[2].upsamplers[0].conv)
    for block in unet.up_blocks[3].resnets:
        _nearly_identity(block.conv_shortcut)


def _nearly_identity(convolution: nn.Conv2d) -> None:
    convolution.weight.mul_(0.3)
    middle = convolution.kernel_size[0] // 2
    for channel in range(convolution.out_channels):
        convolution.weight[channel, channel, middle, middle] += 1
