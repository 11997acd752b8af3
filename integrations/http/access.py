"""Who is asking, and may they: an API key, a token of the organisation's login, or the cookie of the web page.

`require` makes a FastAPI dependency of it; doors that are not FastAPI call `admit` in a worker thread.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from assistant import KeyRole, RecordsError
from integrations.http.problems import Problem, problem_of
from integrations.http.service import Service

COOKIE = "beleidswijzer_sleutel"
REALM = "beleidswijzer"
_KEY_PREFIX = "bw_"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_SCHEME = HTTPBearer(
    scheme_name="sleutel", auto_error=False, description="Een API-sleutel (bw_…) of een token van de eigen organisatie."
)


@dataclass(frozen=True)
class Actor:
    """Who sends a request."""

    id: str  # pseudonym: may be logged and kept in the audit trail
    role: KeyRole
    name: str  # for the actor's own eyes; never logged


OPEN_ACTOR = Actor("open", "gebruiker", "open")

Dependency = Callable[[Request], Awaitable[Actor]]


def require(service: Service, role: KeyRole, *, even_closed: bool = False) -> Dependency:
    """A dependency that lets only such actors through and says who it is; it takes and raises what `admit` does."""
    _ = service.tokens  # a wrong setting is found when the service starts, not at the first token

    async def actor(request: Request, _: Annotated[object, Security(_SCHEME)] = None) -> Actor:
        return await run_in_threadpool(admit, service, request, role, even_closed=even_closed)

    return actor


def actor_of(request: HTTPConnection) -> Actor:
    """Who sends a request that `require` or `admit` let through."""
    actor: Actor = request.state.actor
    return actor


def admit(service: Service, request: HTTPConnection, role: KeyRole, *, even_closed: bool = False) -> Actor:
    """Who sends a request, once it is clear that they may. Reads a database: call it in a worker thread.

    Args:
        role: "gebruiker" lets everybody with access through, "beheerder" only maintainers.
        even_closed: let requests through while the kill switch is on, for pages that show its message themselves.

    Raises:
        Problem: 401 who are you, 403 not you, 429 not so often, 503 the door is closed or the check cannot be done.
    """
    try:
        if not even_closed:
            refuse_if_closed(service)
        actor = identify(service, request)
        request.state.actor, request.state.actor_id = actor, actor.id
        _limit(service, actor)
    except RecordsError as error:
        raise problem_of(error) from error
    if role == "beheerder" and actor.role != "beheerder":
        raise Problem(403, "Geen toegang", "Dit mag alleen een beheerder. Vraag de beheerder van deze dienst.")
    return actor


def refuse_if_closed(service: Service) -> None:
    """Raise the 503 with the maintainer's message while the kill switch is on; RecordsError if that is unknown."""
    message = service.records.switch.state("http")
    if message is not None:
        raise Problem(503, "Dienst gesloten", message, headers={"Retry-After": "300"})


def identify(service: Service, request: HTTPConnection) -> Actor:
    """Who sends a request, whatever they may do; raises Problem 401, 403 (a cookie from another site) or 503."""
    if service.is_open:
        return OPEN_ACTOR
    given = request.headers.getlist("authorization")
    if len(given) > 1:
        raise _unknown("Stuur één Authorization-header mee.")
    if given:
        scheme, _, credential = given[0].partition(" ")
        if scheme.lower() != "bearer" or not credential.strip():
            raise _unknown("Stuur de sleutel mee als: Authorization: Bearer …")
        return _bearer(service, credential.strip())
    if cookie := request.cookies.get(COOKIE):
        _refuse_other_sites(service, request)
        return _by_key(service, cookie)
    raise _unknown("Stuur een sleutel mee als: Authorization: Bearer … Vraag de sleutel aan de beheerder.", None)


def _bearer(service: Service, credential: str) -> Actor:
    if credential.startswith(_KEY_PREFIX) or service.tokens is None:
        return _by_key(service, credential)
    from integrations.http.oidc import ProviderUnreachable, WrongToken  # only with a provider in the settings

    try:
        person = service.tokens.person(credential)
    except WrongToken as error:
        raise _unknown("Het token is niet geldig voor deze dienst of verlopen. Meld opnieuw aan.") from error
    except ProviderUnreachable as error:
        raise Problem(
            503, "Aanmelden lukt nu niet", "De aanmelddienst is niet bereikbaar. Probeer het zo meteen opnieuw.",
            headers={"Retry-After": "5"},
        ) from error  # fmt: skip
    is_maintainer = service.settings.http.oidc_maintainer_role in person.roles
    return Actor(person.id, "beheerder" if is_maintainer else "gebruiker", person.name)


def _by_key(service: Service, secret: str) -> Actor:
    key = service.records.keys.find(secret)
    if key is None:
        raise _unknown("De sleutel is niet bekend of ingetrokken. Vraag de beheerder om een nieuwe.")
    return Actor(f"sleutel-{key.id}", key.role, key.name)


def _limit(service: Service, actor: Actor) -> None:
    if actor is OPEN_ACTOR:
        return  # one person on their own machine
    wait = service.records.limits.take(actor.id, service.settings.http.requests_per_minute, time.time())
    if wait:
        seconds = str(math.ceil(wait))
        detail = f"Probeer het over {seconds} seconden opnieuw."
        raise Problem(429, "Te veel vragen", detail, headers={"Retry-After": seconds})


def _refuse_other_sites(service: Service, request: HTTPConnection) -> None:
    """A browser sends the cookie along with any request to us; one that changes or costs something must be our own."""
    if request.scope.get("method") in _SAFE_METHODS:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    # Sec-Fetch-Site cannot be set by a page. Older browsers, and plain http, have Origin only.
    is_own = (
        site == "same-origin" if site is not None else origin is not None and origin in _own_origins(service, request)
    )
    if not is_own:
        raise Problem(403, "Verzoek van een andere website", "Open de pagina van Beleidswijzer en probeer het daar.")


def _own_origins(service: Service, request: HTTPConnection) -> set[str]:
    addresses = [str(request.base_url), service.settings.http.base_url or ""]
    return {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses) if parts.netloc}


def _unknown(detail: str, error: str | None = "invalid_token") -> Problem:
    challenge = f'Bearer realm="{REALM}"' + (f', error="{error}"' if error else "")
    return Problem(401, "Niet aangemeld", detail, headers={"WWW-Authenticate": challenge})
