from collections.abc import Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from db.errors import UserError
from engine.base import BaseModel
from engine.prompt import parse
from engine.text import (
    CHUNK_LENGTH,
    CHUNK_TOKENS,
    CaptionTokens,
    caption_chunks,
    chunk_count,
    encode_ids,
    encode_prompts,
    prompt_chunks,
    weighted,
)


def ids_of(base: BaseModel, text: str) -> torch.Tensor:
    options = {"padding": "max_length", "max_length": CHUNK_LENGTH, "return_tensors": "pt"}
    found: torch.Tensor = base.tokenizers[0](text, **options).input_ids
    return found


def test_clip_skip_one_is_the_encoders_own_output(sd15: BaseModel) -> None:
    expected = sd15.text_encoders[0](ids_of(sd15, "1girl, blue hair")).last_hidden_state
    assert torch.equal(encode_prompts(sd15, [parse("1girl, blue hair")]).hidden, expected)


def test_clip_skip_two_normalises_the_layer_before_the_last(sd15: BaseModel) -> None:
    encoder = sd15.text_encoders[0]
    states = encoder(ids_of(sd15, "sky"), output_hidden_states=True).hidden_states
    expected = encoder.final_layer_norm(states[-2])
    assert torch.equal(encode_prompts(sd15, [parse("sky")], clip_skip=2).hidden, expected)


def test_a_clip_skip_deeper_than_the_encoder_is_refused(sd15: BaseModel) -> None:
    with pytest.raises(UserError, match="has 2 layers"):
        encode_prompts(sd15, [parse("sky")], clip_skip=3)


def test_sdxl_joins_the_layers_before_the_last_and_pools_the_first_chunk(sdxl: BaseModel) -> None:
    ids = ids_of(sdxl, "sky")
    states = [encoder(ids, output_hidden_states=True) for encoder in sdxl.text_encoders]
    encoded = encode_prompts(sdxl, [parse("sky BREAK night")])
    assert encoded.hidden.shape == (1, 2 * CHUNK_LENGTH, 24)
    joined = torch.cat([output.hidden_states[-2] for output in states], dim=-1)
    assert torch.allclose(encoded.hidden[:, :CHUNK_LENGTH], joined, atol=1e-6)
    assert encoded.pooled is not None
    assert torch.allclose(encoded.pooled, states[1].text_embeds, atol=1e-6)


def test_a_prompts_encoding_does_not_depend_on_its_company(sd15: BaseModel) -> None:
    prompts = [parse("(1girl:1.3), smile"), parse("sky, cloud"), parse("night")]
    together = encode_prompts(sd15, prompts, chunks=2).hidden
    assert torch.equal(together[1:2], encode_prompts(sd15, [prompts[1]], chunks=2).hidden)


def test_weights_scale_their_tokens_and_restore_the_mean() -> None:
    hidden = torch.randn(2, CHUNK_LENGTH, 8, generator=torch.Generator().manual_seed(0)) + 1
    weights = torch.ones(2, CHUNK_LENGTH)
    weights[0, 3] = 1.5
    result = weighted(hidden, weights)
    assert torch.equal(result[1], hidden[1])
    assert result[0].mean() == pytest.approx(hidden[0].mean(), rel=1e-5)
    ratio = result[0] / hidden[0]
    assert torch.allclose(ratio[3], 1.5 * ratio[4], rtol=1e-4)


def test_a_weight_reaches_only_its_own_words(sd15: BaseModel) -> None:
    (chunk,) = prompt_chunks(sd15.tokenizers[0], parse("sky, (blue hair:1.3), smile"))
    plain = sd15.tokenizers[0]("sky, blue hair, smile", add_special_tokens=False).input_ids
    assert [token for token, _weight in chunk] == plain
    assert [weight for _token, weight in chunk] == [1.0, 1.0, 1.3, 1.3, 1.0, 1.0]


def test_a_full_chunk_ends_after_its_last_comma(sd15: BaseModel) -> None:
    """72 tokens and commas, then two words that would be cut apart."""
    prompt = parse(", ".join(["sky"] * 37) + ", blue hair ribbon")
    first, second = prompt_chunks(sd15.tokenizers[0], prompt)
    assert (len(first), len(second)) == (74, 3)


def test_without_a_comma_in_reach_a_chunk_is_cut(sd15: BaseModel) -> None:
    first, second = prompt_chunks(sd15.tokenizers[0], parse("sky, " + "night " * 80))
    assert (len(first), len(second)) == (CHUNK_TOKENS, 7)


def test_break_pads_its_chunk(sd15: BaseModel) -> None:
    assert [len(chunk) for chunk in prompt_chunks(sd15.tokenizers[0], parse("sky BREAK blue hair"))] == [1, 2]
    assert chunk_count(sd15, parse("")) == 1


WORDS = st.lists(st.sampled_from(["1girl", "blue hair", "smile", ":d", "^_^", "x (y)", "sky", ":)"]), max_size=12)


@given(words=WORDS)
def test_captions_tokenised_by_word_equal_captions_tokenised_whole(
    loaded_sd15: BaseModel, words: Sequence[str]
) -> None:
    (ids,) = CaptionTokens(loaded_sd15.tokenizers, 1).batch([words])
    assert torch.equal(ids, ids_of(loaded_sd15, ", ".join(words)))


def test_words_without_room_are_left_out_whole(sd15: BaseModel) -> None:
    words = ["sky"] * 37 + ["blue hair"]
    (ids,) = CaptionTokens(sd15.tokenizers, 1).batch([words])
    assert torch.equal(ids, ids_of(sd15, "sky, " * 37))
    assert caption_chunks(sd15.tokenizers[0], [words]) == 2
    (ids,) = CaptionTokens(sd15.tokenizers, 2).batch([words])
    assert ids.shape == (2, CHUNK_LENGTH)
    assert encode_ids(sd15, [ids], 1).hidden.shape[:2] == (2, CHUNK_LENGTH)
