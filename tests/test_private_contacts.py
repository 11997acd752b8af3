"""Documents lose the private numbers and addresses of people, and every offset still points to the same words."""

from __future__ import annotations

from pathlib import Path

from assistant.ingest import standard_stages
from assistant.private_contacts import without_private_contacts
from assistant.types import Block, Page, Source

TEXT = "Contact\nBel 06-12345678 of mail jan.jansen@voorbeeld.nl.\nHet team helpt gezinnen."


def source(text: str = TEXT) -> Source:
    blocks, place = [], 0
    for line in text.split("\n"):
        blocks.append(Block("paragraph", place, place + len(line)))
        place += len(line) + 1
    return Source(text, tuple(blocks), (Page(1, 0, 40), Page(2, 40, len(text))))


def test_private_contacts_make_place_for_a_word() -> None:
    assert without_private_contacts(source()).text == (
        "Contact\nBel [telefoonnummer] of mail [e-mailadres].\nHet team helpt gezinnen."
    )


def test_every_block_still_holds_the_same_words() -> None:
    cleaned = without_private_contacts(source())

    assert [cleaned.text[block.begin : block.end] for block in cleaned.blocks] == [
        "Contact",
        "Bel [telefoonnummer] of mail [e-mailadres].",
        "Het team helpt gezinnen.",
    ]


def test_pages_still_cover_the_whole_text() -> None:
    first, second = without_private_contacts(source()).pages

    assert (first.begin, first.end, second.end) == (0, second.begin, len(without_private_contacts(source()).text))


def test_the_maintainer_is_told_how_many() -> None:
    assert without_private_contacts(source()).warnings == ("privénummers of e-mailadressen weggelaten: 2",)


def test_a_document_without_contacts_is_the_very_same() -> None:
    plain = source("Bel 0800-2000 of mail info@voorbeeld.nl.")

    assert without_private_contacts(plain) is plain


def test_documents_are_cleaned_when_they_are_indexed(tmp_path: Path) -> None:
    file = tmp_path / "notitie.txt"
    file.write_text("Notitie\n\nVragen? Bel Jan op 06-12345678.\n")

    loaded = standard_stages().load(file)

    assert "06-12345678" not in loaded.text
    assert "Bel Jan op [telefoonnummer]." in loaded.text
