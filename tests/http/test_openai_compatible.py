"""The OpenAI-compatible endpoint, asked by the real `openai` package over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from http_fixtures import Keys
from http_server import Served, serve
from openai.types.chat import ChatCompletionMessageParam

from assistant import REFUSAL, Answer, Assistant, Citation, Document, Settings, open_records
from integrations.http import create_app
from integrations.http.readable import answer_text

QUESTION = "Hoeveel wijkteams heeft Waterveen?"
ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]


@pytest.fixture
def api(locked_server: Served, keys: Keys) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{locked_server.url}/openai/v1", api_key=keys.user, max_retries=0) as client:
        yield client


def posted(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.post("/openai/v1/chat/completions", json={"model": "beleidswijzer", "messages": ASKED} | body)


def test_an_answer_has_its_sources_in_the_text_and_as_annotations(api: openai.OpenAI, locked_server: Served) -> None:
    completion = api.chat.completions.create(model="beleidswijzer", messages=ASKED, temperature=0.2, seed=7)

    message = completion.choices[0].message
    assert message.content is not None
    assert message.content.startswith("De gemeente Waterveen heeft zes wijkteams.")
    assert message.annotations
    cited = message.annotations[0].url_citation
    assert message.content[cited.start_index : cited.end_index] == "[1]"
    assert cited.url.startswith(f"{locked_server.url}/bronnen/wijkplan?van=")
    assert cited.title == "Wijkplan Waterveen"
    assert f"Bronnen:\n[1] Wijkplan Waterveen: {cited.url}" in message.content
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.prompt_tokens == 5
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_a_stream_says_the_same_as_a_whole_answer(api: openai.OpenAI) -> None:
    whole = api.chat.completions.create(model="beleidswijzer", messages=ASKED)

    chunks = list(
        api.chat.completions.create(
            model="beleidswijzer", messages=ASKED, stream=True, stream_options={"include_usage": True}
        )
    )

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_stream_can_be_helped_together_by_the_package(api: openai.OpenAI) -> None:
    with api.chat.completions.stream(model="beleidswijzer", messages=ASKED) as stream:
        completion = stream.get_final_completion()

    assert completion.choices[0].message.content is not None
    assert completion.choices[0].message.content.startswith("De gemeente Waterveen heeft zes wijkteams.")


def test_the_asynchronous_client_works_too(locked_server: Served, keys: Keys) -> None:
    async def ask() -> tuple[str | None, str]:
        async with openai.AsyncOpenAI(base_url=f"{locked_server.url}/openai/v1", api_key=keys.user) as client:
            whole, stream = await asyncio.gather(
                client.chat.completions.create(model="beleidswijzer", messages=ASKED),
                client.chat.completions.create(model="beleidswijzer", messages=ASKED, stream=True),
            )
            streamed = [chunk.choices[0].delta.content or "" async for chunk in stream]
        return whole.choices[0].message.content, "".join(streamed)

    whole, streamed = asyncio.run(ask())

    assert whole == streamed


def test_a_follow_up_is_understood_from_the_conversation(api: openai.OpenAI) -> None:
    first = api.chat.completions.create(model="beleidswijzer", messages=ASKED).choices[0].message.content
    conversation: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": "Antwoord als een piraat."},
        *ASKED,
        {"role": "assistant", "content": first},
        {"role": "user", "content": [{"type": "text", "text": "En wie is de projectleider van het plan?"}]},
    ]

    completion = api.chat.completions.create(model="beleidswijzer", messages=conversation)

    assert "Saskia Bontekoe is de projectleider" in (completion.choices[0].message.content or "")


def test_a_question_that_the_sources_do_not_answer_is_refused(api: openai.OpenAI, locked_server: Served) -> None:
    asked: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Wat kost een paspoort in Groningen?"}]

    whole = api.chat.completions.create(model="beleidswijzer", messages=asked).choices[0].message
    stream = api.chat.completions.create(model="beleidswijzer", messages=asked, stream=True)

    assert whole.content is not None
    assert whole.content.startswith(REFUSAL["nl"])
    assert whole.annotations == []
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == whole.content


def test_the_links_of_a_refusal_work_from_anywhere() -> None:
    document = Document("wijkplan", "Wijkplan", Path("wijkplan.md"))
    near = Citation(1, document, ("Doelen",), None, "Vier doelen.", 3, 15, "/bronnen/wijkplan#z3")
    told = f"{REFUSAL['nl']}\nDit komt het dichtst in de buurt:\n- Wijkplan, Doelen: /bronnen/wijkplan#z3"
    answer = Answer("Wat?", told, "none", "extractive", "nl", nearest=(near,))

    text = answer_text(answer, "https://beleid.example")

    assert text.splitlines()[-1] == "- Wijkplan, Doelen: https://beleid.example/bronnen/wijkplan#z3"
    assert text.startswith(REFUSAL["nl"])


def test_a_very_long_conversation_is_taken(api: openai.OpenAI) -> None:
    earlier: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": "Wat staat er in het wijkplan?"},
        {"role": "assistant", "content": "Veel. " * 5_000},
    ]

    completion = api.chat.completions.create(model="beleidswijzer", messages=[*earlier * 3, *ASKED])

    assert "zes wijkteams" in (completion.choices[0].message.content or "")


def test_the_models_are_listed(api: openai.OpenAI) -> None:
    assert [model.id for model in api.models.list()] == ["beleidswijzer"]
    assert api.models.retrieve("beleidswijzer").owned_by == "beleidswijzer"


def test_another_model_is_not_found(api: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="Gebruik: beleidswijzer"):
        api.chat.completions.create(model="gpt-4o", messages=ASKED)
    with pytest.raises(openai.NotFoundError):
        api.models.retrieve("gpt-4o")


def test_a_wrong_key_is_refused(locked_server: Served) -> None:
    with openai.OpenAI(base_url=f"{locked_server.url}/openai/v1", api_key="bw_fout_fout", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as refused:
            client.chat.completions.create(model="beleidswijzer", messages=ASKED)
        with pytest.raises(openai.AuthenticationError):
            client.models.list()

    assert refused.value.code == "invalid_api_key"
    assert refused.value.type == "authentication_error"
    assert "bw_fout" not in str(refused.value)


def test_too_many_questions_are_refused(http_assistant: Assistant, http_settings: Settings, tmp_path: Path) -> None:
    http = http_settings.http.model_copy(update={"requests_per_minute": 2})
    settings = replace(http_settings, http=http, data=tmp_path)
    with open_records(settings) as records, serve(create_app(http_assistant, settings, records)) as served:
        key, _ = records.keys.create("druk", "gebruiker")
        with openai.OpenAI(base_url=f"{served.url}/openai/v1", api_key=key, max_retries=0) as client:
            for _ in range(2):
                client.models.list()
            with pytest.raises(openai.RateLimitError) as refused:
                client.chat.completions.create(model="beleidswijzer", messages=ASKED)

    assert refused.value.code == "rate_limit_exceeded"
    assert int(refused.value.response.headers["retry-after"]) > 0


def test_a_closed_service_says_so(http_assistant: Assistant, http_settings: Settings, tmp_path: Path) -> None:
    settings = replace(http_settings, data=tmp_path)
    with open_records(settings) as records, serve(create_app(http_assistant, settings, records)) as served:
        key, _ = records.keys.create("dicht", "gebruiker")
        records.switch.close("http", "De dienst is dicht tot maandag.")
        with (
            openai.OpenAI(base_url=f"{served.url}/openai/v1", api_key=key, max_retries=0) as client,
            pytest.raises(openai.InternalServerError, match="dicht tot maandag") as refused,
        ):
            client.chat.completions.create(model="beleidswijzer", messages=ASKED)

    assert refused.value.status_code == 503


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 2},
        {"tools": [{"type": "function", "function": {"name": "zoek"}}]},
        {"functions": [{"name": "zoek"}]},
        {"response_format": {"type": "json_object"}},
        {"messages": []},
        {"messages": [{"role": "assistant", "content": "Hallo"}]},
        {"messages": [{"role": "system", "content": "Hallo"}]},
        {"messages": [{"role": "user", "content": ""}]},
        {"messages": [{"role": "user", "content": "\x00"}]},
        {"messages": [{"role": "user", "content": "a" * 100_000}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,x"}}]}]},
        {"messages": [{"role": "iedereen", "content": "Hallo"}]},
        {"messages": "Hallo"},
        {"stream": "misschien"},
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_done_is_refused_in_the_form_these_clients_know(
    user: httpx.Client, wrong: dict[str, Any], stream: bool
) -> None:
    refused = posted(user, **{"stream": stream} | wrong)

    assert refused.status_code == 400
    error = refused.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert error["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/chat/completions", 405),
        ("POST", "/models", 405),
        ("GET", "/nergens", 404),
        ("POST", "/embeddings", 404),
    ],
)
def test_wrong_addresses_are_told_in_the_same_form(user: httpx.Client, method: str, path: str, status: int) -> None:
    refused = user.request(method, f"/openai/v1{path}")

    assert refused.status_code == status
    assert refused.json()["error"]["type"] == "invalid_request_error"


def test_broken_json_and_other_types_are_refused(user: httpx.Client) -> None:
    broken = user.post(
        "/openai/v1/chat/completions", content=b'{"model": ', headers={"Content-Type": "application/json"}
    )
    plain = user.post("/openai/v1/chat/completions", content=b"vraag", headers={"Content-Type": "text/plain"})

    assert (broken.status_code, plain.status_code) == (400, 415)
    assert broken.json()["error"]["type"] == plain.json()["error"]["type"] == "invalid_request_error"
