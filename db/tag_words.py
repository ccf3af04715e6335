"""How captions and prompts spell a tag."""

import re

KAOMOJI = frozenset("0_0 (o)_(o) +_+ +_- ._. <o>_<o> <|>_<|> =_= >_< 3_3 6_9 >_o @_@ ^_^ o_o u_u x_x |_| ||_||".split())
_MEANT = re.compile(r"[\\()\[\]]")


def tag_words(name: str, underscores: bool = False) -> str:
    """A tag as captions spell it: spaces for underscores, except in emoticons such as `^_^`."""
    return name if underscores or name in KAOMOJI else name.replace("_", " ")


def prompt_words(name: str) -> str:
    """A tag as a prompt writes it, where brackets are weights, and what is escaped is only itself."""
    return _MEANT.sub(r"\\\g<0>", tag_words(name))
