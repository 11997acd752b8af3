"""Bearer tokens of an OpenID Connect provider: a JWT goes in, who it is for comes out, or an error.

The provider's keys are fetched from the address in its discovery document, and kept.
"""

from __future__ import annotations

import ipaddress
import json
import time
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
from jwt import PyJWKClient
from jwt.exceptions import PyJWKClientConnectionError, PyJWKClientError, PyJWKSetError, PyJWTError

from assistant import Settings, SettingsError

ALGORITHMS = ["RS256", "ES256"]  # signatures only: with "none" or HS256 anybody who knows the public key could sign
_SKEW_SECONDS = 60
_FETCH_SECONDS = 5.0
_LARGEST_ANSWER = 512_000  # bytes; a set of keys takes a few kB
_KEYS_SECONDS = 300.0
_COOLDOWN_SECONDS = 30.0  # between two fetches because of a key that is not known
_RETRY_SECONDS = 5.0  # after a fetch that failed
_LONGEST_TOKEN = 16_000


class WrongToken(Exception):
    """The token is not valid for us."""


class ProviderUnreachable(Exception):
    """The provider's keys cannot be had now, so that nothing can be said of the token."""


@dataclass(frozen=True)
class Person:
    """Who a token speaks for."""

    id: str  # pseudonym, the same in every token of the same person
    name: str
    roles: frozenset[str]


class TokenCheck:
    """Checks tokens of one provider; safe to use from several threads."""

    def __init__(self, issuer: str, audience: str, cooldown_seconds: float = _COOLDOWN_SECONDS) -> None:
        """Nothing is fetched before the first token comes.

        Raises:
            SettingsError: the issuer is not at a https address (http is for this machine itself only).
        """
        if not _is_safe(issuer):
            raise SettingsError(f"'http.oidc_issuer' ({issuer}) moet met https:// beginnen. Pas de instelling aan.")
        self._issuer, self._audience = issuer, audience
        self._keys = _Keys(issuer, cooldown_seconds)

    def person(self, token: str) -> Person:
        """Who a token is for.

        Raises:
            WrongToken: it is not a token, or expired, or for somebody else, or not signed by the provider.
            ProviderUnreachable: the provider's keys cannot be fetched.
        """
        try:
            claims = self._claims(token)
        except PyJWKClientConnectionError as error:
            raise ProviderUnreachable from error
        except (PyJWTError, ValueError) as error:
            raise WrongToken from error
        subject = f"{self._issuer}\0{claims['sub']}"
        return Person(
            id=f"oidc-{sha256(subject.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}",
            name=_text(claims.get("name")) or _text(claims.get("preferred_username")),
            roles=_roles(claims.get("roles")),
        )

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > _LONGEST_TOKEN:
            raise WrongToken
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid"), str):
            raise WrongToken  # before anything is fetched for it
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys.get_signing_key(header["kid"]),
            algorithms=ALGORITHMS,
            audience=self._audience,
            issuer=self._issuer,
            leeway=_SKEW_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
        )
        if not claims["sub"]:
            raise WrongToken
        return claims


def open_token_check(settings: Settings) -> TokenCheck | None:
    """The check that the settings ask for; None if they name no provider.

    Raises:
        SettingsError: the provider is named without an audience, or not at a https address.
    """
    issuer, audience = settings.http.oidc_issuer, settings.http.oidc_audience
    if issuer is None:
        return None
    if audience is None:
        raise SettingsError(
            "Bij 'http.oidc_issuer' hoort ook 'http.oidc_audience'. Vul die in, of zet OIDC_AUDIENCE in de omgeving."
        )
    return TokenCheck(issuer, audience)


class _Keys(PyJWKClient):
    """The provider's public keys, found by way of its discovery document.

    PyJWKClient keeps the keys and looks for a new one at most once a cooldown; fetching is done here, because its own
    way reads an answer of any size for any time, and tries again at every request while the provider is down.
    """

    def __init__(self, issuer: str, cooldown_seconds: float) -> None:
        super().__init__(issuer, lifespan=_KEYS_SECONDS, cooldown_duration=cooldown_seconds)
        self._issuer = issuer
        self._failed_at: float | None = None

    def fetch_data(self) -> dict[str, Any]:
        """The provider's keys; called with PyJWKClient's lock held, so by one thread at a time."""
        if self._failed_at is not None and time.monotonic() - self._failed_at < _RETRY_SECONDS:
            raise PyJWKClientConnectionError("failed a moment ago")
        try:
            keys = self._fetch()
        except (URLError, HTTPException, OSError, ValueError, PyJWKClientError, PyJWKSetError) as error:
            self._failed_at = time.monotonic()
            raise PyJWKClientConnectionError("cannot be fetched") from error
        self._failed_at = None
        return keys

    def _fetch(self) -> dict[str, Any]:
        discovery = _get_json(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        address = discovery.get("jwks_uri")
        if discovery.get("issuer") != self._issuer or not isinstance(address, str) or not _is_safe(address):
            raise ValueError("the discovery document is not this issuer's")
        keys = _get_json(address)
        jwt.PyJWKSet.from_dict(keys)  # refuses a set without a usable key, before it replaces one that works
        return keys


def _get_json(address: str) -> dict[str, Any]:
    """A JSON object from the web, bounded in size and time; raises OSError, HTTPException or ValueError."""
    deadline = time.monotonic() + _FETCH_SECONDS
    received = bytearray()
    request = Request(address, headers={"Accept": "application/json"})
    try:
        with build_opener(_NoRedirects).open(request, timeout=_FETCH_SECONDS) as response:
            while piece := response.read1(65_536):
                received += piece
                # The timeout holds for each piece only; a server that sends a byte now and then would go on for ever.
                if len(received) > _LARGEST_ANSWER or time.monotonic() > deadline:
                    raise ValueError("the answer is too long")
    except HTTPError as error:
        error.close()
        raise
    found = json.loads(received)
    if not isinstance(found, dict):
        raise ValueError("the answer is no object")
    return found


class _NoRedirects(HTTPRedirectHandler):
    """A provider's documents are where they are said to be; a redirect could lead into our own network."""

    def redirect_request(self, *_: object) -> None:
        return None


def _is_safe(address: str) -> bool:
    """Whether nobody in between can change what is fetched."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return True
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.scheme == "http" and parts.hostname == "localhost"


def _roles(value: object) -> frozenset[str]:
    """The claim "roles": a list, or words with spaces between them."""
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(role for role in value if isinstance(role, str)) if isinstance(value, list) else frozenset()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
