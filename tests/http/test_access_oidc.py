"""Tokens of an organisation's own login: real signatures from a real provider, and every way to get them wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_server import Served, serve
from oidc_issuer import AUDIENCE, Issuer, new_ec, new_rsa, running

from assistant import Assistant, Settings, SettingsError, open_records
from integrations.http import create_app
from integrations.http.oidc import ProviderUnreachable, TokenCheck, WrongToken, open_token_check


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as issuer:
        yield issuer


@pytest.fixture
def check(issuer: Issuer) -> TokenCheck:
    return TokenCheck(issuer.url, AUDIENCE)


@pytest.fixture
def server(http_assistant: Assistant, http_settings: Settings, issuer: Issuer, tmp_path: Path) -> Iterator[Served]:
    """A server that trusts the provider."""
    wanted = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "requests_per_minute": 1000}
    settings = replace(http_settings, http=http_settings.http.model_copy(update=wanted), data=tmp_path / "data")
    with open_records(settings) as records, serve(create_app(http_assistant, settings, records)) as served:
        yield served


def ask(server: Served, token: str, path: str = "/v1/bronnen") -> httpx.Response:
    with server.client(token) as client:
        return client.get(path)


def test_a_token_of_the_provider_gives_access(server: Served, issuer: Issuer) -> None:
    response = ask(server, issuer.token())

    assert response.status_code == 200


def test_the_role_in_the_token_decides_who_maintains(server: Served, issuer: Issuer) -> None:
    tasks = f"/v1/taken/{'0' * 32}"
    roles = [None, "lezer", ["lezer"], ["lezer", "beheerder"], "lezer beheerder", {"beheerder": True}, [["beheerder"]]]

    statuses = [ask(server, issuer.token(roles=each), tasks).status_code for each in roles]

    assert statuses == [403, 403, 403, 404, 404, 403, 403]


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"nbf": int(time.time()) + 7_200},
        {"aud": "een andere dienst"},
        {"aud": None},
        {"iss": "https://elders.example"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_a_token_with_a_wrong_or_missing_claim_is_refused(
    server: Served, issuer: Issuer, wrong: dict[str, Any]
) -> None:
    response = ask(server, issuer.token(**wrong))

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="beleidswijzer", error="invalid_token"'
    assert response.json()["detail"] == "Het token is niet geldig voor deze dienst of verlopen. Meld opnieuw aan."


def test_clocks_may_differ_a_minute(check: TokenCheck, issuer: Issuer) -> None:
    now = int(time.time())

    assert check.person(issuer.token(exp=now - 30, nbf=now + 30)).id.startswith("oidc-")


def test_a_token_without_a_signature_is_refused(check: TokenCheck, issuer: Issuer) -> None:
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "jan", "exp": int(time.time()) + 60}
    unsigned = jwt.encode(claims, "", "none", headers={"kid": "eerste"})

    with pytest.raises(WrongToken):
        check.person(unsigned)

    assert issuer.asked == []  # nothing is fetched for it


def test_a_token_signed_with_the_public_key_as_password_is_refused(check: TokenCheck, issuer: Issuer) -> None:
    public = issuer.keys["eerste"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [{"alg": "HS256", "kid": "eerste"}, {"iss": issuer.url, "aud": AUDIENCE, "sub": "jan", "exp": 9999999999}]
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    # By hand: the library refuses to make such a token.
    signature = base64.urlsafe_b64encode(hmac.digest(public, signed, hashlib.sha256)).rstrip(b"=")

    with pytest.raises(WrongToken):
        check.person((signed + b"." + signature).decode())


def test_a_token_signed_by_somebody_else_is_refused(check: TokenCheck, issuer: Issuer) -> None:
    with pytest.raises(WrongToken):
        check.person(issuer.token(key=new_rsa()))


def test_a_changed_token_is_refused(check: TokenCheck, issuer: Issuer) -> None:
    head, _, signature = issuer.token().split(".")
    body = issuer.token(sub="piet").split(".")[1]

    with pytest.raises(WrongToken):
        check.person(f"{head}.{body}.{signature}")


def test_a_weak_key_is_refused(check: TokenCheck, issuer: Issuer) -> None:
    issuer.keys = {"eerste": new_rsa(1024)}

    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = issuer.token()
    with pytest.raises(WrongToken):
        check.person(token)


def test_an_elliptic_key_will_do(check: TokenCheck, issuer: Issuer) -> None:
    issuer.keys["kromme"] = new_ec()

    assert check.person(issuer.token("kromme", "ES256", name="Jan")).name == "Jan"


def test_another_algorithm_of_a_good_key_is_refused(check: TokenCheck, issuer: Issuer) -> None:
    for algorithm in ("PS256", "RS512"):
        with pytest.raises(WrongToken):
            check.person(issuer.token(algorithm=algorithm))


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "....", "é.é.é", "x" * 20_000, "eyJhbGciOiJSUzI1NiJ9.e30."])
def test_anything_else_is_refused(check: TokenCheck, token: str) -> None:
    with pytest.raises(WrongToken):
        check.person(token)


def test_an_unknown_key_is_looked_for_once_in_a_while_only(check: TokenCheck, issuer: Issuer) -> None:
    check.person(issuer.token())

    for number in range(5):
        with pytest.raises(WrongToken):
            check.person(issuer.token(f"verzonnen-{number}"))

    assert issuer.asked.count("/sleutels") == 2


def test_a_new_key_of_the_provider_is_found(issuer: Issuer) -> None:
    check = TokenCheck(issuer.url, AUDIENCE, cooldown_seconds=0.0)
    check.person(issuer.token())

    issuer.keys = {"tweede": new_rsa()}

    assert check.person(issuer.token("tweede")).id == check.person(issuer.token("tweede")).id
    with pytest.raises(WrongToken):
        check.person(issuer.token("eerste", key=new_rsa()))


def test_keys_are_fetched_once_for_many_tokens(check: TokenCheck, issuer: Issuer) -> None:
    for _ in range(20):
        check.person(issuer.token())

    assert issuer.asked == ["/.well-known/openid-configuration", "/sleutels"]


def test_a_person_has_one_pseudonym_that_tells_nothing(check: TokenCheck, issuer: Issuer) -> None:
    first, again, other = (
        check.person(issuer.token(sub=sub)).id for sub in ("jan@gem.nl", "jan@gem.nl", "piet@gem.nl")
    )

    assert first == again
    assert first != other
    assert "jan" not in first


def test_a_token_in_the_address_is_not_accepted(server: Served, issuer: Issuer) -> None:
    path = f"/v1/taken/{'0' * 32}"
    with server.client() as client:
        statuses = [
            client.get(path, params={name: issuer.token(roles=["beheerder"])}).status_code
            for name in ("access_token", "token", "authorization")
        ]

    assert statuses == [401] * 3
    assert issuer.asked == []


def test_an_api_key_works_beside_tokens(server: Served, issuer: Issuer) -> None:
    response = ask(server, "bw_00000000_" + "0" * 64)

    assert response.status_code == 401
    assert issuer.asked == []


def test_a_provider_that_is_down_is_told_as_such_and_left_alone(http_settings: Settings, issuer: Issuer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    check = TokenCheck(address, AUDIENCE)

    for _ in range(3):
        with pytest.raises(ProviderUnreachable):
            check.person(issuer.token(iss=address))


@pytest.mark.parametrize(
    "misbehaviour",
    [
        {"status": 500},
        {"padding": 600_000},
        {"redirect": "http://127.0.0.1:1/"},
        {"claimed_issuer": "https://elders.example"},
        {"keys": {}},
    ],
)
def test_a_provider_that_misbehaves_gives_503(server: Served, issuer: Issuer, misbehaviour: dict[str, object]) -> None:
    token = issuer.token()
    for name, value in misbehaviour.items():
        setattr(issuer, name, value)

    responses = [ask(server, token) for _ in range(3)]

    assert [response.status_code for response in responses] == [503] * 3
    assert responses[0].headers["Retry-After"] == "5"
    assert responses[0].json()["title"] == "Aanmelden lukt nu niet"
    assert len(issuer.asked) <= 2  # it is left alone for a while after it failed


def test_a_provider_that_sends_a_byte_now_and_then_is_given_up(check: TokenCheck, issuer: Issuer) -> None:
    issuer.drip_seconds = 0.3

    with pytest.raises(ProviderUnreachable):
        check.person(issuer.token())


def test_known_keys_go_on_working_while_the_provider_is_down(check: TokenCheck, issuer: Issuer) -> None:
    token = issuer.token()
    check.person(token)

    issuer.status = 500

    assert check.person(token).id.startswith("oidc-")


def test_a_provider_without_encryption_is_refused_unless_it_is_this_machine() -> None:
    for address in ("http://login.example", "http://10.0.0.1", "https://"):
        with pytest.raises(SettingsError, match="moet met https:// beginnen"):
            TokenCheck(address, AUDIENCE)

    for address in ("https://login.example", "http://localhost:1", "http://[::1]:1"):
        TokenCheck(address, AUDIENCE)


def test_a_provider_without_an_audience_stops_the_start(http_settings: Settings) -> None:
    half = http_settings.http.model_copy(update={"oidc_issuer": "https://login.example"})

    with pytest.raises(SettingsError, match=r"hoort ook 'http\.oidc_audience'"):
        open_token_check(replace(http_settings, http=half))
