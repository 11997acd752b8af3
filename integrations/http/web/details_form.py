"""What a maintainer says of a new document in a form, beside what the document says of itself.

A guess is taken only when its own box is ticked; what somebody typed goes before it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import ValidationError
from starlette.datastructures import FormData

from assistant import STATUS_WORDS, AssistantError, Document, NewDocument, check_details
from integrations.http.drafts import Guesses
from integrations.http.upload_form import UploadBody, form_fields

TAKE = "overnemen"  # the boxes of the guesses
_REQUIRED = ("titel", "taal")


@dataclass(frozen=True)
class DetailsForm:
    """The form as it was filled in, and what came of it."""

    values: Mapping[str, str | list[str]]
    guesses: Mapping[str, str]
    taken: Collection[str] = ()  # fields whose guess is taken
    errors: Collection[str] = ()  # fields that are wrong, in the order of the form
    refusal: str | None = None  # why the catalogue does not take the details together, in Dutch
    details: NewDocument | None = field(default=None)  # when all is right


def empty_form(guesses: Guesses, supersedes: str | None) -> DetailsForm:
    """The form before anybody filled it in."""
    return DetailsForm({"vervangt": [supersedes] if supersedes else []}, _offered(guesses))


def filled_form(form: FormData, guesses: Guesses, known: Collection[str]) -> DetailsForm:
    """The form as it was sent.

    Args:
        known: ids of the documents that can be replaced.
    """
    offered = _offered(guesses)
    taken = {name for name in form.getlist(TAKE) if isinstance(name, str) and name in offered}
    order = [each.alias or name for name, each in UploadBody.model_fields.items()]
    fields = form_fields(FormData([(name, value) for name, value in form.multi_items() if name in order]))
    typed = {name: value for name, value in fields.items() if value}
    given = {**{name: offered[name] for name in taken}, **typed}
    shown = {name: _shown(name, value) for name, value in typed.items()}
    wrong = {name for name in _REQUIRED if not given.get(name)} | _wrong(given)
    wrong |= {"vervangt"} if not set(shown.get("vervangt", ())) <= set(known) else set()
    if wrong:
        return DetailsForm(shown, offered, taken, tuple(name for name in order if name in wrong))
    details = UploadBody.model_validate(given).details()
    try:
        check_details(details)
    except AssistantError as error:
        return DetailsForm(shown, offered, taken, refusal=str(error))
    return DetailsForm(shown, offered, taken, details=details)


def details_of(document: Document) -> DetailsForm:
    """The form with what the catalogue says of a document that is there already."""
    values = {
        "titel": document.title,
        "uitgever": document.publisher,
        "publicatiedatum": _day(document.published),
        "taal": document.language,
        "status": STATUS_WORDS[document.status],
        "geldigVanaf": _day(document.valid_from),
        "geldigTot": _day(document.valid_until),
        "nakijkenVoor": _day(document.review_by),
        "themas": ", ".join(document.themes),
        "url": document.url,
        "licentie": document.licence,
    }
    return DetailsForm({name: value for name, value in values.items() if value}, {})


def edited_values(document: Document, details: NewDocument) -> dict[str, str | list[str | None] | None]:
    """What the form changes, by the names of the catalogue."""
    before: dict[str, str | list[str | None] | None] = {
        "title": document.title,
        "publisher": document.publisher,
        "published": _day(document.published),
        "url": document.url,
        "language": document.language,
        "licence": document.licence,
        "themes": list(document.themes),
        "status": document.status,
        "valid_from": _day(document.valid_from),
        "valid_until": _day(document.valid_until),
        "review_by": _day(document.review_by),
    }
    after: dict[str, str | list[str | None] | None] = {
        "title": details.title,
        "publisher": details.publisher,
        "published": _day(details.published),
        "url": details.url,
        "language": details.language or document.language,
        "licence": details.licence,
        "themes": list(details.themes),
        "status": details.status,
        "valid_from": _day(details.valid_from),
        "valid_until": _day(details.valid_until),
        "review_by": _day(details.review_by),
    }
    return {name: value for name, value in after.items() if value != before[name]}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _offered(guesses: Guesses) -> dict[str, str]:
    """The guesses by the field that they are for."""
    found = {
        "titel": guesses.title,
        "uitgever": guesses.publisher,
        "publicatiedatum": guesses.published.isoformat() if guesses.published else "",
        "taal": guesses.language,
    }
    return {name: value for name, value in found.items() if value}


def _shown(name: str, value: object) -> str | list[str]:
    """A field as the form shows it again."""
    if isinstance(value, list):
        return value if name == "vervangt" else ", ".join(value)
    return str(value)


def _wrong(given: Mapping[str, object]) -> set[str]:
    try:
        UploadBody.model_validate(given)
    except ValidationError as error:
        return {str(each["loc"][0]) for each in error.errors()}
    return set()
