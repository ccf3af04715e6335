"""The studio itself: its disk, its room, who may read it, and which engine works on it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from db import engine_life, engine_lock, settings
from db.connect import connect_studio
from db.disk_reserve import Reserve, parse_reserve
from db.errors import UserError
from db.filesystem import check_disk, disk_of
from db.i18n import _
from kimikoe_tui.doctor.finding import Finding, ok, problem, warning
from kimikoe_tui.engine_control import other_version

MOST_NAMED = 3
NEWEST = "SELECT max(at) FROM (SELECT max(progress_at) AS at FROM job UNION ALL SELECT max(at) FROM event)"


class StudioFacts(msgspec.Struct, frozen=True):
    """What the studio's rows tell the checks; `newest` is the time of its newest row, in seconds since the epoch."""

    reserve: Reserve
    newest: float | None
    version_words: str


def disk(root: Path, mounts: Path | None = None) -> Finding:
    """Whether a studio is safe on the disk it lies on."""
    try:
        check_disk(root, mounts)
    except UserError as error:
        return problem("disk", str(error), _("Move the studio: `kimikoe backup`, then `kimikoe restore` elsewhere."))
    found = disk_of(root, mounts)
    if found is not None and found.passing:
        return warning("disk", _("{mount} is {type}: all of the studio is lost at the next reboot.").format(
            mount=found.mount_point, type=found.type), _("Make the studio on a disk that stays."))  # fmt: skip
    return ok("disk", _("{type} at {mount}.").format(
        type=found.type if found else "?", mount=found.mount_point if found else "?"))  # fmt: skip


def room(free: int, total: int, reserve: Reserve) -> Finding:
    """Whether the disk has more room than is to stay free, in bytes."""
    kept = reserve.of(total)
    words = _("{free:.1f} GB free, of which {kept:.1f} GB stay free.").format(free=free / 1e9, kept=kept / 1e9)
    if free <= kept:
        return problem("room", words + " " + _("Work waits."), _("Make room: `kimikoe du` shows what takes it."))
    if free < 2 * kept + 10e9:
        return warning("room", words, _("A long training wants more: `kimikoe du` shows what takes it."))
    return ok("room", words)


def private(root: Path) -> Finding:
    """Whether others can read the studio, or own parts of it."""
    found = [root, *(Path(entry.path) for entry in os.scandir(root))]
    open_ones = [path for path in found if not path.is_symlink() and path.stat().st_mode & 0o077]
    strange = [path for path in found if not path.is_symlink() and path.stat().st_uid != os.getuid()]
    if strange:
        return problem("privacy", _("not yours: {names}.").format(names=_named(root, strange)),
                       f"sudo chown -R {os.getuid()} {root}")  # fmt: skip
    if open_ones:
        return warning("privacy", _("others can read: {names}.").format(names=_named(root, open_ones)),
                       f"chmod -R go= {root}")  # fmt: skip
    return ok("privacy", _("only you can read the studio."))


def _named(root: Path, paths: list[Path]) -> str:
    names = [path.name if path != root else _("the studio's folder") for path in paths[:MOST_NAMED]]
    return ", ".join([*names, "…"] if len(paths) > MOST_NAMED else names)


def facts(root: Path) -> StudioFacts:
    """Read what the checks need; raises `UserError` where the studio cannot be opened as it is."""
    with closing(connect_studio(root, read_only=True)) as db:
        return StudioFacts(_reserve(db), _newest(db), other_version(engine_life.living(db, engine_lock.holder(root))))


def _reserve(db: sqlite3.Connection) -> Reserve:
    return settings.value(db, settings.RESERVE)


def default_reserve() -> Reserve:
    """What stays free where nothing else was set."""
    return parse_reserve(settings.RESERVE.default)


def _newest(db: sqlite3.Connection) -> float | None:
    newest = db.execute(NEWEST).fetchone()[0]
    return None if newest is None else float(newest)


def check(root: Path, mounts: Path | None = None) -> Iterator[Finding]:
    """The studio's disk, room and privacy, and whether it can be opened."""
    yield disk(root, mounts)
    reserve = default_reserve()
    try:
        found = facts(root)
        reserve = found.reserve
        yield warning("engine", found.version_words, "kimikoe engine stop") if found.version_words else _engine(root)
    except UserError as error:
        yield problem("studio", str(error), _("Do what it says, then ask again."))
    statistics = os.statvfs(root)
    yield room(statistics.f_bavail * statistics.f_frsize, statistics.f_blocks * statistics.f_frsize, reserve)
    yield private(root)


def _engine(root: Path) -> Finding:
    pid = engine_lock.holder(root)
    return ok(
        "engine", _("works as process {pid}.").format(pid=pid) if pid else _("does not run; the terminal starts it.")
    )
