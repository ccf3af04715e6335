"""Who is drawn: a character's fixed looks, a pose of the moment, and the tags both amount to."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.demo.drawing.palette import CLOTH, HAIR, Colour, jittered

Length = Literal["short hair", "medium hair", "long hair"]
Hairstyle = Literal["loose", "twintails", "ponytail", "hair bun", "braid"]
Bangs = Literal["blunt bangs", "swept bangs", "parted bangs"]
Outfit = Literal["school uniform", "shirt", "hoodie", "blazer", "dress"]
Mouth = Literal["smile", "frown", "open", "ajar"]
Eyes = Literal["open", "lowered", "closed"]
Accessory = Literal["glasses", "blush", "hair ribbon", "hat", "earrings", "thick eyebrows", "brow markings"]

_COLLAR, _NECKTIE, _KERCHIEF, _BEHIND_HAIR = 1.45, 1.8, 2.4, 1.8
_NECKWEAR = {"neckerchief", "necktie"}
_SEEN_FROM_BEHIND: frozenset[Accessory] = frozenset({"hair ribbon", "hat"})
_UNIFORM_TAGS = {
    "school uniform": {"school uniform": _COLLAR, "serafuku": _COLLAR, "neckerchief": _KERCHIEF},
    "blazer": {"school uniform": _COLLAR, "blazer": _COLLAR, "necktie": _NECKTIE},
}


@dataclass(frozen=True)
class Character:
    """What stays the same from drawing to drawing. `hair`, `eyes`, `cloth` and `accent` (ribbons, ties)
    are keys of the palette; `seed` shifts the hair's and the cloth's colour a little."""

    hair: str
    eyes: str
    length: Length
    bangs: Bangs
    outfit: Outfit
    name: str = ""
    boy: bool = False
    hairstyle: Hairstyle = "loose"
    cloth: str = "blue"
    accent: str = "red"
    accessories: frozenset[Accessory] = frozenset()
    seed: int = 0

    def wears(self, accessory: Accessory) -> bool:
        return accessory in self.accessories

    def hair_colour(self) -> Colour:
        return jittered(np.random.default_rng([self.seed, 0]), HAIR[self.hair], 10)

    def cloth_colour(self) -> Colour:
        return jittered(np.random.default_rng([self.seed, 1]), CLOTH[self.cloth], 8)

    def accent_colour(self) -> Colour:
        return CLOTH[self.accent]

    def tags(self, depth: float = math.inf) -> list[str]:
        """The tags that no pose changes, but for the eyes' colour. The picture shows the body down to `depth`
        head radii below the middle of the face; clothes further down are not seen."""
        tags = [self.hair, self.length, self.bangs, *self._hairstyle_tags()]
        tags += sorted(self.accessories)
        if self.wears("brow markings") and not self.wears("thick eyebrows"):
            tags.append("thick eyebrows")
        return tags + self._cloth_tags(depth)

    def tags_from_behind(self, depth: float = math.inf) -> list[str]:
        """`tags` less what only the front shows; hair that falls over the collar hides the clothes further down."""
        hidden = 0.0 if self.length == "short hair" else _BEHIND_HAIR - _COLLAR
        tags = [self.hair, self.length, *self._hairstyle_tags(), *sorted(self.accessories & _SEEN_FROM_BEHIND)]
        return tags + [tag for tag in self._cloth_tags(depth - hidden) if tag not in _NECKWEAR]

    def _hairstyle_tags(self) -> list[str]:
        return [] if self.hairstyle == "loose" else [self.hairstyle]

    def _cloth_tags(self, depth: float) -> list[str]:
        plain = {self.outfit: _COLLAR, f"{self.cloth} {self.outfit}": _COLLAR}
        starts = _UNIFORM_TAGS.get(self.outfit, plain)
        return [tag for tag, start in starts.items() if start < depth]


@dataclass(frozen=True)
class Pose:
    """What changes from drawing to drawing. `tilt` turns the head (radians), `gaze` (-1..1) moves the
    irises, `sway` (-1..1) blows the hair aside, `lift` moves the whole figure up (head radii), `away` turns
    the back to the picture."""

    mouth: Mouth = "smile"
    eyes: Eyes = "open"
    tilt: float = 0.0
    gaze: float = 0.0
    sway: float = 0.0
    lift: float = 0.0
    away: bool = False


@dataclass(frozen=True)
class Figure:
    """A character in a pose at world (x, y); `size` is the head's radius in picture heights."""

    character: Character
    pose: Pose
    x: float
    y: float
    size: float
    mirrored: bool = False

    def tags(self, bottom: float = math.inf) -> list[str]:
        """What is seen above world y `bottom`. Closed eyes hide their colour and stand for a calm smile;
        from behind no face is seen."""
        depth = (bottom - self.y) / self.size + self.pose.lift
        if self.pose.away:
            return [*self.character.tags_from_behind(depth), "from behind", "facing away"]
        return [*self.character.tags(depth), *self._face_tags()]

    def _face_tags(self) -> list[str]:
        tags = []
        if self.pose.eyes == "closed":
            tags.append("closed eyes")
        else:
            tags.append(self.character.eyes)
        if self.pose.mouth in ("open", "ajar"):
            tags.append("open mouth")
        elif self.pose.mouth == "frown":
            tags.append("frown")
        elif self.pose.eyes != "closed":
            tags.append("smile")
        return tags
