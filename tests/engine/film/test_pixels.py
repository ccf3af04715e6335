"""The frame server, as a real child process over its pipes."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from db.requests import IngestRequest
from engine.studio import Studio
from engine.thumbs import open_thumbnails, thumbnail
from tests.engine.film.clips import numbered, numbered_clip, shown_number, write_clip

Ask = Callable[..., tuple[dict[str, Any], bytes]]
COUNT = 40


class Client:
    """Speaks the server's protocol."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.pixels", str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def send(self, *requests: dict[str, Any]) -> None:
        self.process.stdin.write(b"".join(json.dumps(request).encode() + b"\n" for request in requests))
        self.process.stdin.flush()

    def receive(self) -> tuple[dict[str, Any], bytes]:
        header = json.loads(self.process.stdout.readline())
        return header, self.process.stdout.read(header.get("bytes", 0))

    def ask(self, **request: Any) -> tuple[dict[str, Any], bytes]:
        self.send(request)
        return self.receive()

    def close(self) -> int:
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(10)


@pytest.fixture
def film_path(studio: Studio, run: Callable[..., Any], tmp_path: Path) -> Path:
    pictures = [np.pad(numbered(number), ((16, 16), (0, 0), (0, 0))) for number in range(1, COUNT + 1)]
    path = write_clip(tmp_path / "film.mp4", pictures)
    run(IngestRequest(path=str(path)))
    return path


@pytest.fixture
def client(studio: Studio, film_path: Path) -> Iterator[Client]:
    client = Client(studio.root)
    yield client
    client.close()


def decoded(body: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(body)).convert("RGB"))


def test_every_format_shows_the_frame_asked_for_without_the_letterbox(client: Client) -> None:
    header, png = client.ask(id=1, film=1, frame=23, width=None, format="png")
    assert header == {"id": 1, "bytes": len(png), "width": 192, "height": 112, "format": "png"}
    assert shown_number(decoded(png)) == 23
    header, raw = client.ask(id=2, film=1, frame=23, format="rgb")
    assert np.array_equal(np.frombuffer(raw, np.uint8).reshape(112, 192, 3), decoded(png))
    header, jpeg = client.ask(id=3, film=1, frame=7, width=96, format="jpeg")
    assert (header["width"], header["height"]) == (96, 56) and decoded(jpeg).shape == (56, 96, 3)
    assert shown_number(decoded(jpeg)) == 7


def test_a_small_picture_comes_from_the_thumbnail_while_there_is_one(client: Client, studio: Studio) -> None:
    thumbs = open_thumbnails(studio.thumbs_path)
    thumbs.execute("UPDATE thumbnail SET jpeg = ? WHERE number = 5", (thumbnail(numbered(777)),))
    shown = {width: client.ask(id=width, film=1, frame=5, width=width)[1] for width in (96, 192, 257)}
    assert {width: shown_number(decoded(body)) for width, body in shown.items()} == {96: 777, 192: 777, 257: 5}
    thumbs.execute("DELETE FROM thumbnail")
    thumbs.close()
    assert shown_number(decoded(client.ask(id=1, film=1, frame=5, width=96)[1])) == 5
    studio.thumbs_path.write_bytes(b"?" * 5000)
    assert shown_number(decoded(client.ask(id=1, film=1, frame=5, width=96)[1])) == 5


def test_errors_are_answers_and_the_server_goes_on(client: Client) -> None:
    assert "no frame 999" in client.ask(id=1, film=1, frame=999)[0]["error"]
    assert "no film 5" in client.ask(id=2, film=5, frame=1)[0]["error"]
    client.process.stdin.write(b"this is not JSON\n")
    client.process.stdin.flush()
    header, _body = client.receive()
    assert header["id"] is None and header["error"]
    assert client.ask(id=3, film=1, frame=1, format="gif")[0]["id"] is None
    assert shown_number(decoded(client.ask(id=4, film=1, frame=2)[1])) == 2


def test_a_moved_film_is_an_error_until_it_is_found_again(
    client: Client, studio: Studio, run: Callable[..., Any], film_path: Path
) -> None:
    moved = film_path.rename(film_path.with_name("moved.mp4"))
    assert "no longer at" in client.ask(id=1, film=1, frame=3)[0]["error"]
    run(IngestRequest(path=str(moved)))
    assert shown_number(decoded(client.ask(id=2, film=1, frame=3)[1])) == 3


def test_another_file_in_the_films_place_is_not_shown(client: Client, film_path: Path) -> None:
    numbered_clip(film_path, COUNT)
    header, body = client.ask(id=1, film=1, frame=3)
    assert "no longer at" in header["error"] and not body


def test_a_cancelled_request_is_answered_without_its_picture(client: Client) -> None:
    wanted = [{"id": number, "film": 1, "frame": number} for number in range(1, COUNT + 1)]
    client.send(*wanted, {"cancel": COUNT}, {"cancel": 999})
    answers = [client.receive() for _request in wanted]
    assert [header["id"] for header, _body in answers] == list(range(1, COUNT + 1))
    assert answers[-1] == ({"id": COUNT, "error": "cancelled"}, b"")
    assert [shown_number(decoded(body)) for _header, body in answers[:10]] == list(range(1, 11))


def test_it_ends_with_its_input_and_writes_nothing(studio: Studio, film_path: Path) -> None:
    before = [tuple(row) for row in studio.db.execute("SELECT * FROM film")]
    version = studio.db.execute("PRAGMA data_version").fetchone()[0]
    client = Client(studio.root)
    client.ask(id=1, film=1, frame=1)
    assert client.close() == 0
    assert studio.db.execute("PRAGMA data_version").fetchone()[0] == version
    assert [tuple(row) for row in studio.db.execute("SELECT * FROM film")] == before


def test_no_studio_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "engine.pixels", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode != 0 and len(done.stderr.strip().splitlines()) == 1 and str(tmp_path) in done.stderr


def test_the_server_loads_no_heavy_library() -> None:
    heavy = "import sys, engine.pixels; print([m for m in ('torch', 'onnxruntime', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
