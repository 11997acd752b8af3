"""security.txt as RFC 9116 asks for it, with what the settings say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from http_server import Served, serve
from pydantic import ValidationError

from assistant import Assistant, Records, Settings
from assistant.settings_sections import HttpSettings
from integrations.http import create_app
from integrations.http.security_txt import PATH, security_lines

FILLED_IN: dict[str, object] = {
    "base_url": "https://beleid.waterveen.example/",
    "security_contacts": ("mailto:lekken@waterveen.example", "https://www.waterveen.example/lek-melden"),
    "security_policy": "https://www.waterveen.example/lek-melden#regels",
    "contact_email": "kennis@waterveen.example",
}


def with_http(settings: Settings, **values: object) -> Settings:
    return replace(settings, http=HttpSettings.model_validate(values))


@pytest.fixture
def served(http_assistant: Assistant, http_settings: Settings, http_records: Records) -> Iterator[Served]:
    settings = with_http(http_settings, **FILLED_IN)
    with serve(create_app(http_assistant, settings, http_records)) as server:
        yield server


def fields(response: httpx.Response) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (line.partition(": ") for line in response.text.splitlines())]


def test_everybody_reads_where_to_report_a_weakness(served: Served) -> None:
    with served.client() as client:
        response = client.get(PATH)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert [pair for pair in fields(response) if pair[0] != "Expires"] == [
        ("Contact", "mailto:lekken@waterveen.example"),
        ("Contact", "https://www.waterveen.example/lek-melden"),
        ("Preferred-Languages", "nl, en"),
        ("Canonical", "https://beleid.waterveen.example/.well-known/security.txt"),
        ("Policy", "https://www.waterveen.example/lek-melden#regels"),
    ]


def test_it_holds_for_less_than_a_year_and_is_not_over(served: Served) -> None:
    with served.client() as client:
        written = [value for name, value in fields(client.get(PATH)) if name == "Expires"]

    assert len(written) == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", written[0])
    left = datetime.fromisoformat(written[0]) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=365)


def test_a_service_that_is_closed_says_it_too(served: Served, http_records: Records) -> None:
    http_records.switch.close("http", "Even dicht.")
    try:
        with served.client() as client:
            assert client.get(PATH).status_code == 200
    finally:
        http_records.switch.reopen("http")


def test_the_ordinary_address_will_do_if_it_was_filled_in(http_settings: Settings) -> None:
    settings = with_http(http_settings, contact_email="kennis@waterveen.example", base_url="http://127.0.0.1:8000")

    lines = list(security_lines(settings, datetime(2026, 11, 22, 13, 5, tzinfo=UTC)))

    assert lines == [
        "Contact: mailto:kennis@waterveen.example",
        "Expires: 2027-02-20T00:00:00Z",
        "Preferred-Languages: nl, en",
    ]


def test_without_anybody_to_report_to_there_is_no_file(client: httpx.Client, http_settings: Settings) -> None:
    assert list(security_lines(with_http(http_settings), datetime.now(UTC))) == []
    assert client.get(PATH).status_code == 404


@pytest.mark.parametrize(
    "contact", ["lekken@waterveen.example", "http://waterveen.example", "mailto:a\nExpires: 1", ""]
)
def test_a_contact_that_the_standard_does_not_know_is_refused(contact: str) -> None:
    with pytest.raises(ValidationError):
        HttpSettings.model_validate({"security_contacts": [contact]})
