"""The vector index finds by cosine, keeps ids, and refuses a file that is not its own."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from assistant.errors import IndexDamagedError
from assistant.vector_index import VectorIndex

DIRECTIONS = np.eye(4, dtype=np.float32)
QUERY = np.array([0.8, 0.6, 0.0, 0.0], np.float32)


@pytest.fixture
def index() -> VectorIndex:
    index = VectorIndex(4)
    index.add(np.array([70, 10, 40, 20]), DIRECTIONS)
    return index


def test_nearest_come_first_and_ties_in_order_of_id(index: VectorIndex) -> None:
    ids, scores = index.search(QUERY, 4)

    assert ids.tolist() == [70, 10, 20, 40]
    assert scores.tolist() == pytest.approx([0.8, 0.6, 0.0, 0.0])


def test_limit_beyond_the_size_gives_everything_once(index: VectorIndex) -> None:
    ids, _ = index.search(QUERY, 100)

    assert sorted(ids.tolist()) == [10, 20, 40, 70]


def test_only_allowed_ids_are_found(index: VectorIndex) -> None:
    ids, scores = index.search(QUERY, 3, allowed_ids=np.array([40, 10, 999]))

    assert ids.tolist() == [10, 40]
    assert scores.tolist() == pytest.approx([0.6, 0.0])


def test_no_allowed_ids_find_nothing(index: VectorIndex) -> None:
    ids, scores = index.search(QUERY, 3, allowed_ids=np.array([], np.int64))

    assert (len(ids), len(scores)) == (0, 0)


def test_an_empty_index_finds_nothing() -> None:
    ids, _ = VectorIndex(4).search(QUERY, 3)

    assert len(ids) == 0


def test_similarities_come_in_the_order_asked(index: VectorIndex) -> None:
    assert index.similarities(QUERY, np.array([10, 40, 70])).tolist() == pytest.approx([0.6, 0.0, 0.8])
    assert len(index.similarities(QUERY, np.array([], np.int64))) == 0


def test_similarity_with_an_unknown_id_is_a_key_error(index: VectorIndex) -> None:
    with pytest.raises(KeyError):
        index.similarities(QUERY, np.array([10, 11]))


def test_removed_vectors_are_gone_and_the_others_keep_their_ids(index: VectorIndex) -> None:
    removed = index.remove(np.array([70, 20, 5]))

    assert removed == 2
    assert index.ids.tolist() == [10, 40]
    assert index.search(QUERY, 4)[0].tolist() == [10, 40]
    assert index.similarities(QUERY, np.array([10])).tolist() == pytest.approx([0.6])


def test_a_saved_index_answers_the_same(index: VectorIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "vectors.faiss")

    loaded = VectorIndex.load(tmp_path / "vectors.faiss")

    assert (loaded.size, loaded.dimension, loaded.ids.tolist()) == (4, 4, [10, 20, 40, 70])
    assert loaded.search(QUERY, 4)[1].tolist() == index.search(QUERY, 4)[1].tolist()


@pytest.mark.parametrize("keep", [0, 3, 40, 120])
def test_a_truncated_file_is_refused(index: VectorIndex, tmp_path: Path, keep: int) -> None:
    path = tmp_path / "vectors.faiss"
    index.save(path)
    path.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(IndexDamagedError, match=r"vectors\.faiss.*index build --opnieuw"):
        VectorIndex.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexDamagedError, match=r"vectors\.faiss"):
        VectorIndex.load(tmp_path / "vectors.faiss")


def test_search_leaves_the_number_of_threads_for_building_as_it_was(index: VectorIndex) -> None:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(3)
    try:
        index.search(QUERY, 4)

        assert faiss.omp_get_max_threads() == 3
    finally:
        faiss.omp_set_num_threads(before)
