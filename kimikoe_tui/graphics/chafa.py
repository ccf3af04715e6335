"""Chafa's sixel encoder, where its library is installed: ten times as fast as our own, and without Python's lock."""

import ctypes
from collections.abc import Callable
from ctypes import POINTER, c_char, c_int, c_size_t, c_void_p
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

LIBRARIES = ("libchafa.so.0", "libglib-2.0.so.0")
SIXELS, TRUE_COLOUR, NO_DITHER, RGBA8 = 1, 0, 0, 4  # as chafa's headers number them
BAND = 6
Encoder = Callable[["Image"], str]
_Config = tuple[str, tuple[int, ...]]


class _GString(ctypes.Structure):
    _fields_ = [("text", POINTER(c_char)), ("length", c_size_t), ("allocated", c_size_t)]


@cache
def encoder() -> Encoder | None:
    """What makes a sixel of at most 256 colours of a picture, pixel for pixel; None where the library is not there."""
    try:
        chafa, glib = map(ctypes.CDLL, LIBRARIES)
        chafa.chafa_canvas_config_new.restype = chafa.chafa_canvas_new.restype = c_void_p
        chafa.chafa_canvas_print.restype = POINTER(_GString)
        chafa.chafa_canvas_config_set_cell_geometry  # noqa: B018  # since 1.4; an older library has no sixels
        glib.g_string_free.argtypes = [c_void_p, c_int]
    except (OSError, AttributeError):
        return None
    draw = _Encoding(chafa, glib)
    return draw


class _Encoding:
    """Calls to the library; it locks nothing, so each call has a canvas of its own."""

    def __init__(self, chafa: ctypes.CDLL, glib: ctypes.CDLL) -> None:
        self._chafa, self._glib = chafa, glib

    def __call__(self, image: "Image") -> str:
        """The picture as a device control string; rows of nothing make it as high as whole bands, or chafa cuts it."""
        width, height = image.width, -(-image.height // BAND) * BAND
        rgba = image.convert("RGBA").crop((0, 0, width, height)).tobytes()
        config = self._config(width, height)
        canvas = c_void_p(self._chafa.chafa_canvas_new(config))
        try:
            size = c_int(width), c_int(height), c_int(width * 4)
            self._chafa.chafa_canvas_draw_all_pixels(canvas, c_int(RGBA8), rgba, *size)
            printed = self._chafa.chafa_canvas_print(canvas, None)
            data = ctypes.string_at(printed.contents.text, printed.contents.length)
            self._glib.g_string_free(printed, 1)
        finally:
            self._chafa.chafa_canvas_unref(canvas)
            self._chafa.chafa_canvas_config_unref(config)
        return data.decode("ascii")

    def _config(self, width: int, height: int) -> c_void_p:
        """One cell that is as large as the picture, so that nothing is scaled."""
        config = c_void_p(self._chafa.chafa_canvas_config_new())
        settings: tuple[_Config, ...] = (
            ("geometry", (1, 1)), ("cell_geometry", (width, height)), ("pixel_mode", (SIXELS,)),
            ("canvas_mode", (TRUE_COLOUR,)), ("dither_mode", (NO_DITHER,)), ("preprocessing_enabled", (0,)),
        )  # fmt: skip
        for name, values in settings:
            getattr(self._chafa, f"chafa_canvas_config_set_{name}")(config, *map(c_int, values))
        return config
