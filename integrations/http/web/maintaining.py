"""Who may administer the documents: maintainers, also while the service is closed for others."""

from __future__ import annotations

from fastapi import Request

from assistant import CatalogueError, check_changeable
from integrations.http.access import Actor, admit, identify
from integrations.http.problems import Problem
from integrations.http.service import Service


def reading(service: Service, request: Request) -> Actor:
    """The maintainer who looks at a page; raises Problem 401 or 403 for everybody else."""
    actor = identify(service, request)
    if actor.role != "beheerder":
        raise Problem(403, "Geen toegang", "Dit mag alleen een beheerder. Vraag de beheerder van deze dienst.")
    request.state.actor, request.state.actor_id = actor, actor.id
    return actor


def changing(service: Service, request: Request) -> Actor:
    """The maintainer who sends a form; raises what `admit` does, and Problem 409 for documents nobody can change."""
    actor = admit(service, request, "beheerder", even_closed=True)
    if why := unchangeable(service):
        raise Problem(409, "Niet te wijzigen", why)
    return actor


def gone() -> Problem:
    """What was asked for is not there, or no longer."""
    return Problem(404, "Niet gevonden", "Dit bestaat niet of niet meer. Ga terug naar het overzicht van het beheer.")


def unchangeable(service: Service) -> str | None:
    """Why nobody can change the documents of this service; None when they can be changed."""
    try:
        check_changeable(service.settings)
    except CatalogueError as error:
        return str(error)
    return None
