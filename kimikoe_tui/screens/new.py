"""New pictures: what they are to show, by what they are drawn, and how long that will take."""

from collections.abc import Mapping, Sequence
from sqlite3 import Connection
from typing import Any

import msgspec
from rich.text import Text

from db import generations, library, loras, paces, queue
from db.connect import writing
from db.generations import SAMPLERS, Asked
from db.i18n import _, plural
from db.library import Base
from db.pictures import LARGEST_SEED, MOST_PICTURES, MOST_STEPS, PictureSettings, check
from kimikoe_tui import keys, written
from kimikoe_tui.licence import licence_line
from kimikoe_tui.palette import ACCENT, ALARM, MUTED, TEXT
from kimikoe_tui.screens.form import FormRoom, Meant, Values
from kimikoe_tui.session import Session
from kimikoe_tui.text import duration, plain, thousands
from kimikoe_tui.widgets.field_list import Field

USUAL = PictureSettings(prompt="")
MOST_CFG = 100.0


class NewRoom(FormRoom):
    """A request for pictures, which begins as the last one was; enter on its last line has the engine draw them.

    Like a shell's history: what was asked for before comes back by a key, and so does what was written and not asked.
    """

    BINDINGS = keys.bindings(keys.NEW)
    context = "new"
    heading = _("new pictures")
    deed = _("draw them")

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.earlier: Sequence[Asked] = ()
        self._labels: Mapping[int, str] = {}
        """By a base's id, what it is called here."""
        self._drafts: list[Values] = []
        self._place = 0

    def prepare(self, db: Connection) -> tuple[Sequence[Field], Values]:
        """The settings of the last request, or of a first one with the newest LoRA."""
        known = library.bases_by_label(db)
        self._labels = {base.id: label for label, base in known.items()}
        self.earlier = generations.asked(db)
        first = self.earlier[0] if self.earlier else _first(db)
        return fields(list(known)), self._values_of(first)

    def describe(self, db: Connection, meant: Meant) -> Text:
        """How many pictures of what size, the LoRAs, the base with its licence, and the time they will take."""
        base, settings = _request(db, meant)
        size = settings.width or base.width, settings.height or base.height
        lines = [_amount(settings, size), *self._known(base, settings), Text(licence_line(base), MUTED)]
        if (seconds := paces.drawing_seconds(db, settings, size)) is not None:
            words = _("about {time} at the pace of the last ones").format(time=duration(seconds))
            lines.append(Text(words, MUTED))
        return Text("\n\n").join([*lines, *_loras(settings.prompt), Text(plain(settings.prompt), TEXT)])

    def _known(self, base: Base, settings: PictureSettings) -> list[Text]:
        """That these were asked for before, where they would come out the same."""
        same = (each.id for each in self.earlier if (each.base_id, each.settings) == (base.id, settings))
        if settings.seed is None or (generation_id := next(same, None)) is None:
            return []
        words = _("These are generation {id} again, picture by picture: another seed draws others.")
        return [Text(words.format(id=generation_id), ALARM)]

    def do(self, db: Connection, meant: Meant) -> str:
        """Plan the pictures and queue what draws, tags and matches them."""
        base, settings = _request(db, meant)
        with writing(db):
            job_ids = queue.enqueue_chain(db, generations.plan(db, base.id, [settings]))
        pictures = plural("{count} picture", "{count} pictures", settings.count).format(count=settings.count)
        return _("job {id} draws {pictures} · g j follows it, g c judges them").format(id=job_ids[0], pictures=pictures)

    def done(self, words: str) -> None:
        """Say so, and have this request among the earlier ones."""
        self._drafts = [each for each in self._drafts if each != self.lines.values]
        self._place = len(self._drafts)
        self.reload()
        super().done(words)

    def action_request(self, step: int) -> None:
        """Take what was asked for before, or after that; what is written now comes back in the same way."""
        self._keep_draft()
        known = [*self._drafts, *map(self._values_of, self.earlier)]
        if len(known) < 2:
            self.say(_("Nothing else was asked for yet."))
            return
        self._place = max(0, min(len(known) - 1, self._place + step))
        self.fill(self.fields, known[self._place])
        asked = self._place - len(self._drafts)
        words = _("as generation {id} was asked for") if asked >= 0 else _("as it was written here")
        self.say(words.format(id=self.earlier[asked].id if asked >= 0 else ""))

    def _keep_draft(self) -> None:
        """Have what is written among what can come back, where it is not yet."""
        known = [*self._drafts, *map(self._values_of, self.earlier)]
        if self.fields and self.lines.values not in known:
            self._drafts.insert(0, dict(self.lines.values))
            self._place = 0

    def arrive(self, place: str, words: str) -> None:
        """Have more pictures like this one asked for: its prompt and settings, with other seeds."""
        self._keep_draft()
        db = self.session.reader()
        known = library.bases_by_label(db)
        self._labels = {base.id: label for label, base in known.items()}
        self.fill(fields(list(known)), self._values_of(generations.of_picture(db, int(place))))
        self._keep_draft()
        self.say(_("as picture {id} was made, with other seeds").format(id=place))

    def _values_of(self, asked: Asked) -> dict[str, str]:
        return values_of(asked.settings, self._labels.get(asked.base_id, ""))


def fields(bases: Sequence[str]) -> tuple[Field, ...]:
    """What is asked of pictures."""
    return (
        Field("prompt", _("prompt"), written.prompt, kind="prompt", empty=_("what they show")),
        Field("negative_prompt", _("negative prompt"), written.negative, kind="negative", empty=_("nothing")),
        Field("count", _("pictures"), written.whole(1, MOST_PICTURES), str(USUAL.count)),
        Field("seed", _("first seed"), written.optional(written.whole(0, LARGEST_SEED)), empty=_("random")),
        Field("steps", _("steps"), written.whole(1, MOST_STEPS), str(USUAL.steps)),
        Field("cfg_scale", _("cfg"), written.number(0.0, MOST_CFG), written.as_written(USUAL.cfg_scale)),
        Field("sampler", _("sampler"), written.text, USUAL.sampler, kind="choice", choices=SAMPLERS),
        Field("size", _("size in pixels"), written.size, empty=_("the base's own"), hint="512x768"),
        Field("clip_skip", _("clip skip"), written.whole(1, 12), str(USUAL.clip_skip)),
        Field("base", _("base"), written.text, bases[-1] if bases else "", _("none yet"), kind="choice",
              choices=tuple(bases)),
    )  # fmt: skip


def values_of(made: PictureSettings, base: str) -> dict[str, str]:
    """A request as it is written in the form."""
    as_they_are = ("prompt", "negative_prompt", "count", "steps", "sampler", "clip_skip")
    named = {name: str(getattr(made, name)) for name in as_they_are}
    size = f"{made.width}x{made.height}" if made.width and made.height else ""
    seed = "" if made.seed is None else str(made.seed)
    return {**named, "cfg_scale": written.as_written(made.cfg_scale), "seed": seed, "size": size, "base": base}


def _first(db: Connection) -> Asked:
    """What could be asked for first."""
    newest = next((f" <{lora.name}:0.7>" for lora in library.loras(db)), "")
    base_id = next((base.id for base in reversed(library.bases(db))), 0)
    return Asked(0, base_id, msgspec.structs.replace(USUAL, prompt=f"1girl, solo{newest}"))


def _request(db: Connection, meant: Meant) -> tuple[Base, PictureSettings]:
    """The base and the settings that were written; raises `UserError`."""
    wanted: dict[str, Any] = dict(meant)
    base, (width, height) = library.base_labelled(db, wanted.pop("base")), wanted.pop("size")
    settings = PictureSettings(**wanted, width=width, height=height)
    check(settings)
    return base, settings


def _amount(settings: PictureSettings, size: tuple[int, int]) -> Text:
    """`64 pictures of 512×768, seeds 7 to 70`."""
    words = plural("{count} picture of {width}×{height}", "{count} pictures of {width}×{height}", settings.count)
    line = Text(words.format(count=thousands(settings.count), width=size[0], height=size[1]), f"bold {ACCENT}")
    if settings.seed is not None:
        last = settings.seed + settings.count - 1
        line.append(_(", seeds {first} to {last}").format(first=settings.seed, last=last), MUTED)
    return line


def _loras(prompt: str) -> list[Text]:
    """Each LoRA of a prompt with its weight, on a line of its own."""
    uses = loras.split_prompt(prompt)[1]
    lines = [Text.assemble((plain(use.name), TEXT), (f"  {use.weight:g}", ACCENT)) for use in uses]
    return [Text("\n").join(lines)] if lines else []
