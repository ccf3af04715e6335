"""Which terminal this is, and the best way to show pictures in it.

An answer to kitty's query is no proof of placeholders: kitty 0.26 and several others answer it and cannot show them.
"""

import re
from collections.abc import Mapping

import msgspec

from kimikoe_tui.graphics.display import Method

PLACEHOLDERS_SINCE = (0, 28)
_BY_VERSION = (
    ("kitty", "kitty"), ("ghostty", "ghostty"), ("rio", "rio"), ("wezterm", "wezterm"), ("iterm2", "iterm2"),
    ("konsole", "konsole"), ("foot", "foot"), ("xterm.js", "xterm.js"), ("xterm", "xterm"), ("mintty", "mintty"),
    ("contour", "contour"), ("warp", "warp"), ("vte", "vte"), ("blackbox", "blackbox"), ("zellij", "zellij"),
    ("tmux", "tmux"), ("alacritty", "alacritty"),
)  # fmt: skip
_BY_TERM = (("kitty", "kitty"), ("ghostty", "ghostty"), ("rio", "rio"), ("foot", "foot"), ("alacritty", "alacritty"))
_BY_PROGRAM = {
    "vscode": "vscode", "wezterm": "wezterm", "iterm.app": "iterm2", "ghostty": "ghostty", "apple_terminal": "apple",
    "rio": "rio", "warpterminal": "warp", "tabby": "tabby", "hyper": "hyper", "mintty": "mintty",
}  # fmt: skip
_INLINE = ("iterm2", "wezterm", "vscode", "tabby", "hyper", "mintty", "warp")
_TEXT_ONLY = ("alacritty", "apple", "screen", "mosh")


class Answers(msgspec.Struct, frozen=True):
    """What a terminal said; `version` is its answer to XTVERSION, `attributes` that to DA1."""

    version: str = ""
    attributes: tuple[int, ...] = ()
    kitty: bool = False
    cell: tuple[int, int] | None = None
    ambiguous: int = 1
    colours: int = 256
    whole: bool = False
    seconds: float | None = None

    @property
    def sixel(self) -> bool:
        """Whether it says that it shows sixels."""
        return 4 in self.attributes


def identify(version: str, env: Mapping[str, str]) -> tuple[str, tuple[int, ...]]:
    """The brand and its version; an empty brand where nothing says which it is."""
    lowered = version.lower()
    brand = next((name for start, name in _BY_VERSION if lowered.startswith(start)), "")
    if not brand and env.get("WT_SESSION"):
        brand = "windows"
    if not brand:
        brand = _BY_PROGRAM.get(env.get("TERM_PROGRAM", "").lower(), "")
    if not brand:
        brand = next((name for part, name in _BY_TERM if part in env.get("TERM", "")), "")
    number = re.search(r"\d+(?:\.\d+)*", lowered)
    return brand, tuple(int(part) for part in number[0].split(".")) if number else ()


def best(brand: str, version: tuple[int, ...], answers: Answers) -> Method:
    """The best way to show pictures."""
    if brand in _TEXT_ONLY:
        return "quadrants"
    if brand == "kitty" and version:
        return "kitty" if version >= PLACEHOLDERS_SINCE else "kitty-direct"
    if brand in ("ghostty", "rio") and answers.kitty:
        return "kitty"
    if brand in _INLINE:
        return "inline"
    if brand == "konsole" and answers.kitty:
        return "kitty-direct"
    if answers.sixel:
        return "sixel"
    return "kitty-direct" if answers.kitty else "quadrants"
