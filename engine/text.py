"""Text encoding for SD 1.5 and SDXL: chunks of 75 tokens, weights, clip skip; one code for training and generation.

The pipelines' own encoding fails for SD 1.5 with clip skip on current transformers and truncates at 75 tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch

from db.captions import TAG_SEPARATOR
from db.errors import UserError
from db.i18n import _
from engine.prompt import Prompt

if TYPE_CHECKING:
    from engine.base import BaseModel

CHUNK_TOKENS = 75
CHUNK_LENGTH = 77  # with the start and the end token
COMMA_REACH = 20  # a full chunk ends after a comma among its last 20 tokens, as in A1111

Token = tuple[int, float]  # id and weight


@dataclass(frozen=True)
class EncodedText:
    """What the UNet reads: hidden states [n, 77k, dim], and SDXL's pooled state [n, dim] of the first chunk."""

    hidden: torch.Tensor
    pooled: torch.Tensor | None

    @staticmethod
    def stack(rows: "Sequence[EncodedText]") -> "EncodedText":
        """Several texts of the same number of chunks as one batch."""
        pooled = [row.pooled for row in rows if row.pooled is not None]
        return EncodedText(torch.cat([row.hidden for row in rows]), torch.cat(pooled) if pooled else None)

    def rows(self, some: "slice | list[int]") -> "EncodedText":
        """Some of the texts."""
        return EncodedText(self.hidden[some], None if self.pooled is None else self.pooled[some])


def encode_prompts(
    base: "BaseModel", prompts: Sequence[Prompt], clip_skip: int = 1, chunks: int | None = None
) -> EncodedText:
    """Encode prompts, padded with empty chunks to `chunks` or to the longest of them.

    Each prompt passes the encoders alone, so that its encoding does not depend on its company.
    """
    count = chunks or max(chunk_count(base, prompt) for prompt in prompts)
    return EncodedText.stack([_encode_prompt(base, prompt, clip_skip, count) for prompt in prompts])


def chunk_count(base: "BaseModel", prompt: Prompt) -> int:
    """How many chunks of 75 tokens a prompt fills, at least 1."""
    return len(prompt_chunks(base.tokenizers[0], prompt))


def prompt_chunks(tokenizer: Any, prompt: Prompt) -> list[list[Token]]:
    """The prompt's tokens in chunks of at most 75; every section starts a new one."""
    comma = _plain_ids(tokenizer, ",")[0]
    chunks: list[list[Token]] = []
    for section in prompt.sections:
        tokens = [(token, piece.weight) for piece in section for token in _plain_ids(tokenizer, piece.text)]
        chunks += _split(tokens, comma)
    return chunks


def _plain_ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
    return ids


def _split(tokens: list[Token], comma: int) -> list[list[Token]]:
    chunks = []
    while len(tokens) > CHUNK_TOKENS:
        end = _chunk_end([token for token, _weight in tokens], comma)
        chunks.append(tokens[:end])
        tokens = tokens[end:]
    return [*chunks, tokens]


def _chunk_end(ids: list[int], comma: int) -> int:
    if ids[CHUNK_TOKENS] == comma:
        return CHUNK_TOKENS
    reach = range(CHUNK_TOKENS - 1, CHUNK_TOKENS - COMMA_REACH - 1, -1)
    return next((index + 1 for index in reach if ids[index] == comma), CHUNK_TOKENS)


def _encode_prompt(base: "BaseModel", prompt: Prompt, clip_skip: int, count: int) -> EncodedText:
    chunked = [prompt_chunks(tokenizer, prompt) for tokenizer in base.tokenizers]
    padded = [[*chunks, *[[]] * (count - len(chunks))] for chunks in chunked]
    ids = [
        framed(tokenizer, [[token for token, _weight in chunk] for chunk in chunks])
        for tokenizer, chunks in zip(base.tokenizers, padded, strict=True)
    ]
    weights = torch.tensor([_framed_weights(chunk) for chunk in padded[0]])
    encoded = encode_ids(base, ids, clip_skip)
    hidden = weighted(encoded.hidden, weights.to(base.device)).flatten(0, 1)[None]
    return EncodedText(hidden, None if encoded.pooled is None else encoded.pooled[:1])


def framed(tokenizer: Any, chunks: Sequence[Sequence[int]]) -> torch.Tensor:
    """Token ids [n, 77]: each chunk between the start and end tokens, padded as the tokenizer pads."""
    rows = []
    for chunk in chunks:
        padding = [tokenizer.pad_token_id] * (CHUNK_TOKENS - len(chunk))
        rows.append([tokenizer.bos_token_id, *chunk, tokenizer.eos_token_id, *padding])
    return torch.tensor(rows)


def _framed_weights(chunk: list[Token]) -> list[float]:
    return [1.0, *(weight for _token, weight in chunk), *[1.0] * (CHUNK_LENGTH - 1 - len(chunk))]


def weighted(hidden: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Multiply hidden states [n, 77, dim] by weights [n, 77], then restore each chunk's mean (A1111's "Original")."""
    if bool((weights == 1.0).all()):
        return hidden
    before = hidden.float()
    after = before * weights[..., None]
    restored = after * (before.mean((1, 2), keepdim=True) / after.mean((1, 2), keepdim=True))
    return restored.to(hidden.dtype)


def encode_ids(base: "BaseModel", ids: Sequence[torch.Tensor], clip_skip: int) -> EncodedText:
    """Encode token ids, one tensor [n, 77] for each text encoder, into hidden states [n, 77, dim].

    Clip skip counts as in A1111: 1 is the last layer, 2 the one before. SDXL always skips its last layer.
    """
    states, pooled = [], None
    for encoder, rows in zip(base.text_encoders, ids, strict=True):
        output = encoder(rows.to(base.device), output_hidden_states=True)
        states.append(_layer(base, encoder, output.hidden_states, clip_skip))
        pooled = getattr(output, "text_embeds", None)
    return EncodedText(torch.cat(states, dim=-1), pooled)


def _layer(base: "BaseModel", encoder: Any, hidden_states: Sequence[torch.Tensor], clip_skip: int) -> torch.Tensor:
    if not 1 <= clip_skip < len(hidden_states):
        raise UserError(
            _("Clip skip {value} is not possible: this base's text encoder has {layers} layers.").format(
                value=clip_skip, layers=len(hidden_states) - 1
            )
        )
    if base.architecture == "sdxl":
        return hidden_states[-max(clip_skip, 2)]
    normalised: torch.Tensor = getattr(encoder, "text_model", encoder).final_layer_norm(hidden_states[-clip_skip])
    return normalised


class CaptionTokens:
    """Token ids of captions given as words; a word is tokenised once, however often its caption is shuffled."""

    def __init__(self, tokenizers: Sequence[Any], chunks: int) -> None:
        self._tokenizers = tokenizers
        self._room = chunks * CHUNK_TOKENS
        self._ids = lru_cache(maxsize=None)(_plain_ids)

    def batch(self, captions: Sequence[Sequence[str]]) -> list[torch.Tensor]:
        """For each tokenizer, ids [n * chunks, 77]; words that find no room are left out whole."""
        return [
            torch.cat([framed(tokenizer, self._chunks(tokenizer, words)) for words in captions])
            for tokenizer in self._tokenizers
        ]

    def _chunks(self, tokenizer: Any, words: Sequence[str]) -> list[list[int]]:
        tokens: list[int] = []
        last = len(words) - 1
        for number, word in enumerate(words):
            # The comma is tokenised with its word, because CLIP joins punctuation such as `:)` and `,`.
            added = self._ids(tokenizer, word if number == last else word + TAG_SEPARATOR.rstrip())
            if len(tokens) + len(added) > self._room:
                break
            tokens += added
        return [tokens[start : start + CHUNK_TOKENS] for start in range(0, self._room, CHUNK_TOKENS)]


def caption_chunks(tokenizer: Any, captions: Sequence[Sequence[str]], limit: int = 3) -> int:
    """How many chunks hold the longest caption, at most `limit`."""
    longest = max((len(_plain_ids(tokenizer, TAG_SEPARATOR.join(words))) for words in captions), default=0)
    return min(limit, max(1, -(-longest // CHUNK_TOKENS)))
