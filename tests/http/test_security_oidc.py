"""Tokens that try to choose their own key, or to be read in another way than they were signed."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from oidc_issuer import AUDIENCE, Issuer, new_ec, new_rsa, running

from integrations.http.oidc import ProviderUnreachable, TokenCheck, WrongToken


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as issuer:
        yield issuer


@pytest.fixture
def check(issuer: Issuer) -> TokenCheck:
    return TokenCheck(issuer.url, AUDIENCE)


def claims(issuer: Issuer, **others: object) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": issuer.url, "aud": AUDIENCE, "sub": "jan", "exp": now + 600, "iat": now, **others}


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


@pytest.mark.parametrize("header", ["jku", "x5u"])
def test_a_token_does_not_say_where_its_key_is(check: TokenCheck, issuer: Issuer, header: str) -> None:
    with running() as stranger:
        stranger.keys = {"eerste": new_rsa()}
        headers = {"kid": "eerste", header: f"{stranger.url}/sleutels"}
        forged = jwt.encode(claims(issuer), stranger.keys["eerste"], "RS256", headers=headers)

        with pytest.raises(WrongToken):
            check.person(forged)

        assert stranger.asked == []


def test_a_token_does_not_bring_its_own_key(check: TokenCheck, issuer: Issuer) -> None:
    own = new_rsa()
    public = RSAAlgorithm.to_jwk(own.public_key(), as_dict=True)
    certificate = own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for extra in ({"jwk": public}, {"x5c": [base64.b64encode(certificate).decode()]}):
        forged = jwt.encode(claims(issuer), own, "RS256", headers={"kid": "eerste", **extra})

        with pytest.raises(WrongToken):
            check.person(forged)


def test_a_token_without_the_name_of_a_key_is_refused_before_anything_is_fetched(
    check: TokenCheck, issuer: Issuer
) -> None:
    with pytest.raises(WrongToken):
        check.person(issuer.token(kid=None))

    assert issuer.asked == []


@pytest.mark.parametrize("kid", ["../eerste", "eerste\0", "' OR 1=1 --", "http://127.0.0.1/", "é" * 500, ""])
def test_the_name_of_a_key_is_only_compared(check: TokenCheck, issuer: Issuer, kid: str) -> None:
    forged = jwt.encode(claims(issuer), issuer.keys["eerste"], "RS256", headers={"kid": kid})

    with pytest.raises(WrongToken):
        check.person(forged)

    assert set(issuer.asked) <= {"/.well-known/openid-configuration", "/sleutels"}


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", "rs256", "HS256", "RS256 ", "ES256K", None, 7]
)
def test_only_the_algorithms_that_we_chose_count(check: TokenCheck, issuer: Issuer, algorithm: object) -> None:
    _, body, signature = issuer.token().split(".")
    head = encoded(json.dumps({"alg": algorithm, "kid": "eerste", "typ": "JWT"}).encode())

    for end in (signature, ""):
        with pytest.raises(WrongToken):
            check.person(f"{head}.{body}.{end}")


def test_a_key_of_another_kind_signs_nothing(check: TokenCheck, issuer: Issuer) -> None:
    issuer.keys["kromme"] = new_ec()
    _, body, signature = issuer.token().split(".")
    head = encoded(json.dumps({"alg": "RS256", "kid": "kromme"}).encode())

    with pytest.raises(WrongToken):
        check.person(f"{head}.{body}.{signature}")


def test_a_token_that_asks_for_what_we_do_not_know_is_refused(check: TokenCheck, issuer: Issuer) -> None:
    for extra in ({"crit": ["b64"], "b64": False}, {"crit": ["iets-nieuws"], "iets-nieuws": 1}):
        asking = jwt.encode(claims(issuer), issuer.keys["eerste"], "RS256", headers={"kid": "eerste", **extra})

        with pytest.raises(WrongToken):
            check.person(asking)


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": "morgen"},
        {"exp": -1},
        {"exp": 0},
        {"exp": [9_999_999_999]},
        {"nbf": "later"},
        {"iat": int(time.time()) + 7_200},
        {"aud": []},
        {"aud": ["een", "twee"]},
        {"aud": f"{AUDIENCE} "},
        {"aud": AUDIENCE.upper()},
        {"aud": {AUDIENCE: True}},
        {"iss": ["https://login.example"]},
        {"sub": ["jan"]},
        {"sub": {"naam": "jan"}},
    ],
)
def test_a_claim_of_the_wrong_kind_is_refused(check: TokenCheck, issuer: Issuer, wrong: dict[str, Any]) -> None:
    signed = jwt.api_jws.encode(
        json.dumps(claims(issuer, **wrong)).encode(), issuer.keys["eerste"], "RS256", headers={"kid": "eerste"}
    )

    with pytest.raises(WrongToken):
        check.person(signed)


@pytest.mark.parametrize("end", ["/", ".evil.example", "@evil.example", "#", "\n"])
def test_the_issuer_is_compared_to_the_letter(check: TokenCheck, issuer: Issuer, end: str) -> None:
    with pytest.raises(WrongToken):
        check.person(issuer.token(iss=issuer.url + end))


def test_a_token_for_several_services_may_name_ours(check: TokenCheck, issuer: Issuer) -> None:
    assert check.person(issuer.token(aud=["elders", AUDIENCE])).id.startswith("oidc-")


def test_a_token_is_only_a_token_without_anything_around_it(check: TokenCheck, issuer: Issuer) -> None:
    token = issuer.token()
    head, body, signature = token.split(".")
    as_json = json.dumps({"payload": body, "protected": head, "signature": signature})

    for changed in (f"{token}.", f".{token}", f"{token}.{signature}", f"{head}.{body}", as_json, f"{token}\n{token}"):
        with pytest.raises(WrongToken):
            check.person(changed)


def test_a_body_that_says_things_twice_has_no_good_reading_without_the_signature(
    check: TokenCheck, issuer: Issuer
) -> None:
    head, body, signature = issuer.token().split(".")
    said = base64.urlsafe_b64decode(body + "==").decode().rstrip("}") + ', "roles": ["beheerder"]}'

    with pytest.raises(WrongToken):
        check.person(f"{head}.{encoded(said.encode())}.{signature}")


def test_a_huge_token_costs_nothing(check: TokenCheck, issuer: Issuer) -> None:
    huge = issuer.token(rommel="x" * 100_000)

    with pytest.raises(WrongToken):
        check.person(huge)

    assert issuer.asked == []


def test_a_key_that_the_provider_took_away_stops_working(issuer: Issuer) -> None:
    check = TokenCheck(issuer.url, AUDIENCE, cooldown_seconds=0.0)
    old = issuer.token()
    check.person(old)

    issuer.keys = {"tweede": new_rsa()}
    check.person(issuer.token("tweede"))  # the new set is fetched for the new key

    with pytest.raises(WrongToken):
        check.person(old)


def test_a_provider_that_comes_back_is_used_again(issuer: Issuer) -> None:
    issuer.status = 503
    with pytest.raises(ProviderUnreachable):
        TokenCheck(issuer.url, AUDIENCE).person(issuer.token())

    issuer.status = 200

    assert TokenCheck(issuer.url, AUDIENCE).person(issuer.token()).id.startswith("oidc-")
