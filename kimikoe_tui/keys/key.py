"""What a key is to the program, and how a table of keys is written."""

import msgspec

from db.i18n import _


class Key(msgspec.Struct, frozen=True):
    """What some keys do in one part of the program; `footer` is its short name there, empty where it is not shown.

    In `action`, `{key}` stands for the key that was pressed.
    """

    part: str
    name: str
    keys: tuple[str, ...]
    action: str
    description: str
    footer: str = ""

    @property
    def id(self) -> str:
        """`cull.reject`, by which a person's own keymap names it."""
        return f"{self.part}.{self.name}"

    @property
    def display(self) -> str:
        """The keys as a person reads them: `1-5`, `j ↓`."""
        if len(self.keys) > 2 and all(key.isdigit() for key in self.keys):
            return f"{self.keys[0]}-{self.keys[-1]}"
        return " ".join(_KEY_NAMES.get(key, key) for key in self.keys)


_KEY_NAMES = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "space": _("space"), "enter": _("enter"),
    "backspace": _("backspace"), "escape": "esc", "pageup": "pgup", "pagedown": "pgdn",
}  # fmt: skip


def key_table(part: str, *rows: tuple[str, str, str, str, str]) -> tuple[Key, ...]:
    """Rows of (name, keys, action, description, footer), the keys separated by spaces."""
    return tuple(Key(part, name, tuple(keys.split()), action, text, label) for name, keys, action, text, label in rows)
