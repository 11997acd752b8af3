"""A few short Dutch policy documents about a made-up municipality, indexed by the stages of the product itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from assistant.embeddings import Embedder
from assistant.ingest import BuildReport, build, standard_stages
from assistant.types import Document

TEXTS = {
    "wijkplan": """\
# Wijkplan Waterveen

Het wijkplan geldt sinds 12 maart 2024. De gemeente Waterveen heeft zes wijkteams. Saskia Bontekoe is de \
projectleider van het wijkplan.

## Adviezen aan het college

De adviescommissie geeft het college vijf adviezen:

- zet in elk wijkteam een ervaringsdeskundige in;
- maak één meldpunt voor zorgen om buren;
- spreek af wie de regie voert bij escalatie;
- betaal de inzet van vrijwilligers;
- meet elk jaar wat bewoners ervan vinden.

## Doelen

Het plan heeft vier doelen. Elk jaar in juni bespreekt de gemeenteraad de voortgang van het plan.
""",
    "oud-kader": """\
# Kader Vroege Hulp

Een wijkteam belt een gezin binnen tien werkdagen na de melding. Het team legt de afspraken vast in een gezinsplan.
""",
    "nieuw-kader": """\
# Handreiking Snelle Hulp

De handreiking vervangt het Kader Vroege Hulp. Een medewerker bezoekt het gezin binnen drie werkdagen na de melding. \
Het gezin kiest zelf een vaste contactpersoon.
""",
    "notitie": """\
# Notitie nachtopvang

De nachtopvang aan de Havenkade heeft veertig bedden. De opvang is open van november tot april. Honden mogen mee naar \
binnen.
""",
}
ENTRIES = (
    Document(
        "wijkplan",
        "Wijkplan Waterveen",
        Path("wijkplan.md"),
        publisher="Gemeente Waterveen",
        published=date(2024, 3, 12),
        themes=("wijkteams", "veiligheid"),
        status="in_force",
    ),
    Document(
        "oud-kader",
        "Kader Vroege Hulp",
        Path("oud-kader.md"),
        publisher="Regio Oostveen",
        published=date(2019, 5, 1),
        themes=("jeugd",),
        status="superseded",
        superseded_by="nieuw-kader",
    ),
    Document(
        "nieuw-kader",
        "Handreiking Snelle Hulp",
        Path("nieuw-kader.md"),
        publisher="Regio Oostveen",
        published=date(2023, 9, 15),
        themes=("jeugd", "wijkteams"),
        status="in_force",
        supersedes=("oud-kader",),
    ),
    Document("notitie", "Notitie nachtopvang", Path("notitie.md"), publisher="Gemeente Waterveen"),
)


@dataclass(frozen=True)
class Corpus:
    """Documents in a folder, and the index beside it."""

    folder: Path
    index: Path

    def write(self, document: Document, text: str) -> Document:
        """Put one document in the folder; returns its entry with the place of its file."""
        self.folder.mkdir(exist_ok=True)
        placed = replace(document, file=self.folder / document.file)
        placed.file.write_text(text, encoding="utf-8")
        return placed

    def build(self, embedder: Embedder, *documents: Document) -> BuildReport:
        """Index the documents, every one of which must be readable."""
        report = build(documents, self.index, embedder, standard_stages())
        assert report.failures == ()
        return report


def write_all(corpus: Corpus) -> list[Document]:
    """The documents of this file, written to the corpus."""
    return [corpus.write(entry, TEXTS[entry.id]) for entry in ENTRIES]
