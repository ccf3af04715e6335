"""Captions as datasets keep them and training reads them."""

from dataclasses import dataclass

TAG_SEPARATOR = ", "


@dataclass(frozen=True)
class Caption:
    """Words in two parts: `fixed` always come first and stay, `flexible` are shuffled and dropped by training."""

    fixed: tuple[str, ...]
    flexible: tuple[str, ...]

    def text(self, separator: str = "|||") -> str:
        """`nagisa ||| 1girl, solo`, or only the flexible part where nothing is fixed."""
        flexible = TAG_SEPARATOR.join(self.flexible)
        return f"{TAG_SEPARATOR.join(self.fixed)} {separator} {flexible}".rstrip() if self.fixed else flexible


def parse_caption(text: str, separator: str = "|||") -> Caption:
    """The caption that `Caption.text` wrote."""
    before, found, after = text.partition(separator) if separator else (text, "", "")
    fixed, flexible = (before, after) if found else ("", before)
    return Caption(words_of(fixed), words_of(flexible))


def words_of(text: str) -> tuple[str, ...]:
    """The words between commas."""
    return tuple(word.strip() for word in text.split(TAG_SEPARATOR.strip()) if word.strip())
