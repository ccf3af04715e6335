"""The shots of the film as small pictures: the way to look through a hundred minutes."""


from db import shots
from db.films import pack
from kimikoe_tui import keys
from kimikoe_tui.screens.shots_view import ShotsView


class ShotsRoom(ShotsView):
    """Every shot, with its time, length and holds; enter opens the frames there."""

    CSS_PATH = "shots.tcss"
    BINDINGS = keys.bindings(keys.SHOTS, keys.GRID)
    context = "shots"

    def action_step(self, step: int) -> None:
        """Move by shots."""
        self.grid.move_to(self.grid.cursor + step)

    def action_row(self, step: int) -> None:
        """Move by rows."""
        self.grid.move_rows(step)

    def action_page(self, step: int) -> None:
        """Move by pages."""
        self.grid.move_pages(step)

    def action_first(self) -> None:
        """Go to the first shot."""
        self.grid.move_to(0)

    def action_last(self) -> None:
        """Go to the last shot."""
        self.grid.move_to(len(self.grid.shots) - 1)

    def action_resize(self) -> None:
        """Larger pictures, or small ones again."""
        self.grid.resize_pictures()

    def action_open(self) -> None:
        """Look at the frames of the shot."""
        shot = self.grid.shot
        if shot is not None:
            self.post_message(self.Visit("frames", f"{shot.film_id}#{shot.first}"))

    def arrive(self, place: str, words: str) -> None:
        """Go to the shot of a frame, listing every shot where the filter hides it."""
        film_id, _sign, number = place.partition("#")
        frame_id = pack(int(film_id), int(number))
        at = shots.index_at(self.grid.shots, frame_id)
        if self.grid.shots and self.grid.shots[at].first_id <= frame_id <= self.grid.shots[at].last_id:
            self.grid.move_to(at)
        else:
            self.list_shots("", frame_id)
        super().arrive(place, words)
