"""The chunk store gives back what was put in, to the letter, from files that never change."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fake_embedder import FakeEmbedder
from hypothesis import example, given
from hypothesis import strategies as st
from index_corpus import TEXTS, chunk, embedding_text, load, write_corpus

from assistant.chunk_store import CATALOGUE_FILE, ChunkStore
from assistant.chunk_store_writer import ChunkStoreWriter
from assistant.embeddings import Vector
from assistant.errors import IndexDamagedError
from assistant.store_codec import decode_traits, encode_traits
from assistant.traits import ChunkTraits, Words, chunk_traits, sentence_traits
from assistant.types import Block, Chunk, Document, Page, Sentence, Source

DIMENSION = 16


def put(writer: ChunkStoreWriter, document: Document) -> range:
    source = load(document.file)
    chunks = chunk(source, document)
    return writer.add(document, source, chunks, sentence_vectors(chunks, document))


def sentence_vectors(chunks: list[Chunk], document: Document) -> list[Vector]:
    passages = FakeEmbedder(DIMENSION).embed_passages([embedding_text(each, document) for each in chunks])
    return [each.sentences for each in passages]


@pytest.fixture
def documents(tmp_path: Path) -> list[Document]:
    return write_corpus(tmp_path / "corpus")


@pytest.fixture
def store(tmp_path: Path, documents: list[Document]) -> ChunkStore:
    writer = ChunkStoreWriter(tmp_path / "store")
    for document in documents:
        put(writer, document)
    writer.finish()
    return ChunkStore(tmp_path / "store", DIMENSION)


def test_chunks_come_back_as_they_were_in_the_order_asked(store: ChunkStore, documents: list[Document]) -> None:
    leidraad = chunk(load(documents[1].file), documents[1])
    jeugd = chunk(load(documents[2].file), documents[2])

    assert store.chunks([6, 2, 3]) == [jeugd[2], *leidraad]
    assert store.chunks_of("jeugd") == jeugd
    assert store.chunks([]) == []


def test_documents_and_sources_come_back_as_they_were(tmp_path: Path) -> None:
    document = Document(
        id="regel",
        title="Regel “één”",
        file=tmp_path / "map met é" / "regel.pdf",
        publisher="Gemeente",
        published=date(2025, 3, 1),
        themes=("zorg", "veiligheid"),
        status="superseded",
        supersedes=("oud",),
        superseded_by="nieuw",
    )
    source = Source(
        text="Kop\nEen zin – met ﬁ.\n• punt",
        blocks=(Block("heading", 0, 3, 2), Block("paragraph", 4, 21), Block("list_item", 22, 28, 1)),
        pages=(Page(1, 0, 4), Page(2, 4, 28)),
        title="Kop",
        stated_date=date(2024, 12, 31),
        warnings=("Pagina 3 heeft geen tekst.",),
    )
    sentences = (Sentence(4, 21, "paragraph", 1), Sentence(22, 28, "list_item", 2))
    piece = Chunk("regel", 0, ("Kop", "“Deel”"), 2, 4, 28, source.text[4:28], sentences)
    writer = ChunkStoreWriter(tmp_path / "store")
    writer.add(document, source, [piece], [np.eye(2, DIMENSION, dtype=np.float32)])
    writer.finish()

    store = ChunkStore(tmp_path / "store", DIMENSION)

    assert (store.documents(), store.source("regel"), store.chunks([0])) == ([document], source, [piece])


def test_sentence_vectors_keep_their_direction_and_unit_length(store: ChunkStore, documents: list[Document]) -> None:
    given = sentence_vectors(chunk(load(documents[0].file), documents[0]), documents[0])

    kept = store.sentence_vectors([1, 0])

    for vectors, original in zip(kept, [given[1], given[0]], strict=True):
        assert vectors.shape == (1, DIMENSION)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-6)
        assert float(vectors[0] @ original[0]) > 0.9995


def test_ids_of_documents_are_what_a_filter_allows(store: ChunkStore) -> None:
    assert store.ids_of(["jeugd", "perspectief", "onbekend"]).tolist() == [0, 1, 4, 5, 6]
    assert store.ids_of([]).tolist() == []
    assert store.document_of(4).id == "jeugd"


@pytest.mark.parametrize("chunk_id", [-1, 7, 1_000])
def test_an_unknown_chunk_is_a_key_error(store: ChunkStore, chunk_id: int) -> None:
    with pytest.raises(KeyError):
        store.chunks([0, chunk_id])


def test_many_threads_read_at_once(store: ChunkStore) -> None:
    expected = [store.chunks([number % 7])[0] for number in range(400)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: store.chunks([number % 7])[0], range(400)))

    assert found == expected


def test_a_document_without_chunks_is_kept(tmp_path: Path, documents: list[Document]) -> None:
    writer = ChunkStoreWriter(tmp_path / "store")
    writer.add(documents[0], load(documents[0].file), [], [])
    put(writer, documents[1])
    writer.finish()

    store = ChunkStore(tmp_path / "store", DIMENSION)

    assert store.documents() == documents[:2]
    assert (store.chunks_of("perspectief"), store.document_of(0).id) == ([], "leidraad")


def test_the_next_store_shares_the_parts_it_does_not_change(tmp_path: Path, store: ChunkStore) -> None:
    large = "\n".join(f"Regel {number} over zorg." for number in range(50))
    first = ChunkStoreWriter(tmp_path / "first", store)
    put(first, write_corpus(tmp_path / "corpus", {"groot": large})[0])
    first.finish()
    second = ChunkStoreWriter(tmp_path / "second", ChunkStore(tmp_path / "first", DIMENSION))
    put(second, write_corpus(tmp_path / "corpus", {"klein": "Eén regel."})[0])
    second.finish()

    shared = [path for path in (tmp_path / "second").iterdir() if path.stat().st_nlink > 1]

    after = ChunkStore(tmp_path / "second", DIMENSION)
    assert [path.name for path in shared] == ["part-000002.sqlite"]
    assert len(after.chunks_of("groot")) == 50
    assert after.chunks_of("jeugd") == store.chunks_of("jeugd")
    assert after.traits(after.chunk_ids("jeugd")) == store.traits(store.chunk_ids("jeugd"))
    assert after.stored_ids() == sorted(each for entry in after.entries for each in entry.chunk_ids)


def test_parts_stay_few_when_documents_come_one_by_one(tmp_path: Path, store: ChunkStore) -> None:
    for number in range(20):
        writer = ChunkStoreWriter(tmp_path / f"store-{number}", store)
        put(writer, write_corpus(tmp_path / "corpus", {f"d{number}": f"Tekst {number}.\nEn nog een."})[0])
        writer.finish()
        store = ChunkStore(tmp_path / f"store-{number}", DIMENSION)

    assert len(store.part_sizes) <= 5
    assert [store.chunks_of(f"d{number}")[0].text for number in range(20)] == [f"Tekst {n}." for n in range(20)]
    assert store.size == sum(store.part_sizes.values()) == len(store.stored_ids()) == 47


def test_removed_documents_leave_and_mostly_dead_parts_are_rewritten(tmp_path: Path, store: ChunkStore) -> None:
    writer = ChunkStoreWriter(tmp_path / "next", store)
    removed = [*writer.remove("jeugd"), *writer.remove("leidraad")]
    writer.finish()

    after = ChunkStore(tmp_path / "next", DIMENSION)

    assert removed == [4, 5, 6, 2, 3]
    assert (after.size, after.part_sizes) == (2, {"part-000002.sqlite": 2})
    assert after.chunks_of("perspectief") == store.chunks_of("perspectief")
    assert after.source("perspectief") == store.source("perspectief")
    with pytest.raises(KeyError):
        after.chunks([4])
    assert store.chunks_of("jeugd")[2].text == TEXTS["jeugd"].splitlines()[2]


@pytest.mark.parametrize("name", [CATALOGUE_FILE, "part-000001.sqlite"])
def test_a_missing_or_ruined_file_is_named(tmp_path: Path, store: ChunkStore, name: str) -> None:
    (tmp_path / "store" / name).write_bytes(b"geen database, maar wel van enige lengte")
    with pytest.raises(IndexDamagedError, match=name):
        ChunkStore(tmp_path / "store", DIMENSION).chunks([0])

    (tmp_path / "store" / name).unlink()
    with pytest.raises(IndexDamagedError, match=name):
        ChunkStore(tmp_path / "store", DIMENSION).chunks([0])


def test_the_traits_of_chunks_come_back_as_they_were_in_the_order_asked(
    tmp_path: Path, documents: list[Document]
) -> None:
    writer = ChunkStoreWriter(tmp_path / "store")
    single = chunk(load(documents[0].file), documents[0])[:1]
    writer.add(documents[0], load(documents[0].file), single, sentence_vectors(single, documents[0]))
    put(writer, documents[2])
    writer.finish()
    jeugd = [chunk_traits(each, documents[2].title) for each in chunk(load(documents[2].file), documents[2])]

    stored = ChunkStore(tmp_path / "store", DIMENSION)

    assert stored.traits([3, 1]) == [jeugd[2], jeugd[0]]
    assert stored.traits([0]) == [chunk_traits(single[0], documents[0].title, is_whole_document=True)]


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=4), st.booleans())
@example(["Is dit 5% of niet bekend?", "Nee: ﷺ", "Bron: “Jan”"], True)
def test_traits_survive_being_kept(texts: list[str], is_whole_document: bool) -> None:
    sentences = tuple(map(sentence_traits, texts))
    traits = ChunkTraits(sentences, frozenset(texts), Words(frozenset(texts[1:])), is_whole_document)

    assert decode_traits(encode_traits(traits), is_whole_document) == traits
    assert encode_traits(decode_traits(encode_traits(traits), is_whole_document)) == encode_traits(traits)


def changed_row(store: ChunkStore, change: str) -> ChunkStore:
    """The same store after one statement on its only part, opened anew."""
    (part,) = store.folder.glob("part-*.sqlite")
    connection = sqlite3.connect(part)
    connection.execute(change)
    connection.commit()
    connection.close()
    return ChunkStore(store.folder, DIMENSION)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE chunks SET text = replace(text, 'de', 'het') WHERE id = 2",
        "UPDATE chunks SET begin = begin + 1 WHERE id = 2",
        "UPDATE traits SET traits = traits || ' ' WHERE id = 2",
        "UPDATE sentence_vectors SET vectors = zeroblob(length(vectors)) WHERE id = 2",
        "UPDATE sentence_vectors SET id = -1 WHERE id = 2",
    ],
)
def test_a_row_that_is_not_as_it_was_written_is_never_served(store: ChunkStore, change: str) -> None:
    damaged = changed_row(store, change)

    assert len(damaged.chunks([3])) == len(damaged.traits([3])) == len(damaged.sentence_vectors([3])) == 1
    with pytest.raises(IndexDamagedError, match=r"part-000001\.sqlite.*index rollback"):
        [damaged.chunks([2]), damaged.traits([2]), damaged.sentence_vectors([2])]


def test_a_source_that_is_not_as_it_was_written_is_never_served(store: ChunkStore) -> None:
    damaged = changed_row(store, "UPDATE sources SET source = (SELECT source FROM sources WHERE number = 2)")

    assert damaged.source(damaged.entries[1].document_id) == store.source(store.entries[1].document_id)
    with pytest.raises(IndexDamagedError, match=r"part-000001\.sqlite"):
        damaged.source(damaged.entries[0].document_id)


def test_a_part_of_before_the_checksums_is_read_and_taken_over(
    tmp_path: Path, store: ChunkStore, documents: list[Document]
) -> None:
    (part,) = store.folder.glob("part-*.sqlite")
    connection = sqlite3.connect(part)
    for table in ("sources", "chunks", "traits", "sentence_vectors"):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN crc")
    connection.commit()
    connection.close()
    old = ChunkStore(store.folder, DIMENSION)

    writer = ChunkStoreWriter(tmp_path / "next", old)
    writer.remove("jeugd")
    put(writer, documents[2])
    writer.finish()

    new = ChunkStore(tmp_path / "next", DIMENSION)
    assert len(list(new.folder.glob("part-*.sqlite"))) == 1
    for document in documents:
        assert new.chunks_of(document.id) == old.chunks_of(document.id) == store.chunks_of(document.id)
        assert new.source(document.id) == old.source(document.id)
