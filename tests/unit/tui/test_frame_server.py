"""The client of the frame server, against a server of our own that answers, complains, dies and hangs."""

import sys
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from db.errors import UserError
from kimikoe_tui.pixels import MOST_DEATHS, FrameServer
from tests.pilot.conftest import FAKE_SERVER
from tests.pilot.fake_frame_server import DEADLY, UNKNOWN

PATIENCE = 20


@pytest.fixture
def server(tmp_path: Path):  # type: ignore[no-untyped-def]
    running = FrameServer(FAKE_SERVER, tmp_path / "logs" / "pixels.log")
    yield running
    running.close()


def test_a_frame_is_answered_with_its_pixels(server: FrameServer) -> None:
    pixels = server.request(1, 7, 32).result(PATIENCE)
    assert (pixels.width, pixels.height) == (32, 18)
    assert pixels.rgb == bytes((7, 0, 0)) * (32 * 18)


def test_many_wishes_get_their_own_answers(server: FrameServer) -> None:
    wishes = {number: server.request(1, number, 16) for number in range(20, 40)}
    for number, wish in wishes.items():
        assert wish.result(PATIENCE).rgb[0] == number


def test_a_complaint_is_a_user_error(server: FrameServer) -> None:
    with pytest.raises(UserError, match="there is no such frame"):
        server.request(1, UNKNOWN, 16).result(PATIENCE)


def test_a_wish_is_taken_back(server: FrameServer) -> None:
    wish = server.request(1, 5, 16)
    if wish.cancel():
        with pytest.raises(CancelledError):
            wish.result(PATIENCE)
    assert server.request(1, 6, 16).result(PATIENCE).rgb[0] == 6


def test_a_server_that_dies_is_started_again(server: FrameServer) -> None:
    assert server.request(1, 5, 16).result(PATIENCE).rgb[0] == 5
    doomed = [server.request(1, number, 16) for number in (DEADLY, 6)]
    for wish in doomed:
        with pytest.raises(UserError, match="the film ran out"):
            wish.result(PATIENCE)
    assert server.request(1, 6, 16).result(PATIENCE).rgb[0] == 6


def test_a_server_that_never_answers_is_not_started_for_ever(tmp_path: Path) -> None:
    server = FrameServer([sys.executable, "-c", "import sys; sys.exit('no film here')"], tmp_path / "pixels.log")
    for _death in range(MOST_DEATHS):
        with pytest.raises(UserError):
            server.request(1, 1, 16).result(PATIENCE)
    with pytest.raises(UserError, match="does not run: no film here"):
        server.request(1, 1, 16).result(PATIENCE)
    server.close()


def test_a_program_that_is_not_there_is_a_user_error(tmp_path: Path) -> None:
    server = FrameServer([str(tmp_path / "nothing")], tmp_path / "pixels.log")
    with pytest.raises(UserError):
        server.request(1, 1, 16).result(PATIENCE)
    server.close()


def test_closing_tells_who_still_waits(tmp_path: Path) -> None:
    hanging = FrameServer([sys.executable, "-c", "import sys; sys.stdin.read()"], tmp_path / "pixels.log")
    wish = hanging.request(1, 1, 16)
    hanging.close()
    with pytest.raises(UserError):
        wish.result(PATIENCE)
    with pytest.raises(UserError):
        hanging.request(1, 1, 16).result(PATIENCE)


def test_an_answer_that_is_cut_short_is_a_death(tmp_path: Path) -> None:
    header = '{"id": 1, "bytes": 99, "width": 3, "height": 11, "format": "rgb"}'
    code = f"import sys; sys.stdin.readline(); print('{header}'); print('too little')"
    server = FrameServer([sys.executable, "-c", code], tmp_path / "pixels.log")
    with pytest.raises(UserError, match="stopped"):
        server.request(1, 1, 16).result(PATIENCE)
    server.close()
