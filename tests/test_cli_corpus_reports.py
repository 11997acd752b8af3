"""`corpus check`, `diff` and `review` on small documents with one thing the matter with each."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assistant.catalogue import read_catalogue
from assistant.cli import run
from assistant.corpus_check import due

Command = Callable[..., tuple[int, str, str]]
WHOLE = """\
    publisher: Regio
    published: 2024-01-01
    url: https://example.nl/
    licence: CC0
    themes: [zorg]
"""
LONG = " ".join(f"De gemeente helpt in week {n} de gezinnen van wijk {n} met zorg en opvang." for n in range(60))
OLD = """# Kader

## 1. Melding

Een wijkteam belt een gezin binnen tien werkdagen na de melding. Het gesprek is bij het gezin thuis.

## 2. Dossier

Het wijkteam bewaart het dossier vijf jaar. De wethouder tekent het verslag.
"""
NEW = """# Kader 2025

## 1. Melding

Een wijkteam belt een gezin binnen drie werkdagen na de melding. De wethouder tekent het verslag.

## 3. Dossier

Het wijkteam bewaart het dossier vijf jaar. Een gezin mag het dossier altijd inzien.
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "documenten").mkdir()
    return tmp_path / "documenten"


@pytest.fixture
def command(corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.chdir(corpus.parent)
    monkeypatch.setenv("BELEIDSWIJZER_CORPUS", str(corpus))
    monkeypatch.setenv("BELEIDSWIJZER_CACHE", str(corpus.parent / "cache"))

    def call(*arguments: str) -> tuple[int, str, str]:
        return run(arguments), *capsys.readouterr()

    return call


def write(corpus: Path, **documents: tuple[str, str]) -> None:
    """A corpus of documents: id → further lines of the entry, and text."""
    entries = []
    for document_id, (lines, text) in documents.items():
        (corpus / f"{document_id}.md").write_text(text)
        entries.append(f"  - id: {document_id}\n    title: {document_id.title()}\n    file: {document_id}.md\n{lines}")
    (corpus / "catalogue.yml").write_text("documents:\n" + "".join(entries))


def test_every_kind_of_finding_has_its_line(command: Command, corpus: Path) -> None:
    force = "    status: in_force\n"
    write(
        corpus,
        goed=(WHOLE + force, LONG),
        kaal=("", "# Kaal\n\nDe wijkteams helpen gezinnen met vragen over de zorg.\n"),
        bijna=(WHOLE + force, LONG.replace("wijk 7 ", "wijk zeven ")),
        oud=(WHOLE + "    status: superseded\n", "# Oud\n\nHet college stelde dit plan in 2015 vast voor de wijken.\n"),
        dubbel=(
            WHOLE + force + "    superseded_by: goed\n",
            "# Dubbel\n\nHet plan geldt niet meer voor de gezinnen.\n",
        ),
        contact=(
            WHOLE + force,
            "# Bel\n\nBel de wethouder op 06-12345678 of mail jan.jansen@gmail.com over de zorg.\n",
        ),
        engels=(WHOLE + force, "# Plan\n\nThe municipality and the teams help the families with all of their care.\n"),
        verlopen=(WHOLE + force + "    review_by: 2020-03-01\n", "# Nota\n\nDe nota over de zorg is lang en helder.\n"),
    )

    code, out, err = command("corpus", "check")

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "✓ goed: 900 woorden",
        "✓ kaal: 10 woorden",
        "    niet ingevuld: uitgever, datum, webadres, licentie, thema's, status",
        "✓ bijna: 900 woorden",
        "    voor 97 % gelijk aan goed: vergelijk met 'corpus diff goed bijna'",
        "✓ oud: 12 woorden",
        "    vervangen, maar niet bekend waardoor: vul 'superseded_by' in",
        "✓ dubbel: 9 woorden",
        "    geldig, maar ook vervangen door goed: pas 'status' aan",
        "✓ contact: 12 woorden",
        "    privégegevens die niet in de index komen (e-mail: 1, telefoon: 1)",
        "✓ engels: 14 woorden",
        "    de tekst lijkt Engels, de catalogus zegt Nederlands (language: en)",
        "✓ verlopen: 10 woorden",
        "    nakijken vóór 1 maart 2020",
        "Alle 8 documenten zijn in orde.",
    ]


def test_documents_that_replace_each_other_in_a_circle_are_a_problem(command: Command, corpus: Path) -> None:
    write(
        corpus,
        a=(WHOLE + "    superseded_by: b\n", "# A\n\nDe wijkteams helpen de gezinnen.\n"),
        b=(WHOLE + "    superseded_by: a\n", "# B\n\nDe gemeente betaalt de opvang.\n"),
    )

    code, out, err = command("corpus", "check")

    assert code == 1
    assert "✗ a: vervangt zichzelf: a → b → a. Haal één van deze verwijzingen weg." in out.splitlines()
    assert err == "Problemen: 2. Herstel ze en typ daarna: beleidswijzer corpus check\n"


def test_a_file_that_is_gone_is_a_problem(command: Command, corpus: Path) -> None:
    write(corpus, a=(WHOLE, "# A\n\nTekst over zorg.\n"), b=(WHOLE, "# B\n\nTekst over de opvang.\n"))
    (corpus / "a.md").unlink()

    code, out, _ = command("corpus", "check")

    assert code == 1
    assert out.splitlines()[0] == "✗ a: a.md bestaat niet (meer). Zet het bestand terug of haal het uit de catalogus."


def test_differences_are_shown_by_heading(command: Command, corpus: Path) -> None:
    write(corpus, oud=("", OLD), nieuw=("    supersedes: [oud]\n", NEW))

    code, out, err = command("corpus", "diff", "nieuw")

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Oud → Nieuw",
        "Zinnen toegevoegd: 1, vervallen: 1, gewijzigd: 1, verplaatst: 1.",
        "",
        "1. Melding",
        "~ Een wijkteam belt een gezin binnen tien werkdagen na de melding.",
        "  wordt: Een wijkteam belt een gezin binnen drie werkdagen na de melding.",
        "» De wethouder tekent het verslag. (stond onder: 2. Dossier)",
        "- Het gesprek is bij het gezin thuis.",
        "",
        "3. Dossier",
        "+ Een gezin mag het dossier altijd inzien.",
    ]


def test_two_files_can_be_compared_too(command: Command, corpus: Path) -> None:
    write(corpus, oud=("", OLD))
    (corpus.parent / "later.md").write_text(OLD + "\nEr is een bijlage.\n")

    code, out, _ = command("corpus", "diff", "oud", "later.md", "--json")

    assert code == 0
    assert json.loads(out) == [
        {
            "soort": "toegevoegd",
            "kop": ["2. Dossier"],
            "oud": None,
            "nieuw": "Er is een bijlage.",
            "oudeKop": [],
        }
    ]
    assert command("corpus", "diff", "oud", "oud")[1].splitlines()[1] == "Er is geen verschil in de tekst."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("oud",),
            "'oud' heeft geen eerder bestand en vervangt geen ander document. "
            "Geef twee documenten: corpus diff OUD NIEUW",
        ),
        (("oud", "ood"), "'ood' is geen id in de catalogus en geen bestand. Bedoeld is misschien 'oud'."),
    ],
)
def test_an_unknown_document_cannot_be_compared(
    command: Command, corpus: Path, arguments: tuple[str, ...], message: str
) -> None:
    write(corpus, oud=("", OLD))

    code, out, err = command("corpus", "diff", *arguments)

    assert (code, out) == (2, "")
    assert err.startswith(message)


def test_documents_that_are_due_are_listed_the_oldest_first(command: Command, corpus: Path) -> None:
    write(
        corpus,
        later=("    review_by: 2031-05-01\n", "# A\n"),
        eerder=("    review_by: 2030-05-01\n", "# B\n"),
        verlopen=("    status: in_force\n    valid_until: 2019-12-31\n", "# C\n"),
        afgedaan=("    status: outdated\n    valid_until: 2019-12-31\n", "# D\n"),
        altijd=("", "# E\n"),
    )

    code, out, _ = command("corpus", "review", "--voor", "2030-12-31")

    assert (code, out.splitlines()) == (
        0,
        [
            "verlopen (Verlopen): gold tot en met 31 december 2019",
            "eerder (Eerder): nakijken vóór 1 mei 2030",
            "Na te kijken op 31 december 2030: 2 van 5. Zonder nakijkdatum: 3.",
        ],
    )
    assert [each["id"] for each in json.loads(command("corpus", "review", "--json")[1])] == ["verlopen"]


def test_a_document_is_due_on_its_day_and_not_before(corpus: Path) -> None:
    write(corpus, nota=("    review_by: 2030-05-01\n", "# A\n"))
    documents = read_catalogue(corpus)

    assert due(documents, date(2030, 4, 30)) == []
    assert [each.document.id for each in due(documents, date(2030, 5, 1))] == ["nota"]
