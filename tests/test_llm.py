"""A real, small language model behind llama.cpp's server; only with `make test-llm`, which makes both.

Its Dutch is useless (and may be dangerous), which is the point: the way to it works, and none of its nonsense gets out.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from chat_server import KEY, with_chat
from policy_corpus import Corpus, write_all

from assistant import Assistant, Settings, load_settings
from assistant.chat_model_opening import open_chat_model
from assistant.grounding import Evidence, Grounding
from assistant.openvino_embedder import BundledEmbedder
from assistant.prompts import Message
from assistant.refusals import REFUSAL
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import AnswerFinished, Chunk, Citation, Passage, Sentence, TextAdded, Turn
from assistant.writer import open_writer

SERVER, MODEL = os.environ.get("LLAMA_SERVER"), os.environ.get("LLAMA_MODEL")
pytestmark = pytest.mark.skipif(not (SERVER and MODEL), reason="make test-llm")
SECONDS = 120.0
QUESTIONS = (
    "Hoeveel bedden heeft de nachtopvang?",
    "Wie is de projectleider van het wijkplan?",
    "Binnen hoeveel werkdagen bezoekt een medewerker het gezin?",
    "Welke vijf adviezen geeft de adviescommissie?",
    "Mogen honden mee naar binnen?",
    "How many beds does the night shelter (nachtopvang) have?",
)


@dataclass(frozen=True)
class Llama:
    """The running server."""

    url: str


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Llama]:
    assert SERVER
    assert MODEL
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    log = tmp_path_factory.mktemp("llama") / "server.log"
    command = [
        *(SERVER, "--model", MODEL, "--host", "127.0.0.1", "--port", str(port), "--api-key", KEY),
        *("--ctx-size", "8192", "--parallel", "1", "--threads", "2", "--chat-template", "gemma"),
    ]
    with log.open("wb") as stream, subprocess.Popen(command, stdout=stream, stderr=stream) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url, process)
            yield Llama(f"{url}/v1")
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("llama-server did not start")


@pytest.fixture(scope="module")
def settings(
    llama: Llama, embedder: BundledEmbedder, model_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    folder = tmp_path_factory.mktemp("llm")
    names = ("corpus", "index", "data")
    environ = {f"BELEIDSWIJZER_{name.upper()}": str(folder / name) for name in names}
    settings = load_settings(environ=environ | {"BELEIDSWIJZER_CACHE": str(model_cache)}, cwd=folder)
    corpus = Corpus(settings.corpus, settings.index)
    corpus.build(embedder, *write_all(corpus))
    return with_chat(settings, llama.url, timeout_seconds=SECONDS, answer_tokens=200, context_tokens=8_192)


@pytest.fixture(scope="module")
def assistant(settings: Settings, embedder: BundledEmbedder) -> Assistant:
    snapshots = SnapshotFollower(settings.index, embedder.description)
    return Assistant(snapshots, embedder, writer=open_writer(settings, embedder))


def test_the_model_speaks_in_pieces(settings: Settings) -> None:
    model = open_chat_model(settings.chat, settings.secrets.chat_api_key)

    pieces = list(model.stream(Message("Herhaal de zin.", "De gemeente betaalt de opvang.")))

    print(f"\n{len(pieces)} pieces: {''.join(pieces)[:300]!r}")
    assert len(pieces) > 3
    assert "".join(pieces).strip()


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_shown_is_carried_by_its_source(assistant: Assistant, embedder: BundledEmbedder, question: str) -> None:
    events = list(assistant.stream(question))

    last = events[-1]
    assert isinstance(last, AnswerFinished)
    answer = last.answer
    print(f"\n{question}\n{answer.text}\nmethod {answer.method}, removed {answer.removed_claims}, "
          f"{answer.duration_ms / 1000:.1f} s, {[caution.code for caution in answer.warnings]}")  # fmt: skip
    assert "".join(event.text for event in events if isinstance(event, TextAdded)) == answer.text
    if not answer.claims:
        assert answer.text.splitlines()[0] in REFUSAL.values()
        return
    cited = {citation.number: citation for citation in answer.citations}
    for claim in answer.claims:
        if answer.method == "generative":
            check = Grounding(embedder).check(
                claim.text + "".join(f" [{number}]" for number in claim.citations),
                [Evidence(number, _passage(cited[number])) for number in claim.citations],
            )
            assert check.supported, (claim, check)
    for citation in answer.citations:
        assert assistant.source(citation.document.id).text[citation.begin : citation.end] == citation.quote
    assert not re.search(r"https?://|<\w+>|!\[", answer.text)


def test_a_follow_up_is_answered_or_refused(assistant: Assistant) -> None:
    history = [Turn("user", QUESTIONS[1]), Turn("assistant", "Saskia Bontekoe. [1]")]

    answer = assistant.ask("En sinds wanneer geldt het?", history)

    print(f"\n{answer.understood_as}\n{answer.text}")
    assert answer.understood_as
    assert answer.text


def _passage(citation: Citation) -> Passage:
    """The quote alone, as a passage."""
    chunk = Chunk(
        citation.document.id,
        0,
        citation.heading_path,
        citation.page,
        0,
        len(citation.quote),
        citation.quote,
        (Sentence(0, len(citation.quote)),),
    )
    return Passage(chunk, citation.document, 1.0, 1.0, 1.0)
