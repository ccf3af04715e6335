"""The place in a culling: which pictures it had in hand, and where it goes on the next time."""

from collections.abc import Sequence

from textual.timer import Timer

from db import cullings
from db.cullings import Culling
from kimikoe_tui.screens.cull_reading import CullReading

REST_SECONDS = 1.0


class CullPlace(CullReading):
    """Keeps the place of the culling that is gone on with, once the cursor rests and when the room is closed."""

    culling: Culling | None = None
    _place: int | None = None
    _rest: Timer | None = None

    def go_on_with(self, culling: Culling | None, image_ids: Sequence[int]) -> None:
        """Keep the place of this culling from now on; the list is taken in hand."""
        self.culling, self._place = culling, None
        self.take_in_hand(image_ids)

    def take_in_hand(self, image_ids: Sequence[int]) -> None:
        """Note which pictures are in the list."""
        if (culling := self.culling) is not None:
            taking = self.session.commit(lambda db: cullings.take_in_hand(db, culling.id, image_ids))
            self.run_worker(taking, group="culling", exit_on_error=False)

    def stand_at(self, image_id: int | None) -> None:
        """Note which picture is under the cursor."""
        if self.culling is None or image_id == self._place:
            return
        self._place = image_id
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_SECONDS, self._keep_place)

    async def _keep_place(self) -> None:
        if (culling := self.culling) is not None and (place := self._place) is not None:
            await self.session.commit(lambda db: cullings.stop_at(db, culling.id, place))

    async def on_unmount(self) -> None:
        """Keep the place that was not kept yet."""
        await self._keep_place()
