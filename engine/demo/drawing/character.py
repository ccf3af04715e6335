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

_COLLAR, _NECKTIE, _KERCHIEF = 1.45, 1.8, 2.4
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
        tags = [self.hair, self.length, self.bangs]
        if self.hairstyle != "loose":
            tags.append(self.hairstyle)
        tags += sorted(self.accessories)
        if self.wears("brow markings") and not self.wears("thick eyebrows"):
            tags.append("thick eyebrows")
        plain = {self.outfit: _COLLAR, f"{self.cloth} {self.outfit}": _COLLAR}
        starts = _UNIFORM_TAGS.get(self.outfit, plain)
        return tags + [tag for tag, start in starts.items() if start < depth]


@dataclass(frozen=True)
class Pose:
    """What changes from drawing to drawing. `tilt` turns the head (radians), `gaze` (-1..1) moves the
    irises, `sway` (-1..1) blows the hair aside, `lift` moves the whole figure up (head radii)."""

    mouth: Mouth = "smile"
    eyes: Eyes = "open"
    tilt: float = 0.0
    gaze: float = 0.0
    sway: float = 0.0
    lift: float = 0.0


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
        """What is seen above world y `bottom`. Closed eyes hide their colour and stand for a calm smile."""
        tags = self.character.tags((bottom - self.y) / self.size + self.pose.lift)
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
