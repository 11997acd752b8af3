"""`corpus import` and `export`, and the other corpus commands on a database, as a maintainer types them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cli import run

Command = Callable[..., tuple[int, str, str]]
KADER = "# Kader wijkteams\n\nEen wijkteam belt een gezin binnen tien werkdagen na de melding.\n"
NOTA = "# Nota bezoek\n\nEen medewerker bezoekt het gezin binnen drie werkdagen.\n"
CATALOGUE = "documents:\n  - id: kader\n    title: Kader\n    file: kader.md\n    status: in_force\n"


@pytest.fixture
def command(
    postgres_url: str,
    tmp_path: Path,
    model_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs one command line on the database; gives exit code, output and errors."""
    corpus = tmp_path / "documenten"
    corpus.mkdir()
    (corpus / "catalogue.yml").write_text(CATALOGUE)
    (corpus / "kader.md").write_text(KADER)
    (tmp_path / "nota.md").write_text(NOTA)
    monkeypatch.chdir(tmp_path)
    places = {"CORPUS": corpus, "INDEX": tmp_path / "index", "DATA": tmp_path / "data", "CACHE": model_cache}
    for name, place in places.items():
        monkeypatch.setenv(f"BELEIDSWIJZER_{name}", str(place))
    monkeypatch.setenv("INDEX_URL", postgres_url)

    def call(*arguments: str) -> tuple[int, str, str]:
        return run(arguments), *capsys.readouterr()

    return call


def test_a_folder_gets_into_the_database_and_out_again(command: Command, tmp_path: Path) -> None:
    refused = command("corpus", "list")
    tried = command("corpus", "import", "--proef")
    done = command("corpus", "import")
    again = command("corpus", "import", "documenten")
    added = command("corpus", "add", "nota.md", "--ja", "--titel", "Nota")
    exported = command("corpus", "export", "uit")

    assert refused[0] == 1
    assert refused[2].startswith("In de database staan nog geen documenten. Typ: beleidswijzer corpus import MAP")
    assert tried == (0, "Nieuw: kader (1)\nEr is niets veranderd.\n", "")
    assert done[1] == ("Nieuw: kader (1)\nDe database is bijgewerkt. Documenten: 1.\n")
    assert again[1] == "De database was al gelijk aan de map. Documenten: 1.\n"
    assert (added[0], exported[1]) == (0, "In uit staan nu de catalogus en de bestanden. Documenten: 2.\n")
    assert sorted(path.name for path in (tmp_path / "uit").iterdir()) == [
        ".beleidswijzer-versie", "catalogue.yml", "kader.md", "nota.md",
    ]  # fmt: skip
    assert (tmp_path / "uit" / "nota.md").read_text() == NOTA
    assert [path.name for path in sorted((tmp_path / "documenten").iterdir())] == ["catalogue.yml", "kader.md"]


def test_a_folder_that_would_lose_documents_needs_a_word(command: Command) -> None:
    command("corpus", "import")
    command("corpus", "add", "nota.md", "--ja", "--titel", "Nota")

    refused = command("corpus", "import")
    replaced = command("corpus", "import", "--vervang")
    undone = command("corpus", "undo")
    listed = command("corpus", "list", "--json")

    assert (refused[0], refused[1]) == (1, "")
    assert "Daarvan zouden er 1 verdwijnen." in refused[2]
    assert replaced[1].startswith("Weg: nota (1)\nDe database is bijgewerkt. Documenten: 1. Terug kan met: ")
    assert undone[1] == "Teruggedraaid: het overnemen van een map, met nota.\n"
    assert '"nota"' in listed[1]


def test_every_command_works_on_the_database(command: Command) -> None:
    command("corpus", "import")

    built = command("index", "build")
    checked = command("corpus", "check")
    shown = command("corpus", "show", "kader")
    doctor = command("doctor")

    assert built[1] == "De index was al bij: 1 ongewijzigd; 1 passages.\n"
    assert (checked[0], checked[1].splitlines()[-1]) == (0, "Alle 1 documenten zijn in orde.")
    assert "binnen tien werkdagen" in shown[1]
    assert "Documenten: 1 in de database" in doctor[1]


def test_without_a_database_there_is_nothing_to_import_into(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INDEX_URL")

    outcomes = [command("corpus", "import"), command("corpus", "export", "uit")]

    assert [code for code, _, _ in outcomes] == [2, 2]
    assert all("Zet INDEX_URL=postgresql://" in err for _, _, err in outcomes)
