"""Films, their frames, holds and shots, and how people name them: `film#57301`, `film@0:31:50`."""

import re
import sqlite3
from array import array
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import msgspec

from db.errors import UserError
from db.i18n import _
from db.timecode import Forms, citation, first_frame, parse_number, span, timecode

Scope = Literal["frame", "hold", "shot"]
FRAME_BITS = 24
ANY_FILM = ("", "film")
_REFERENCE = re.compile(r"(?P<film>.*?)(?P<sign>[#@])(?P<place>[^#@]+)\Z")


class Film(msgspec.Struct, frozen=True):
    """One film: what it is called, where it lies, how fast it runs and how far it is in."""

    id: int
    name: str
    path: str
    width: int
    height: int
    picture_width: int  # without the letterbox
    fps: Fraction
    frame_count: int | None
    frames_in: int
    grouping_id: int | None
    cite_fps: Fraction | None = None  # a rate in which frames are cited beside the film's own
    stated_frames: int | None = None  # where the file was cut short: what its container promises

    def timecode(self, number: int) -> str:
        """`0:31:50` for a frame's number."""
        return timecode(number, self.fps)

    def citation(self, number: int, forms: Forms | None = None) -> str:
        """`0:31:50 (frame 57301)`, followed by the timecode in `cite_fps` where it is another rate."""
        return citation(number, self.fps, self.cite_fps, forms)


class Frame(msgspec.Struct, frozen=True):
    """One frame with the hold and the shot it lies in."""

    film_id: int
    number: int
    corrupt: bool
    tainted: bool
    hold_first: int
    hold_last: int
    key_frame: int | None
    shot: int | None
    excluded: str | None = None  # why it stays out of datasets

    @property
    def exposure(self) -> int:
        """How many frames show this drawing."""
        return self.hold_last - self.hold_first + 1


def pack(film_id: int, number: int) -> int:
    """One integer for a frame, ordered by film and number."""
    return film_id << FRAME_BITS | number


def unpack(frame_id: int) -> tuple[int, int]:
    """The (film id, number) of a packed frame."""
    return frame_id >> FRAME_BITS, frame_id & (1 << FRAME_BITS) - 1


def every_frame(db: sqlite3.Connection) -> "array[int]":
    """Packed ids of all frames in film order. Where a film has no gaps its frames are counted, which is quicker than
    to read each."""
    ids = array("q")
    for film_id, first, last, frames in db.execute(_EXTENTS).fetchall():
        if frames and last - first + 1 == frames:
            ids.extend(range(pack(film_id, first), pack(film_id, last) + 1))
        else:
            numbers = db.execute("SELECT number FROM frame WHERE film_id = ? ORDER BY number", (film_id,))
            ids.extend(pack(film_id, number) for (number,) in numbers)
    return ids


_EXTENTS = """
SELECT id, (SELECT min(number) FROM frame WHERE film_id = id), (SELECT max(number) FROM frame WHERE film_id = id),
    (SELECT count(*) FROM frame WHERE film_id = id)
FROM film ORDER BY id
"""


_FILMS = """
SELECT id, name, path, width, height, crop_w AS picture_width, fps_num, fps_den, frame_count, grouping_id,
    cite_num, cite_den, stated_frames,
    (SELECT COALESCE(max(number), 0) FROM frame WHERE film_id = film.id) AS frames_in
FROM film
"""


def films(db: sqlite3.Connection) -> list[Film]:
    """Every film, in the order they were added."""
    return [_film(row) for row in db.execute(_FILMS + " ORDER BY id")]


def film(db: sqlite3.Connection, film_id: int) -> Film:
    """The film with this id."""
    return _film(db.execute(_FILMS + " WHERE id = ?", (film_id,)).fetchone())


def film_named(db: sqlite3.Connection, name: str) -> Film:
    """The film of this name; an empty name or `film` means the only film there is."""
    found = [each for each in films(db) if each.name == name]
    if not found and name in ANY_FILM:
        found = films(db)
    if len(found) == 1:
        return found[0]
    names = ", ".join(each.name for each in films(db)) or _("none")
    raise UserError(_("There is no film “{name}”: the studio holds {names}.").format(name=name, names=names))


def resolve(db: sqlite3.Connection, reference: str, fps: Fraction | None = None) -> tuple[Film, int]:
    """The film and frame number that `film#57301` or `film@0:31:50` names; raises `UserError` where there is none.

    Timecodes are read in the film's own rate or in `fps`.
    """
    found, place = _place(db, reference)
    number = first_frame(place, fps or found.fps)
    _check_in(db, found, number)
    return found, number


def resolve_range(db: sqlite3.Connection, reference: str) -> tuple[Film, int, int]:
    """The film, first and last frame of `film#1..90`, `film@0:30..1:59`, or of the one frame it names."""
    found, place = _place(db, reference)
    start, dots, end = place.partition("..")
    first, last = span(start, end if dots else start, found.fps)
    if last is None or (parse_number(end or start) is None and first <= found.frames_in):
        last = min(last or found.frames_in, found.frames_in)  # the last second of a film is seldom a whole one
    for number in (first, last):
        _check_in(db, found, number)
    return found, first, last


def split_reference(text: str) -> tuple[str, str, str] | None:
    """The film's name, `#` or `@`, and the place of what is written `film#57301`; None where it is not."""
    match = _REFERENCE.match(text.strip())
    return (match["film"], match["sign"], match["place"]) if match else None


def _place(db: sqlite3.Connection, reference: str) -> tuple[Film, str]:
    parts = split_reference(reference)
    if parts is None:
        raise UserError(_("“{text}” names no frame: write film#57301 or film@0:31:50.").format(text=reference))
    return film_named(db, parts[0]), parts[2]


def _check_in(db: sqlite3.Connection, found: Film, number: int) -> None:
    """Raise `UserError` where the frame is not in; a film of which a part was taken in has gaps."""
    if not 1 <= number <= found.frames_in:
        raise UserError(
            _("Frame {number} is outside {film}, which has frames 1 to {last}.").format(
                number=number, film=found.name, last=found.frames_in
            )
        )
    if db.execute("SELECT 1 FROM frame WHERE film_id = ? AND number = ?", (found.id, number)).fetchone() is None:
        raise UserError(
            _("Frame {number} of {film} has not been taken in: `kimikoe ingest` takes in the rest.").format(
                number=number, film=found.name
            )
        )


def _film(row: sqlite3.Row) -> Film:
    fields = dict(row)
    cite_num, cite_den = fields.pop("cite_num"), fields.pop("cite_den")
    cited = Fraction(cite_num, cite_den) if cite_num else None
    return Film(fps=Fraction(fields.pop("fps_num"), fields.pop("fps_den")), cite_fps=cited, **fields)


_FRAMES = """
WITH wanted(film_id, number) AS (VALUES {keys})
SELECT f.film_id, f.number, f.corrupt, f.tainted,
    COALESCE(h.first, f.number) AS hold_first, COALESCE(h.last, f.number) AS hold_last, h.key_frame,
    (SELECT s.number FROM shot s WHERE s.film_id = f.film_id AND s.first <= f.number
     ORDER BY s.first DESC LIMIT 1) AS shot,
    (SELECT e.reason FROM exclusion e WHERE e.film_id = f.film_id AND f.number BETWEEN e.first AND e.last
     ORDER BY e.first DESC LIMIT 1) AS excluded
FROM wanted
CROSS JOIN frame f ON f.film_id = wanted.film_id AND f.number = wanted.number
CROSS JOIN film ON film.id = f.film_id
LEFT JOIN hold h ON h.grouping_id = film.grouping_id AND h.first = (
    SELECT max(x.first) FROM hold x WHERE x.grouping_id = film.grouping_id AND x.first <= f.number)
"""


def frame(db: sqlite3.Connection, film_id: int, number: int) -> Frame:
    """One frame."""
    return frames(db, [pack(film_id, number)])[0]


def frames(db: sqlite3.Connection, frame_ids: Sequence[int]) -> list[Frame]:
    """These frames, in this order; at most a page of them."""
    if not frame_ids:
        return []
    keys = ", ".join("(?, ?)" for _frame_id in frame_ids)
    values = [part for frame_id in frame_ids for part in unpack(frame_id)]
    rows = db.execute(_FRAMES.format(keys=keys), values)
    found = {pack(row["film_id"], row["number"]): _frame(row) for row in rows}
    return [found[frame_id] for frame_id in frame_ids if frame_id in found]


def _frame(row: sqlite3.Row) -> Frame:
    fields = dict(row)
    return Frame(**{**fields, "corrupt": bool(fields["corrupt"]), "tainted": bool(fields["tainted"])})


def scope_range(db: sqlite3.Connection, film_id: int, number: int, scope: Scope) -> tuple[int, int]:
    """The first and last frame that an act on a frame reaches in this scope; itself where it is not in."""
    found = frames(db, [pack(film_id, number)])
    if scope == "frame" or not found:
        return number, number
    here = found[0]
    if scope == "hold":
        return here.hold_first, here.hold_last
    row = db.execute("SELECT first, last FROM shot WHERE film_id = ? AND number = ?", (film_id, here.shot)).fetchone()
    return (row["first"], row["last"]) if row else (here.hold_first, here.hold_last)
