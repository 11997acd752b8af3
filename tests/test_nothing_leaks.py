"""Client data gets nowhere, and questions are written down nowhere: not in logs, not in the database, not on disk.

Everything is real here: the settings, the index, the HTTP door, langchain-openai and the server that it talks to.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from chat_server import ChatServer, Fail, Say, Told, about_beds, chat_server, with_chat
from policy_corpus import Corpus, write_all
from starlette.testclient import TestClient

from assistant import Assistant, Settings, load_settings, open_records
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot_follower import SnapshotFollower
from assistant.writer import open_writer
from integrations.http import create_app

pytest.importorskip("langchain_openai")

# Made up; the number passes the check of a BSN.
CLIENT = "Mijn cliënt Ahmed el Amrani, BSN 123456782, tel. 06-12345678, woont in de nachtopvang. Mag dat?"
SECRETS = ("Ahmed", "Amrani", "123456782", "12345678")
BEDS = "Hoeveel slaapplekken oftewel bedden heeft de nachtopvang?"
FOLLOW_UP = "En sinds wanneer geldt het, kolibrie?"
FAILING = "Hoeveel bedden, flamingo, heeft de nachtopvang?"
KEPT = "Hoeveel bedden, pelikaan, heeft de nachtopvang?"
REMARK = "Goed antwoord, ooievaar. Bel mij op 06-12345678."
# One word of each question that no document has.
QUESTION_WORDS = ("slaapplekken", "kolibrie", "flamingo", "pelikaan", "ooievaar")


@dataclass
class Trial:
    """What was left behind by a run with every kind of question."""

    settings: Settings
    log: str
    bodies: str  # all that the chat model's server received
    statuses: list[int]


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with chat_server() as running:
        yield running


@pytest.fixture(scope="module")
def settings(embedder: BundledEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("leaks")
    names = ("corpus", "index", "data", "cache")
    environ = {f"BELEIDSWIJZER_{name.upper()}": str(folder / name) for name in names}
    settings = load_settings(environ=environ, cwd=folder)
    corpus = Corpus(settings.corpus, settings.index)
    corpus.build(embedder, *write_all(corpus))
    return settings


class Collected(logging.Handler):
    """Everything that any logger says, with its arguments and its error."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {record.__dict__}")


@pytest.fixture(scope="module")
def trial(settings: Settings, server: ChatServer, embedder: BundledEmbedder) -> Iterator[Trial]:
    """One run of everything, with every logger at its most talkative that a setting can make it."""
    collected, root = Collected(), logging.getLogger()
    level = root.level
    root.addHandler(collected)
    root.setLevel(logging.DEBUG)
    received: list[bytes] = []
    statuses: list[int] = []
    chat = with_chat(settings, server.url, max_retries=1)
    try:
        snapshots = SnapshotFollower(chat.index, embedder.description)
        assistant = Assistant(snapshots, embedder, writer=open_writer(chat, embedder))
        with open_records(chat) as records, TestClient(create_app(assistant, chat, records, is_open=True)) as client:

            def post(path: str, body: dict[str, object], *steps: Say | Fail) -> dict[str, object]:
                server.will(*steps, always=Fail(500))
                response = client.post(f"http://localhost{path}", json=body)
                statuses.append(response.status_code)
                received.extend(server.raw)
                return dict(response.json())

            turns = [{"rol": "gebruiker", "tekst": BEDS}, {"rol": "assistent", "tekst": "Veertig. [1]"}]
            answer = post("/v1/antwoorden", {"vraag": BEDS}, about_beds("De nachtopvang heeft veertig bedden"))
            post("/v1/antwoorden", {"vraag": CLIENT})
            post(
                "/v1/antwoorden",
                {"vraag": FOLLOW_UP, "geschiedenis": turns},
                Say("Sinds wanneer geldt het?"),
                Say(lambda told: told.user),
                Say("-"),
            )
            post("/v1/antwoorden", {"vraag": "En mag dat?", "geschiedenis": [{"rol": "gebruiker", "tekst": CLIENT}]})
            post("/v1/antwoorden", {"vraag": FAILING}, Fail(429, "0"), Fail(400))
            verdict = {"antwoordId": answer["id"], "oordeel": "goed", "opmerking": REMARK, "vraag": KEPT}
            post("/v1/beoordelingen", verdict | {"vraagBewaren": False})
            yield Trial(chat, "\n".join(collected.lines), b"\n".join(received).decode(), statuses)
    finally:
        root.removeHandler(collected)
        root.setLevel(level)


def written(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file in a folder with its bytes."""
    for parent, _, names in os.walk(folder):
        for name in names:
            yield Path(parent, name), Path(parent, name).read_bytes()


def test_the_run_did_what_it_should(trial: Trial) -> None:
    assert trial.statuses == [200, 200, 200, 200, 200, 201]
    assert "Answered in" in trial.log
    assert "slaapplekken" in trial.bodies
    assert len(trial.bodies.splitlines()) > 3


@pytest.mark.parametrize("secret", SECRETS)
def test_client_data_is_in_no_log_no_file_and_no_request(trial: Trial, secret: str) -> None:
    assert secret not in trial.log
    assert secret not in trial.bodies
    for folder in (trial.settings.data, trial.settings.index, trial.settings.cache):
        assert [path for path, content in written(folder) if secret.encode() in content] == []


@pytest.mark.parametrize("word", QUESTION_WORDS)
def test_no_question_is_in_a_log(trial: Trial, word: str) -> None:
    assert word not in trial.log


@pytest.mark.parametrize("word", QUESTION_WORDS[:-1])
def test_no_question_is_in_a_file(trial: Trial, word: str) -> None:
    for folder in (trial.settings.data, trial.settings.index, trial.settings.cache):
        assert [path for path, content in written(folder) if word.encode() in content] == []


def test_no_answer_and_no_prompt_is_in_a_log(trial: Trial) -> None:
    for words in ("veertig bedden", "Havenkade", "Je helpt medewerkers", "Bontekoe", "sk-script"):
        assert words not in trial.log


def test_a_question_is_kept_only_if_its_asker_says_so_and_without_client_data(
    trial: Trial, server: ChatServer, embedder: BundledEmbedder, tmp_path: Path
) -> None:
    settings = replace(trial.settings, data=tmp_path / "data")
    assistant = Assistant(SnapshotFollower(settings.index, embedder.description), embedder)
    with (
        open_records(settings) as records,
        TestClient(create_app(assistant, settings, records, is_open=True)) as client,
    ):
        answer = client.post("http://localhost/v1/antwoorden", json={"vraag": BEDS}).json()
        verdict = {"antwoordId": answer["id"], "oordeel": "goed", "vraag": f"{KEPT} {CLIENT}", "vraagBewaren": True}

        assert client.post("http://localhost/v1/beoordelingen", json=verdict).status_code == 201

    content = b"".join(content for _, content in written(settings.data))
    assert b"pelikaan" in content
    assert [secret for secret in SECRETS if secret.encode() in content] == []


def test_a_library_told_to_write_everything_down_is_kept_quiet(
    settings: Settings, server: ChatServer, embedder: BundledEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    # What OPENAI_LOG=debug does when the library is first imported.
    for name in ("openai", "httpx", "httpcore", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    server.will(Say(_echo), always=Say("-"))

    writer = open_writer(with_chat(settings, server.url), embedder)
    Assistant(SnapshotFollower(settings.index, embedder.description), embedder, writer=writer).ask(BEDS)

    assert len(server.bodies) == 2
    assert "slaapplekken" not in caplog.text
    assert not [
        record
        for record in caplog.records
        if record.name.split(".")[0] in ("openai", "httpx", "httpcore", "httpx2", "httpcore2")
    ]


def _echo(told: Told) -> str:
    return told.user
