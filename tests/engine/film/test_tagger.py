"""The tagger contract: BGR in, a score for each row of the list, unit vectors even from a file without them."""

from pathlib import Path

import numpy as np
import pytest

from db.errors import UserError
from engine.tagger import CPU_BATCH, load_tagger
from tests.engine.film.tiny_taggers import EMBEDDING, SIZE, TAGS, expected, write_tagger


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)


@pytest.mark.parametrize("embedding", [True, False])
@pytest.mark.parametrize("batch", ["n", 1, 4])
@pytest.mark.parametrize("count", [1, 4, 11])
def test_scores_and_vectors_are_the_models(tmp_path: Path, embedding: bool, batch: int | str, count: int) -> None:
    tagger = load_tagger(str(write_tagger(tmp_path / "tiny", batch=batch, embedding=embedding)))
    assert (tagger.input_size, tagger.embedding_dim, tagger.provider) == (SIZE, EMBEDDING, "CPUExecutionProvider")
    assert tagger.batch_size == (CPU_BATCH if batch == "n" else batch)
    scores, vectors = tagger(pictures(count))
    expected_scores, expected_vectors = expected(pictures(count))
    np.testing.assert_allclose(scores, expected_scores, atol=1e-5)
    np.testing.assert_allclose(vectors, expected_vectors, atol=1e-5)


def test_a_pictures_scores_do_not_depend_on_the_batch(tmp_path: Path) -> None:
    tagger = load_tagger(str(write_tagger(tmp_path / "tiny")))
    together, _vectors = tagger(pictures(5))
    alone, _vectors = tagger(pictures(5)[3:4])
    assert np.array_equal(together[3:4], alone)


def test_tags_keep_their_order_names_and_categories(tmp_path: Path) -> None:
    tagger = load_tagger(str(write_tagger(tmp_path / "tiny")))
    assert [(tag.name, tag.category) for tag in tagger.tags] == TAGS
    assert tagger.name == "tiny" and len(tagger.sha256) == 64


def test_the_copy_with_vectors_is_made_once_and_the_original_stays(tmp_path: Path, cache: Path) -> None:
    folder = write_tagger(tmp_path / "tiny", embedding=False)
    before = (folder / "model.onnx").read_bytes()
    first = load_tagger(str(folder))
    copies = list(cache.rglob("*.onnx"))
    assert [copy.stem for copy in copies] == [first.sha256]
    written = copies[0].stat().st_mtime_ns
    assert load_tagger(str(folder)).sha256 == first.sha256
    assert copies[0].stat().st_mtime_ns == written
    assert (folder / "model.onnx").read_bytes() == before


def test_a_list_of_another_length_is_refused(tmp_path: Path) -> None:
    folder = write_tagger(tmp_path / "tiny", rows=len(TAGS) - 1)
    with pytest.raises(UserError, match="names 5 tags, but model.onnx scores 6"):
        load_tagger(str(folder))


@pytest.mark.parametrize("name", ["model.onnx", "selected_tags.csv"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_tagger(tmp_path / "tiny")
    (folder / name).unlink()
    with pytest.raises(UserError, match=name):
        load_tagger(str(folder))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.onnx", b"not a model"),
        ("selected_tags.csv", b"a,b\n1,2\n"),
        ("selected_tags.csv", b"name,category\nx,y"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    folder = write_tagger(tmp_path / "tiny")
    (folder / name).write_bytes(content)
    with pytest.raises(UserError) as refusal:
        load_tagger(str(folder))
    assert name in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no tagger folder"):
        load_tagger(str(tmp_path / "a" / "b"))


def test_a_hub_id_offline_says_which_files_to_put_where(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    asked = {}

    def offline(repository: str, **how: object) -> str:
        how.pop("tqdm_class")
        asked.update(how, repository=repository)
        raise huggingface_hub.errors.LocalEntryNotFoundError("no network")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(UserError, match=r"model.onnx and selected_tags.csv into a folder"):
        load_tagger("owner/wd-tagger@v3")
    assert asked == {
        "repository": "owner/wd-tagger",
        "revision": "v3",
        "allow_patterns": ["model.onnx", "selected_tags.csv"],
    }
