"""A room in which film is played in a picture's place, until its end or any key."""

from textual import events
from textual.timer import Timer

from db.films import Film
from db.i18n import _
from kimikoe_tui.screens.room import Room
from kimikoe_tui.widgets.picture import Picture
from kimikoe_tui.widgets.player import Player

TICK_SECONDS = 0.04


class PlayingRoom(Room):
    """Plays one stretch of film at a time."""

    player: Player | None = None
    _ticks: Timer | None = None

    def play(self, picture: Picture, film: Film, first: int, last: int) -> None:
        """Play these frames."""
        self.player = Player(picture, film, first, last)
        self.player.start()
        self.say(_("playing; any key stops"))
        if self._ticks is None:
            self._ticks = self.set_interval(TICK_SECONDS, self._tick)
        self._ticks.resume()

    def played(self, number: int | None) -> None:
        """Called when it stops: at the frame where a key stopped it, or None at its end."""

    def _tick(self) -> None:
        if self.player is None or not self.player.tick():
            self._stop(None)

    def _stop(self, number: int | None) -> None:
        self.player = None
        if self._ticks is not None:
            self._ticks.pause()
        self.say("")
        self.played(number)

    async def on_key(self, event: events.Key) -> None:
        """Any key stops, and does nothing else."""
        if self.player is not None:
            event.stop()
            event.prevent_default()
            self._stop(self.player.number)

    def on_screen_suspend(self) -> None:
        """Play to nobody."""
        if self.player is not None:
            self._stop(None)
