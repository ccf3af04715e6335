"""Timecodes and citations of frames: how they are written, and the one place where they are read.

Numbers count from 1 and a timecode is whole seconds, `floor((number - 1) / fps)`. People write a moment as `0:31:50`,
`31:50`, `31:50.5`, `31分50秒`, `57301`, `57301フレーム目` or as a whole citation, `0:31:50 (57301フレーム目)`, in
one rate or two.
"""

import re
import unicodedata
from fractions import Fraction
from typing import NamedTuple

from db.errors import UserError
from db.i18n import _

_CLOCK = re.compile(r"(?:(\d{1,9}):)?(\d{1,3}):(\d{1,2})(?:\.(\d{1,9}))?\Z")
_JAPANESE = re.compile(r"(?:(\d{1,9})時間)?(?:(\d{1,9})分)?(\d{1,9})秒\Z")
_NUMBER = re.compile(r"(?:#|frame\s*)?(\d+)(?:\s*フレーム目?)?\Z", re.IGNORECASE)
_BESIDE = r"(?:[,、]\s*[\d:]+\s*(?:at\s*[\d.]+\s*fps|\([\d.]+\s*fps\)))?"
_CITATION = re.compile(r"[^()]*\(([^()]+)\)" + _BESIDE + r"\Z", re.IGNORECASE)
_RATE = re.compile(r"(\d{1,9})(?:/(\d{1,9})|\.(\d{1,9}))?\Z")
LONGEST_NUMBER = 9
HIGHEST_RATE = 1000
NTSC = {Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)}


def timecode(number: int, fps: Fraction) -> str:
    """`0:31:50` for frame 57301 at 30 frames a second."""
    seconds = int((number - 1) / fps)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


class Forms(NamedTuple):
    """How a frame is cited in some language, and how its timecode in another rate follows."""

    own: str
    beside: str


ENGLISH = Forms("{timecode} (frame {number})", "{citation}, {timecode} at {fps} fps")
JAPANESE = Forms("{timecode} ({number}フレーム目)", "{citation}、{timecode}（{fps} fps）")


def citation(number: int, fps: Fraction, cited: Fraction | None = None, forms: Forms | None = None) -> str:
    """`0:31:50 (frame 57301)`, the form in which a frame is named to other people.

    With `cited`, another rate, it is followed by the timecode in that: `0:31:51 (frame 57301), 0:31:50 at 30 fps`.
    Without `forms` it is in the program's own language.
    """
    forms = forms or Forms(_("{timecode} (frame {number})"), _("{citation}, {timecode} at {fps} fps"))
    own = forms.own.format(timecode=timecode(number, fps), number=number)
    if cited is None or cited == fps:
        return own
    return forms.beside.format(citation=own, timecode=timecode(number, cited), fps=rate_text(cited))


def rate_text(fps: Fraction) -> str:
    """`30`, `23.976`."""
    return f"{float(fps):.3f}".rstrip("0").rstrip(".")


def parse_rate(text: str) -> Fraction:
    """Frames a second in `30`, `29.97`, `23.976` or `24000/1001`; raises `UserError` for anything else.

    What is rounded from one of the rates of NTSC is that rate.
    """
    match = _RATE.match(_plain(text))
    rate = Fraction(0)
    if match and match[2] and int(match[2]):
        rate = Fraction(int(match[1]), int(match[2]))
    elif match and not match[2]:
        rate = Fraction(match[0])
    if not 0 < rate <= HIGHEST_RATE:
        raise UserError(_("“{text}” is no frame rate: write it as 30, 29.97 or 24000/1001.").format(text=text))
    return next((known for known in NTSC if match and match[3] and abs(known - rate) < Fraction(1, 100)), rate)


def parse_seconds(text: str) -> Fraction:
    """Seconds in `1:31:50`, `31:50`, `31:50.5` or `31分50秒`; raises `UserError` for anything else."""
    plain = _plain(text)
    if match := _CLOCK.match(plain):
        hours, minutes, seconds, part = match.groups()
        fraction = Fraction(int(part), 10 ** len(part)) if part else Fraction(0)
        if int(seconds) < 60 and (hours is None or int(minutes) < 60):
            return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + fraction
    if match := _JAPANESE.match(plain):
        hours, minutes, seconds = match.groups()
        return Fraction(int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds))
    raise UserError(_("“{text}” is no timecode: write it as 0:31:50 or 31:50.").format(text=text))


def parse_number(text: str) -> int | None:
    """The frame's number in `57301`, `#57301`, `57301フレーム目` or a citation; None where it is none."""
    plain = _plain(text)
    if match := _CITATION.match(plain):
        plain = match[1].strip()
    found = _NUMBER.match(plain)
    return int(found[1]) if found and len(found[1]) <= LONGEST_NUMBER else None


def first_frame(text: str, fps: Fraction) -> int:
    """The number of the frame that a text names, of a timecode the first; raises `UserError` where it names none."""
    number = parse_number(text)
    return first_frame_at(parse_seconds(text), fps) if number is None else number


def last_frame(text: str, fps: Fraction) -> int:
    """The number of the frame that a text names, of a timecode the last that it is shown for."""
    number = parse_number(text)
    if number is not None:
        return number
    seconds = parse_seconds(text)
    until = seconds if seconds.denominator != 1 else seconds + 1
    return max(first_frame_at(seconds, fps), first_frame_at(until, fps) - 1)


def span(start: str, end: str, fps: Fraction) -> tuple[int, int | None]:
    """First and last frame from `start` to `end`, both in it; empty texts are the film's beginning and end."""
    first = first_frame(start, fps) if start.strip() else 1
    last = last_frame(end, fps) if end.strip() else None
    if first < 1 or (last is not None and last < first):
        raise UserError(_("From {start} to {end} there is no frame.").format(start=start or 1, end=end))
    return first, last


def first_frame_at(seconds: Fraction, fps: Fraction) -> int:
    """The number of the first frame shown at or after `seconds`."""
    return -int(-(seconds * fps) // 1) + 1


def _plain(text: str) -> str:
    """Without the full width that Japanese input gives digits and colons."""
    return unicodedata.normalize("NFKC", text).strip()
