"""Register a base model, and load a registered one."""

from pathlib import Path
from typing import TYPE_CHECKING

from db import library
from db.changes import announce
from db.connect import now, writing
from db.errors import UserError
from db.i18n import _
from db.requests import BaseRequest
from engine.base_files import BaseInfo, inspect_base
from engine.running import RunningJob
from engine.studio import Studio

if TYPE_CHECKING:
    from engine.base import BaseModel
    from engine.environment import Environment


def run(studio: Studio, request: BaseRequest, job: RunningJob) -> None:
    """Store what the base is, without loading it; run again, it changes where it is found."""
    info = inspect_base(request.source)
    path = Path(request.source).expanduser()
    source = str(path.resolve()) if path.exists() else request.source
    job.made(base_id=store_base(studio, info, source, request), architecture=info.architecture)


def store_base(studio: Studio, info: BaseInfo, source: str, request: BaseRequest) -> int:
    """The id of the base's row; what the request says of the licence outranks the model card."""
    licence, licence_url = info.licence
    name = request.name or Path(source).name.removesuffix(".safetensors")
    sha256 = info.sha256
    with writing(studio.db) as db:
        row = db.execute(
            """INSERT INTO base (name, source, sha256, architecture, prediction_type, width, height,
                   licence, licence_url, added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (sha256) DO UPDATE SET source = excluded.source RETURNING id""",
            (
                name, source, sha256, info.architecture, info.prediction_type, info.width, info.height,
                request.licence or licence, request.licence_url or licence_url, now(),
            ),
        ).fetchone()  # fmt: skip
        announce(db, "runs")
    return int(row["id"])


def loaded_base(studio: Studio, job: RunningJob, base_id: int, recorded: "Environment | None" = None) -> "BaseModel":
    """A registered base, loaded as it was in a recorded environment; raises `UserError` where its files are others."""
    from engine.environment import recorded_dtype

    row = library.base(studio.db, base_id)
    base = job.models.base(row.source, recorded_dtype(recorded))
    if base.sha256 != row.sha256:
        raise UserError(
            _("The base at {source} is another one than was registered: register it again.").format(source=row.source)
        )
    return base
