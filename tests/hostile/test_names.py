"""Names of files and folders, arguments, tags and queries that are more than text."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.connect import connect_studio
from db.requests import BaseRequest, IngestRequest, TaggerRequest
from db.text import escaped, plain, plain_block, readable
from tests.engine.film.clips import numbered_clip
from tests.hostile.oracle import OBEYED, Bench, Case, command, harmless, judge_command, process, refused
from tests.hostile.texts import TEXTS, file_names

NAMES = file_names()
FILMS = [
    Case(f"film called {key}", lambda folder, name=name: _film(folder / f"{name}.mp4"), r"\.mp4")
    for key, name in NAMES.items()
]
MODELS = [
    Case(f"{kind.kind} in {key}", lambda folder, name=name, kind=kind: _folder(folder / f"x{name}", kind))
    for key, name in NAMES.items()
    for kind in (BaseRequest, TaggerRequest)
]  # fmt: skip
ARGUMENTS = [
    Case(f"{' '.join(words)} {key}", lambda _folder, words=words, text=text: [*words, text[:3000]])
    for key, text in TEXTS.items()
    for words in (["frame"], ["query"], ["query", "--pictures"], ["setting"], ["setting", "notify"], ["rate"],
                  ["verdict", "film#5"], ["jobs", "cancel"], ["generate"], ["dataset"], ["ingest"], ["restore"])
]  # fmt: skip
CASES = [*FILMS, *MODELS, *ARGUMENTS]


def _film(path: Path) -> IngestRequest:
    path.write_bytes(b"no film at all" * 10)
    return IngestRequest(path=str(path))


def _folder(path: Path, kind: type[BaseRequest] | type[TaggerRequest]) -> BaseRequest | TaggerRequest:
    path.mkdir()
    return kind(source=str(path))


@pytest.mark.parametrize("case", [*FILMS, *MODELS], ids=str)
def test_a_file_by_any_name(bench: Bench, case: Case) -> None:
    bench.judge(case)


@pytest.mark.parametrize("case", ARGUMENTS, ids=str)
def test_an_argument_is_never_more_than_text(film_studio: Path, case: Case) -> None:
    judge_command(film_studio, *case.make(film_studio))


@pytest.mark.parametrize("key", TEXTS)
def test_a_film_that_was_taken_in_is_named_plainly(bench: Bench, film_studio: Path, key: str) -> None:
    db = connect_studio(film_studio)
    db.execute("UPDATE film SET name = ?", (TEXTS[key][:1000] or "film",))
    for look in (["status"], ["query", "--count"], ["query", "limit:1"], ["frame", "film#1"], ["status", "--json"]):
        outcome = command(film_studio, *look)
        assert outcome.code == 0, outcome.err
        harmless(outcome.out)
    db.close()


@pytest.mark.parametrize("name", [b"film-\xff\xfe.mp4", b"\x9b31m.mp4", b"\x1b]0;owned\x07.mp4", b"--help\n.mp4"])
def test_the_real_program_with_a_name_of_bytes(tmp_path: Path, name: bytes) -> None:
    from kimikoe_tui.cli.models import create_studio

    create_studio(tmp_path / "studio")
    path = bytes(tmp_path) + b"/" + name
    Path(path.decode(errors="surrogateescape")).touch()
    refused(process("--studio", tmp_path / "studio", "ingest", path))
    harmless(process(name).err)


def test_a_sound_film_by_a_strange_name_is_taken_in(tmp_path: Path) -> None:
    bench = Bench(tmp_path)  # of its own: the arguments above have queued work in the other
    path = bench.folder() / "[bold]\u202egpj.\x1b[31m.mp4"
    numbered_clip(path, 6)
    job = bench.run(IngestRequest(path=str(path)))
    assert job.state == "done", (job.state, job.error, job.message)


@given(st.text())
def test_no_message_is_more_than_a_line_that_can_be_shown(text: str) -> None:
    for shown in (readable(text), plain(text)):
        assert not OBEYED.search(shown)
    assert not OBEYED.search(plain_block(text)) and not OBEYED.search(escaped(text))
    assert readable(text).count("\n") <= 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.integers(0, 3000))
def test_a_caret_stays_under_its_place(text: str, length: int) -> None:
    before = "a" * length
    line, caret = readable(f"{before}!{text}\n{' ' * length}^ here").split("\n")
    assert line[caret.index("^")] == "!" and caret.endswith("^ here")
