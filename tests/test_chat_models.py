"""A chat model answers in pieces and in time, or there is one clear sentence about what is wrong and what to do."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from threading import Event

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr
from scripted_model import ScriptedModel

from assistant.chat_failures import chat_failure
from assistant.chat_model_opening import open_chat_model
from assistant.chat_models import LangchainChatModel, try_out
from assistant.circuit_breaker import FAILURES_TO_REST, REST_SECONDS, CircuitBreaker
from assistant.errors import ChatModelError, ModelError, SettingsError
from assistant.prompts import Message
from assistant.settings_sections import ChatSettings

MESSAGE = Message("Instructie", "Vraag")


class PiecesModel(BaseChatModel):
    """Gives pieces; one that is an event is waited for, one that is an error is raised."""

    _pieces: list[str | Event | Exception] = PrivateAttr()
    _told: list[BaseMessage] = PrivateAttr(default_factory=list)

    def __init__(self, *pieces: str | Event | Exception) -> None:
        super().__init__()
        self._pieces = list(pieces)

    @property
    def _llm_type(self) -> str:
        return "pieces"

    def _generate(self, *args: object, **kwargs: object) -> ChatResult:
        raise AssertionError("only streaming is used")

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> Iterator[ChatGenerationChunk]:
        self._told.extend(messages)
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, Event):
                piece.wait(20)
            else:
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


# --- one call ---


def test_the_pieces_come_as_the_model_gives_them() -> None:
    model = PiecesModel("De gemeente ", "", "betaalt. [1]")

    pieces = list(LangchainChatModel(model, "pieces:een", 10).stream(MESSAGE))

    assert "".join(pieces) == "De gemeente betaalt. [1]"
    assert model._told == [SystemMessage("Instructie"), HumanMessage("Vraag")]


def test_a_model_that_does_not_stream_gives_its_answer_at_once() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("De gemeente betaalt. [1]")]))

    assert "".join(LangchainChatModel(model, "fake:een", 10).stream(MESSAGE)) == "De gemeente betaalt. [1]"


@pytest.mark.parametrize("pieces", [[], ["", " \n"]])
def test_an_empty_answer_is_a_failure(pieces: list[str]) -> None:
    with pytest.raises(ChatModelError, match="geeft een leeg antwoord"):
        list(LangchainChatModel(PiecesModel(*pieces), "pieces:een", 10).stream(MESSAGE))


@pytest.mark.parametrize("before", [[], ["De gemeente "]])
def test_nobody_waits_longer_than_the_time_out(before: list[str]) -> None:
    for_ever = Event()
    started = time.monotonic()

    with pytest.raises(ChatModelError, match=r"antwoordt niet binnen 0\.2 seconden.*timeout_seconds groter"):
        list(LangchainChatModel(PiecesModel(*before, for_ever, "betaalt."), "pieces:een", 0.2).stream(MESSAGE))

    for_ever.set()
    assert time.monotonic() - started < 15  # the model would take 20


def test_an_answer_that_drips_is_ended_too() -> None:
    class Dripping(PiecesModel):
        def _stream(self, *args: object, **kwargs: object) -> Iterator[ChatGenerationChunk]:
            while True:
                time.sleep(0.05)
                yield ChatGenerationChunk(message=AIMessageChunk(content="x"))

    with pytest.raises(ChatModelError, match="antwoordt niet binnen"):
        list(LangchainChatModel(Dripping(), "pieces:een", 0.2).stream(MESSAGE))


def test_a_call_that_nobody_listens_to_ends_at_its_next_piece() -> None:
    go_on, went_on = Event(), Event()

    class Watched(PiecesModel):
        def _stream(self, *args: object, **kwargs: object) -> Iterator[ChatGenerationChunk]:
            try:
                yield ChatGenerationChunk(message=AIMessageChunk(content="een"))
                go_on.wait(20)
                yield ChatGenerationChunk(message=AIMessageChunk(content="twee"))
                yield ChatGenerationChunk(message=AIMessageChunk(content="drie"))
            except GeneratorExit:
                went_on.set()
                raise

    pieces = LangchainChatModel(Watched(), "pieces:een", 10).stream(MESSAGE)
    assert next(pieces) == "een"

    pieces.close()  # type: ignore[attr-defined]
    go_on.set()

    assert went_on.wait(10)


def test_a_failure_is_logged_once_until_the_model_works_again(caplog: pytest.LogCaptureFixture) -> None:
    failing = LangchainChatModel(PiecesModel(ConnectionError("sk-geheim vraag")), "pieces:een", 10)

    for _ in range(3):
        with pytest.raises(ChatModelError):
            list(failing.stream(MESSAGE))

    assert [record.message for record in caplog.records] == [
        "Het taalmodel pieces:een is niet te bereiken. Controleer CHAT_BASE_URL en de verbinding. "
        "Tot dan zijn antwoorden letterlijke citaten."
    ]


def test_a_model_can_be_tried_out() -> None:
    working, broken = ScriptedModel("ja"), ScriptedModel(ChatModelError("Het werkt niet."))

    try_out(working)

    with pytest.raises(ChatModelError, match="Het werkt niet"):
        try_out(broken)


# --- what is wrong, in words ---


class StatusError(Exception):
    """As providers raise them: with the status of the answer."""

    def __init__(self, status: int) -> None:
        super().__init__("sk-geheim en de hele vraag")
        self.status_code = status


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StatusError(400), "context_tokens"),
        (StatusError(401), "CHAT_API_KEY"),
        (StatusError(403), "CHAT_API_KEY"),
        (StatusError(404), "Controleer de naam in CHAT_MODEL"),
        (StatusError(429), "verhoog de limiet"),
        (StatusError(500), "heeft een storing (500)"),
        (StatusError(418), "antwoordt niet zoals verwacht (StatusError)"),
        (TimeoutError(), "niet binnen 30 seconden"),
        (ConnectionRefusedError(), "niet te bereiken"),
        (ValueError("sk-geheim"), "antwoordt niet zoals verwacht (ValueError)"),
    ],
)
def test_a_failure_names_the_next_step_and_nothing_of_what_was_sent(error: Exception, words: str) -> None:
    sentence = str(chat_failure(error, "openai:een", 30))

    assert sentence.startswith("Het taalmodel openai:een ")
    assert words in sentence
    assert "sk-geheim" not in sentence
    assert "vraag (" not in sentence.replace("aanvraag (", "")


# --- the circuit breaker ---


def test_after_three_failures_the_model_rests_a_minute() -> None:
    clock, error = Clock(), ChatModelError("Stuk.")
    model = ScriptedModel(error, error, error, "ja", "ja")
    breaker = CircuitBreaker(model, clock)

    for _ in range(FAILURES_TO_REST):
        with pytest.raises(ChatModelError, match="Stuk"):
            list(breaker.stream(MESSAGE))
    with pytest.raises(ChatModelError, match="antwoordt al een tijd niet"):
        list(breaker.stream(MESSAGE))
    clock.now += REST_SECONDS - 1
    with pytest.raises(ChatModelError, match="antwoordt al een tijd niet"):
        list(breaker.stream(MESSAGE))
    assert len(model.messages) == 3

    clock.now += 1
    assert "".join(breaker.stream(MESSAGE)) == "ja"
    assert "".join(breaker.stream(MESSAGE)) == "ja"


def test_one_failure_after_the_rest_is_enough_to_rest_again() -> None:
    clock, error = Clock(), ChatModelError("Stuk.")
    model = ScriptedModel(error, error, error, error, "ja")
    breaker = CircuitBreaker(model, clock)
    for _ in range(3):
        with pytest.raises(ChatModelError):
            list(breaker.stream(MESSAGE))
    clock.now += REST_SECONDS

    with pytest.raises(ChatModelError, match="Stuk"):
        list(breaker.stream(MESSAGE))

    with pytest.raises(ChatModelError, match="antwoordt al een tijd niet"):
        list(breaker.stream(MESSAGE))


def test_an_answer_in_between_forgets_the_failures() -> None:
    error = ChatModelError("Stuk.")
    model = ScriptedModel(error, error, "ja", error, error, "ja")
    breaker = CircuitBreaker(model, Clock())

    outcomes = []
    for _ in range(6):
        try:
            outcomes.append("".join(breaker.stream(MESSAGE)))
        except ChatModelError as failure:
            outcomes.append(str(failure))

    assert outcomes == ["Stuk.", "Stuk.", "ja", "Stuk.", "Stuk.", "ja"]


def test_a_failure_in_mid_stream_counts_and_a_reader_who_leaves_does_not() -> None:
    broken = ScriptedModel(*[("half", ChatModelError("Stuk."))] * 3)
    breaker = CircuitBreaker(broken, Clock())
    for _ in range(3):
        with pytest.raises(ChatModelError, match="Stuk"):
            list(breaker.stream(MESSAGE))
    with pytest.raises(ChatModelError, match="al een tijd"):
        list(breaker.stream(MESSAGE))

    left = CircuitBreaker(ScriptedModel(*["een twee drie"] * 4), Clock())
    for _ in range(4):
        pieces = left.stream(MESSAGE)
        assert next(pieces) == "een twe"
        pieces.close()  # type: ignore[attr-defined]


# --- opening ---


def opened(model: str, key: str | None = "sk-test", **options: object) -> BaseChatModel:
    """The langchain model behind our own."""
    breaker = open_chat_model(ChatSettings(model=model, **options), key)  # type: ignore[arg-type]
    return breaker._model._model  # type: ignore[attr-defined, no-any-return]


def test_an_openai_model_gets_temperature_time_out_retries_and_length() -> None:
    model = opened("openai:gpt-4.1", base_url="http://127.0.0.1:9/v1", timeout_seconds=12.5, max_retries=3)

    options = model.model_dump()
    assert (options["temperature"], options["request_timeout"], options["max_retries"]) == (0.0, 12.5, 3)
    assert (options["max_tokens"], options["openai_api_base"]) == (700, "http://127.0.0.1:9/v1")


def test_a_server_of_your_own_never_gets_the_key_of_another_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-van-openai")

    model = opened("openai:lokaal", None, base_url="http://127.0.0.1:9/v1")

    assert model.model_dump()["openai_api_key"].get_secret_value() == "geen"


def test_an_azure_model_is_a_deployment_at_its_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")

    model = opened("azure_openai:ons-model", base_url="https://gemeente.openai.azure.com")

    options = model.model_dump()
    assert (options["azure_endpoint"], options["openai_api_version"]) == (
        "https://gemeente.openai.azure.com",
        "2024-10-21",
    )


def test_azure_without_an_endpoint_of_ours_looks_in_its_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://uit-de-omgeving.openai.azure.com")

    assert opened("azure_openai:ons-model").model_dump()["azure_endpoint"] == "https://uit-de-omgeving.openai.azure.com"


def test_an_ollama_model_gets_its_own_names_for_the_same_things() -> None:
    pytest.importorskip("langchain_ollama")

    options = opened("ollama:llama3", base_url="http://127.0.0.1:9", context_tokens=4_096).model_dump()

    assert (options["num_ctx"], options["num_predict"], options["temperature"]) == (4_096, 700, 0.0)
    assert options["client_kwargs"] == {"timeout": 30.0, "headers": {"Authorization": "Bearer sk-test"}}
    assert options["reasoning"] is False


@pytest.mark.parametrize("provider", ["mistralai", "anthropic"])
def test_other_providers_open_with_the_same_options(provider: str) -> None:
    pytest.importorskip(f"langchain_{provider}")

    options = opened(f"{provider}:groot", timeout_seconds=2.5).model_dump()

    assert options["max_tokens"] == 700
    assert options["temperature"] == 0.0
    assert (options.get("timeout") or options.get("default_request_timeout")) in (3, 2.5)


def test_a_missing_key_is_told_with_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    with pytest.raises(ModelError, match=r"Het taalmodel openai:gpt-4\.1 kan niet worden geopend.*CHAT_API_KEY"):
        open_chat_model(ChatSettings(model="openai:gpt-4.1"))


def test_a_missing_package_is_told_with_the_command_that_installs_it() -> None:
    with pytest.raises(ModelError, match="pip install langchain-cohere"):
        open_chat_model(ChatSettings(model="cohere:command"))


def test_an_unknown_provider_is_told_with_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"De aanbieder bestaatniet in CHAT_MODEL=.* is niet bekend"):
        open_chat_model(ChatSettings(model="bestaatniet:model"))


def test_libraries_that_write_down_what_they_send_are_kept_quiet() -> None:
    logging.getLogger("openai").setLevel(logging.DEBUG)

    opened("openai:gpt-4.1", base_url="http://127.0.0.1:9/v1")

    assert not logging.getLogger("openai._base_client").isEnabledFor(logging.INFO)
    assert not logging.getLogger("httpcore.http11").isEnabledFor(logging.INFO)
