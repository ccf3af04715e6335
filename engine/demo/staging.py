"""How shots are set up: who stands where and how the camera goes."""

from engine.demo.drawing.animation import Act, Actor, Move, Shot
from engine.demo.drawing.canvas import Camera
from engine.demo.drawing.character import Character, Eyes, Figure, Mouth, Pose
from engine.demo.drawing.scene import HEAD_SIZE, HEAD_Y

Place = tuple[str, int]


def solo(
    frames: int,
    who: Character,
    framing: str,
    place: Place,
    *acts: Act,
    mouth: Mouth = "smile",
    eyes: Eyes = "open",
    x: float = 0.5,
    mirrored: bool = False,
    away: bool = False,
    move: Move | None = None,
    dissolve: int = 0,
) -> Shot:
    """A shot of one character, `x` across the picture's centred square, seen from behind when `away`."""
    pose = Pose(mouth, eyes, away=away)
    figure = Figure(who, pose, x, HEAD_Y[framing], HEAD_SIZE[framing], mirrored)
    return Shot(frames, *place, (Actor(figure, acts),), move, dissolve)


def group(frames: int, place: Place, *members: tuple[Character, float, list[Act]], dissolve: int = 0) -> Shot:
    """A shot of two or three, the backmost first: who, x across the centred square, what it does."""
    framing = "upper body" if len(members) == 2 else "cowboy shot"
    actors = tuple(
        Actor(Figure(who, Pose(), x, HEAD_Y[framing], HEAD_SIZE[framing], mirrored=x > 0.5), tuple(acts))
        for who, x, acts in members
    )
    return Shot(frames, *place, actors, dissolve=dissolve)


def zoom(start: float, end: float, exposure: int) -> Move:
    return Move(Camera(zoom=start), Camera(zoom=end), exposure)


def pan(start: float, end: float, exposure: int) -> Move:
    """The camera's middle goes from x `start` to x `end`."""
    return Move(Camera(x=start), Camera(x=end), exposure)
