"""GET /v1/taken/{id}: how far a piece of background work is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from assistant import Task
from integrations.http.access import require
from integrations.http.content_types import preferred_type
from integrations.http.problems import Problem
from integrations.http.service import Service

_Id = Annotated[
    str,
    Path(
        alias="id",
        pattern=r"^[0-9a-f]{32}$",
        description="Het kenmerk van de taak.",
        examples=["0123456789abcdef0123456789abcdef"],
    ),
]


class TaskReply(BaseModel):
    """Werk dat in de achtergrond wordt gedaan."""

    model_config = ConfigDict(title="Taak")

    id: str
    kind: Literal[
        "bron-lezen",
        "bron-toevoegen",
        "bron-verwijderen",
        "bron-vervangen",
        "bron-wijzigen",
        "bron-intrekken",
        "bron-terugdraaien",
    ] = Field(alias="soort")
    state: Literal["wacht", "bezig", "klaar", "mislukt"] = Field(alias="stand")
    progress: int = Field(alias="voortgang", ge=0, le=100, description="In procenten.")
    message: str = Field(alias="melding", description="Wat er gebeurt of gebeurd is.")
    document: str | None = Field(alias="bron", description="Het kenmerk van de bron, als de taak klaar is.")
    created: datetime = Field(alias="aangemaaktOp")
    updated: datetime = Field(alias="bijgewerktOp")


def router(service: Service) -> APIRouter:
    """The route for tasks."""
    routes = APIRouter(tags=["Beheer"], dependencies=[Depends(require(service, "beheerder"))])

    @routes.get(
        "/taken/{id}",
        operation_id="geefTaak",
        summary="Geef een taak",
        response_model=TaskReply,
        response_description="Hoe ver de taak is.",
    )
    async def get_task(request: Request, task_id: _Id) -> JSONResponse:
        """Geef hoe ver een taak is. Vraag het bijvoorbeeld elke twee seconden, tot de stand klaar of mislukt is."""
        preferred_type(request, "application/json")
        task = await run_in_threadpool(service.records.tasks.get, task_id)
        if task is None:
            raise Problem(404, "Taak niet gevonden", "Deze taak bestaat niet. Gebruik het adres uit de kop Location.")
        return JSONResponse(task_json(task))

    return routes


def task_json(task: Task) -> dict[str, object]:
    """A task as the API shows it."""
    return {
        "id": task.id,
        "soort": task.kind,
        "stand": task.state,
        "voortgang": task.progress,
        "melding": task.message,
        "bron": task.outcome,
        "aangemaaktOp": _moment(task.created),
        "bijgewerktOp": _moment(task.updated),
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
