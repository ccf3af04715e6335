"""A studio with something of every kind to keep: LoRAs, rated and other pictures, a checkpoint, caches and logs."""

import hashlib
import json
from pathlib import Path
from sqlite3 import Connection

from PIL import Image

from db import library, pictures
from db.connect import connect, writing
from db.requests import TrainRecipe
from tests.pilot.conftest import add_base
from tests.rows import add_small_film

PICTURES = 4


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fill_studio(root: Path, db: Connection) -> None:
    """Picture 1 is rated 5, 2 is rejected, 3 and 4 wait; LoRA `film-1`; run 1 has the checkpoint of step 4."""
    add_small_film(db)
    add_base(db)
    add_lora(root, db)
    add_pictures(root, db)
    pictures.rate(db, "test", 1, stars=5)
    pictures.rate(db, "test", 2, rejected=True)
    add_run(db)
    add_checkpoint(root, db, 4)
    (root / "logs" / "engine.log").write_text("engine started\n")
    with connect(root / "thumbs.db") as thumbs:
        thumbs.execute("CREATE TABLE thumbnail (film TEXT, number INTEGER, jpeg BLOB, PRIMARY KEY (film, number))")
    thumbs.close()


def add_lora(root: Path, db: Connection) -> None:
    header = json.dumps({"a": {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    path = root / "loras" / "film-1.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\1\2\3\4")
    db.execute("UPDATE lora SET sha256 = ? WHERE id = 1", (sha256(path),))


def add_pictures(root: Path, db: Connection) -> None:
    generation_id = pictures.plan(db, 1, pictures.PictureSettings(prompt="1girl", count=PICTURES, seed=1))
    folder = root / "images" / str(generation_id)
    folder.mkdir()
    for image_id in range(1, PICTURES + 1):
        path = folder / f"{image_id}.png"
        Image.new("RGB", (16, 16), (image_id, 100, 200)).save(path)
        db.execute(
            "UPDATE image SET state = 'done', path = ?, sha256 = ?, made_at = 0 WHERE id = ?",
            (path.relative_to(root).as_posix(), sha256(path), image_id),
        )


def add_run(db: Connection) -> None:
    with writing(db):
        db.execute("INSERT INTO dataset (id, name, sha256, recipe, made_at) VALUES (1, 'all', 'd', '{}', 0)")
        library.plan_run(db, 1, 1, TrainRecipe(steps=10))


def add_checkpoint(root: Path, db: Connection, step: int, content: bytes = b"tensors") -> str:
    """A checkpoint of run 1 as the trainer writes it; returns its path below the studio."""
    folder = root / "runs" / "1" / f"step-{step:08}"
    folder.mkdir(parents=True)
    (folder / "tensors.safetensors").write_bytes(content)
    (folder / "state.json").write_text(json.dumps({"step": step}))
    told = {name: sha256(folder / name) for name in ("tensors.safetensors", "state.json")}
    (folder / "manifest.json").write_text(json.dumps({"sha256": told}))
    path = folder.relative_to(root).as_posix()
    db.execute(
        "INSERT OR REPLACE INTO checkpoint (run_id, step, path, sha256, made_at) VALUES (1, ?, ?, ?, 0)",
        (step, path, sha256(folder / "manifest.json")),
    )
    return path
