"""A build brings the index up to date, does no more than needed, and reports what it could not do."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from fake_embedder import FakeEmbedder
from index_corpus import TEXTS, stages, write_corpus

from assistant.engine import WeightedTerm
from assistant.errors import CatalogueError, IndexDamagedError, ModelError
from assistant.file_index import CACHE_FILE
from assistant.ingest import build
from assistant.snapshot import open_current, status, verify
from assistant.types import Document

CHANGED = {**TEXTS, "jeugd": "De jeugdhulp verandert.\nGemeenten en Rijk betalen samen."}


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def documents(tmp_path: Path) -> list[Document]:
    return write_corpus(tmp_path / "corpus")


def test_the_first_build_indexes_everything(documents: list[Document], index: Path, embedder: FakeEmbedder) -> None:
    steps: list[tuple[str, int, int]] = []

    report = build(documents, index, embedder, stages(), lambda *step: steps.append(step))

    assert (report.added, report.chunks, report.switched) == (tuple(TEXTS), 7, True)
    assert report.snapshot == status(index).id
    assert steps == [("read", 1, 3), ("read", 2, 3), ("read", 3, 3), ("embed", 7, 7), ("write", 0, 1), ("write", 1, 1)]
    assert verify(index).documents == 3
    assert open_current(index).store.documents() == documents


def test_a_small_window_makes_the_same_index(documents: list[Document], tmp_path: Path, embedder: FakeEmbedder) -> None:
    steps: list[tuple[str, int, int]] = []
    build(documents, tmp_path / "one", embedder, stages())
    build(documents, tmp_path / "two", embedder, stages(), lambda *step: steps.append(step), window=1)

    one, two = open_current(tmp_path / "one"), open_current(tmp_path / "two")

    assert [step[1:] for step in steps if step[0] == "embed"] == [(2, 6), (4, 6), (7, 7)]
    assert one.store.chunks(range(7)) == two.store.chunks(range(7))
    query = embedder.embed_query("veiligheid")
    assert one.vectors.search(query, 7)[1].tolist() == two.vectors.search(query, 7)[1].tolist()


def test_nothing_changed_makes_no_new_snapshot(documents: list[Document], index: Path, embedder: FakeEmbedder) -> None:
    first = build(documents, index, embedder, stages())
    embedder.passages.clear()

    second = build(documents, index, embedder, stages())

    assert (second.switched, second.snapshot, second.unchanged) == (False, first.snapshot, tuple(TEXTS))
    assert embedder.passages == []


def test_only_changed_text_is_embedded(
    tmp_path: Path, documents: list[Document], index: Path, embedder: FakeEmbedder
) -> None:
    build(documents, index, embedder, stages())
    embedder.passages.clear()
    new = {**CHANGED, "wonen": "Wonen en zorg horen bij elkaar."}
    del new["leidraad"]

    report = build(write_corpus(tmp_path / "corpus", new), index, embedder, stages())

    assert (report.added, report.changed, report.removed) == (("wonen",), ("jeugd",), ("leidraad",))
    assert report.unchanged == ("perspectief",)
    assert embedder.passages == ["Jeugd\nDe jeugdhulp verandert.", "Wonen\nWonen en zorg horen bij elkaar."]
    snapshot = open_current(index)
    assert [document.id for document in snapshot.store.documents()] == ["perspectief", "jeugd", "wonen"]
    assert snapshot.lexical.search([WeightedTerm("exact", "looptijd")], 5) == []
    assert verify(index).chunks == 5


def test_an_index_built_in_steps_ranks_as_one_built_at_once(
    tmp_path: Path, documents: list[Document], index: Path, embedder: FakeEmbedder
) -> None:
    build(documents, index, embedder, stages())
    changed = write_corpus(tmp_path / "corpus", CHANGED)
    build(changed, index, embedder, stages())
    build(changed, tmp_path / "fresh", FakeEmbedder(), stages())

    query = embedder.embed_query("wie betaalt de jeugdhulp")
    results = []
    for folder in (index, tmp_path / "fresh"):
        snapshot = open_current(folder)
        ids, scores = snapshot.vectors.search(query, 6)
        results.append(([chunk.text for chunk in snapshot.store.chunks(ids)], scores.tolist()))

    assert results[0] == results[1]


def test_changed_metadata_is_indexed_anew_without_embedding(
    documents: list[Document], index: Path, embedder: FakeEmbedder
) -> None:
    build(documents, index, embedder, stages())
    embedder.passages.clear()
    documents[1] = replace(documents[1], status="superseded", superseded_by="jeugd")

    report = build(documents, index, embedder, stages())

    assert (report.changed, embedder.passages) == (("leidraad",), [])
    assert open_current(index).store.document("leidraad") == documents[1]
    assert verify(index).chunks == 7


def test_a_moved_corpus_is_noted_without_reading_it(
    tmp_path: Path, documents: list[Document], index: Path, embedder: FakeEmbedder
) -> None:
    build(documents, index, embedder, stages())
    moved = write_corpus(tmp_path / "elders")

    report = build(moved, index, embedder, stages())

    assert (report.switched, report.changed, report.unchanged) == (True, (), tuple(TEXTS))
    assert open_current(index).store.documents() == moved
    assert verify(index).chunks == 7


def test_another_version_of_a_stage_indexes_everything_from_the_cache(
    documents: list[Document], index: Path, embedder: FakeEmbedder
) -> None:
    build(documents, index, embedder, stages())
    before = open_current(index).vectors.search(embedder.embed_query("regie"), 7)
    embedder.passages.clear()

    for versions in ({"chunking_version": "2"}, {"analysis_version": "2"}):
        assert build(documents, index, embedder, stages(**versions)).added == tuple(TEXTS)

    assert embedder.passages == []
    after = open_current(index).vectors.search(embedder.embed_query("regie"), 7)
    assert [each.tolist() for each in after] == [each.tolist() for each in before]


def test_another_model_embeds_everything(documents: list[Document], index: Path, embedder: FakeEmbedder) -> None:
    build(documents, index, embedder, stages())
    other = FakeEmbedder(dimension=32, fingerprint="fake-2")

    report = build(documents, index, other, stages())

    assert (report.added, len(other.passages)) == (tuple(TEXTS), 7)
    assert open_current(index, other.description).vectors.dimension == 32


def test_a_fresh_build_starts_from_nothing(documents: list[Document], index: Path, embedder: FakeEmbedder) -> None:
    first = build(documents, index, embedder, stages())

    report = build(documents, index, embedder, stages(), fresh=True)

    assert (report.switched, report.added) == (True, tuple(TEXTS))
    assert status(index).previous == first.snapshot


def test_an_unreadable_document_is_reported_and_the_rest_is_indexed(
    tmp_path: Path, index: Path, embedder: FakeEmbedder
) -> None:
    documents = write_corpus(tmp_path / "corpus", {**TEXTS, "kapot": "%PDF-1.7"})
    documents.append(Document("weg", "Weg", tmp_path / "corpus" / "weg.txt"))

    report = build(documents, index, embedder, stages())

    assert report.added == tuple(TEXTS)
    assert {failure.document_id for failure in report.failures} == {"kapot", "weg"}
    assert "kapot.txt' is geen tekst" in next(each.message for each in report.failures if each.document_id == "kapot")
    assert "weg.txt' is niet te lezen" in next(each.message for each in report.failures if each.document_id == "weg")
    assert verify(index).documents == 3


def test_a_document_that_was_readable_leaves_the_index(
    tmp_path: Path, documents: list[Document], index: Path, embedder: FakeEmbedder
) -> None:
    build(documents, index, embedder, stages())
    broken = write_corpus(tmp_path / "corpus", {**TEXTS, "jeugd": "%PDF-1.7"})

    report = build(broken, index, embedder, stages())
    again = build(broken, index, embedder, stages())

    assert [failure.document_id for failure in report.failures] == ["jeugd"]
    assert (report.switched, report.removed, report.chunks) == (True, (), 4)
    assert [document.id for document in open_current(index).store.documents()] == ["perspectief", "leidraad"]
    assert (again.switched, len(again.failures)) == (False, 1)


def test_when_nothing_can_be_read_the_old_index_stays(
    tmp_path: Path, documents: list[Document], index: Path, embedder: FakeEmbedder
) -> None:
    first = build(documents, index, embedder, stages())

    report = build(write_corpus(tmp_path / "corpus", dict.fromkeys(TEXTS, "%PDF")), index, embedder, stages())

    assert (report.switched, report.snapshot, len(report.failures)) == (False, first.snapshot, 3)
    assert verify(index).documents == 3


def test_the_same_file_twice_is_reported_with_both_names(tmp_path: Path, index: Path, embedder: FakeEmbedder) -> None:
    documents = write_corpus(tmp_path / "corpus", {**TEXTS, "dubbel": TEXTS["jeugd"]})

    report = build(documents, index, embedder, stages())

    assert [failure.document_id for failure in report.failures] == ["dubbel"]
    assert "dubbel.txt" in report.failures[0].message
    assert "jeugd.txt" in report.failures[0].message
    assert verify(index).documents == 3


def test_a_catalogue_without_documents_is_refused(index: Path, embedder: FakeEmbedder) -> None:
    with pytest.raises(CatalogueError, match="noemt geen documenten"):
        build([], index, embedder, stages())

    assert not index.exists()


class FailingEmbedder(FakeEmbedder):
    """Gives up after some passages."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def embed_passages(self, passages, progress=None):  # type: ignore[no-untyped-def]
        if len(self.passages) + len(passages) > self.limit:
            raise ModelError("Het model is niet bereikbaar.")
        return super().embed_passages(passages, progress)


def test_an_interrupted_build_goes_on_where_it_stopped(tmp_path: Path, index: Path, embedder: FakeEmbedder) -> None:
    texts = {f"d{number}": f"Tekst nummer {number}.\nEn nog een regel {number}." for number in range(20)}
    documents = write_corpus(tmp_path / "corpus", texts)
    with pytest.raises(ModelError):
        build(documents, index, FailingEmbedder(30), stages(), window=4)
    assert sorted(path.name for path in index.iterdir()) == ["embedding-cache.sqlite", "lock"]

    build(documents, index, embedder, stages())

    assert len(embedder.passages) == 40 - 28
    assert verify(index).chunks == 40


def test_vectors_are_the_same_from_the_cache_as_from_the_model(
    documents: list[Document], tmp_path: Path, embedder: FakeEmbedder
) -> None:
    build(documents, tmp_path / "one", embedder, stages())
    fresh = open_current(tmp_path / "one")
    build(documents, tmp_path / "one", embedder, stages(), fresh=True)
    cached = open_current(tmp_path / "one")

    assert (
        fresh.vectors.search(embedder.embed_query("zorg"), 7)[1].tolist()
        == cached.vectors.search(embedder.embed_query("zorg"), 7)[1].tolist()
    )
    assert [each.tolist() for each in fresh.store.sentence_vectors(range(7))] == [
        each.tolist() for each in cached.store.sentence_vectors(range(7))
    ]


def test_repeated_text_is_embedded_once_and_counted(tmp_path: Path, index: Path, embedder: FakeEmbedder) -> None:
    steps: list[tuple[str, int, int]] = []
    documents = write_corpus(tmp_path / "corpus", {"a": "Zelfde.\nZelfde.\nAnders."})

    build(documents, index, embedder, stages(), lambda *step: steps.append(step))

    assert embedder.passages == ["A\nZelfde.", "A\nAnders."]
    assert [step for step in steps if step[0] == "embed"][-1] == ("embed", 3, 3)


def test_a_ruined_cache_is_replaced(documents: list[Document], index: Path, embedder: FakeEmbedder) -> None:
    build(documents, index, embedder, stages())
    (index / CACHE_FILE).write_bytes(b"geen database" * 1_000)
    embedder.passages.clear()

    build(documents, index, embedder, stages(), fresh=True)

    assert len(embedder.passages) == 7


def test_a_changed_vector_in_the_cache_is_not_used(
    documents: list[Document], index: Path, embedder: FakeEmbedder
) -> None:
    build(documents, index, embedder, stages())
    connection = sqlite3.connect(index / CACHE_FILE)
    connection.execute("UPDATE vectors SET vectors = zeroblob(length(vectors)) WHERE rowid = 3")
    connection.commit()
    connection.close()
    embedder.passages.clear()

    build(documents, index, embedder, stages(), fresh=True)

    assert len(embedder.passages) == 1


def test_damage_is_not_carried_into_a_new_snapshot(
    tmp_path: Path, documents: list[Document], index: Path, embedder: FakeEmbedder
) -> None:
    build(documents, index, embedder, stages())
    folder = index / "snapshots" / status(index).id
    for name in ("vectors.faiss", "store/part-000001.sqlite"):
        content = (folder / name).read_bytes()
        changed = bytearray(content)
        changed[-10] ^= 1
        (folder / name).write_bytes(changed)

        with pytest.raises(IndexDamagedError, match=name):
            build(write_corpus(tmp_path / "corpus", CHANGED), index, embedder, stages())

        (folder / name).write_bytes(content)
    assert verify(index).chunks == 7


def test_the_embedding_text_decides_what_is_embedded_anew(
    documents: list[Document], index: Path, embedder: FakeEmbedder
) -> None:
    build(documents, index, embedder, stages())
    embedder.passages.clear()
    documents[2] = replace(documents[2], title="Nieuwe titel")

    build(documents, index, embedder, stages())

    assert embedder.passages == [f"Nieuwe titel\n{line}" for line in TEXTS["jeugd"].splitlines()]
