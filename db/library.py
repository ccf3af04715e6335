"""What a studio has to work with: bases, taggers and their policy, datasets, runs, LoRAs and settings."""

import sqlite3
from collections import Counter
from datetime import date

import msgspec

from db import changes, requests
from db.connect import now, writing
from db.errors import UserError
from db.i18n import _

PROJECT = "kimikoe"


class Base(msgspec.Struct, frozen=True):
    """A registered base model."""

    id: int
    name: str
    source: str
    sha256: str
    architecture: str
    prediction_type: str
    width: int
    height: int
    licence: str
    licence_url: str


class Tagger(msgspec.Struct, frozen=True):
    """A registered tagger."""

    id: int
    name: str
    source: str
    sha256: str
    input_size: int
    embedding_dim: int


class Policy(msgspec.Struct, frozen=True):
    """Which tagger is in use, and from which scores (0..1) up its tags count."""

    id: int
    tagger_id: int
    general: float
    character: float


class Dataset(msgspec.Struct, frozen=True):
    """A frozen dataset and its size."""

    id: int
    name: str
    sha256: str
    made_at: float
    items: int
    validation_items: int


class Run(msgspec.Struct, frozen=True):
    """A training run, how far it is and what it published."""

    id: int
    name: str
    dataset: str
    base: str
    recipe: str
    step: int
    made_at: float
    finished_at: float | None
    lora: str | None


class Lora(msgspec.Struct, frozen=True):
    """A published LoRA file."""

    id: int
    name: str
    run_id: int | None
    step: int | None
    path: str
    trigger: str
    made_at: float


def bases(db: sqlite3.Connection) -> list[Base]:
    """Every base, newest last."""
    columns = "id, name, source, sha256, architecture, prediction_type, width, height, licence, licence_url"
    return [Base(**dict(row)) for row in db.execute(f"SELECT {columns} FROM base ORDER BY id")]


def bases_by_label(db: sqlite3.Connection) -> dict[str, Base]:
    """Every base, newest last, by its name; where several have one name, by `name (id)`."""
    found = bases(db)
    times = Counter(each.name for each in found)
    return {each.name if times[each.name] == 1 else f"{each.name} ({each.id})": each for each in found}


def base_labelled(db: sqlite3.Connection, label: str) -> Base:
    """The base of this label; raises `UserError` where there is none."""
    known = bases_by_label(db)
    if known and label not in known:
        raise UserError(_("There is no base “{name}”: choose another one.").format(name=label))
    return known[label] if known else base(db)


def base(db: sqlite3.Connection, base_id: int | None = None) -> Base:
    """One base, or the newest; raises `UserError` where there is none."""
    found = [each for each in bases(db) if base_id in (None, each.id)]
    if not found:
        raise UserError(_("This studio has no base model: add one with `kimikoe base add FOLDER_OR_HUB_ID`."))
    return found[-1]


def taggers(db: sqlite3.Connection) -> list[Tagger]:
    """Every tagger, oldest first."""
    columns = "id, name, source, sha256, input_size, embedding_dim"
    return [Tagger(**dict(row)) for row in db.execute(f"SELECT {columns} FROM tagger ORDER BY id")]


def tagger(db: sqlite3.Connection, tagger_id: int | None = None) -> Tagger:
    """One tagger, or the one in use; raises `UserError` where there is none."""
    policy = active_policy(db)
    wanted = tagger_id if tagger_id is not None else policy and policy.tagger_id
    found = [each for each in taggers(db) if each.id == wanted]
    if not found and tagger_id is not None:
        raise UserError(_("There is no tagger {id}: `kimikoe tagger` lists them.").format(id=tagger_id))
    if not found:
        raise UserError(_("This studio has no tagger: add one with `kimikoe tagger add FOLDER_OR_HUB_ID`."))
    return found[0]


def active_policy(db: sqlite3.Connection) -> Policy | None:
    """The policy in use, or None before there is a tagger."""
    row = db.execute("SELECT id, tagger_id, general, character FROM policy WHERE active").fetchone()
    return Policy(**dict(row)) if row else None


def set_policy(db: sqlite3.Connection, tagger_id: int, general: float, character: float) -> int:
    """Make a new policy the one in use; earlier ones stay as history. Thresholds are 0..1."""
    if not (0 < general <= 1 and 0 < character <= 1):
        raise UserError(_("A threshold lies above 0 and at most at 1."))
    with writing(db):
        db.execute("UPDATE policy SET active = 0 WHERE active")
        row = db.execute(
            "INSERT INTO policy (tagger_id, general, character, active, made_at) VALUES (?, ?, ?, 1, ?) RETURNING id",
            (tagger_id, general, character, now()),
        ).fetchone()
        changes.announce(db, "policy")
    return int(row["id"])


def datasets(db: sqlite3.Connection) -> list[Dataset]:
    """Every dataset, newest first."""
    rows = db.execute(
        """SELECT d.id, d.name, d.sha256, d.made_at, count(i.ordinal) AS items,
               COALESCE(sum(i.validation), 0) AS validation_items
           FROM dataset d LEFT JOIN dataset_item i ON i.dataset_id = d.id
           WHERE d.sha256 != '' GROUP BY d.id ORDER BY d.id DESC"""
    )
    return [Dataset(**dict(row)) for row in rows]


def dataset(db: sqlite3.Connection, name: str = "") -> Dataset:
    """The dataset of this name, or the newest; raises `UserError` where there is none."""
    found = [each for each in datasets(db) if name in ("", each.name)]
    if not found:
        raise UserError(_("There is no dataset “{name}”: make one with `kimikoe dataset`.").format(name=name))
    return found[0]


def runs(db: sqlite3.Connection) -> list[Run]:
    """Every run, newest first."""
    rows = db.execute(
        """SELECT r.id, r.name, d.name AS dataset, b.name AS base, r.recipe, r.step, r.made_at, r.finished_at,
               (SELECT l.name FROM lora l WHERE l.run_id = r.id ORDER BY l.id DESC LIMIT 1) AS lora
           FROM run r JOIN dataset d ON d.id = r.dataset_id JOIN base b ON b.id = r.base_id ORDER BY r.id DESC"""
    )
    return [Run(**dict(row)) for row in rows]


def plan_run(db: sqlite3.Connection, dataset_id: int, base_id: int, recipe: requests.TrainRecipe) -> int:
    """Insert a run, named by today's date and its number on that day; returns its id."""
    with writing(db):
        row = db.execute(
            "INSERT INTO run (name, dataset_id, base_id, recipe, made_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
            (_next_run_name(db), dataset_id, base_id, msgspec.json.encode(recipe).decode(), now()),
        ).fetchone()
        changes.announce(db, "runs")
    return int(row["id"])


def _next_run_name(db: sqlite3.Connection) -> str:
    """Today's date and the next number that neither a run nor a LoRA has; a run's LoRA gets the run's name."""
    day = f"{PROJECT}-{date.today().isoformat()}-"
    rows = db.execute("SELECT name FROM run UNION SELECT name FROM lora").fetchall()
    numbers = [row["name"].removeprefix(day) for row in rows if row["name"].startswith(day)]
    return f"{day}{max((int(number) for number in numbers if number.isdigit()), default=0) + 1}"


def recipe_of(db: sqlite3.Connection, run_id: int) -> requests.TrainRecipe | None:
    """How a run is or was trained; None where there is no such run, or what stands there cannot be read."""
    row = db.execute("SELECT recipe FROM run WHERE id = ?", (run_id,)).fetchone()
    try:
        return msgspec.json.decode(row["recipe"], type=requests.TrainRecipe) if row else None
    except msgspec.MsgspecError:
        return None


def metrics(db: sqlite3.Connection, run_id: int) -> dict[str, list[tuple[int, float]]]:
    """A run's measurements: by name, (step, value) in order of steps."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in db.execute("SELECT name, step, value FROM metric WHERE run_id = ? ORDER BY name, step", (run_id,)):
        found.setdefault(row["name"], []).append((row["step"], row["value"]))
    return found


def loras(db: sqlite3.Connection) -> list[Lora]:
    """Every published LoRA, newest first."""
    columns = "id, name, run_id, step, path, trigger, made_at"
    return [Lora(**dict(row)) for row in db.execute(f"SELECT {columns} FROM lora ORDER BY id DESC")]


def setting(db: sqlite3.Connection, name: str, default: str = "") -> str:
    """A stored setting."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return str(row["value"]) if row else default


def set_setting(db: sqlite3.Connection, name: str, value: str) -> None:
    """Store a setting."""
    with writing(db):
        db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))
