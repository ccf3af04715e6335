"""What a person should know of a base model before it is trained on or drawn with."""

from db.i18n import _
from db.library import Base
from kimikoe_tui.text import plain


def licence_line(base: Base) -> str:
    """`base: anylora; licence: creativeml-openrail-m https://…`."""
    licence = " ".join(part for part in (base.licence, base.licence_url) if part) or _("not stated")
    return _("base: {name}; licence: {licence}").format(name=plain(base.name), licence=plain(licence))
