"""The vector cache holds its rows and nothing else; resemblance names each shot once, best first."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.resemblance import nearest
from engine.tagger import unit_length
from engine.vectors import checksum, from_blob, open_vectors, to_blob


def rows(count: int, dim: int = 7, seed: int = 0) -> list[bytes]:
    vectors = unit_length(np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32))
    return [to_blob(vector) for vector in vectors]


def test_the_cache_holds_the_rows_and_is_read_again_without_them(tmp_path: Path) -> None:
    blobs = rows(300)
    written = np.array(open_vectors(tmp_path / "v.npy", "a", (300, 7), lambda: blobs))
    np.testing.assert_array_equal(written, np.stack([from_blob(blob) for blob in blobs]))
    again = open_vectors(tmp_path / "v.npy", "a", (300, 7), lambda: pytest.fail("it was rebuilt"))
    np.testing.assert_array_equal(again, written)


def test_another_checksum_rebuilds_it(tmp_path: Path) -> None:
    open_vectors(tmp_path / "v.npy", "a", (3, 7), lambda: rows(3))
    grown = open_vectors(tmp_path / "v.npy", "b", (5, 7), lambda: rows(5, seed=1))
    np.testing.assert_array_equal(grown, np.stack([from_blob(blob) for blob in rows(5, seed=1)]))


@pytest.mark.parametrize("lost", ["v.npy", "v.json"])
@pytest.mark.parametrize("how", ["missing", "cut"])
def test_a_damaged_cache_is_rebuilt(tmp_path: Path, lost: str, how: str) -> None:
    expected = np.array(open_vectors(tmp_path / "v.npy", "a", (9, 7), lambda: rows(9)))
    path = tmp_path / lost
    content = path.read_bytes()
    path.unlink()
    if how == "cut":
        path.write_bytes(content[: len(content) // 2])
    np.testing.assert_array_equal(open_vectors(tmp_path / "v.npy", "a", (9, 7), lambda: rows(9)), expected)


def test_no_rows_are_an_empty_array(tmp_path: Path) -> None:
    assert open_vectors(tmp_path / "v.npy", "a", (0, 7), lambda: []).shape == (0, 7)


def test_the_checksum_names_tagger_and_rows() -> None:
    keys = np.array([[1, 1, 5], [2, 1, 9]], np.int64)
    names = {checksum("t", keys), checksum("u", keys), checksum("t", keys[:1]), checksum("t", keys + 1)}
    assert len(names) == 4 and checksum("t", keys.copy()) in names


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 800), st.integers(1, 40), st.integers(1, 6), st.integers(0, 1000))
def test_hits_are_the_best_frame_of_each_of_the_best_shots(
    queries: int, count: int, shots: int, hits: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    vectors = unit_length(random.normal(size=(count, 5)).astype(np.float32))
    asked = unit_length(random.normal(size=(queries, 5)).astype(np.float32))
    shot_of = random.integers(0, shots, count)
    for query, found in zip(asked, nearest(asked, vectors, shot_of, hits), strict=True):
        best: dict[int, float] = {}
        for shot, score in zip(shot_of.tolist(), (vectors @ query).tolist(), strict=True):
            best[shot] = max(score, best.get(shot, -2))
        expected = sorted(best.values(), reverse=True)[:hits]
        np.testing.assert_allclose([hit.score for hit in found], expected, atol=1e-5)
        assert len({int(shot_of[hit.index]) for hit in found}) == len(found)


def test_a_crowded_shot_does_not_hide_the_others() -> None:
    crowd = unit_length(np.tile([[1.0, 0.0]], (2000, 1)).astype(np.float32))
    others = unit_length(np.array([[1, 0.5], [1, 1], [1, 2]], np.float32))
    shot_of = np.array([0] * 2000 + [1, 2, 3])
    found = nearest(crowd[:1], np.concatenate((crowd, others)), shot_of, 4)[0]
    assert [hit.index for hit in found] == [0, 2000, 2001, 2002]
