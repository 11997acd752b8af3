from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from assistant.catalogue import read_catalogue, same_content
from assistant.catalogue_entry import Entry, entry_id, entry_text
from assistant.catalogue_init import initiate_catalogue
from assistant.errors import CatalogueError
from assistant.loaders import load
from assistant.unlisted import unlisted_documents

FULL = """\
documents:
  - id: oud
    title: "Kader: oud"
    file: oud.md
  - id: "003"
    title: Nieuw
    file: map/nieuw.md
    publisher: VNG
    published: 2023-12-19
    url: https://example.nl/nieuw
    language: nl
    licence: CC0-1.0
    themes: [jeugd, veiligheid]
    status: in_force
    supersedes: [oud]
    superseded_by:
"""


def write(folder: Path, catalogue: str, **files: str) -> Path:
    """A corpus folder with a catalogue and Markdown files."""
    (folder / "catalogue.yml").write_text(catalogue, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(CatalogueError) as refused:
        read_catalogue(folder)
    return str(refused.value)


def test_every_key_of_an_entry_is_read(tmp_path: Path) -> None:
    write(tmp_path, FULL)

    _, new = read_catalogue(tmp_path)

    assert new.id == "003"
    assert new.file == tmp_path / "map" / "nieuw.md"
    assert (new.publisher, new.published, new.url) == ("VNG", date(2023, 12, 19), "https://example.nl/nieuw")
    assert (new.licence, new.themes, new.status) == ("CC0-1.0", ("jeugd", "veiligheid"), "in_force")
    assert (new.supersedes, new.superseded_by) == (("oud",), None)


def test_what_is_not_filled_in_stays_unknown(tmp_path: Path) -> None:
    write(tmp_path, "documents:\n  - id: kaal\n    title: Kaal\n    file: kaal.md\n    status:\n    themes: null\n")

    (document,) = read_catalogue(tmp_path)

    assert (document.publisher, document.published, document.status, document.themes) == (None, None, "unknown", ())


def test_replacement_is_known_on_both_sides(tmp_path: Path) -> None:
    write(tmp_path, FULL)

    old, _ = read_catalogue(tmp_path)

    assert old.superseded_by == "003"
    assert old.status == "superseded"


def test_all_problems_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    catalogue = """\
documents:
  - id: a
    titel: A
    file: a.md
  - id: a
    title: B
    file: ../b.md
    status: geldig
    supersedes: [c]
  - id: "d e"
    title: D
    file: d.md
    published: 2021
    themes: jeugd
    supersedes: [a, b]
    url: www.example.nl
  - id: f
    title: F
    file: /etc/hostname
    superseded_by: f
  - id: f
    title: F
    file: a.md
    supersedes: [ff]
"""
    write(tmp_path, catalogue)
    path = tmp_path / "catalogue.yml"

    told = refusal(tmp_path).splitlines()

    assert told == [
        f"{path}, regel 2: 'title' ontbreekt.",
        f"{path}, regel 3: de sleutel 'titel' is onbekend. Bedoeld is misschien 'title'.",
        f"{path}, regel 8: 'status' moet een van deze waarden zijn: 'in_force', 'outdated', 'superseded' of 'unknown'.",
        f"{path}, regel 10: 'id' mag alleen letters, cijfers, punt, streepje en laag streepje hebben, "
        "en begint met een letter of cijfer.",
        f"{path}, regel 13: 'published' moet een datum zijn als 2021-07-03.",
        f"{path}, regel 14: 'themes' moet een lijst zijn, bijvoorbeeld [een, twee].",
        f"{path}, regel 16: 'url' moet een webadres zijn dat met https:// begint.",
        f"{path}, regel 19: '/etc/hostname' ligt buiten de map {tmp_path}. Zet het bestand in deze map.",
        f"{path}, regel 20: 'superseded_by' noemt het document zelf ('f'). Verwijder dit.",
        f"{path}, regel 21: de id 'f' staat ook op regel 17. Geef elk document een eigen id.",
        f"{path}, regel 24: 'supersedes' noemt 'ff', maar die id is er niet. Bedoeld is misschien 'f'.",
        "Herstel dit en typ daarna: beleidswijzer corpus check",
    ]


@pytest.mark.parametrize(
    ("catalogue", "line", "expected"),
    [
        ("documents:\n  - id: a\n   title: A\n", 3, "dit is geen geldige YAML"),
        ("documents:\n\t- id: a\n", 2, "dit is geen geldige YAML"),
        ("- id: a\n", 1, "het bestand begint niet met 'documents:'"),
        ("documenten:\n  - id: a\n", 1, "de lijst 'documents:' ontbreekt"),
        ("documents: geen\n", 1, "onder 'documents:' hoort een lijst met streepjes"),
        ("documents:\n  - tekst\n", 2, "hier hoort een document met sleutels als 'id:' en 'title:'"),
        (
            "documents:\n  - id: a\n    title: A\n    title: B\n    file: a.md\n",
            4,
            "de sleutel 'title' staat twee keer",
        ),
        ("documents:\n  - id: a\n    title:\n    file: a.md\n", 3, "'title' is leeg."),
        ("documents:\n  - id: a\n    title: [A]\n    file: a.md\n", 3, "'title' moet één stuk tekst zijn."),
        ("documents:\n  - id: a\n    title: {A: B}\n    file: a.md\n", 3, "'title' moet één stuk tekst zijn."),
        ("documents:\n  - id: a\n    title: A\n    file: a.md\n    published: 2021-02-30\n", 5, "'published'"),
    ],
)
def test_wrong_shape_names_the_line(tmp_path: Path, catalogue: str, line: int, expected: str) -> None:
    write(tmp_path, catalogue)

    told = refusal(tmp_path)

    assert f"{tmp_path / 'catalogue.yml'}, regel {line}: " in told
    assert expected in told


def test_missing_catalogue_names_the_command_that_makes_it(tmp_path: Path) -> None:
    assert f"beleidswijzer corpus init {tmp_path}" in refusal(tmp_path)


def test_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (tmp_path / "geheim.md").write_text("geheim")
    (corpus / "link.md").symlink_to(tmp_path / "geheim.md")
    write(corpus, "documents:\n  - id: a\n    title: A\n    file: link.md\n")

    assert "'link.md' is een koppeling naar een plek buiten de map" in refusal(corpus)


def test_one_file_under_two_ids_is_refused(tmp_path: Path) -> None:
    write(
        tmp_path,
        "documents:\n  - {id: a, title: A, file: a.md}\n  - {id: b, title: B, file: ./a.md}\n",
        a="tekst",
    )

    assert "regel 3: het bestand './a.md' hoort ook bij 'a'" in refusal(tmp_path)


def test_same_content_is_reported_with_both_ids(tmp_path: Path) -> None:
    write(
        tmp_path,
        "documents:\n  - {id: a, title: A, file: a.md}\n  - {id: b, title: B, file: b.md}\n"
        "  - {id: c, title: C, file: c.md}\n  - {id: d, title: D, file: weg.md}\n",
        a="gelijk",
        b="anders",
        c="gelijk",
    )

    assert same_content(read_catalogue(tmp_path)) == {"c": "a"}


def test_document_without_entry_shows_the_entry_to_add(tmp_path: Path) -> None:
    write(tmp_path, "documents: []\n", **{"Nota Jeugd": "# Nota\n\nDe tekst van de nota."})

    (unlisted,) = unlisted_documents(tmp_path, read_catalogue(tmp_path), load)

    shown = unlisted.message[unlisted.message.index("  - id") :]
    write(tmp_path, f"documents:\n{shown}\n")
    assert [document.id for document in read_catalogue(tmp_path)] == ["nota-jeugd"]
    assert list(unlisted_documents(tmp_path, read_catalogue(tmp_path), load)) == []


def test_files_that_are_no_documents_need_no_entry(tmp_path: Path) -> None:
    write(tmp_path, "documents: []\n", README="uitleg", **{".verborgen": "x"})
    (tmp_path / "maak.py").write_text("print()")
    (tmp_path / "bouw" / "__pycache__").mkdir(parents=True)
    (tmp_path / "bouw" / "__pycache__" / "maak.pyc").write_bytes(b"x")
    (tmp_path / "sources").mkdir()
    write(tmp_path / "sources", "", bron="# Bron\n\nTekst.")

    assert list(unlisted_documents(tmp_path, read_catalogue(tmp_path), load)) == []


def test_unreadable_file_without_entry_says_why(tmp_path: Path) -> None:
    write(tmp_path, "documents: []\n")
    (tmp_path / "kapot.pdf").write_bytes(b"%PDF-1.7 kapot")

    (unlisted,) = unlisted_documents(tmp_path, (), load)

    assert unlisted.file == tmp_path / "kapot.pdf"
    assert "kapot.pdf" in unlisted.message


def test_init_writes_only_what_documents_state(tmp_path: Path) -> None:
    (tmp_path / "Brief 1.txt").write_text("Een brief zonder datum of uitgever over de wijkteams in de stad.\n")
    (tmp_path / "leeg.txt").write_text("")
    sub = tmp_path / "jaar"
    sub.mkdir()
    (sub / "nota.md").write_text("# Nota wijkteams\n\nDe nota gaat over wijkteams.\n")

    done = initiate_catalogue(tmp_path, load)

    letter, note = read_catalogue(tmp_path)
    assert (letter.id, letter.publisher, letter.published, letter.status) == ("brief-1", None, None, "unknown")
    assert (note.id, note.title, note.file) == ("nota", "Nota wijkteams", sub / "nota.md")
    assert [path.name for path, _ in done.skipped] == ["leeg.txt"]


def test_init_keeps_entries_and_comments_and_appends(tmp_path: Path) -> None:
    old = "# mijn lijst\ndocuments:\n- id: eerste   # met de hand\n  title: Eerste\n  file: eerste.md\n"
    write(tmp_path, old, eerste="# Eerste\n\nTekst een.", tweede="# Tweede\n\nTekst twee.")

    done = initiate_catalogue(tmp_path, load)

    assert (tmp_path / "catalogue.yml").read_text(encoding="utf-8").startswith(old)
    assert [document.id for document in read_catalogue(tmp_path)] == ["eerste", "tweede"]
    assert (done.kept, [entry.id for entry in done.added]) == (1, ["tweede"])


def test_init_sees_the_language(tmp_path: Path) -> None:
    english = "The municipality works together with the police and with the safety house on what they have to do.\n"
    (tmp_path / "english.txt").write_text(english)

    initiate_catalogue(tmp_path, load)

    assert [document.language for document in read_catalogue(tmp_path)] == ["en"]


def test_init_twice_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, "", a="# A\n\nTekst a.", b="# B\n\nTekst b.")
    initiate_catalogue(tmp_path, load)
    first = (tmp_path / "catalogue.yml").read_bytes()

    done = initiate_catalogue(tmp_path, load)

    assert (tmp_path / "catalogue.yml").read_bytes() == first
    assert (done.kept, done.added) == (2, ())


def test_init_refuses_a_catalogue_that_it_cannot_extend(tmp_path: Path) -> None:
    old = "documents: [{id: a, title: A, file: a.md}]\n"
    write(tmp_path, old, a="# A\n\nTekst a.", b="# B\n\nTekst b.")

    with pytest.raises(CatalogueError, match="Zet dit er zelf bij"):
        initiate_catalogue(tmp_path, load)

    assert (tmp_path / "catalogue.yml").read_text() == old


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("003_fe3f24534e7cc977.txt", "003_fe3f24534e7cc977"),
        ("Nota Jeugd (2023).pdf", "nota-jeugd-2023"),
        ("___.md", "document"),
        ("bezet.pdf", "bezet-pdf"),
    ],
)
def test_id_is_recognisable_and_free(name: str, expected: str) -> None:
    assert entry_id(Path(name), {"bezet"}) == expected


def test_written_entry_reads_back_the_same() -> None:
    entry = Entry(id="a", title="Zorg: 'samen' - é", file="a.md", published=date(2020, 7, 8), themes=("jeugd",))

    (read,) = yaml.safe_load("documents:\n" + entry_text(entry))["documents"]

    assert read["title"] == "Zorg: 'samen' - é"
    assert read["published"] == date(2020, 7, 8)
    assert list(read) == [name for name in Entry.model_fields if name not in ("valid_from", "valid_until", "review_by")]


def test_a_last_day_before_the_first_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n")
    (tmp_path / "catalogue.yml").write_text(
        "documents:\n  - id: a\n    title: A\n    file: a.md\n    valid_from: 2024-01-01\n    valid_until: 2023-12-31\n"
    )

    with pytest.raises(CatalogueError, match="'valid_until' ligt vóór 'valid_from'"):
        read_catalogue(tmp_path)
