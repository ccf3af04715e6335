"""Film frames and generated pictures as pixels, from the frame server: a child process that decodes while others work.

One JSON request a line goes to its standard input; one JSON header line and so many raw bytes come back. The child
starts with the first request and is started again where it died. Who shows something else takes its wish back.
"""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO

from db.errors import UserError
from db.i18n import _
from db.short_log import begin_log, keep_short
from kimikoe_tui.engine_command import engine_command
from kimikoe_tui.graphics.pixels import Pixels

MOST_DEATHS = 3
REST_SECONDS = 30.0  # before a child is tried again that has died so often in a row


def frame_server_command(root: Path) -> list[str]:
    """How the frame server of a studio is started."""
    return engine_command("engine.pixels", str(root.resolve()))


class FrameServer:
    """Asks the frame server for pictures. Any thread may call."""

    def __init__(self, command: Sequence[str], log: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._command = list(command)
        self._log = log
        self._lock = threading.RLock()
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: dict[int, Future[Pixels]] = {}
        self._next_id = 1
        self._clock = clock
        self._deaths, self._died_at = 0, 0.0
        self._closed = False

    def request(self, film_id: int, number: int, width: int) -> Future[Pixels]:
        """A frame, `width` pixels wide; the future fails with `UserError`, and `cancel` on it takes the wish back."""
        return self._wish({"film": film_id, "frame": number, "width": width})

    def request_image(self, image_id: int, width: int) -> Future[Pixels]:
        """A generated picture, at most `width` pixels wide, in the same way."""
        return self._wish({"image": image_id, "width": width})

    def request_window(
        self, what: Mapping[str, int], around: tuple[float, float], size: tuple[int, int]
    ) -> Future[Pixels]:  # fmt: skip
        """At most `size` pixels of a picture at its own size, around a place in shares of its width and height.

        `what` is `{"image": 3}` or `{"film": 1, "frame": 57301}`.
        """
        return self._wish({**what, "around": around, "window": size})

    def _wish(self, what: Mapping[str, object]) -> Future[Pixels]:
        answer: Future[Pixels] = Future()
        with self._lock:
            request_id, self._next_id = self._next_id, self._next_id + 1
            self._waiting[request_id] = answer
            try:
                self._send(self._living_child(), {"id": request_id, **what, "format": "rgb"})
            except (OSError, UserError) as error:
                del self._waiting[request_id]
                answer.set_exception(error if isinstance(error, UserError) else _died(error))
        answer.add_done_callback(lambda done: self._take_back(request_id) if done.cancelled() else None)
        return answer

    def close(self) -> None:
        """End the child, which writes nothing; what still waits fails."""
        with self._lock:
            self._closed = True
            child = self._child
        if child is not None:
            child.kill()
            self._bury(child)

    def _living_child(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            keep_short(self._log)
            return self._child
        if self._child is not None:
            self._bury(self._child)
        resting = self._deaths >= MOST_DEATHS and self._clock() - self._died_at < REST_SECONDS
        if self._closed or resting:
            raise UserError(_("the frame server does not run: {reason}").format(reason=self._last_words()))
        with begin_log(self._log) as log:
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        threading.Thread(target=self._listen, args=(self._child,), name="frames", daemon=True).start()
        return self._child

    def _listen(self, child: subprocess.Popen[bytes]) -> None:
        """Hand each answer to who waits for it, until the child ends."""
        assert child.stdout is not None
        while (answered := _read_answer(child.stdout)) is not None:
            request_id, answer = answered
            with self._lock:
                self._deaths = 0
                waiting = self._waiting.pop(request_id, None)
            _resolve(waiting, answer)
        self._bury(child)

    def _bury(self, child: subprocess.Popen[bytes]) -> None:
        """Tell all who still wait for a child that it has ended, once."""
        child.wait()
        with self._lock:
            if self._child is not child:
                return
            self._child = None
            self._deaths += 1
            self._died_at = self._clock()
            orphans, self._waiting = list(self._waiting.values()), {}
        for orphan in orphans:
            _resolve(orphan, _died(self._last_words()))

    def _take_back(self, request_id: int) -> None:
        with self._lock:
            known = self._waiting.pop(request_id, None)
            if known is None or self._child is None:
                return
            try:
                self._send(self._child, {"cancel": request_id})
            except OSError:
                return

    @staticmethod
    def _send(child: subprocess.Popen[bytes], message: Mapping[str, object]) -> None:
        assert child.stdin is not None
        child.stdin.write(json.dumps(message).encode() + b"\n")
        child.stdin.flush()

    def _last_words(self) -> str:
        try:
            lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        except FileNotFoundError:
            lines = []
        return lines[-1] if lines else _("it gave no reason")


def _read_answer(stream: IO[bytes]) -> tuple[int, Pixels | UserError] | None:
    """One answer of the server, or None at its end."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    header = json.loads(line)
    if "error" in header:
        return header["id"], UserError(str(header["error"]))
    rgb = stream.read(header["bytes"])
    if len(rgb) < header["bytes"]:
        return None
    return header["id"], Pixels(header["width"], header["height"], rgb)


def _resolve(waiting: "Future[Pixels] | None", answer: Pixels | UserError) -> None:
    """Fulfil a wish, unless it was taken back meanwhile."""
    if waiting is None or not waiting.set_running_or_notify_cancel():
        return
    if isinstance(answer, UserError):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)


def _died(reason: object) -> UserError:
    return UserError(_("the frame server stopped: {reason}").format(reason=reason))
