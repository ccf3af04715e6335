"""Timecodes of frames: numbers count from 1 and a timecode is whole seconds, `floor((number - 1) / fps)`."""

import re
from fractions import Fraction

from db.errors import UserError
from db.i18n import _

_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:\.(\d+))?\Z")
_JAPANESE = re.compile(r"(?:(\d+)時間)?(?:(\d+)分)?(\d+)秒\Z")


def timecode(number: int, fps: Fraction) -> str:
    """`0:31:50` for frame 57301 at 30 frames a second."""
    seconds = int((number - 1) / fps)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def citation(number: int, fps: Fraction) -> str:
    """`0:31:50 (frame 57301)`, the form in which a frame is named to other people."""
    return _("{timecode} (frame {number})").format(timecode=timecode(number, fps), number=number)


def parse_seconds(text: str) -> Fraction:
    """Seconds in `1:31:50`, `31:50`, `31:50.5` or `31分50秒`; raises `UserError` for anything else."""
    if match := _CLOCK.match(text.strip()):
        hours, minutes, seconds, part = match.groups()
        fraction = Fraction(int(part), 10 ** len(part)) if part else Fraction(0)
        return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + fraction
    if match := _JAPANESE.match(text.strip()):
        hours, minutes, seconds = match.groups()
        return Fraction(int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds))
    raise UserError(_("“{text}” is no timecode: write it as 0:31:50 or 31:50.").format(text=text))


def first_frame_at(seconds: Fraction, fps: Fraction) -> int:
    """The number of the first frame shown at or after `seconds`."""
    return -int(-(seconds * fps) // 1) + 1
