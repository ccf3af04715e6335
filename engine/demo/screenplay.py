"""The demo film's screenplay, shot by shot."""

from engine.demo.cast import CLASSMATE, KAITO, NAGISA, NAGISA_ON_HOLIDAY, NEIGHBOUR, PRESIDENT, SORA
from engine.demo.drawing.animation import Blink, Bounce, Breeze, Look, Shot, Talk, Turn
from engine.demo.staging import group, pan, solo, zoom

_STREET, _CLASSROOM, _ROOF = ("cityscape", 7), ("classroom", 3), ("sky", 5)
_PARK, _SHORE, _DUSK, _NIGHT = ("forest", 4), ("beach", 2), ("sunset", 34), ("night", 37)

SCREENPLAY = (
    # To school.
    Shot(72, *_STREET, move=pan(0.2, 0.8, 1)),
    solo(60, NAGISA, "portrait", _STREET, Breeze(), Blink(31)),
    solo(54, NAGISA, "close-up", _STREET, Talk(6, 42), Blink(45)),
    solo(54, SORA, "upper body", _STREET, Bounce(0, 12), Talk(14, 48)),
    group(
        72, _STREET,
        (SORA, 0.72, [Talk(34, 68)]),
        (NAGISA, 0.28, [Talk(4, 30, 2), Turn(36, 48, -0.07, 0.8), Blink(60)]),
    ),
    solo(42, SORA, "close-up", _STREET, Blink(8), Talk(18, 40, 2)),
    solo(54, NEIGHBOUR, "upper body", _STREET, Blink(12), Talk(24, 50), x=0.46),
    solo(60, NAGISA, "cowboy shot", _STREET, Breeze(0.7), Bounce(12, 24), Bounce(30, 42), away=True),
    # At school.
    solo(54, KAITO, "portrait", _CLASSROOM, Blink(12), Turn(24, 40, 0.08, -1.0), mouth="frown"),
    solo(60, NAGISA, "upper body", _CLASSROOM, Talk(6, 52, 2)),
    solo(60, NAGISA, "portrait", _CLASSROOM, Blink(20), move=zoom(1.0, 1.13, 2)),
    solo(48, KAITO, "upper body", _CLASSROOM, Talk(9, 42), mirrored=True),
    solo(48, NAGISA, "close-up", _CLASSROOM, Turn(10, 26, -0.09, 0.7), Blink(34), mouth="frown"),
    solo(54, PRESIDENT, "portrait", _CLASSROOM, Talk(6, 40), Blink(44)),
    group(
        60, _CLASSROOM,
        (PRESIDENT, 0.72, [Talk(3, 27), Blink(40)]),
        (NAGISA, 0.29, [Turn(8, 20, 0.06, 0.7), Talk(30, 57)]),
    ),
    group(
        60, _CLASSROOM,
        (KAITO, 0.3, [Talk(3, 24), Blink(40)]),
        (NAGISA, 0.71, [Talk(27, 57)]),
    ),
    solo(42, KAITO, "close-up", _CLASSROOM, Talk(5, 32), Blink(34)),
    solo(48, SORA, "portrait", _CLASSROOM, Look(24, "open"), Bounce(24, 36), eyes="closed"),
    group(
        75, _CLASSROOM,
        (SORA, 0.18, [Talk(0, 24), Bounce(50, 62)]),
        (KAITO, 0.82, [Talk(50, 74)]),
        (NAGISA, 0.5, [Talk(26, 48, 2)]),
    ),
    # On the roof.
    solo(60, NAGISA, "portrait", _ROOF, Breeze(-0.8), Blink(25), x=0.47, mirrored=True),
    solo(66, NAGISA, "upper body", _ROOF, Blink(30), move=pan(0.36, 0.64, 2)),
    solo(48, SORA, "portrait", _ROOF, Talk(6, 45), Breeze(0.9), mirrored=True),
    group(
        54, _ROOF,
        (SORA, 0.71, [Talk(2, 26)]),
        (KAITO, 0.29, [Turn(20, 32, 0.08, 0.8), Blink(40), Talk(46, 54)]),
    ),
    solo(48, NAGISA, "close-up", _ROOF, eyes="closed"),
    solo(54, KAITO, "upper body", _ROOF, Breeze(0.7), Blink(16), Talk(27, 51)),
    # In the park.
    solo(48, KAITO, "portrait", _PARK, Talk(8, 40, 2), mouth="frown", mirrored=True),
    solo(54, NAGISA, "portrait", _PARK, Talk(4, 36), Blink(40), x=0.53),
    solo(48, NAGISA, "cowboy shot", _PARK, Bounce(6, 18), Bounce(22, 34)),
    solo(48, SORA, "upper body", _PARK, Blink(10), Turn(20, 32, 0.1, 0.8), mirrored=True),
    group(
        60, _PARK,
        (NEIGHBOUR, 0.29, [Talk(30, 57, 2)]),
        (SORA, 0.71, [Talk(3, 27), Blink(40)]),
    ),
    # Going home.
    solo(54, NAGISA, "portrait", _DUSK, Blink(10), Look(16, "smile"), mouth="frown"),
    solo(48, NAGISA, "upper body", _DUSK, Talk(9, 45), Breeze(-0.7), mirrored=True),
    solo(42, SORA, "close-up", _DUSK, Look(21, "smile", "closed")),
    group(
        60, _DUSK,
        (KAITO, 0.29, [Talk(34, 58, 2)]),
        (NAGISA, 0.71, [Talk(4, 28), Turn(30, 42, -0.07, 0.8)]),
    ),
    solo(72, NAGISA, "close-up", _DUSK, Talk(6, 30, 2), Blink(36), mirrored=True, dissolve=18),
    # A holiday by the sea.
    solo(90, NAGISA_ON_HOLIDAY, "upper body", _SHORE, Breeze(), move=pan(0.62, 0.38, 1)),
    solo(54, NAGISA_ON_HOLIDAY, "portrait", _SHORE, Breeze(0.9), Talk(6, 45), mirrored=True),
    solo(54, CLASSMATE, "upper body", _SHORE, Breeze(0.6), Bounce(9, 21), Talk(24, 51)),
    group(
        75, _SHORE,
        (SORA, 0.18, [Talk(3, 27, 2), Talk(42, 60)]),
        (NAGISA_ON_HOLIDAY, 0.82, [Look(30, "smile", "closed")]),
        (CLASSMATE, 0.5, [Blink(24), Talk(60, 75)]),
    ),
    solo(60, NAGISA_ON_HOLIDAY, "close-up", _SHORE, Blink(24), move=zoom(1.0, 1.12, 1)),
    solo(45, KAITO, "portrait", _SHORE, Blink(15), Look(27, "frown")),
    solo(60, NAGISA_ON_HOLIDAY, "cowboy shot", _SHORE, Bounce(8, 20), Breeze(0.9), Blink(40)),
    Shot(72, *_SHORE, move=pan(0.3, 0.6, 1), dissolve=16),
    # Night.
    Shot(60, *_NIGHT, move=zoom(1.1, 1.0, 1)),
    solo(72, NAGISA_ON_HOLIDAY, "portrait", _NIGHT, Turn(26, 42, 0.08, -0.8), Blink(54)),
    solo(45, KAITO, "portrait", _NIGHT, Talk(9, 39)),
    solo(54, SORA, "portrait", _NIGHT, Blink(9), Talk(18, 48, 2), x=0.47),
    group(
        60, _NIGHT,
        (KAITO, 0.18, []),
        (SORA, 0.81, [Bounce(36, 48)]),
        (NAGISA_ON_HOLIDAY, 0.5, [Talk(6, 30)]),
    ),
    solo(54, NAGISA_ON_HOLIDAY, "upper body", _NIGHT, Breeze(0.6), Talk(12, 48)),
    solo(48, NAGISA_ON_HOLIDAY, "close-up", _NIGHT, Look(27, "smile", "closed")),
)  # fmt: skip
