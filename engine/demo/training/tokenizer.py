"""A CLIP tokenizer in which every word of the drawings' tags is one token; other words fall back to letters."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from transformers import CLIPTokenizer

_WORD = re.compile(r"[a-z]+|[0-9]|[^\sa-z0-9]+")
_START, _END = "<|startoftext|>", "<|endoftext|>"
_USUAL = (
    "masterpiece best quality worst low highres anime film style screencap bad blurry jpeg artifacts lowres sketch "
    "monochrome the a of and with in on at girl boy young man woman looking viewer background sitting standing smiling "
    "nagisa sora kaito mio hana ren yuki aoi rin sks , ( ) _"
)


def make_tokenizer(tags: Iterable[str], folder: Path) -> CLIPTokenizer:
    """Write a tokenizer for `tags` and the words people usually prompt with into `folder`, and load it."""
    words = {word for text in (*tags, _USUAL) for word in _WORD.findall(text)}
    merges = _merges(sorted(words, key=lambda word: (len(word), word)))
    letters = _byte_letters()
    pieces = [*letters, *(letter + "</w>" for letter in letters), *map("".join, merges), _START, _END]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    lines = ["#version: 0.2", *(" ".join(merge) for merge in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(_CONFIG, indent=2) + "\n")
    tokenizer: CLIPTokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    return tokenizer


_CONFIG = {
    "tokenizer_class": "CLIPTokenizer",
    "model_max_length": 77,
    "bos_token": _START,
    "eos_token": _END,
    "unk_token": _END,
    "pad_token": _END,
    "add_prefix_space": False,
    "do_lower_case": True,
    "errors": "replace",
}


def _byte_letters() -> list[str]:
    """The letters that stand for the 256 bytes in byte-level BPE (Radford et al., 2019)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + index) for index in range(len(others))]


def _merges(words: Sequence[str]) -> list[tuple[str, str]]:
    """Merges, in order, that make each word one piece: its first two pieces are merged until it is."""
    ranks: dict[tuple[str, str], int] = {}
    for word in words:
        while len(pieces := _pieces(word, ranks)) > 1:
            ranks[(pieces[0], pieces[1])] = len(ranks)
    return list(ranks)


def _pieces(word: str, ranks: dict[tuple[str, str], int]) -> list[str]:
    pieces = [*word[:-1], word[-1] + "</w>"]
    while known := [pair for pair in zip(pieces, pieces[1:], strict=False) if pair in ranks]:
        pieces = _merged(pieces, min(known, key=ranks.__getitem__))
    return pieces


def _merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for piece in pieces:
        if merged and (merged[-1], piece) == pair:
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged
