"""The vector index finds by cosine, keeps ids at every size, and refuses files that are not as it wrote them."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.embeddings import Vector
from assistant.errors import IndexDamagedError
from assistant.vector_index import Ids, VectorIndex
from assistant.vector_index_writer import Sizes, VectorIndexWriter

DIRECTIONS = np.eye(4, dtype=np.float32)
QUERY = np.array([0.8, 0.6, 0.0, 0.0], np.float32)
SMALL = Sizes(exact=400, recent=100)  # a large index starts beyond 400 vectors
WIDTH = 32


def written(
    path: Path, ids: Ids, vectors: Vector, previous: VectorIndex | None = None, gone: Ids | None = None
) -> Path:
    """An index at `path` with these vectors added to (and then `gone` removed from) the previous one."""
    path.parent.mkdir()
    writer = VectorIndexWriter(path, vectors.shape[1], previous, SMALL)
    if gone is not None:
        writer.remove(gone)
    for begin in range(0, len(ids), 64):
        writer.add(ids[begin : begin + 64], vectors[begin : begin + 64])
    writer.finish()
    return path


def nothing() -> tuple[Ids, Vector]:
    return np.empty(0, np.int64), np.empty((0, WIDTH), np.float32)


def clustered(count: int, seed: int = 0) -> Vector:
    """Unit vectors around fifty centres, as passages are around subjects."""
    chance = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((50, WIDTH))
    vectors = centres[chance.integers(0, 50, count)] + 0.5 * chance.standard_normal((count, WIDTH))
    unit: Vector = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def exactly(vectors: Vector, ids: Ids, query: Vector, limit: int) -> list[int]:
    """What a comparison with every vector finds."""
    found: list[int] = ids[np.lexsort((ids, -(vectors @ query)))[:limit]].tolist()
    return found


@pytest.fixture
def index(tmp_path: Path) -> VectorIndex:
    return VectorIndex.load(written(tmp_path / "four" / "vectors.faiss", np.array([70, 10, 40, 20]), DIRECTIONS))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """An index of 1,000 vectors with ids 0, 3, 6, …, most of them in the large part."""
    return written(tmp_path / "large" / "vectors.faiss", np.arange(0, 3000, 3), clustered(1000))


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


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = VectorIndex.load(written(tmp_path / "none" / "vectors.faiss", *nothing()))

    ids, _ = index.search(np.zeros(WIDTH, np.float32), 3)

    assert len(ids) == 0


def test_similarities_come_in_the_order_asked(index: VectorIndex) -> None:
    assert index.similarities(QUERY, np.array([10, 40, 70])).tolist() == pytest.approx([0.6, 0.0, 0.8])
    assert len(index.similarities(QUERY, np.array([], np.int64))) == 0


def test_similarity_with_an_unknown_id_is_a_key_error(index: VectorIndex) -> None:
    with pytest.raises(KeyError):
        index.similarities(QUERY, np.array([10, 11]))


def test_removed_vectors_are_gone_and_the_others_keep_their_ids(index: VectorIndex, tmp_path: Path) -> None:
    ids, vectors = np.empty(0, np.int64), np.empty((0, 4), np.float32)

    left = VectorIndex.load(written(tmp_path / "b" / "vectors.faiss", ids, vectors, index, np.array([70, 20, 5])))

    assert left.ids.tolist() == [10, 40]
    assert left.search(QUERY, 4)[0].tolist() == [10, 40]
    assert left.similarities(QUERY, np.array([10])).tolist() == pytest.approx([0.6])


def test_the_writer_tells_how_many_it_removed(index: VectorIndex, large: Path, tmp_path: Path) -> None:
    few = VectorIndexWriter(tmp_path / "few.faiss", 4, index, SMALL)
    many = VectorIndexWriter(tmp_path / "many.faiss", WIDTH, VectorIndex.load(large), SMALL)

    assert few.remove(np.array([70, 20, 5])) == 2
    assert few.size == 2
    assert [many.remove(np.array([0, 1, 2997])) for _ in range(2)] == [2, 0]
    assert many.size == 998


@pytest.mark.parametrize("keep", [0, 3, 40, 120])
def test_a_truncated_file_is_refused(index: VectorIndex, tmp_path: Path, keep: int) -> None:
    path = tmp_path / "four" / "vectors.faiss"
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


def test_few_vectors_are_one_file_and_many_have_a_large_part(index: VectorIndex, large: Path, tmp_path: Path) -> None:
    assert index.large is None
    assert sorted(path.name for path in (tmp_path / "four").iterdir()) == ["vectors.faiss"]
    assert sorted(path.name for path in large.with_suffix("").iterdir()) == [
        *("exact-000001.f32", "exact-000001.npy", "exact-000002.f32", "exact-000002.npy"),
        *("exact-000003.f32", "exact-000003.npy", "near.faiss"),
    ]
    assert VectorIndex.load(large).ids.tolist() == list(range(0, 3000, 3))


def test_a_large_index_finds_what_a_comparison_with_everything_finds(large: Path) -> None:
    index, ids, vectors = VectorIndex.load(large), np.arange(0, 3000, 3), clustered(1000)

    for query in clustered(20, seed=1):
        found, scores = index.search(query, 10)

        assert found.tolist() == exactly(vectors, ids, query, 10)
        assert scores.tolist() == pytest.approx((vectors[found // 3] @ query).tolist(), abs=1e-6)


def test_cosines_in_a_large_index_are_those_of_the_vectors_that_went_in(large: Path) -> None:
    query, asked = clustered(1, seed=1)[0], np.array([2997, 0, 1500, 3])

    cosines = VectorIndex.load(large).similarities(query, asked)

    assert cosines.tolist() == (clustered(1000)[asked // 3] @ query).tolist()
    with pytest.raises(KeyError):
        VectorIndex.load(large).similarities(query, np.array([3, 4]))


@pytest.mark.parametrize("step", [3, 6, 300])
def test_a_filter_on_a_large_index_finds_the_nearest_of_what_it_allows(large: Path, step: int) -> None:
    index, vectors = VectorIndex.load(large), clustered(1000)
    allowed = np.arange(0, 4000, step)
    inside = allowed[allowed < 3000]

    for query in clustered(10, seed=2):
        found = index.search(query, 10, allowed)[0]

        assert found.tolist() == exactly(vectors[inside // 3], inside, query, 10)


def test_one_more_document_shares_the_large_part_and_is_found(large: Path, tmp_path: Path) -> None:
    fresh = clustered(5, seed=3)

    path = written(tmp_path / "next" / "vectors.faiss", np.arange(5000, 5005), fresh, VectorIndex.load(large))

    index = VectorIndex.load(path)
    assert index.size == 1005
    assert [index.search(query, 1)[0].tolist() for query in fresh] == [[5000], [5001], [5002], [5003], [5004]]
    assert index.recent.size == 5
    for file in path.with_suffix("").iterdir():
        assert file.samefile(large.with_suffix("") / file.name)


def test_what_is_removed_from_a_large_index_is_never_found_again(large: Path, tmp_path: Path) -> None:
    query = clustered(1, seed=1)[0]
    gone = VectorIndex.load(large).search(query, 50)[0]

    path = written(tmp_path / "next" / "vectors.faiss", *nothing(), VectorIndex.load(large), gone)

    index, left = VectorIndex.load(path), np.setdiff1d(np.arange(0, 3000, 3), gone)
    assert index.ids.tolist() == left.tolist()
    assert index.search(query, 20)[0].tolist() == exactly(clustered(1000)[left // 3], left, query, 20)
    assert index.search(query, 20, gone)[0].tolist() == []
    with pytest.raises(KeyError):
        index.similarities(query, gone[:1])


def test_full_recent_vectors_become_a_part_and_the_lists_stay(large: Path, tmp_path: Path) -> None:
    path = written(
        tmp_path / "next" / "vectors.faiss", np.arange(5000, 5150), clustered(150, 4), VectorIndex.load(large)
    )

    index = VectorIndex.load(path)
    vectors, ids = np.vstack([clustered(1000), clustered(150, 4)]), np.r_[np.arange(0, 3000, 3), np.arange(5000, 5150)]
    assert (index.size, index.recent.size) == (1150, 0)
    assert (path.with_suffix("") / "exact-000001.f32").samefile(large.with_suffix("") / "exact-000001.f32")
    assert (large.with_suffix("") / "near.faiss").stat().st_nlink == 1
    for query in clustered(10, seed=5):
        assert index.search(query, 10)[0].tolist() == exactly(vectors, ids, query, 10)


def test_an_index_that_has_grown_gets_more_lists(large: Path, tmp_path: Path) -> None:
    before = VectorIndex.load(large)
    path = written(tmp_path / "next" / "vectors.faiss", np.arange(5000, 9000), clustered(4000, 4), before)

    index = VectorIndex.load(path)

    assert before.large
    assert index.large
    assert (before.large.near.lists, index.large.near.lists) == (32, 64)
    assert index.size == 5000


def test_dead_rows_are_left_out_when_there_are_many(large: Path, tmp_path: Path) -> None:
    gone = np.arange(0, 1200, 3)

    path = written(tmp_path / "next" / "vectors.faiss", *nothing(), VectorIndex.load(large), gone)

    index, left = VectorIndex.load(path), np.arange(1200, 3000, 3)
    assert index.ids.tolist() == left.tolist()
    assert sum(file.stat().st_size for file in path.with_suffix("").glob("*.f32")) == 600 * WIDTH * 4
    query = clustered(1, seed=6)[0]
    assert index.search(query, 10)[0].tolist() == exactly(clustered(1000)[400:], left, query, 10)


def test_an_index_that_has_shrunk_is_one_file_again(large: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "next" / "vectors.faiss", *nothing(), VectorIndex.load(large), np.arange(0, 2700, 3))

    index = VectorIndex.load(path)

    assert index.ids.tolist() == list(range(2700, 3000, 3))
    assert [file.name for file in path.parent.iterdir()] == ["vectors.faiss"]


def test_an_id_that_comes_back_has_its_new_vector(large: Path, tmp_path: Path) -> None:
    ids, other = np.array([30]), clustered(1, seed=7)
    once = written(tmp_path / "once" / "vectors.faiss", *nothing(), VectorIndex.load(large), ids)
    back = written(tmp_path / "back" / "vectors.faiss", ids, other, VectorIndex.load(once))

    index = VectorIndex.load(back)

    assert index.size == 1000
    assert index.search(other[0], 1)[0].tolist() == [30]
    assert index.similarities(other[0], ids).tolist() == pytest.approx([1.0], abs=1e-6)


def test_the_same_vectors_give_the_same_files(large: Path, tmp_path: Path) -> None:
    again = written(tmp_path / "again" / "vectors.faiss", np.arange(0, 3000, 3), clustered(1000))

    for file in large.with_suffix("").iterdir():
        assert (again.with_suffix("") / file.name).read_bytes() == file.read_bytes()


def test_a_flipped_bit_in_an_exact_vector_is_never_served(large: Path) -> None:
    part = large.with_suffix("") / "exact-000002.f32"
    content = bytearray(part.read_bytes())
    content[5 * WIDTH * 4 + 17] ^= 1
    part.write_bytes(content)
    damaged = 3 * (448 + 5)  # parts are cut at 448 vectors, the first round number beyond 400

    index = VectorIndex.load(large)

    assert len(index.similarities(clustered(1)[0], np.array([damaged - 3, damaged + 3]))) == 2
    with pytest.raises(IndexDamagedError, match=r"exact-000002\.f32.*index rollback"):
        index.similarities(clustered(1)[0], np.array([damaged]))


@pytest.mark.parametrize("name", ["near.faiss", "exact-000001.f32", "exact-000001.npy"])
@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_of_the_large_part_is_refused(large: Path, name: str, keep: float) -> None:
    file = large.with_suffix("") / name
    file.write_bytes(file.read_bytes()[: int(keep * file.stat().st_size)])

    with pytest.raises(IndexDamagedError, match=name.partition(".")[0]):
        VectorIndex.load(large)


def test_a_missing_part_is_refused(large: Path) -> None:
    for file in large.with_suffix("").glob("exact-000002.*"):
        file.unlink()

    with pytest.raises(IndexDamagedError, match=r"near\.faiss"):
        VectorIndex.load(large)


def test_a_list_of_removed_ids_with_an_object_in_it_is_refused(large: Path) -> None:
    removed: NDArray[np.object_] = np.array([{"id": 3}], object)
    np.save(large.with_suffix("") / "removed.npy", removed, allow_pickle=True)

    with pytest.raises(IndexDamagedError, match=r"removed\.npy"):
        VectorIndex.load(large)
