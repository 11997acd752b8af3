"""A multipart form with a document and what the maintainer says of it: read within limits, checked whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from fastapi import Request
from pydantic import ConfigDict, Field, ValidationError, field_validator
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from assistant import AssistantError, NewDocument, Uploads, safe_file_name
from integrations.http.problems import Problem, finding, invalid
from integrations.http.schemas import STATUSES, Day, StatusWord
from integrations.http.schemas import Request as Body

FILE = "bestand"
MULTIPART = "multipart/form-data"
_LISTS = ("themas", "vervangt")
_MOST_FIELDS = 60
_LONGEST_FIELD = 16_384  # bytes
_SNIFFED = 4_096  # bytes
_BEGINNINGS = {".pdf": b"%PDF-", ".docx": b"PK\x03\x04"}

Line = Annotated[str, Field(min_length=1, max_length=300)]
DocumentId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)]


class UploadBody(Body):
    """Een nieuw document: het bestand en wat erover bekend is."""

    model_config = ConfigDict(title="NieuweBron")

    title: Line = Field(alias="titel", description="De titel van het document.")
    publisher: Line | None = Field(default=None, alias="uitgever", description="Wie het document heeft uitgegeven.")
    published: Day | None = Field(
        default=None, alias="publicatiedatum", description="Alleen als het document zelf een datum noemt."
    )
    url: str | None = Field(
        default=None, max_length=2000, pattern=r"^https?://[^\s]+$", description="Adres van het origineel."
    )
    language: Literal["nl", "en"] | None = Field(
        default=None, alias="taal", description="Zonder taal wordt die uit de tekst bepaald."
    )
    licence: Line | None = Field(default=None, alias="licentie", description="Onder welke licentie het is uitgegeven.")
    themes: list[Line] = Field(
        alias="themas", default_factory=list, max_length=20, description="Thema's; herhaal het veld of zet komma's."
    )
    status: StatusWord = Field(default="onbekend", description="Of het document nu geldt.")
    supersedes: list[DocumentId] = Field(
        alias="vervangt",
        default_factory=list,
        max_length=20,
        description="Kenmerken van bronnen die door dit document zijn vervangen; herhaal het veld of zet komma's.",
    )

    valid_from: Day | None = Field(default=None, alias="geldigVanaf", description="De eerste dag dat het geldt.")
    valid_until: Day | None = Field(default=None, alias="geldigTot", description="De laatste dag dat het geldt.")
    review_by: Day | None = Field(
        default=None, alias="nakijkenVoor", description="Wanneer een beheerder het document moet nakijken."
    )

    @field_validator("title", "publisher", "licence", "themes")
    @classmethod
    def _is_printable(cls, value: str | list[str] | None) -> str | list[str] | None:
        if not all(text.isprintable() for text in ([value] if isinstance(value, str) else value or ())):
            raise ValueError("heeft tekens die niet te tonen zijn")
        return value

    def details(self) -> NewDocument:
        """The same as the corpus takes it."""
        return NewDocument(
            title=self.title,
            publisher=self.publisher,
            published=self.published,
            url=self.url,
            language=self.language,
            licence=self.licence,
            themes=tuple(self.themes),
            status=STATUSES[self.status],
            supersedes=tuple(self.supersedes),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            review_by=self.review_by,
        )


@dataclass(frozen=True)
class UploadedFile:
    """A file that was received whole, of a kind that we read."""

    file: UploadFile
    name: str  # safe

    def save(self, uploads: Uploads) -> str:
        """Keep the file; returns its place among the uploads."""
        return uploads.save(self.name, self.file.file)


@dataclass(frozen=True)
class Upload(UploadedFile):
    """A form that was received whole and whose fields are right."""

    details: NewDocument


async def read_form(request: Request) -> FormData:
    """The parts of the form; the file is on disk when it is large, never in memory.

    Raises:
        Problem: the request is no form (415), or no right one (400).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MULTIPART:
        detail = f"Stuur het document als formulier, met de kop Content-Type: {MULTIPART}"
        raise Problem(415, "Inhoudstype niet ondersteund", detail, headers={"Accept": MULTIPART})
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=1, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD
    )
    try:
        return await parser.parse()
    except ClientDisconnect as error:
        raise Problem(400, "Afgebroken", "Het formulier kwam niet helemaal aan. Stuur het opnieuw.") from error
    except (MultiPartException, UnicodeError) as error:
        detail = f"Het formulier is niet te lezen. Stuur één bestand en hoogstens {_MOST_FIELDS} korte velden."
        raise Problem(400, "Ongeldig formulier", detail) from error


def checked(form: FormData) -> Upload:
    """The form's file and fields, all of which are right.

    Raises:
        Problem: 400 with every finding, or 415 for a file of another kind than its name says or than we read.
    """
    file = form.get(FILE)
    findings = list(_wrong_parts(form))
    body: UploadBody | None = None
    try:
        body = UploadBody.model_validate(form_fields(form))
    except ValidationError as error:
        findings += [finding(each) for each in error.errors()]
    if findings or body is None or not isinstance(file, UploadFile):
        raise invalid(findings)
    received = received_file(file)
    return Upload(received.file, received.name, body.details())


def received_file(file: UploadFile) -> UploadedFile:
    """A file of a form, with a safe name.

    Raises:
        Problem: 415, it is of another kind than its name says or than we read.
    """
    try:
        name = safe_file_name(file.filename or "")
    except AssistantError as error:
        raise Problem(415, "Soort bestand niet ondersteund", str(error)) from error
    if not _looks_like(Path(name).suffix, _beginning(file.file)):
        detail = "De inhoud van het bestand past niet bij de naam. Geef het bestand de naam die erbij hoort."
        raise Problem(415, "Soort bestand niet ondersteund", detail)
    return UploadedFile(file, name)


def described() -> dict[str, object]:
    """What the OpenAPI document says of the form, for a route's `openapi_extra`."""
    schema = UploadBody.model_json_schema()
    # A form has no null: what is not there is absent.
    fields = {name: {**each.pop("anyOf", [{}])[0], **each} for name, each in schema["properties"].items()}
    for field in fields.values():
        if field.get("default", "") is None:
            del field["default"]
    schema["properties"] = {
        FILE: {
            "type": "string",
            "format": "binary",
            "description": "Het document: PDF, Word, HTML, Markdown of tekst.",
        },
        **fields,
    }
    schema["required"] = [FILE, *schema["required"]]
    return {"requestBody": {"required": True, "content": {MULTIPART: {"schema": schema}}}}


def _wrong_parts(form: FormData) -> Iterator[tuple[str, str]]:
    file = form.get(FILE)
    if not isinstance(file, UploadFile):
        yield FILE, "'bestand' ontbreekt of is geen bestand."
    elif not file.size:
        yield FILE, "Het bestand is leeg."
    known = {field.alias or name for name, field in UploadBody.model_fields.items()}
    for name, value in form.multi_items():
        if name in known and isinstance(value, UploadFile):
            yield name, "Hier hoort tekst, geen bestand."
        elif name in known and name not in _LISTS and len(form.getlist(name)) > 1:
            yield name, "Dit veld mag één keer voorkomen."


def form_fields(form: FormData) -> dict[str, object]:
    """The texts of the form; an empty field of a web form counts as absent."""
    fields: dict[str, object] = {}
    for name in dict.fromkeys(form):
        texts = [value.strip() for value in form.getlist(name) if isinstance(value, str)]
        if name in _LISTS:
            fields[name] = [each.strip() for text in texts for each in text.split(",") if each.strip()]
        elif name != FILE and (any(texts) or name == "titel"):
            fields[name] = texts[0] if texts else ""
    return fields


def _beginning(file: BinaryIO) -> bytes:
    beginning = file.read(_SNIFFED)
    file.seek(0)
    return beginning


def _looks_like(suffix: str, beginning: bytes) -> bool:
    """Whether the first bytes can be of that kind; the rest is judged in a limited process."""
    if suffix in _BEGINNINGS:
        return _BEGINNINGS[suffix] in beginning[:1024]
    is_other_kind = any(
        beginning.startswith(start) for start in (*_BEGINNINGS.values(), b"\xd0\xcf\x11\xe0", b"{\\rtf")
    )
    return not is_other_kind and (b"\0" not in beginning or beginning.startswith((b"\xff\xfe", b"\xfe\xff")))
