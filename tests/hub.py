"""A model hub on loopback: enough of its protocol to list and download repositories from folders."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def hub(repositories: Mapping[str, Path], cut_after: int | None = None) -> Iterator[str]:
    """Serve folders as repositories `owner/name`; yields the address for `HF_ENDPOINT`.

    With `cut_after`, the connection is cut once, after so many bytes of the first answer that is longer.
    """

    class Handler(_Handler):
        folders = repositories
        cuts = [cut_after] if cut_after else []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    folders: Mapping[str, Path]
    cuts: list[int]

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    def _answer(self, *, with_body: bool) -> None:
        parts = self.path.partition("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"] and (folder := self.folders.get("/".join(parts[2:4]))):
            listing = self._tree(folder) if "tree" in parts[4:5] else self._repository("/".join(parts[2:4]), folder)
            self._send(json.dumps(listing).encode(), with_body)
        elif parts[2:3] == ["resolve"] and (folder := self.folders.get("/".join(parts[:2]))):
            path = folder.joinpath(*parts[4:])
            self._send(path.read_bytes(), with_body) if path.is_file() else self._missing("EntryNotFound")
        else:
            self._missing("RepoNotFound")

    def _tree(self, folder: Path) -> list[dict[str, Any]]:
        return [
            {"type": "file", "path": name, "size": (folder / name).stat().st_size, "oid": _digest(folder / name)[:40]}
            for name in _files(folder)
        ]

    def _repository(self, name: str, folder: Path) -> dict[str, Any]:
        siblings = [{"rfilename": file} for file in _files(folder)]
        return {"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings, "private": False, "tags": []}

    def _send(self, body: bytes, with_body: bool) -> None:
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if with_body:
            self.wfile.write(self._as_far_as_it_goes(body[start:]))

    def _as_far_as_it_goes(self, body: bytes) -> bytes:
        if not self.cuts or len(body) <= self.cuts[0]:
            return body
        self.close_connection = True
        return body[: self.cuts.pop()]

    def _missing(self, code: str) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
