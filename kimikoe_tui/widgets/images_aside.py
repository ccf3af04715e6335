"""Filters of the whole screen's lines leave cells alone that name an image by their colour."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from kimikoe_tui.graphics.placeholders import PLACEHOLDER


class ImagesAside(LineFilter):
    """Another filter, for all but the cells of images: under a menu the room's lines are filtered as one."""

    def __init__(self, inner: LineFilter) -> None:
        super().__init__()
        self._inner = inner

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line with its words filtered."""
        if not any(map(_names_image, segments)):
            return self._inner.apply(segments, background)
        filtered = ([each] if _names_image(each) else self._inner.apply([each], background) for each in segments)
        return [segment for some in filtered for segment in some]


def _names_image(segment: Segment) -> bool:
    return segment.text.startswith(PLACEHOLDER)
