"""Pictures in the order of their likeness to the film, each with the frame it is most like and what was decided."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text

from db.films import Film
from db.likeness import Likeness
from db.ratings import Decision
from kimikoe_tui.palette import ACCENT, TEXT
from kimikoe_tui.widgets.cells import column
from kimikoe_tui.widgets.decisions import decision_sign, decision_text
from kimikoe_tui.widgets.facts import citation
from kimikoe_tui.widgets.virtual_list import VirtualList

SCORE_WIDTH, WORDS_WIDTH, SIGN_WIDTH = 5, 9, 3
WIDE, GAPS = "  ", 3
UNDECIDED = Decision()


class MatchList(VirtualList):
    """One picture on a line."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: Sequence[Likeness] = ()
        self.films: Mapping[int, Film] = {}
        self.decisions: Mapping[int, Decision] = {}
        self._id_width = self._cited_width = 0

    def show(self, pictures: Sequence[Likeness], films: Mapping[int, Film], cursor: int) -> None:
        """List pictures, the cursor on one of them."""
        self.pictures, self.films = pictures, films
        self._id_width = len(str(max((each.image_id for each in pictures), default=0)))
        self._cited_width = max(
            (cell_len(citation(films, film.id, film.frames_in)) for film in films.values()), default=0
        )
        self.resize_to(len(pictures), cursor)

    def show_decisions(self, decisions: Mapping[int, Decision]) -> None:
        """Show what was decided; no line moves."""
        self.decisions = decisions
        self.refresh()

    @property
    def picture(self) -> Likeness | None:
        """The picture under the cursor."""
        return self.pictures[self.cursor] if self.pictures else None

    def decision(self, image_id: int) -> Decision:
        """What stands of a picture's decisions."""
        return self.decisions.get(image_id, UNDECIDED)

    def line(self, index: int, width: int) -> Text:
        """`0.93   12  0:31:50 (frame 57301)  ★★★☆☆`; with less room, the timecode alone, or signs for words."""
        each = self.pictures[index]
        cited, gap = self._cited(each, width - SCORE_WIDTH - self._id_width - SIGN_WIDTH)
        line = Text(f" {each.best.score:.2f}", ACCENT)
        line.append(f"{gap}{each.image_id:>{self._id_width}}{gap}{cited}{gap}", TEXT)
        decision, has_words = self.decision(each.image_id), width - line.cell_len >= WORDS_WIDTH
        return line.append_text(decision_text(decision) if has_words else decision_sign(decision))

    def _cited(self, each: Likeness, room: int) -> tuple[str, str]:
        """The citation, or the timecode where there is no more room, and what stands between it and its neighbours."""
        if self._cited_width + GAPS * len(WIDE) <= room:
            return column(citation(self.films, each.best.film_id, each.best.frame_number), self._cited_width), WIDE
        timecode = self.films[each.best.film_id].timecode(each.best.frame_number)
        return timecode, WIDE if len(timecode) + GAPS * len(WIDE) <= room else " "
