"""What a person would do next in a studio, in words."""

import sqlite3
from typing import NamedTuple

from db import library, queue
from db.i18n import _, plural
from db.overview import Overview


class NextStep(NamedTuple):
    """Why, and the key or command that does it."""

    words: str
    how: str


def next_step(db: sqlite3.Connection, found: Overview) -> NextStep:
    """The first thing on the way from a film to the few pictures worth keeping that is not done."""
    left = found.pictures - found.rated - found.rejected
    if left:
        words = plural("{count} picture waits to be judged.", "{count} pictures wait to be judged.", left)
        return NextStep(words.format(count=left), "g c")
    if not found.films:
        return NextStep(_("Take in a film."), "kimikoe ingest FILE")
    return _before_training(db, found) or _after_training(db, found)


def _before_training(db: sqlite3.Connection, found: Overview) -> NextStep | None:
    busy = {job.kind for job in queue.active(db)}
    if busy & {"ingest", "tag"}:
        return NextStep(_("The film is being read; you can look at what is in already."), "g f")
    if library.active_policy(db) is None:
        return NextStep(_("Give the studio a tagger."), "kimikoe tagger add FOLDER_OR_HUB_ID")
    if any(film.scored < film.key_frames for film in found.films):
        return NextStep(_("Let the tagger see every drawing."), "kimikoe tag")
    if not found.verdicts:
        return NextStep(_("Tell it who is who: the tagger does not know names."), "g f")
    if not found.datasets:
        return NextStep(_("Freeze the frames and their tags into a dataset."), "g d, then n")
    return None


def _after_training(db: sqlite3.Connection, found: Overview) -> NextStep:
    busy = {job.kind for job in queue.active(db)}
    if "train" in busy:
        return NextStep(_("A LoRA is being trained."), "g r")
    if not found.loras:
        if not library.bases(db):
            return NextStep(_("Give the studio a base model."), "kimikoe base add FOLDER_OR_HUB_ID")
        return NextStep(_("Train a LoRA."), "g d, then t")
    if "generate" in busy:
        return NextStep(_("Pictures are being drawn."), "g j")
    if found.rated:
        return NextStep(_("All are judged. Look at the best again, or draw more."), "g c, then f 4 · g n")
    return NextStep(_("Draw pictures with your LoRA."), "g n")
