"""The datasets: what each was made from, what its captions say, and what was trained on it."""

from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from db import dataset_items, library
from db.dataset_items import Frozen, Size, WordCount
from db.i18n import _, plural
from db.requests import CaptionRecipe
from kimikoe_tui import keys
from kimikoe_tui.messages import JobsChanged, RunsChanged
from kimikoe_tui.palette import TEXT
from kimikoe_tui.pixels import FrameServer
from kimikoe_tui.screens.room import ListRoom
from kimikoe_tui.session import Session
from kimikoe_tui.text import plain, thousands
from kimikoe_tui.widgets.dataset_facts import facts_table
from kimikoe_tui.widgets.dataset_list import DatasetColumns, DatasetList, Known, Row
from kimikoe_tui.widgets.pane import Pane
from kimikoe_tui.widgets.virtual_list import VirtualList

READ_SECONDS = 1.0


@dataclass
class _Found(Message):
    rows: list[Row]


@dataclass
class _Counted(Message):
    frozen: Frozen
    words: list[WordCount]


class DatasetsRoom(ListRoom):
    """The datasets, and the one under the cursor in full."""

    CSS_PATH = "datasets.tcss"
    BINDINGS = keys.bindings(keys.DATASETS)
    context = "datasets"

    def __init__(self, session: Session, server: FrameServer) -> None:
        super().__init__(session)
        self._server = server
        self._sizes: dict[Frozen, Size] = {}
        self._words: dict[Frozen, list[WordCount]] = {}
        self._places: dict[Frozen, int] = {}
        """Where the cursor was among the items of those that were opened."""

    def parts(self) -> ComposeResult:
        """List above, one dataset below."""
        with Pane(id="list-pane", title=_("datasets")):
            yield Static(_("No dataset yet: n freezes one, or `kimikoe dataset NAME`."), id="empty", markup=False)
            yield DatasetColumns()
            yield DatasetList()
        with Pane(id="dataset-pane"):
            yield Static(id="facts", markup=False)

    def on_mount(self) -> None:
        """Read the datasets."""
        self._growth = self.set_interval(READ_SECONDS, self.reload, pause=True)
        self.reload()

    @property
    def lines(self) -> DatasetList:
        """The list of datasets."""
        return self.query_one(DatasetList)

    @on(RunsChanged)
    @on(JobsChanged)
    def _changed(self) -> None:
        self._growth.resume()

    def reload(self) -> None:
        """Read again; the cursor stays on its dataset."""
        self._growth.pause()
        self._read_datasets()

    @work(thread=True, exclusive=True, group="datasets", exit_on_error=False)
    def _read_datasets(self) -> None:
        db = self.session.reader()
        runs = library.runs(db)
        rows: list[Row] = [*dataset_items.making(db)]
        for frozen in dataset_items.frozen(db):
            size = self._sizes.get(frozen) or dataset_items.size(db, frozen.id)
            self._sizes[frozen] = size
            rows.append(Known(frozen, size, [run for run in runs if run.dataset == frozen.name]))
        self.post_message(_Found(rows))

    @on(_Found)
    def _show(self, message: _Found) -> None:
        self.set_class(not message.rows, "-empty")
        self.query_one("#list-pane", Pane).head(Text(_counted(message.rows)))
        self.lines.show(message.rows)
        self._show_dataset()

    @on(VirtualList.Moved)
    def _show_dataset(self) -> None:
        if (row := self.lines.row) is None:
            return
        words = self._words.get(row.frozen) if isinstance(row, Known) else None
        pane = self.query_one("#dataset-pane", Pane)
        pane.head(Text(plain(row.name) or _("no name yet"), TEXT))
        self.query_one("#facts", Static).update(facts_table(row, words, pane.content_size.width))
        if isinstance(row, Known) and words is None:
            self._count_words(row.frozen)

    def on_resize(self) -> None:
        """Wrap anew."""
        self.call_after_refresh(self._show_dataset)

    @work(thread=True, exclusive=True, group="words", exit_on_error=False)
    def _count_words(self, frozen: Frozen) -> None:
        captions = frozen.request.captions if frozen.request else CaptionRecipe()
        words = dataset_items.word_counts(self.session.reader(), frozen.id, captions.separator)
        self.post_message(_Counted(frozen, words))

    @on(_Counted)
    def _counted(self, message: _Counted) -> None:
        self._words[message.frozen] = message.words
        if isinstance(row := self.lines.row, Known) and row.frozen == message.frozen:
            self._show_dataset()

    def arrive(self, place: str, words: str) -> None:
        """Go to the dataset that another room names."""
        names = [row.name for row in self.lines.rows]
        if place in names:
            self.lines.move_to(names.index(place))
        super().arrive(place, words)

    def _known_here(self) -> Known | None:
        """The dataset under the cursor, once it is frozen; where it is not, that is said."""
        row = self.lines.row
        if row is None:
            self.complain(_("There is no dataset yet: n freezes one."))
        elif not isinstance(row, Known):
            self.complain(_("It is not frozen yet: g j shows how far its job is."))
        else:
            return row
        return None

    def action_open_items(self) -> None:
        """Look at the items of the dataset."""
        from kimikoe_tui.screens.dataset import DatasetRoom

        if (row := self._known_here()) is not None:
            self.app.push_screen(DatasetRoom(self.session, self._server, row.frozen, self._places))

    def action_new(self) -> None:
        """Freeze a new one."""
        from kimikoe_tui.screens.new_dataset import NewDatasetRoom

        self.app.push_screen(NewDatasetRoom(self.session))

    def action_train(self) -> None:
        """Train on the dataset."""
        from kimikoe_tui.screens.train import TrainRoom

        if (row := self._known_here()) is not None:
            self.app.push_screen(TrainRoom(self.session, row.name))

    async def action_open_frames(self) -> None:
        """List the frames that its query finds now."""
        if (row := self.lines.row) is None:
            self.complain(_("There is no dataset yet: n freezes one."))
            return
        request = row.frozen.request if isinstance(row, Known) else row.request
        if request is None:
            self.complain(_("Another version made it: its query cannot be read."))
        else:
            await self.visit_listing("frames", request.query)


def _counted(rows: list[Row]) -> str:
    """`2 datasets · 1 not frozen yet`."""
    count = sum(isinstance(row, Known) for row in rows)
    words = plural("{count} dataset", "{count} datasets", count).format(count=thousands(count))
    if making := len(rows) - count:
        words += " · " + _("{count} not frozen yet").format(count=thousands(making))
    return words if rows else _("datasets")
