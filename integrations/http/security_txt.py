"""/.well-known/security.txt: where somebody who finds a weakness can report it (RFC 9116)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from assistant import Settings

PATH = "/.well-known/security.txt"
_VALID_DAYS = 90  # less than a year, as the standard advises; a service that runs says so anew each day


def router(settings: Settings) -> APIRouter:
    """The route; 404 as long as the settings name nobody, for a wrong address is worse than none."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(PATH)
    async def security_txt() -> PlainTextResponse:
        lines = list(security_lines(settings, datetime.now(UTC)))
        if not lines:
            raise HTTPException(404)
        text = "".join(f"{line}\n" for line in lines)
        return PlainTextResponse(text, headers={"Cache-Control": "public, max-age=3600"})

    return routes


def security_lines(settings: Settings, now: datetime) -> Iterator[str]:
    """The fields, one a line; none when there is nobody to report to."""
    http = settings.http
    # The e-mail address that applies when nobody fills one in is nobody's.
    own_email = (f"mailto:{http.contact_email}",) if "contact_email" in http.model_fields_set else ()
    contacts = http.security_contacts or own_email
    if not contacts:
        return
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    yield from (f"Contact: {contact}" for contact in contacts)
    yield f"Expires: {midnight + timedelta(days=_VALID_DAYS):%Y-%m-%dT%H:%M:%SZ}"
    yield "Preferred-Languages: nl, en"
    if http.base_url and http.base_url.startswith("https://"):
        yield f"Canonical: {http.base_url.rstrip('/')}{PATH}"
    if http.security_policy:
        yield f"Policy: {http.security_policy}"
