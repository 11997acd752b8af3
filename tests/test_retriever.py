"""What a search finds and in which order: by meaning, by words, and by the two mixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fake_embedder import FakeEmbedder
from policy_corpus import Corpus, write_all

from assistant.embeddings import Embedder, ModelDescription, PassageText, PassageVectors, Vector
from assistant.glossary import Glossary
from assistant.openvino_embedder import BundledEmbedder
from assistant.question import Question, understand
from assistant.retriever import CANDIDATES, Hit, Mode, Retriever, is_allowed
from assistant.snapshot import Snapshot, open_current
from assistant.types import Document, Filters, Status

GLOSSARY = Glossary.packaged()


class PlacedEmbedder:
    """Gives every passage the cosine that its first known word has, whatever is asked."""

    def __init__(self, cosines: Mapping[str, float]) -> None:
        self._cosines = cosines
        self.description = ModelDescription("placed", 2, 512, "", "", "placed-1")

    def embed_query(self, text: str) -> Vector:
        return np.array([1, 0], np.float32)

    def embed_passages(
        self, passages: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        return [
            PassageVectors(self._place(each), np.tile(self._place(each), (len(each.spans), 1))) for each in passages
        ]

    def _place(self, passage: PassageText) -> Vector:
        words = passage.text.replace(".", " ").split()
        cosine = next(self._cosines[word] for word in words if word in self._cosines)
        return np.array([cosine, (1 - cosine**2) ** 0.5], np.float32)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "corpus", tmp_path / "index")


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("policies")
    corpus = Corpus(folder / "corpus", folder / "index")
    corpus.build(FakeEmbedder(), *write_all(corpus))
    return open_current(corpus.index)


def ask(text: str) -> Question:
    return understand(text, GLOSSARY)


def index(corpus: Corpus, embedder: Embedder, texts: Mapping[str, str], **status: Status) -> Snapshot:
    """A snapshot with one document of one sentence a text, in that order."""
    documents = [Document(name, name, Path(f"{name}.txt"), status=status.get(name, "unknown")) for name in texts]
    corpus.build(embedder, *(corpus.write(document, texts[document.id]) for document in documents))
    return open_current(corpus.index)


def names(snapshot: Snapshot, hits: Sequence[Hit]) -> list[str]:
    return [snapshot.store.document_of(hit.chunk_id).id for hit in hits]


# --- modes and fusion ---

COSINES = {"alfa": 1.0, "bravo": 0.8, "charlie": 0.6}
# Only the last one holds the word that is asked for.
NAMED = {"alfa": "Team alfa komt.", "bravo": "Team bravo komt.", "charlie": "Klokkenmaker charlie komt."}
QUESTION = ask("Waar woont de klokkenmaker?")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("dense", {"alfa": 1.0, "bravo": 0.8, "charlie": 0.6}),
        ("hybrid", {"alfa": 0.7, "bravo": 0.35, "charlie": 0.3}),  # 0.7 × (cosine - 0.6) / 0.4 + 0.3 × match
    ],
)
def test_scores_of_meaning_and_words_are_mixed_after_scaling(
    corpus: Corpus, mode: Mode, expected: dict[str, float]
) -> None:
    embedder = PlacedEmbedder(COSINES)
    snapshot = index(corpus, embedder, NAMED)

    hits = Retriever(snapshot, embedder).search(QUESTION, 10, mode=mode)

    assert names(snapshot, hits) == list(expected)
    assert [hit.score for hit in hits] == pytest.approx(list(expected.values()), abs=1e-3)
    assert [hit.dense for hit in hits] == pytest.approx(list(COSINES.values()), abs=1e-3)


def test_lexical_search_finds_only_what_shares_a_word_and_tells_its_cosine_too(corpus: Corpus) -> None:
    embedder = PlacedEmbedder(COSINES)
    snapshot = index(corpus, embedder, NAMED)

    hits = Retriever(snapshot, embedder).search(QUESTION, 10, mode="lexical")

    assert names(snapshot, hits) == ["charlie"]
    assert hits[0].score == hits[0].lexical > 0
    assert hits[0].dense == pytest.approx(0.6, abs=1e-3)


def test_the_weight_of_meaning_can_be_chosen(corpus: Corpus) -> None:
    embedder = PlacedEmbedder(COSINES)
    snapshot = index(corpus, embedder, NAMED)

    hits = Retriever(snapshot, embedder, dense_weight=0.2).search(QUESTION, 10)

    assert names(snapshot, hits) == ["charlie", "alfa", "bravo"]
    assert [hit.score for hit in hits] == pytest.approx([0.8, 0.2, 0.1], abs=1e-3)


def test_without_a_matching_word_meaning_alone_decides(corpus: Corpus) -> None:
    embedder = PlacedEmbedder(COSINES)
    snapshot = index(corpus, embedder, NAMED)

    hits = Retriever(snapshot, embedder).search(ask("Waar woont de bakker?"), 10)

    assert [(hit.lexical, round(hit.score, 2)) for hit in hits] == [(0.0, 0.7), (0.0, 0.35), (0.0, 0.0)]


def test_one_passage_alone_gets_the_full_weight_of_meaning(corpus: Corpus) -> None:
    embedder = PlacedEmbedder(COSINES)
    snapshot = index(corpus, embedder, {"bravo": NAMED["bravo"]})

    hits = Retriever(snapshot, embedder).search(QUESTION, 10)

    assert [hit.score for hit in hits] == pytest.approx([0.7])


def test_no_more_than_the_limit_is_found(corpus: Corpus) -> None:
    embedder = PlacedEmbedder(COSINES)
    snapshot = index(corpus, embedder, NAMED)

    assert names(snapshot, Retriever(snapshot, embedder).search(QUESTION, 2)) == ["alfa", "bravo"]


def test_a_rare_name_brings_up_a_passage_that_is_far_from_the_question(corpus: Corpus) -> None:
    others = {f"buurt{number}": 0.99 - number * 0.0048 for number in range(CANDIDATES)}
    embedder = PlacedEmbedder({**others, "Kwakkernaat": 0.5})
    texts = {name: f"Plan voor {name} is klaar." for name in others}
    snapshot = index(corpus, embedder, {**texts, "verslag": "Mevrouw Kwakkernaat sprak de raad toe."})
    retriever, question = Retriever(snapshot, embedder), ask("Wat zei mevrouw Kwakkernaat?")

    assert "verslag" not in names(snapshot, retriever.search(question, CANDIDATES, mode="dense"))
    assert "verslag" in names(snapshot, retriever.search(question, CANDIDATES))


def test_an_exact_name_wins_from_a_passage_that_is_a_little_nearer(corpus: Corpus) -> None:
    embedder = PlacedEmbedder({"alfa": 0.90, "bravo": 0.88, "charlie": 0.80})
    texts = {"alfa": "Team alfa komt.", "bravo": "Klokkenmaker bravo komt.", "charlie": "Team charlie komt."}
    snapshot = index(corpus, embedder, texts)
    retriever = Retriever(snapshot, embedder)

    assert names(snapshot, retriever.search(QUESTION, 3, mode="dense")) == ["alfa", "bravo", "charlie"]
    assert names(snapshot, retriever.search(QUESTION, 3)) == ["bravo", "alfa", "charlie"]


def test_everyday_words_find_the_passage_that_means_the_same(corpus: Corpus, embedder: BundledEmbedder) -> None:
    snapshot = index(
        corpus,
        embedder,
        {
            "schuld": "Inwoners met problematische schulden krijgen budgetbegeleiding.",
            "vervoer": "Leerlingen reizen met een taxibus naar het speciaal onderwijs.",
        },
    )

    hits = Retriever(snapshot, embedder).search(ask("Ik kan mijn rekeningen niet meer betalen"), 2)

    assert names(snapshot, hits) == ["schuld", "vervoer"]


# --- abbreviations ---


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Wat onderzoekt de RvdK?", "De Raad voor de Kinderbescherming spreekt met ouders."),
        ("Wat onderzoekt de Raad voor de Kinderbescherming?", "De RvdK spreekt met ouders."),
        ("Wat kost een ZVH?", "Het zorg- en veiligheidshuis ligt in het centrum."),
        ("Wat kost een veiligheidshuis?", "Het ZVH ligt in het centrum."),
    ],
)
def test_an_abbreviation_and_its_full_name_find_each_other(corpus: Corpus, question: str, sentence: str) -> None:
    embedder = FakeEmbedder()
    snapshot = index(corpus, embedder, {"ander": "Honden mogen mee naar binnen.", "gezocht": sentence})

    hits = Retriever(snapshot, embedder).search(ask(question), 10, mode="lexical")

    assert names(snapshot, hits) == ["gezocht"]


def test_the_model_reads_an_abbreviation_written_out(corpus: Corpus) -> None:
    embedder = FakeEmbedder()
    snapshot = index(corpus, embedder, NAMED)

    Retriever(snapshot, embedder).search(ask("Wat onderzoekt de RvdK?"), 10)

    assert embedder.queries == ["Wat onderzoekt de Raad voor de Kinderbescherming?"]


# --- the question's vectors ---


def test_where_to_look_helps_to_search_but_not_to_read(corpus: Corpus) -> None:
    embedder = FakeEmbedder()
    retriever = Retriever(index(corpus, embedder, NAMED), embedder)

    search, read = retriever.embed(ask("Hoeveel bedden heeft de opvang volgens het Jaarplan?"))

    assert read.tolist() == embedder.embed_query("Hoeveel bedden heeft de opvang ?").tolist()
    named = embedder.embed_query("Het Jaarplan")
    assert float(search @ named) > float(read @ named)
    assert float(np.linalg.norm(search)) == pytest.approx(1, abs=1e-6)


def test_a_plain_question_is_embedded_once(corpus: Corpus) -> None:
    embedder = FakeEmbedder()
    retriever = Retriever(index(corpus, embedder, NAMED), embedder)

    search, read = retriever.embed(ask("Hoeveel bedden heeft de opvang?"))

    assert search is read
    assert embedder.queries == ["Hoeveel bedden heeft de opvang?"]


# --- validity ---


@pytest.mark.parametrize(("status", "score"), [("in_force", 0.3), ("outdated", 0.25), ("superseded", 0.2)])
def test_what_is_no_longer_in_force_loses_points(corpus: Corpus, status: Status, score: float) -> None:
    embedder = PlacedEmbedder(COSINES)
    snapshot = index(corpus, embedder, NAMED, charlie=status)

    hits = Retriever(snapshot, embedder).search(QUESTION, 10)

    assert dict(zip(names(snapshot, hits), (hit.score for hit in hits), strict=True))["charlie"] == pytest.approx(
        score, abs=1e-3
    )


def test_a_superseded_document_comes_after_its_successor_with_the_same_text(corpus: Corpus) -> None:
    text = "Het team bezoekt het gezin binnen drie dagen."
    embedder = FakeEmbedder()
    old = Document("oud", "Kader", Path("oud.txt"), status="superseded", superseded_by="nieuw")
    new = Document("nieuw", "Kader", Path("nieuw.txt"), status="in_force", supersedes=("oud",))
    # White space at the end: the same file twice is refused.
    corpus.build(embedder, corpus.write(old, text), corpus.write(new, f"{text}\n"))
    snapshot = open_current(corpus.index)

    hits = Retriever(snapshot, embedder).search(ask("Binnen hoeveel dagen komt het team?"), 10)

    assert names(snapshot, hits) == ["nieuw", "oud"]
    assert hits[0].score - hits[1].score == pytest.approx(0.1, abs=1e-3)


# --- filters ---


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"wijkplan", "oud-kader", "nieuw-kader", "notitie"}),
        (Filters(documents=("notitie", "wijkplan")), {"notitie", "wijkplan"}),
        (Filters(publishers=("Regio Oostveen",)), {"oud-kader", "nieuw-kader"}),
        (Filters(themes=("wijkteams",)), {"wijkplan", "nieuw-kader"}),
        (Filters(themes=("jeugd", "veiligheid")), {"wijkplan", "oud-kader", "nieuw-kader"}),
        (Filters(statuses=("superseded", "unknown")), {"oud-kader", "notitie"}),
        (Filters(published_from=date(2023, 9, 15)), {"wijkplan", "nieuw-kader"}),
        (Filters(published_until=date(2023, 9, 15)), {"oud-kader", "nieuw-kader"}),
        (Filters(published_from=date(2020, 1, 1), published_until=date(2023, 12, 31)), {"nieuw-kader"}),
        (Filters(publishers=("Regio Oostveen",), statuses=("in_force",)), {"nieuw-kader"}),
        (Filters(documents=("onbekend",)), set()),
        (Filters(publishers=("Regio Oostveen",), themes=("veiligheid",)), set()),
    ],
)
@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_only_documents_that_pass_every_filter_are_found(
    policies: Snapshot, mode: Mode, filters: Filters, expected: set[str]
) -> None:
    question = ask("wijkteam gezin werkdagen nachtopvang bezoekt")  # words of all four

    hits = Retriever(policies, FakeEmbedder()).search(question, 10, filters, mode)

    assert set(names(policies, hits)) == expected


@pytest.mark.parametrize(
    "filters",
    [
        Filters(published_from=date.min),
        Filters(published_until=date.max),
        Filters(published_from=date.min, published_until=date.max),
    ],
)
def test_a_document_without_a_date_never_passes_a_filter_on_dates(filters: Filters) -> None:
    undated = Document("notitie", "Notitie", Path("notitie.md"))

    assert not is_allowed(undated, filters)
    assert is_allowed(replace(undated, published=date(2024, 1, 1)), filters)


# --- exclusion and order ---


@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_excluded_chunks_are_not_found(corpus: Corpus, mode: Mode) -> None:
    embedder = FakeEmbedder()
    snapshot = index(corpus, embedder, {name: f"Het team {name} komt langs." for name in ("een", "twee", "drie")})
    retriever, question = Retriever(snapshot, embedder), ask("Welk team komt langs?")
    everything = [hit.chunk_id for hit in retriever.search(question, 10, mode=mode)]

    hits = retriever.search(question, 10, mode=mode, excluded={everything[0]})

    assert len(everything) == 3
    assert [hit.chunk_id for hit in hits] == everything[1:]


def test_as_many_chunks_are_found_when_the_nearest_are_excluded(corpus: Corpus) -> None:
    cosines = {f"buurt{number}": 0.99 - number / 1000 for number in range(CANDIDATES + 5)}
    embedder = PlacedEmbedder(cosines)
    snapshot = index(corpus, embedder, {name: f"Plan voor {name} is klaar." for name in cosines})

    hits = Retriever(snapshot, embedder).search(QUESTION, CANDIDATES, mode="dense", excluded=range(5))

    assert [hit.chunk_id for hit in hits] == list(range(5, CANDIDATES + 5))


@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_equal_passages_come_in_the_order_of_the_catalogue(corpus: Corpus, mode: Mode) -> None:
    embedder = FakeEmbedder()
    documents = [Document(f"kopie-{n}", "Kopie", Path(f"kopie-{n}.txt")) for n in range(12)]
    text = "Het team bezoekt het gezin."
    corpus.build(embedder, *(corpus.write(each, text + n * "\n") for n, each in enumerate(documents)))
    snapshot = open_current(corpus.index)
    retriever, question = Retriever(snapshot, embedder), ask("Welk gezin bezoekt het team?")

    hits = retriever.search(question, 10, mode=mode)

    assert names(snapshot, hits) == [f"kopie-{n}" for n in range(10)]
    assert retriever.search(question, 10, mode=mode) == hits
