"""What a chat model wrote, streamed over HTTP as it was checked."""

from __future__ import annotations

import pytest
from chat_server import MODEL, about_beds, chat_server, with_chat
from http_server import serve
from server_events import read_events

from assistant import Records, Settings, open_assistant
from integrations.http import create_app

pytest.importorskip("langchain_openai")

BEDS = "Hoeveel bedden heeft de nachtopvang?"


def test_a_written_answer_is_streamed(http_settings: Settings, http_records: Records) -> None:
    with chat_server() as server:
        server.will(about_beds("De nachtopvang heeft veertig bedden"))
        chat = with_chat(http_settings, server.url)
        app = create_app(open_assistant(chat), chat, http_records, is_open=True)

        with serve(app) as served, served.client() as client:
            headers = {"Accept": "text/event-stream"}
            with client.stream("POST", "/v1/antwoorden", json={"vraag": BEDS}, headers=headers) as response:
                events = list(read_events(response.iter_lines()))

    assert [name for name, _ in events] == ["passages", "citaat", "tekst", "klaar"]
    answer = events[-1][1]
    assert (answer["antwoord"], answer["werkwijze"]) == ("De nachtopvang heeft veertig bedden. [1]", "generatief")
    assert (answer["model"], answer["verwijderdeBeweringen"]) == (f"openai:{MODEL}", 0)
    assert len(answer["promptversie"]) == 12
