"""What kinds and states of jobs are called in a person's language; rows and JSON keep the English ones."""

from db.i18n import _
from db.text import plain

KINDS = {
    "base": _("base"), "tagger": _("tagger"), "ingest": _("ingest"), "tag": _("tag"), "dataset": _("dataset"),
    "train": _("train"), "generate": _("generate"), "match": _("match"), "probe": _("probe"),
}  # fmt: skip
STATES = {
    "queued": _("queued"), "running": _("running"), "paused": _("paused"), "done": _("done"), "failed": _("failed"),
    "cancelled": _("cancelled"), "stopped": _("stopped"), "waits": _("waits"), "died": _("died"),
}  # fmt: skip


def kind_name(kind: str) -> str:
    """A kind of job; one that this version does not know, as it stands."""
    return KINDS.get(kind, plain(kind))


def state_name(state: str) -> str:
    """How a job stands, or how an attempt ended."""
    return STATES.get(state, plain(state))
