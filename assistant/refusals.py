"""What an answer says when the sources do not answer, and what its reader must be careful about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from assistant.types import Caution, Citation, Completeness, Document, Language
from assistant.wording import date_words, heading_words

REFUSAL: dict[Language, str] = {
    "nl": "Dit staat niet in de bronnen.",
    "en": "The sources do not say this.",
}
_NEAREST: dict[Language, str] = {
    "nl": "Dit komt het dichtst in de buurt:",
    "en": "This comes closest:",
}
_INCOMPLETE: dict[Language, str] = {
    "nl": "Deze bronnen geven misschien niet het hele antwoord. Lees de bron na.",
    "en": "These sources may not give the whole answer. Read the source.",
}
_SUPERSEDED: dict[Language, str] = {"nl": "“{title}” is vervangen{by}.", "en": "“{title}” has been replaced{by}."}
_BY: dict[Language, str] = {"nl": " door: {successor}", "en": " by: {successor}"}
_OUTDATED: dict[Language, str] = {
    "nl": "“{title}” is verouderd. Controleer of dit nog klopt.",
    "en": "“{title}” is outdated. Check whether this still holds.",
}
_UNDATED: dict[Language, str] = {
    "nl": "De datum van “{title}” is onbekend.",
    "en": "The date of “{title}” is unknown.",
}


_CONTRADICTION: dict[Language, str] = {
    "nl": "De bronnen zeggen niet hetzelfde: “{one}” ({date}) en “{other}” ({other_date}). Vergelijk de citaten.",
    "en": "The sources do not agree: “{one}” ({date}) and “{other}” ({other_date}). Compare the quotes.",
}


def contradiction(one: Document, other: Document, language: Language) -> Caution:
    """Two sources give different figures; both are named with their dates."""
    text = _CONTRADICTION[language].format(
        one=one.title, date=date_words(one.published), other=other.title, other_date=date_words(other.published)
    )
    return Caution("tegenspraak", text)


_EXPIRED: dict[Language, str] = {
    "nl": "“{title}” gold tot en met {day}.",
    "en": "“{title}” was in force until {day}.",
}
_NOT_YET: dict[Language, str] = {"nl": "“{title}” geldt pas vanaf {day}.", "en": "“{title}” is in force from {day}."}


def refusal_text(nearest: Sequence[Citation], language: Language) -> str:
    """The fixed sentence and, where something comes near, a line with a link for each place."""
    lines = [REFUSAL[language]]
    if nearest:
        lines.append(_NEAREST[language])
        places = (f"- {_place(citation)}: {citation.link}" for citation in nearest)
        lines += dict.fromkeys(places)  # two quotes on one page of a PDF have one link
    return "\n".join(lines)


def cautions(
    citations: Sequence[Citation],
    completeness: Completeness,
    documents: Sequence[Document],
    language: Language,
    today: date,
) -> Iterator[Caution]:
    """What the reader must know about these sources, in the language of the answer."""
    if completeness == "partial":
        yield Caution("onvolledig", _INCOMPLETE[language])
    for document in dict.fromkeys(citation.document for citation in citations):
        if document.status == "superseded":
            titles = (other.title for other in documents if other.id == document.superseded_by)
            successor = next(titles, document.superseded_by)
            by = _BY[language].format(successor=successor) if successor else ""
            yield Caution("vervangen", _SUPERSEDED[language].format(title=document.title, by=by))
        elif document.status == "outdated":
            yield Caution("verouderd", _OUTDATED[language].format(title=document.title))
        if document.valid_until and document.valid_until < today:
            text = _EXPIRED[language].format(title=document.title, day=date_words(document.valid_until))
            yield Caution("niet_meer_geldig", text)
        if document.valid_from and document.valid_from > today:
            text = _NOT_YET[language].format(title=document.title, day=date_words(document.valid_from))
            yield Caution("nog_niet_geldig", text)
        if document.published is None:
            yield Caution("datum_onbekend", _UNDATED[language].format(title=document.title))


def _place(citation: Citation) -> str:
    title = citation.document.title
    heading = heading_words(tuple(part for part in citation.heading_path if part != title))
    return f"{title}, {heading}" if heading else title
