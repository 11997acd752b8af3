"""The lexical index ranks by BM25 over the tokens it is given."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from index_processes import as_nobody, in_child, is_root, word_search_size

from assistant.engine import WeightedTerm
from assistant.errors import IndexDamagedError
from assistant.lexical_index import LexicalIndex, LexicalWriter

CHUNKS = {
    1: ("leidraad", ["wijkteam", "werkt", "aan", "veiligheid"]),
    2: ("leidraad", ["wijkteam", "en", "wijkteam"]),
    3: ("agenda", ["jeugdhulp", "art.", "2.3", "(on)veiligheid"]),
    7: ("agenda", ["jeugdhulp", "art.", "2.3", "(on)veiligheid"]),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    writer = LexicalWriter.create(tmp_path / "lexical", ["exact", "title"])
    for chunk_id, (document_id, tokens) in CHUNKS.items():
        writer.add(chunk_id, document_id, {"exact": tokens, "title": [document_id]})
    writer.commit()
    return tmp_path / "lexical"


def bm25(frequency: int, length: int, containing: int) -> float:
    """One term's score with k1 1.2 and b 0.75, in the four chunks above."""
    mean_length = sum(len(tokens) for _, tokens in CHUNKS.values()) / len(CHUNKS)
    rarity = math.log(1 + (len(CHUNKS) - containing + 0.5) / (containing + 0.5))
    return rarity * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * length / mean_length))


def test_scores_are_bm25(folder: Path) -> None:
    hits = LexicalIndex.open(folder).search([WeightedTerm("exact", "wijkteam")], 10)

    assert [chunk_id for chunk_id, _ in hits] == [2, 1]
    assert [score for _, score in hits] == pytest.approx([bm25(2, 3, 2), bm25(1, 4, 2)], rel=1e-5)


def test_the_weights_multiply_and_the_terms_add_up(folder: Path) -> None:
    terms = [WeightedTerm("exact", "wijkteam", 0.5), WeightedTerm("exact", "veiligheid", 3.0)]

    hits = LexicalIndex.open(folder).search(terms, 10)

    first = 0.5 * bm25(1, 4, 2) + 3 * bm25(1, 4, 1)
    assert [chunk_id for chunk_id, _ in hits] == [1, 2]
    assert [score for _, score in hits] == pytest.approx([first, 0.5 * bm25(2, 3, 2)], rel=1e-5)


def test_fields_are_searched_apart(folder: Path) -> None:
    index = LexicalIndex.open(folder)

    assert [each for each, _ in index.search([WeightedTerm("title", "leidraad")], 10)] == [1, 2]
    assert index.search([WeightedTerm("exact", "leidraad")], 10) == []


@pytest.mark.parametrize("token", ["art.", "2.3", "(on)veiligheid"])
def test_tokens_are_taken_as_they_are_and_ties_come_by_chunk_id(folder: Path, token: str) -> None:
    assert [each for each, _ in LexicalIndex.open(folder).search([WeightedTerm("exact", token)], 10)] == [3, 7]


def test_ties_at_the_limit_are_cut_by_chunk_id(tmp_path: Path) -> None:
    writer = LexicalWriter.create(tmp_path / "lexical", ["exact"])
    for chunk_id in reversed(range(500)):
        writer.add(chunk_id, "document", {"exact": ["zorg"]})
    writer.commit()

    hits = LexicalIndex.open(tmp_path / "lexical").search([WeightedTerm("exact", "zorg")], 3)

    assert [chunk_id for chunk_id, _ in hits] == [0, 1, 2]


def test_only_the_documents_asked_are_found_with_the_same_scores(folder: Path) -> None:
    index = LexicalIndex.open(folder)
    terms = [WeightedTerm("exact", "wijkteam"), WeightedTerm("exact", "jeugdhulp")]

    hits = index.search(terms, 10, documents=frozenset({"agenda", "onbekend"}))

    assert hits == [hit for hit in index.search(terms, 10) if hit[0] in (3, 7)]
    assert index.search(terms, 10, documents=frozenset()) == []


def test_without_terms_or_with_unknown_ones_nothing_is_found(folder: Path) -> None:
    index = LexicalIndex.open(folder)

    assert index.search([], 10) == []
    assert index.search([WeightedTerm("exact", "onbekend")], 10) == []


def test_document_frequency_and_size_count_chunks(folder: Path) -> None:
    index = LexicalIndex.open(folder)

    assert (index.size, index.ids()) == (4, [1, 2, 3, 7])
    assert index.document_frequency("exact", "wijkteam") == 2
    assert index.document_frequency("exact", "onbekend") == 0


def test_a_replaced_document_is_found_by_its_new_words_only(folder: Path) -> None:
    writer = LexicalWriter.open(folder)
    writer.remove_document("leidraad")
    writer.add(9, "leidraad", {"exact": ["lokaal", "team"]})
    writer.commit()

    index = LexicalIndex.open(folder)

    assert index.search([WeightedTerm("exact", "wijkteam")], 10) == []
    assert [each for each, _ in index.search([WeightedTerm("exact", "team")], 10)] == [9]
    assert index.ids() == [3, 7, 9]


def test_an_open_index_does_not_see_later_changes(folder: Path) -> None:
    index = LexicalIndex.open(folder)
    writer = LexicalWriter.open(folder)
    writer.remove_document("leidraad")
    writer.commit()

    assert [each for each, _ in index.search([WeightedTerm("exact", "wijkteam")], 10)] == [2, 1]


@pytest.mark.skipif(not is_root(), reason="only root can become another user")
def test_an_index_of_another_user_can_be_read(folder: Path) -> None:
    for parent in (folder, *folder.parents[:4]):
        parent.chmod(parent.stat().st_mode | 0o755)

    assert in_child(as_nobody, word_search_size, folder) == 4


@pytest.mark.parametrize("content", [b"", b"{}", b"geen index"])
def test_an_unreadable_index_is_refused(folder: Path, content: bytes) -> None:
    (folder / "meta.json").write_bytes(content)

    with pytest.raises(IndexDamagedError, match=r"lexical.*index build --opnieuw"):
        LexicalIndex.open(folder)


def test_a_missing_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexDamagedError, match="nergens"):
        LexicalIndex.open(tmp_path / "nergens")
