"""The cookie of the web page goes over TLS only, also when the proxy does not say that it does TLS."""

from __future__ import annotations

from dataclasses import replace

import pytest
from http_fixtures import Keys
from http_server import serve

from assistant import Assistant, Records, Settings
from integrations.http import create_app


@pytest.mark.parametrize(("base_url", "secure"), [("https://beleid.example", True), ("http://beleid.example", False)])
def test_the_address_that_users_type_decides(
    http_assistant: Assistant, http_settings: Settings, http_records: Records, keys: Keys, base_url: str, secure: bool
) -> None:
    settings = replace(http_settings, http=http_settings.http.model_copy(update={"base_url": base_url}))

    with serve(create_app(http_assistant, settings, http_records)) as server, server.client() as client:
        response = client.post("/aanmelden", data={"sleutel": keys.user})

    parts = [part.strip().lower() for part in response.headers["set-cookie"].split(";")]
    assert response.status_code == 303
    assert ("secure" in parts) is secure
    assert {"httponly", "samesite=strict"} <= set(parts)
