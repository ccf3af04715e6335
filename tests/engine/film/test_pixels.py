"""The frame server, as a real child process over its pipes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from db import pictures
from db.requests import IngestRequest
from engine.frame_server import KEPT_BYTES, FrameServer
from engine.pixel_requests import Inbox, PixelRequest
from engine.studio import Studio
from engine.thumbs import open_thumbnails, thumbnail
from kimikoe_tui.pixels import MOST_DEATHS, frame_server_command
from kimikoe_tui.pixels import FrameServer as TerminalSide
from tests.engine.film.clips import numbered, numbered_clip, shown_number, write_clip
from tests.pilot.conftest import add_base
from tests.waiting import wait_until

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
    assert shown_number(decoded(client.ask(id=3, film=1, frame=3, width=96)[1])) == 3, "its thumbnails are still there"
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


@pytest.fixture
def image_ids(studio: Studio, film_path: Path) -> list[int]:
    """Generated pictures, each of one colour."""
    add_base(studio.db)
    generation = pictures.plan(studio.db, 1, pictures.PictureSettings(prompt="1girl", count=6))
    found = studio.db.execute("SELECT id FROM image WHERE generation_id = ? ORDER BY id", (generation,)).fetchall()
    for (image_id,) in found:
        path = studio.images / f"{image_id}.png"
        Image.new("RGB", (64, 64), (image_id, 100, 200)).save(path)
        studio.db.execute("UPDATE image SET state = 'done', path = ? WHERE id = ?", (studio.relative(path), image_id))
    return [int(row["id"]) for row in found]


def test_a_generated_picture_is_answered_by_its_number(client: Client, image_ids: list[int]) -> None:
    header, png = client.ask(id=1, image=image_ids[0], width=None)
    assert (header["width"], header["height"]) == (64, 64)
    assert decoded(png)[0, 0].tolist() == [image_ids[0], 100, 200]
    assert client.ask(id=2, image=image_ids[1], width=16, format="rgb")[0]["bytes"] == 16 * 16 * 3


def test_bad_pictures_are_answered_with_the_reason(client: Client, studio: Studio, image_ids: list[int]) -> None:
    paths = {image_id: studio.images / f"{image_id}.png" for image_id in image_ids}
    gone, cut, text, outside, nowhere, whole = image_ids
    (studio.root.parent / "secret.png").write_bytes(paths[whole].read_bytes())
    paths[gone].unlink()
    paths[cut].write_bytes(paths[cut].read_bytes()[:60])
    paths[text].write_text("no picture")
    studio.db.execute("UPDATE image SET path = '../secret.png' WHERE id = ?", (outside,))
    studio.db.execute("UPDATE image SET path = NULL WHERE id = ?", (nowhere,))
    reasons = {gone: "is gone", cut: "cannot be read", text: "cannot be read", outside: "leads out", nowhere: "no file"}
    for image_id, reason in {**reasons, 999: "no file"}.items():
        header, body = client.ask(id=image_id, image=image_id, width=32)
        assert reason in header["error"] and not body
    assert "bytes" in client.ask(id=7, image=whole, width=32)[0]
    assert client.ask(id=8, image=whole, width=0)[0]["id"] is None


def test_pictures_in_a_folder_that_is_a_link_to_another_disk_are_shown(
    client: Client, studio: Studio, image_ids: list[int]
) -> None:
    elsewhere = studio.root.parent / "another disk"
    studio.images.rename(elsewhere)
    studio.images.symlink_to(elsewhere)
    assert "bytes" in client.ask(id=1, image=image_ids[0], width=32)[0]


def test_what_comes_next_is_read_while_nothing_is_asked(studio: Studio, film_path: Path, image_ids: list[int]) -> None:
    server = FrameServer(studio.root)
    for asked, ahead in (
        (PixelRequest(id=1, film=1, frame=20), [("frame", 1, number, None) for number in (19, 21, 22, 23)]),
        (PixelRequest(id=2, image=image_ids[2]), [("image", 0, image_ids[near], None) for near in (3, 4, 5, 1)]),
    ):
        server._answer(asked, False)
        while server._ahead:
            server._pixels(server._ahead.popleft())
        assert [key for key in server._kept if key in ahead] == ahead
    server._answer(PixelRequest(id=3, film=1, frame=21), False)
    assert list(server._ahead) == [("frame", 1, 24, None)]


def test_reading_ahead_gives_way_to_a_request(studio: Studio, film_path: Path) -> None:
    server = FrameServer(studio.root)
    server._answer(PixelRequest(id=1, film=1, frame=20), False)
    waiting = Inbox(BytesIO(b'{"id": 2, "film": 1, "frame": 30}\n'))
    wait_until(lambda: not waiting.is_idle(), "the request is there")
    item = server._next(waiting)
    assert item is not None and isinstance(item[0], PixelRequest) and item[0].id == 2
    assert len(server._ahead) == 4 and len(server._kept) == 1


@pytest.mark.slow
def test_memory_is_bounded_over_two_thousand_requests(studio: Studio, tmp_path: Path, run: Callable[..., Any]) -> None:
    """Frames at fifty widths each: kept without bound they would be 300 MB."""
    large = [np.repeat(np.repeat(numbered(number), 2, 0), 2, 1) for number in range(1, COUNT + 1)]
    run(IngestRequest(path=str(write_clip(tmp_path / "large.mp4", large))))
    client = Client(studio.root)
    process = psutil.Process(client.process.pid)
    sizes = []
    for number in range(2000):
        width = 300 + number // COUNT
        header, _body = client.ask(id=number, film=1, frame=number % COUNT + 1, width=width, format="rgb")
        assert header["id"] == number and "error" not in header
        sizes.append(process.memory_info().rss)
    client.close()
    after_200, most = sizes[200], max(sizes)
    print(f"{after_200 / 1e6:.0f} MB after 200 requests, {most / 1e6:.0f} MB at most in 2,000")
    assert most < after_200 + KEPT_BYTES


def test_a_killed_server_answers_the_next_request(studio: Studio, film_path: Path, tmp_path: Path) -> None:
    server = TerminalSide(frame_server_command(studio.root), tmp_path / "pixels.log")
    assert server.request(1, 5, 192).result(60).width == 192
    for _kill in range(2 * MOST_DEATHS):
        assert server._child is not None
        os.kill(server._child.pid, signal.SIGKILL)
        wait_until(lambda: server._child is None, "its death is known")
        assert server.request(1, 6, 192).result(60).width == 192
    server.close()
