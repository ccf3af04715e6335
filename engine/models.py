"""Models kept warm between the jobs of one worker: at most one tagger and one base."""

from typing import TYPE_CHECKING

from engine.hub import Watch, unwatched
from engine.memory import free_cache

if TYPE_CHECKING:
    import torch

    from engine.base import BaseModel
    from engine.tagger import Tagger


class Models:
    """Loads on first use, keeps the last of each kind, and lets go of them on request."""

    def __init__(self) -> None:
        self._tagger: tuple[str, Tagger] | None = None
        self._base: tuple[tuple[str, torch.dtype], BaseModel] | None = None

    def tagger(self, source: str, watch: Watch = unwatched) -> "Tagger":
        """The tagger from a folder or hub id; `watch` is told of a download, see `engine.hub`."""
        from engine.tagger import load_tagger

        if self._tagger is None or self._tagger[0] != source:
            self._tagger = (source, load_tagger(source, watch))
        return self._tagger[1]

    def base(self, source: str, dtype: "torch.dtype | None" = None) -> "BaseModel":
        """The base from a folder, hub id or single file, on the device this machine offers, in its usual type."""
        from engine.base import default_device, default_dtype, load_base

        device = default_device()
        wanted = source, dtype or default_dtype(device)
        if self._base is None or self._base[0] != wanted:
            self._base = None
            self._base = (wanted, load_base(source, device, wanted[1]))
        return self._base[1]

    def free(self) -> None:
        """Let go of every model, and of the memory they held on a card."""
        self._tagger = None
        self._base = None
        free_cache()
