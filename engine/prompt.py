"""The prompt language of A1111's web UI: weights, `BREAK`, escapes and `<lora:name:weight>`.

What is not built (`[a:b:0.5]`, `[a|b]`, `AND`) is refused with a caret under it, never passed through as words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from db.errors import UserError
from db.i18n import _
from db.loras import REFERENCE, LoraUse, split_prompt

ROUND_WEIGHT = 1.1
SQUARE_WEIGHT = 1 / 1.1

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_TOKEN = re.compile(rf"\\[\\()\[\]]|\\|\(|\[|:\s*({_NUMBER})\s*\)|\)|\]|[^\\()\[\]:]+|:")
_BREAK = re.compile(r"\s*\bBREAK\b\s*")
_AND = re.compile(r"\bAND\b")
_BRACKET = re.compile(rf"\\.|[()\[\]|]|:\s*{_NUMBER}\s*(?=\])", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """Words with the weight of their attention, 1.0 being plain."""

    text: str
    weight: float


@dataclass(frozen=True)
class Prompt:
    """A parsed prompt: sections of pieces, each section starting a new chunk of 75 tokens, and the LoRAs."""

    sections: tuple[tuple[Piece, ...], ...]
    loras: tuple[LoraUse, ...] = ()


def parse(text: str) -> Prompt:
    """Parse a prompt; raises `UserError`, with a caret line, for syntax that is not built."""
    _refuse_unbuilt(text)
    words, loras = split_prompt(text)
    return Prompt(_sections(words), tuple(loras))


def _pointed(text: str, position: int, reason: str) -> UserError:
    start = text.rfind("\n", 0, position) + 1
    line = text[start:].split("\n")[0]
    return UserError(f"{line}\n{' ' * (position - start)}^ {reason}")


def _refuse_unbuilt(text: str) -> None:
    if match := _AND.search(text):
        raise _pointed(text, match.start(), _("`AND` is not supported: join the prompts with a comma"))
    open_brackets: list[str] = []
    for match in _BRACKET.finditer(text):
        token = match[0]
        if token in "([":
            open_brackets.append(token)
        elif token in ")]" and open_brackets:
            open_brackets.pop()
        elif open_brackets and open_brackets[-1] == "[" and token[0] in "|:":
            raise _pointed(text, match.start(), _("`[a|b]` and `[a:b:0.5]` are not supported: choose one of them"))


def export_prompt(text: str) -> str:
    """The prompt as other programs read it: every LoRA written `<lora:name:weight>`."""
    tags = iter(map(lora_tag, split_prompt(text)[1]))
    return REFERENCE.sub(lambda _match: next(tags), text)


def lora_tag(use: LoraUse) -> str:
    """`<lora:name:0.7>`, or `<lora:name:te:unet>` where the two weights differ."""
    weights = [use.text_weight] if use.text_weight == use.weight else [use.text_weight, use.weight]
    return ":".join(["<lora", use.name, *map(_decimal, weights)]) + ">"


def _scan(text: str) -> Iterator[tuple[str, float]]:
    """Runs of words with their weights; a bracket left open reaches to the end, one never opened is a word."""
    words: list[str] = []
    weights: list[float] = []
    round_starts: list[int] = []
    square_starts: list[int] = []

    def multiply(start: int, factor: float) -> None:
        weights[start:] = [weight * factor for weight in weights[start:]]

    for match in _TOKEN.finditer(text):
        token, number = match[0], match[1]
        if token == "(":
            round_starts.append(len(words))
        elif token == "[":
            square_starts.append(len(words))
        elif number is not None and round_starts:
            multiply(round_starts.pop(), float(number))
        elif token == ")" and round_starts:
            multiply(round_starts.pop(), ROUND_WEIGHT)
        elif token == "]" and square_starts:
            multiply(square_starts.pop(), SQUARE_WEIGHT)
        else:
            words.append(token.removeprefix("\\"))
            weights.append(1.0)
    for start in round_starts:
        multiply(start, ROUND_WEIGHT)
    for start in square_starts:
        multiply(start, SQUARE_WEIGHT)
    yield from zip(words, weights, strict=True)


def _sections(text: str) -> tuple[tuple[Piece, ...], ...]:
    sections: list[list[Piece]] = [[]]
    for words, weight in _scan(text):
        first, *others = _BREAK.split(words)
        _append(sections[-1], first, weight)
        for part in others:
            sections.append([])
            _append(sections[-1], part, weight)
    return tuple(map(tuple, sections))


def _append(pieces: list[Piece], words: str, weight: float) -> None:
    if pieces and pieces[-1].weight == weight:
        pieces[-1] = Piece(pieces[-1].text + words, weight)
    elif words:
        pieces.append(Piece(words, weight))


def escape(words: str) -> str:
    """Words as a prompt must spell them so that no bracket among them weighs anything."""
    return re.sub(r"[\\()\[\]]", r"\\\g<0>", words)


def render(prompt: Prompt) -> str:
    """A prompt text that parses to this prompt."""
    sections = ("".join(map(_render_piece, pieces)) for pieces in prompt.sections)
    return " BREAK ".join(sections) + "".join(map(lora_tag, prompt.loras))


def _render_piece(piece: Piece) -> str:
    words = escape(piece.text)
    return words if piece.weight == 1.0 else f"({words}:{_decimal(piece.weight)})"


def _decimal(number: float) -> str:
    return f"{Decimal(repr(number)):f}".removesuffix(".0")
