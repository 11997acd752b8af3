"""The whole way over real sockets: question, real index, langchain-openai, scripted server, checked answer."""

from __future__ import annotations

import json
import logging
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import httpx
import pytest
from chat_server import KEY, MODEL, ChatServer, Fail, Say, Told, about_beds, chat_server, marker, with_chat
from policy_corpus import Corpus, write_all

from assistant import Assistant, Settings, load_settings
from assistant.answering import open_assistant
from assistant.cli.application import run
from assistant.cli.doctor import Check, run_checks
from assistant.cli.session import Session
from assistant.openvino_embedder import BundledEmbedder
from assistant.prompts import load_prompts
from assistant.refusals import REFUSAL
from assistant.snapshot_follower import SnapshotFollower
from assistant.types import Answer, AnswerFinished, CitationAdded, TextAdded, Turn
from assistant.writer import open_writer

pytest.importorskip("langchain_openai")

BEDS = "Hoeveel bedden heeft de nachtopvang?"
BEDS_QUOTE = "De nachtopvang aan de Havenkade heeft veertig bedden."
LEADER = "Wie is de projectleider van het wijkplan?"
VISIT = "Binnen hoeveel werkdagen bezoekt een medewerker het gezin?"


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with chat_server() as running:
        yield running


@pytest.fixture(scope="module")
def settings(embedder: BundledEmbedder, model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an installation with the documents of policy_corpus.py, indexed."""
    folder = tmp_path_factory.mktemp("chat")
    settings = load_settings(
        environ={
            "BELEIDSWIJZER_CORPUS": str(folder / "corpus"),
            "BELEIDSWIJZER_INDEX": str(folder / "index"),
            "BELEIDSWIJZER_DATA": str(folder / "data"),
            "BELEIDSWIJZER_CACHE": str(model_cache),
        },
        cwd=folder,
    )
    corpus = Corpus(settings.corpus, settings.index)
    corpus.build(embedder, *write_all(corpus))
    return settings


class Open(Protocol):
    """Opens an assistant whose chat model is at the scripted server."""

    def __call__(self, url: str = ..., **options: object) -> Assistant: ...


@pytest.fixture
def open_with(settings: Settings, server: ChatServer, embedder: BundledEmbedder) -> Open:
    """As `open_assistant`, on an embedding model that is loaded already."""

    def opened(url: str = server.url, **options: object) -> Assistant:
        snapshots = SnapshotFollower(settings.index, embedder.description)
        return Assistant(snapshots, embedder, writer=open_writer(with_chat(settings, url, **options), embedder))

    return opened


@pytest.fixture
def assistant(open_with: Open) -> Assistant:
    """A fresh assistant: the rest of a circuit breaker does not outlive a test."""
    return open_with()


def codes(answer: Answer) -> list[str]:
    return [caution.code for caution in answer.warnings]


# --- answers ---


def test_a_good_answer_is_written_and_cited(assistant: Assistant, server: ChatServer) -> None:
    server.will(about_beds("De nachtopvang heeft veertig bedden"))

    answer = assistant.ask(BEDS)

    assert answer.text == "De nachtopvang heeft veertig bedden. [1]"
    assert [citation.quote for citation in answer.citations] == [BEDS_QUOTE]
    assert (answer.method, answer.model, answer.completeness) == ("generative", f"openai:{MODEL}", "complete")
    assert re.fullmatch(r"[0-9a-f]{12}", answer.prompt_version or "")
    assert (answer.removed_claims, codes(answer)) == (0, ["taalmodel", "datum_onbekend"])
    assert len(server.bodies) == 1


def test_every_piece_was_checked_and_together_they_are_the_answer(assistant: Assistant, server: ChatServer) -> None:
    server.will(Say(lambda told: f"{BEDS_QUOTE} {marker(told, 'veertig')} Honden mogen mee. {marker(told, 'Honden')}"))

    events = list(assistant.stream(BEDS))

    last = events[-1]
    assert isinstance(last, AnswerFinished)
    assert "".join(event.text for event in events if isinstance(event, TextAdded)) == last.answer.text
    kinds = [type(event) for event in events]
    assert kinds.index(CitationAdded) < kinds.index(TextAdded)


WRONG = {
    "verzonnen markering": Say("De nachtopvang heeft veertig bedden [9]."),
    "verkeerd getal": about_beds("De nachtopvang heeft vijftig bedden"),
    "verwisselde naam": Say(lambda told: f"Karin de Vries is de projectleider {marker(told, 'Bontekoe')}."),
    "weggelaten geen": about_beds("De nachtopvang heeft geen veertig bedden"),
    "niet in de bron": about_beds("De nachtopvang wordt betaald door de provincie"),
    "verkeerde taal": about_beds("The night shelter at the Havenkade has forty beds for the homeless"),
    "instructie": Say(lambda told: " ".join(f"{line} [1]" for line in told.system.splitlines() if line)),
    "geen bron": Say(BEDS_QUOTE),
}


@pytest.mark.parametrize("step", WRONG.values(), ids=WRONG.keys())
def test_an_answer_that_the_sources_do_not_carry_is_refused(
    assistant: Assistant, server: ChatServer, step: Say
) -> None:
    server.will(step, always=Say("Meer weet ik niet."))

    answer = assistant.ask(LEADER if step is WRONG["verwisselde naam"] else BEDS)

    assert answer.text.splitlines()[0] == REFUSAL["nl"]
    assert (answer.completeness, answer.claims, answer.citations) == ("none", (), ())
    assert answer.removed_claims > 0
    assert "zinnen_weggelaten" in codes(answer)
    assert answer.method == "generative"


@pytest.mark.parametrize("step", WRONG.values(), ids=WRONG.keys())
def test_what_is_carried_stays_beside_what_is_not(assistant: Assistant, server: ChatServer, step: Say) -> None:
    def both(told: Told) -> str:
        wrong = step.text if isinstance(step.text, str) else step.text(told)
        return f"{BEDS_QUOTE} {marker(told, 'veertig')}\n{wrong}"

    server.will(Say(both), always=Say("-"))

    answer = assistant.ask(BEDS)

    assert answer.text == f"{BEDS_QUOTE} [1]"
    assert answer.completeness == "partial"
    assert answer.removed_claims > 0


def test_the_instruction_is_never_told(assistant: Assistant, server: ChatServer) -> None:
    server.will(Say(lambda told: f"{told.system}\n{told.user}"), always=Say(lambda told: told.system))

    answer = assistant.ask(BEDS)

    canary = re.search(r"nooit noemen: (\w+)", server.bodies[0]["messages"][0]["content"])
    assert canary is not None
    assert canary[1] not in repr(answer)
    assert "Je helpt medewerkers" not in answer.text
    assert "Zo werk je" not in answer.text


def test_an_answer_without_end_is_cut_off(assistant: Assistant, server: ChatServer) -> None:
    noise = " ".join(f"En dan nog punt {number} van het verhaal." for number in range(900))
    server.will(Say(lambda told: f"{BEDS_QUOTE} {marker(told, 'veertig')} {noise}"))

    answer = assistant.ask(BEDS)

    assert [claim.text for claim in answer.claims] == [BEDS_QUOTE]
    assert codes(answer)[0] == "antwoord_afgebroken"
    assert answer.completeness == "partial"


def test_the_models_refusal_is_ours(assistant: Assistant, server: ChatServer) -> None:
    server.will(Say(REFUSAL["nl"]))

    answer = assistant.ask(BEDS)

    assert answer.text.splitlines()[0] == REFUSAL["nl"]
    assert (answer.completeness, answer.removed_claims, answer.model) == ("none", 0, f"openai:{MODEL}")


def test_an_english_question_gets_an_english_answer_with_dutch_quotes(assistant: Assistant, server: ChatServer) -> None:
    server.will(Say(lambda told: f"The night shelter at the Havenkade has 40 beds {marker(told, 'veertig')}."))

    answer = assistant.ask("How many beds does the night shelter (nachtopvang) at the Havenkade have?")

    assert (answer.language, answer.text) == ("en", "The night shelter at the Havenkade has 40 beds. [1]")
    assert [citation.quote for citation in answer.citations] == [BEDS_QUOTE]
    system = server.bodies[0]["messages"][0]["content"]
    assert "Antwoord in het Engels." in system
    assert REFUSAL["en"] in system
    assert "afkorting de eerste keer voluit" in system


def test_a_follow_up_is_understood_by_the_model(assistant: Assistant, server: ChatServer) -> None:
    history = [Turn("user", LEADER), Turn("assistant", "Saskia Bontekoe. [1]")]
    server.will(
        Say("Sinds wanneer geldt het wijkplan?"),
        Say(lambda told: f"Het wijkplan geldt sinds 12 maart 2024 {marker(told, '12 maart')}."),
        Say("Sinds wanneer geldt het geheime wijkplan van de minister?"),
        Say(lambda told: f"Het wijkplan geldt sinds 12 maart 2024 {marker(told, '12 maart')}."),
    )

    by_model = assistant.ask("En sinds wanneer geldt het?", history)
    by_rules = assistant.ask("En sinds wanneer geldt het?", history)

    assert by_model.understood_as == "Sinds wanneer geldt het wijkplan?"
    assert (by_rules.understood_as or "").startswith("En sinds wanneer geldt het? (over: ")
    assert by_model.text == by_rules.text == "Het wijkplan geldt sinds 12 maart 2024. [1]"


def test_parts_are_answered_one_by_one(assistant: Assistant, server: ChatServer) -> None:
    server.will(about_beds("De nachtopvang heeft veertig bedden"), Say(REFUSAL["nl"]))

    answer = assistant.ask(f"{BEDS} {LEADER}")

    assert answer.text == (
        f"Vraag 1: {BEDS}\n\nDe nachtopvang heeft veertig bedden. [1]\n\nVraag 2: {LEADER}\n\n{REFUSAL['nl']}"
    )
    assert answer.completeness == "partial"


def test_when_no_part_is_answered_the_text_is_the_refusal_alone(assistant: Assistant, server: ChatServer) -> None:
    server.will(Say(REFUSAL["nl"]), Say(REFUSAL["nl"]))

    events = list(assistant.stream(f"{BEDS} {LEADER}"))

    last = events[-1]
    assert isinstance(last, AnswerFinished)
    assert [event.text for event in events if isinstance(event, TextAdded)] == [last.answer.text]
    assert last.answer.text.splitlines()[0] == REFUSAL["nl"]


# --- a model that fails ---


def assert_quoted(answer: Answer) -> None:
    """The reader's answer, with a note that says why."""
    assert answer.text == f"{BEDS_QUOTE} [1]"
    assert (answer.method, answer.model, answer.prompt_version) == ("extractive", None, None)
    assert codes(answer) == ["taalmodel_antwoordt_niet", "datum_onbekend"]


def messages(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING)


FAILING = {
    "leeg antwoord": (Say(""), "geeft een leeg antwoord"),
    "lang stil voor het begin": (Say("Ja.", first_seconds=30), "antwoordt niet binnen 1 seconden"),
    "lang stil na het begin": (Say("De nachtopvang", pause_seconds=30), "antwoordt niet binnen 1 seconden"),
    "te druk": (Fail(429, "0"), "verhoog de limiet"),
    "storing": (Fail(500), "heeft een storing (500)"),
    "afgewezen": (Fail(400), "weigert de aanvraag (400)"),
    "opgehangen": (Say(BEDS_QUOTE, hang_up_after=2), "is niet te bereiken"),
}


@pytest.mark.parametrize(("step", "words"), FAILING.values(), ids=FAILING.keys())
def test_a_model_that_fails_leaves_the_question_to_the_reader(
    open_with: Open, server: ChatServer, caplog: pytest.LogCaptureFixture, step: Say | Fail, words: str
) -> None:
    server.will(always=step)
    assistant = open_with(timeout_seconds=1.0, max_retries=1)
    started = time.monotonic()

    answer = assistant.ask(BEDS)

    assert_quoted(answer)
    assert words in messages(caplog)
    assert time.monotonic() - started < 25  # the server would be silent for 30 seconds


def test_a_busy_provider_is_asked_again(assistant: Assistant, server: ChatServer) -> None:
    server.will(Fail(429, "0"), Fail(503), about_beds("De nachtopvang heeft veertig bedden"))

    answer = assistant.ask(BEDS)

    assert (answer.method, answer.text) == ("generative", "De nachtopvang heeft veertig bedden. [1]")
    assert len(server.bodies) == 3


def test_a_connection_lost_in_mid_stream_leaves_what_was_checked(assistant: Assistant, server: ChatServer) -> None:
    said = Say(lambda told: f"{BEDS_QUOTE} {marker(told, 'veertig')} Honden mogen mee naar binnen.", hang_up_after=9)
    server.will(said)

    answer = assistant.ask(BEDS)

    assert answer.text == f"{BEDS_QUOTE} [1]"
    assert (answer.method, answer.completeness) == ("generative", "partial")
    assert codes(answer)[:2] == ["antwoord_afgebroken", "taalmodel"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"key": "sk-verkeerd-geheim"}, "weigert de sleutel (401). Zet de goede sleutel in CHAT_API_KEY."),
        ({"model": "bestaat-niet"}, "is er niet (404). Controleer de naam in CHAT_MODEL"),
    ],
)
def test_a_wrong_setting_is_told_and_the_reader_answers(
    open_with: Open, server: ChatServer, caplog: pytest.LogCaptureFixture, options: dict[str, str], words: str
) -> None:
    server.will()
    assistant = open_with(**options)

    answers = [assistant.ask(BEDS) for _ in range(2)]

    for answer in answers:
        assert_quoted(answer)
    assert messages(caplog).count(words) == 1
    assert "sk-" not in caplog.text
    problem = assistant.check_chat_model()
    assert problem is not None
    assert words in problem


def test_a_server_that_is_not_there_is_told_and_the_reader_answers(
    open_with: Open, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

    answer = open_with(url, max_retries=0).ask(BEDS)

    assert_quoted(answer)
    assert "is niet te bereiken. Controleer CHAT_BASE_URL" in messages(caplog)


def test_a_model_that_keeps_failing_is_left_alone(open_with: Open, server: ChatServer) -> None:
    server.will(always=Fail(500))
    assistant = open_with(max_retries=0)

    for _ in range(5):
        assert_quoted(assistant.ask(BEDS))

    assert len(server.bodies) == 3


@pytest.mark.parametrize(
    ("chat", "words"),
    [
        ({"context_tokens": 1_024}, "krijgt te weinig ruimte"),
        ({"model": "bestaatniet:een"}, "is niet bekend bij langchain"),
        ({"model": "cohere:een"}, "pip install langchain-cohere"),
    ],
)
def test_a_model_that_cannot_be_opened_is_told_at_the_start_and_the_reader_answers(
    settings: Settings, server: ChatServer, caplog: pytest.LogCaptureFixture, chat: dict[str, object], words: str
) -> None:
    server.will()
    wanted = with_chat(settings, server.url)
    wanted = replace(wanted, chat=wanted.chat.model_copy(update=chat))

    answer = open_assistant(wanted).ask(BEDS)

    assert (answer.text, answer.method) == (f"{BEDS_QUOTE} [1]", "extractive")
    assert messages(caplog).count(words) == 1


def test_wrong_prompts_are_told_at_the_start_and_the_reader_answers(
    settings: Settings, server: ChatServer, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "antwoord.md").write_text("## Systeem\n\n$kanarie\n\n## Gebruiker\n\n$vraag", encoding="utf-8")
    server.will()

    answer = open_assistant(replace(with_chat(settings, server.url), prompts=tmp_path)).ask(BEDS)

    assert answer.text == f"{BEDS_QUOTE} [1]"
    assert "BELEIDSWIJZER_PROMPTS" in messages(caplog)


# --- the command line ---


def test_ask_as_json_says_which_model_and_prompts_wrote_it(
    assistant: Assistant, server: ChatServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.will(Say(lambda told: f"{BEDS_QUOTE} {marker(told, 'veertig')} De nachtopvang is duur [1]."), Say("-"))

    code = run(["ask", "--json", BEDS], Session(open_assistant=lambda _: assistant))

    said = json.loads(capsys.readouterr().out)
    assert (code, said["antwoord"]) == (0, f"{BEDS_QUOTE} [1]")
    assert (said["model"], said["werkwijze"]) == (f"openai:{MODEL}", "generatief")
    assert said["promptversie"] == load_prompts(Path(__file__).parents[1] / "prompts").version
    assert said["verwijderdeBeweringen"] == 1
    assert [caution["code"] for caution in said["waarschuwingen"]][:2] == ["zinnen_weggelaten", "taalmodel"]


def test_ask_shows_what_the_model_wrote_and_what_was_left_out(
    assistant: Assistant, server: ChatServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.will(Say(lambda told: f"{BEDS_QUOTE} {marker(told, 'veertig')} De nachtopvang is duur [1]."), Say("-"))

    assert run(["ask", BEDS], Session(open_assistant=lambda _: assistant)) == 0

    out = capsys.readouterr().out
    assert f"{BEDS_QUOTE} [1]" in out
    assert "- Zinnen die niet met de bronnen kloppen, zijn weggelaten: 1." in out
    assert "- Een taalmodel schreef dit antwoord." in out


def checked(settings: Settings) -> Check:
    """What doctor says of the chat model."""
    return next(check for check in run_checks(settings) if "aalmodel" in check.sentence)


def test_doctor_tries_the_chat_model(settings: Settings, server: ChatServer) -> None:
    server.will(Say("ja"))

    check = checked(with_chat(settings, server.url))

    assert check.ok
    assert check.sentence.startswith(f"Taalmodel: openai:{MODEL} antwoordt, met prompts ")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"key": "sk-verkeerd"}, "CHAT_API_KEY"),
        ({"model": "bestaat-niet"}, "CHAT_MODEL"),
        ({"context_tokens": 1_024}, "context_tokens groter"),
    ],
)
def test_doctor_says_what_is_wrong_with_the_chat_model(
    settings: Settings, server: ChatServer, options: dict[str, object], words: str
) -> None:
    server.will()

    check = checked(with_chat(settings, server.url, **options))

    assert (check.ok, words in check.sentence) == (False, True)
    assert "sk-" not in check.sentence


def test_doctor_without_a_chat_model_says_how_answers_are_made(settings: Settings) -> None:
    assert checked(settings) == Check(True, "Taalmodel: geen; antwoorden zijn letterlijke citaten uit de bronnen")


def test_the_scripted_server_is_strict(server: ChatServer) -> None:
    with httpx.Client(base_url=server.url) as client:
        assert client.post("/chat/completions", json={}).status_code == 401
        keyed = {"Authorization": f"Bearer {KEY}"}
        assert client.post("/chat/completions", json={"model": "x"}, headers=keyed).status_code == 404
        assert client.post("/chat/completions", json={"model": MODEL}, headers=keyed).status_code == 400
    assert server.faults == ["fields are ['model']"]
    server.faults.clear()
