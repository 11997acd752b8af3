"""What every engine does with an index: build, change, roll back, refuse; the same for files and for PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from engines import MakeIndex, build_texts, index, make_index
from fake_embedder import FakeEmbedder
from index_corpus import TEXTS, stages, write_corpus
from postgres_fixtures import postgres_server, postgres_template, postgres_url

from assistant.embeddings import ModelDescription, PassageText, PassageVectors
from assistant.engine import Index, Snapshot, WeightedTerm
from assistant.errors import IndexBusyError, IndexMissingError, IndexStaleError, SnapshotError
from assistant.ingest import Stage, build
from assistant.snapshot_follower import SnapshotFollower

__all__ = ["index", "make_index", "postgres_server", "postgres_template", "postgres_url"]

CHANGED = {
    "perspectief": TEXTS["perspectief"],
    "leidraad": "De leidraad is herzien.\nWijkteams werken aan veiligheid.\nOok de gemeenten doen mee.",
    "wonen": "Wonen en zorg horen bij elkaar.",
}


def answer(snapshot: Snapshot) -> tuple[Any, ...]:
    """What a question gets from every part of a snapshot."""
    ids, scores = snapshot.vectors.search(FakeEmbedder().embed_query("regie van gemeenten"), 4)
    words = snapshot.lexical.search([WeightedTerm("exact", "gemeenten", 2.0), WeightedTerm("title", "leidraad")], 4)
    return (
        snapshot.id,
        ids.tolist(),
        scores.tolist(),
        words,
        snapshot.store.chunks(ids),
        snapshot.store.traits(ids),
        [each.tolist() for each in snapshot.store.sentence_vectors(ids)],
        [snapshot.store.source(each.id) for each in snapshot.store.documents()],
    )


def document_ids(index: Index) -> list[str]:
    return [document.id for document in index.open().store.documents()]


def test_without_an_index_the_message_names_the_command(index: Index) -> None:
    for call in (index.open, index.contents, index.status, index.verify, index.rollback):
        with pytest.raises(IndexMissingError, match="Typ: beleidswijzer index build"):
            call()


def test_a_snapshot_gives_what_was_put_in(index: Index, tmp_path: Path) -> None:
    report = build_texts(index, tmp_path / "corpus", TEXTS)

    snapshot = index.open(FakeEmbedder().description)
    assert (report.added, report.chunks, report.snapshot) == (tuple(TEXTS), 7, snapshot.id)
    store = snapshot.store
    assert [document.file for document in store.documents()] == [tmp_path / "corpus" / f"{each}.txt" for each in TEXTS]
    assert {each: store.source(each).text for each in TEXTS} == TEXTS
    texts = [chunk.text for each in TEXTS for chunk in store.chunks_of(each)]
    assert texts == [line for text in TEXTS.values() for line in text.split("\n")]
    chunk_ids = store.chunk_ids("jeugd")
    assert [store.document_of(chunk_id).id for chunk_id in chunk_ids] == ["jeugd"] * 3
    assert [chunk.ordinal for chunk in store.chunks(chunk_ids)] == [0, 1, 2]
    assert [chunk.heading_path for chunk in store.chunks(chunk_ids)][1] == ("Jeugd", "Deel 1")
    assert [len(traits.sentences) for traits in store.traits(chunk_ids)] == [1, 1, 1]
    assert [each.shape for each in store.sentence_vectors(chunk_ids)] == [(1, 64)] * 3
    assert (store.size, snapshot.lexical.size, snapshot.manifest.chunks) == (7, 7, 7)


def test_words_are_found_and_counted(index: Index, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    snapshot = index.open()

    found = snapshot.lexical.search([WeightedTerm("exact", "gemeenten")], 5)
    in_one = snapshot.lexical.search([WeightedTerm("exact", "gemeenten")], 5, ["jeugd"])

    assert [snapshot.store.document_of(chunk_id).id for chunk_id, _ in found] == ["jeugd", "perspectief"]
    assert [snapshot.store.document_of(chunk_id).id for chunk_id, _ in in_one] == ["jeugd"]
    assert in_one[0] in found
    assert snapshot.lexical.document_frequency("exact", "gemeenten") == 2
    assert snapshot.lexical.document_frequency("exact", "bestaatniet") == 0
    assert snapshot.lexical.search([WeightedTerm("exact", "bestaatniet")], 5) == []
    assert snapshot.lexical.search([], 5) == []
    assert snapshot.lexical.search([WeightedTerm("exact", "gemeenten")], 5, []) == []


def test_meaning_is_compared_exactly_and_may_be_filtered(index: Index, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    snapshot, query = index.open(), FakeEmbedder().embed_query("Gemeenten en Rijk betalen samen.")

    ids, scores = snapshot.vectors.search(query, 3)
    allowed = snapshot.store.ids_of(["perspectief", "leidraad"])
    filtered, _ = snapshot.vectors.search(query, 10, allowed)

    assert snapshot.store.chunks(ids)[0].text == "Gemeenten en Rijk betalen samen."
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    assert snapshot.vectors.similarities(query, ids).tolist() == pytest.approx(scores.tolist(), abs=1e-6)
    assert set(filtered.tolist()) == set(allowed.tolist())
    with pytest.raises(KeyError):
        snapshot.vectors.similarities(query, ids + 1_000_000)


def test_unknown_ids_are_key_errors(index: Index, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    store = index.open().store

    for call in (store.document, store.source, store.chunk_ids, store.chunks_of):
        with pytest.raises(KeyError):
            call("onbekend")
    with pytest.raises(KeyError):
        store.chunks([1_000_000])


def test_nothing_changed_is_no_new_snapshot(index: Index, tmp_path: Path) -> None:
    first = build_texts(index, tmp_path / "corpus", TEXTS)
    mark = index.mark()

    again = build_texts(index, tmp_path / "corpus", TEXTS)

    assert (again.switched, again.snapshot, again.unchanged) == (False, first.snapshot, tuple(TEXTS))
    assert index.mark() == mark


def test_a_change_is_what_a_fresh_build_gives(index: Index, make_index: MakeIndex, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    mark = index.mark()

    report = build_texts(index, tmp_path / "corpus", CHANGED)

    assert (report.added, report.changed, report.removed) == (("wonen",), ("leidraad",), ("jeugd",))
    assert index.mark() != mark
    changed = index.open()
    query = FakeEmbedder().embed_query("veiligheid in de wijk")
    found = changed.store.chunks(changed.vectors.search(query, 9)[0])
    scores = changed.vectors.search(query, 9)[1].tolist()
    build_texts(make_index(), tmp_path / "corpus", CHANGED, fresh=True)
    fresh = make_index().open()
    assert sorted(document_ids(index)) == ["leidraad", "perspectief", "wonen"]
    assert [chunk.text for chunk in fresh.store.chunks(fresh.vectors.search(query, 9)[0])] == [
        chunk.text for chunk in found
    ]
    assert fresh.vectors.search(query, 9)[1].tolist() == pytest.approx(scores, abs=1e-6)
    assert changed.lexical.search([WeightedTerm("exact", "looptijd")], 5) == []


def test_a_moved_file_changes_its_place_only(index: Index, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    embedder = FakeEmbedder()
    (tmp_path / "elders").mkdir()
    moved = write_corpus(tmp_path / "elders" / "corpus", TEXTS)

    report = build(moved, index, embedder, stages())

    assert (report.switched, report.unchanged, embedder.passages) == (True, tuple(TEXTS), [])
    assert index.open().store.documents() == moved
    assert index.verify().chunks == 7


def test_rollback_goes_back_and_forward_again(index: Index, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    old = answer(index.open())
    with pytest.raises(SnapshotError, match="geen vorige index"):
        index.rollback()
    build_texts(index, tmp_path / "corpus", CHANGED)
    new = answer(index.open())

    back = index.rollback()

    assert (back.id, back.previous, back.documents) == (old[0], new[0], 3)
    assert answer(index.open()) == old
    assert index.rollback().id == new[0]
    assert answer(index.open()) == new


def test_a_build_after_a_rollback_starts_from_what_serves(index: Index, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    old = index.open().id
    build_texts(index, tmp_path / "corpus", CHANGED)
    index.rollback()

    report = build_texts(index, tmp_path / "corpus", {**TEXTS, "nieuw": "Iets nieuws over gemeenten."})

    assert (report.added, len(report.unchanged)) == (("nieuw",), 3)
    status = index.verify()
    assert (status.documents, status.chunks, status.previous) == (4, 8, old)
    snapshot = index.open()
    ids, _ = snapshot.vectors.search(FakeEmbedder().embed_query("wonen en zorg"), 8)
    assert {snapshot.store.document_of(int(each)).id for each in ids} == {*TEXTS, "nieuw"}
    assert snapshot.lexical.document_frequency("exact", "gemeenten") == 3


def test_status_and_verify_tell_what_is_there(index: Index, tmp_path: Path) -> None:
    first = build_texts(index, tmp_path / "corpus", TEXTS).snapshot
    build_texts(index, tmp_path / "corpus", CHANGED)

    told = index.verify()

    assert told == index.status()
    assert (told.documents, told.chunks, told.model, told.previous) == (3, 6, "fake", first)
    assert told.bytes > 500
    assert told.created == index.contents().created == index.open().manifest.created
    assert [entry.id for entry in index.contents().documents] == document_ids(index)


def test_a_reader_keeps_its_snapshot_through_builds(index: Index, make_index: MakeIndex, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    reader = make_index().open()
    before = answer(reader)

    for number in range(4):
        build_texts(index, tmp_path / "corpus", {**CHANGED, "ronde": f"Dit is ronde {number} van de gemeenten."})

    assert answer(reader) == before
    unread = [chunk.text for each in TEXTS for chunk in reader.store.chunks_of(each)]
    assert unread == [line for text in TEXTS.values() for line in text.split("\n")]
    assert len(reader.vectors.search(FakeEmbedder().embed_query("gemeenten"), 100)[0]) == 7


def test_a_reader_sees_nothing_of_a_build_that_goes_on(index: Index, make_index: MakeIndex, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    before, seen = answer(index.open()), []
    follower = SnapshotFollower(make_index(), FakeEmbedder().description, check_seconds=0)

    def look(stage: Stage, done: int, total: int) -> None:
        seen.append(answer(follower.current()) == before)

    build(write_corpus(tmp_path / "corpus", CHANGED), index, FakeEmbedder(), stages(), look, window=1)

    assert len(seen) > 5
    assert seen[:-1] == [True] * (len(seen) - 1)  # the last is told after the switch
    assert sorted(document.id for document in follower.current().store.documents()) == sorted(CHANGED)


def test_a_second_builder_is_refused(index: Index, make_index: MakeIndex, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    before = answer(index.open())

    with index.building():
        for call in (lambda: build_texts(make_index(), tmp_path / "corpus", CHANGED), make_index().rollback):
            with pytest.raises(IndexBusyError, match="Een ander proces werkt de index"):
                call()

    assert answer(index.open()) == before
    assert build_texts(make_index(), tmp_path / "corpus", CHANGED).switched


def test_a_build_that_fails_changes_nothing(index: Index, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    before = answer(index.open())

    with pytest.raises(ZeroDivisionError):
        build(write_corpus(tmp_path / "corpus", CHANGED), index, Failing(after=1), stages(), window=1)

    assert answer(index.open()) == before
    assert index.verify().chunks == 7
    assert build_texts(index, tmp_path / "corpus", CHANGED).switched


def test_a_document_that_cannot_be_read_is_left_out(index: Index, tmp_path: Path) -> None:
    report = build_texts(index, tmp_path / "corpus", {**TEXTS, "kapot": "%PDF-1.7"})

    assert [failure.document_id for failure in report.failures] == ["kapot"]
    assert document_ids(index) == list(TEXTS)


def test_a_document_without_text_can_be_indexed_and_removed(index: Index, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", {**TEXTS, "leeg": ""})

    assert (index.verify().documents, index.open().store.chunks_of("leeg")) == (4, [])
    assert build_texts(index, tmp_path / "corpus", TEXTS).removed == ("leeg",)
    assert index.verify().documents == 3


def test_strange_characters_come_back_as_they_were(index: Index, tmp_path: Path) -> None:
    text = "Nul \0 midden in een regel.\nEen \\x00 en een \u2028 en 'n emoji \U0001f600 en %s {} $1."
    words = " ".join(f"woord{'x' * 3_000}{number}" for number in range(3))

    build_texts(index, tmp_path / "corpus", {"vreemd": text, "lang": words})

    snapshot = index.open()
    assert [chunk.text for chunk in snapshot.store.chunks_of("vreemd")] == text.split("\n")
    token = f"woord{'x' * 3_000}1"
    assert [
        snapshot.store.document_of(each).id for each, _ in snapshot.lexical.search([WeightedTerm("exact", token)], 3)
    ]
    assert snapshot.lexical.document_frequency("exact", token) == 1
    assert index.verify().documents == 2


def test_another_model_is_refused_and_indexed_anew(index: Index, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    other = FakeEmbedder(dimension=32, fingerprint="fake-2")

    with pytest.raises(IndexStaleError, match="met een andere uitvoering van 'fake'"):
        index.open(other.description)
    report = build(write_corpus(tmp_path / "corpus"), index, other, stages())

    assert report.added == tuple(TEXTS)
    snapshot = index.open(other.description)
    assert len(snapshot.vectors.search(other.embed_query("gemeenten"), 10)[0]) == 7
    assert index.rollback().documents == 3
    assert len(index.open(FakeEmbedder().description).vectors.search(FakeEmbedder().embed_query("zorg"), 10)[0]) == 7


def test_other_stages_index_everything_anew(index: Index, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)

    report = build(write_corpus(tmp_path / "corpus"), index, FakeEmbedder(), stages(analysis_version="2"))

    assert (report.added, report.unchanged) == (tuple(TEXTS), ())


def test_a_follower_changes_over_and_survives_a_rollback(index: Index, make_index: MakeIndex, tmp_path: Path) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    follower = SnapshotFollower(make_index(), FakeEmbedder().description, check_seconds=0)
    first = follower.current()

    build_texts(index, tmp_path / "corpus", CHANGED)
    second = follower.current()
    index.rollback()

    assert second.id != first.id
    assert follower.current().id == first.id
    assert follower.current() is follower.current()


def test_after_a_quiet_time_nobody_is_answered_from_what_was_replaced(
    index: Index, make_index: MakeIndex, tmp_path: Path
) -> None:
    build_texts(index, tmp_path / "corpus", TEXTS)
    now = [0.0]
    slow = SlowToOpen(make_index())
    follower = SnapshotFollower(slow, FakeEmbedder().description, clock=lambda: now[0])
    report = build_texts(index, tmp_path / "corpus", CHANGED)
    now[0] = 3_600.0

    with ThreadPoolExecutor(4) as pool:
        served = [each.result().id for each in [pool.submit(follower.current) for _ in range(4)]]

    assert served == [report.snapshot] * 4
    assert slow.opened == 2


class SlowToOpen:
    """An index that takes its time to open."""

    def __init__(self, index: Index) -> None:
        self._index, self.opened = index, 0

    def open(self, model: ModelDescription | None = None) -> Snapshot:
        self.opened += 1
        time.sleep(0.2)
        return self._index.open(model)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


class Failing(FakeEmbedder):
    """Fails after so many batches of passages."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._left = after

    def embed_passages(self, passages: Sequence[PassageText], progress: Any = None) -> list[PassageVectors]:
        self._left -= 1
        if self._left < 0:
            raise ZeroDivisionError
        return super().embed_passages(passages, progress)
