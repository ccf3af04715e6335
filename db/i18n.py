"""User-visible text: every string passes through `_`, so that a catalogue can replace it."""

import gettext as _gettext
from pathlib import Path

DOMAIN = "kimikoe"
LOCALE_DIR = Path(__file__).parent / "locale"

_catalogue = _gettext.translation(DOMAIN, LOCALE_DIR, fallback=True)


def share_catalogue() -> None:
    """Have libraries that use the process's own domain, as click does, say their words from this catalogue too."""
    _gettext.bindtextdomain(DOMAIN, str(LOCALE_DIR))
    _gettext.textdomain(DOMAIN)


def _(message: str) -> str:
    """The message in the language of `LANGUAGE`, `LC_ALL` or `LANG`."""
    return _catalogue.gettext(message)


def plural(singular: str, many: str, count: int) -> str:
    """The form of a counted noun that fits `count`."""
    return _catalogue.ngettext(singular, many, count)
