"""A form over the datasets: which frames a new one freezes, and how their captions are built."""

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any

import msgspec
from rich.text import Text

from db import dataset_items, facets, query, queue
from db.errors import UserError
from db.i18n import _, plural
from db.requests import DatasetRequest
from kimikoe_tui import written
from kimikoe_tui.palette import ACCENT, FAINT, MUTED, TEXT
from kimikoe_tui.screens.form import Meant, UpperForm, Values
from kimikoe_tui.text import percent, plain, thousands
from kimikoe_tui.widgets.field_list import Field

USUAL = DatasetRequest()
MOST_TAGS, MOST_FACETS, MOST_HELD_OUT, MOST_EXPOSURE = 200, 24, 0.99, 10_000
OF_CAPTIONS = ("trigger", "core_tags", "drop_tags", "max_tags")


class NewDatasetRoom(UpperForm):
    """Begins with the recipe of the newest dataset; says how many frames the query finds, and what they carry most."""

    heading = _("a new dataset")
    deed = _("freeze it")
    _recipe = USUAL

    def prepare(self, db: Connection) -> tuple[Sequence[Field], Values]:
        """The recipe of the newest dataset, to be given a name of its own."""
        newest = next(iter(dataset_items.frozen(db)), None)
        self._recipe = (newest.request if newest else None) or USUAL
        return fields(), values_of(self._recipe)

    def describe(self, db: Connection, meant: Meant) -> Text:
        """`1,204 frames of 20,000`, and the tags that most of them carry."""
        expression, index = str(meant["query"]), self.session.index
        count, every = query.count(db, expression, "frame", index), query.count(db, "", "frame", index)
        words = plural("{count} frame of {every}", "{count} frames of {every}", count)
        share = percent(count / every) if every else ""
        head = Text.assemble(
            (words.format(count=thousands(count), every=thousands(every)), f"bold {ACCENT}"), (f"  {share}", MUTED)
        )
        carried = facets.top(db, expression, "frame", MOST_FACETS, index) if index.ready else []  # SQL takes seconds
        tags = [Text.assemble((plain(each.tag), TEXT), (f" {thousands(each.count)}", FAINT)) for each in carried]
        frozen = Text(_("What is frozen never changes: later corrections need a new dataset."), FAINT)
        return Text("\n\n").join([head, *([Text(", ", FAINT).join(tags)] if tags else []), frozen])

    def do(self, db: Connection, meant: Meant) -> str:
        """Queue it; raises `UserError` where the name is taken."""
        given: dict[str, Any] = dict(meant)
        captions = msgspec.structs.replace(self._recipe.captions, **{name: given.pop(name) for name in OF_CAPTIONS})
        if not given["name"]:
            raise UserError(_("Write a name first."))
        dataset_items.refuse_taken(db, given["name"])
        if not query.count(db, given["query"], "frame"):
            raise UserError(_("No frame matches."))
        job_id = queue.enqueue(db, msgspec.structs.replace(self._recipe, **given, captions=captions))
        return _("job {id} freezes “{name}”").format(id=job_id, name=plain(given["name"]))


def fields() -> tuple[Field, ...]:
    """What is asked of a dataset."""
    none = _("none")
    return (
        Field("name", _("name"), written.text, empty=_("what it is called")),
        Field("query", _("frames"), written.frames, kind="query", empty=_("every frame")),
        Field("trigger", _("trigger"), written.text, empty=none, hint=_("a word that begins every caption")),
        Field("core_tags", _("core tags"), written.tag_names, empty=none,
              hint=_("traits that a name is to absorb: left out of all captions")),
        Field("drop_tags", _("drop"), written.tag_names, empty=none, hint=_("tags to leave out of captions")),
        Field("max_tags", _("most tags"), written.whole(1, MOST_TAGS), str(USUAL.captions.max_tags)),
        Field("validation_share", _("held out"), written.number(0.0, MOST_HELD_OUT), f"{USUAL.validation_share:g}",
              hint=_("share of the shots that training does not see")),
        Field("exposure_cap", _("exposure cap"), written.whole(1, MOST_EXPOSURE), str(USUAL.exposure_cap),
              hint=_("a drawing held for longer counts no more than this many frames")),
    )  # fmt: skip


def values_of(request: DatasetRequest) -> dict[str, str]:
    """A request as it is written in the form, without its name."""
    captions = request.captions
    return {
        "name": "", "query": request.query, "trigger": captions.trigger, "core_tags": ", ".join(captions.core_tags),
        "drop_tags": ", ".join(captions.drop_tags), "max_tags": str(captions.max_tags),
        "validation_share": written.as_written(request.validation_share), "exposure_cap": str(request.exposure_cap),
    }  # fmt: skip
