"""The corpus in PostgreSQL: a change is made on one machine and seen on every other, or nowhere."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from corpus_change_processes import (
    CATALOGUE,
    NEW,
    NEW_TEXT,
    TEXTS,
    add,
    killed_at,
    machine_in,
    new_file,
    replace_by_file,
    settings_in,
    state,
    undo,
)
from fake_embedder import FakeEmbedder

from assistant.catalogue import read_catalogue
from assistant.changing import readable
from assistant.corpus_changes import add_document, find_same, last_change, undo_change, withdraw_document
from assistant.corpus_import import Imported, export_corpus, import_corpus
from assistant.embeddings import PassageText, PassageVectors
from assistant.errors import CatalogueError, DocumentError, UsageError
from assistant.index_opening import open_index
from assistant.new_document import NewDocument
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.migrating import add_organisation
from assistant.settings import Settings
from assistant.source_files import open_source_files

STRIDE = 9  # statements between two kills
TABLES = ("files", "file_parts", "corpus", "corpus_files", "corpus_changes", "corpus_kept", "uploads")


@pytest.fixture
def here(tmp_path: Path, postgres_url: str) -> Settings:
    return settings_in(tmp_path / "hier", postgres_url)


@pytest.fixture
def there(tmp_path: Path, postgres_url: str) -> Settings:
    return machine_in(tmp_path / "daar", postgres_url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return new_file(tmp_path / "inbox")


def imported(settings: Settings, folder: Path, **options: bool) -> Imported:
    return import_corpus(settings, folder, FakeEmbedder(), lambda _: None, **options)


def test_a_document_that_is_added_here_is_there_too(here: Settings, there: Settings, file: Path) -> None:
    document = add_document(here, file, NEW, embedder=FakeEmbedder())

    seen = state(there)
    assert document.id == "handreiking"
    assert seen == state(here)
    assert seen[1] == seen[3] == ["handreiking", "kader", "wijkplan"]
    assert seen[2] == ["handreiking.md", "kader.md", "wijkplan.md"]
    assert seen[0].startswith(CATALOGUE.replace("kader.md\n    status: in_force", "kader.md\n    status: superseded"))
    assert (readable(there).corpus / "handreiking.md").read_text() == NEW_TEXT


def test_changes_are_undone_on_another_machine(here: Settings, there: Settings, file: Path) -> None:
    before = state(here)
    add(here, file)
    middle = state(here)
    withdraw_document(there, "wijkplan", embedder=FakeEmbedder())

    first = undo_change(here, embedder=FakeEmbedder()).kind
    between = state(there)
    second = undo_change(there, embedder=FakeEmbedder()).kind

    assert (first, second) == ("withdraw", "add")
    assert between == middle
    assert state(here) == state(there) == before


def test_an_original_is_had_on_any_machine_as_long_as_an_index_knows_it(
    here: Settings, there: Settings, file: Path
) -> None:
    old = open_index(here).open()
    replace_by_file(here, file)

    path = open_source_files(there).path(old.store.document("kader"), old.manifest.sha256_of("kader"))

    assert path.read_text(encoding="utf-8") == TEXTS["kader.md"]
    assert path.name == "kader.md"


def test_documents_have_the_same_place_on_every_machine(here: Settings, there: Settings, file: Path) -> None:
    add(here, file)
    withdraw_document(there, "kader", embedder=FakeEmbedder())

    places = {document.file for document in open_index(here).open().store.documents()}

    assert places == {Path("/database/wijkplan.md"), Path("/database/handreiking.md")}


def test_what_is_changed_by_hand_in_the_copy_is_lost_and_harms_nothing(
    here: Settings, there: Settings, file: Path
) -> None:
    before, copy = state(here), readable(here).corpus
    (copy / "kader.md").write_text("# Iets anders\n")
    (copy / "wijkplan.md").unlink()
    (copy / "catalogue.yml").write_text("documents: []\n")
    (copy / "los" / "diep").mkdir(parents=True)
    (copy / "los" / "diep" / "x.md").write_text("los")

    add(here, file)
    undo_change(there, embedder=FakeEmbedder())

    assert state(here) == state(there) == before
    assert not (copy / "los").exists()


@pytest.mark.parametrize("change", [add, replace_by_file])
def test_a_change_killed_at_any_step_is_made_everywhere_or_nowhere(
    here: Settings, there: Settings, file: Path, change: Callable[[Settings, Path], None]
) -> None:
    before = state(there)
    change(here, file)
    after = state(there)
    undo_change(here, embedder=FakeEmbedder())
    outcomes, step = [], 1

    while killed_at(step, change, here, file):
        outcomes.append(state(there))
        assert state(here) == outcomes[-1]
        if outcomes[-1] != before:
            undo(there, file)
        step += STRIDE

    assert len(outcomes) >= 5
    assert [outcome for outcome in outcomes if outcome not in (before, after)] == []
    assert state(there) == state(here) == after


def test_changes_on_two_machines_at_once_are_made_one_after_the_other(
    here: Settings, there: Settings, tmp_path: Path
) -> None:
    readable(there)
    texts = {n: f"# Nota {n}\n\nDe nota noemt {n} doelen voor de wijk.\n" for n in range(4)}
    files = [new_file(tmp_path / "inbox", text, f"{n}.md") for n, text in texts.items()]
    threads = [
        threading.Thread(
            target=add_document,
            args=([here, there][n % 2], file, NewDocument(f"Nota {n}")),
            kwargs={"embedder": FakeEmbedder()},
        )
        for n, file in enumerate(files)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert state(here) == state(there)
    assert state(here)[1] == state(here)[3] == ["0", "1", "2", "3", "kader", "wijkplan"]


def test_a_change_that_was_overtaken_is_refused_whole(here: Settings, there: Settings, file: Path) -> None:
    class Slow(FakeEmbedder):
        """Loses its lock while it embeds, as when the connection to the server drops."""

        def embed_passages(
            self, passages: Sequence[PassageText], progress: Callable[[int], None] | None = None
        ) -> list[PassageVectors]:
            with psycopg.connect(here.secrets.index_url or "", autocommit=True) as connection:
                connection.execute("UPDATE beleidswijzer.corpus SET version = version + 1")
            return super().embed_passages(passages, progress)

    before = state(there)

    with pytest.raises(CatalogueError, match="intussen op een andere machine veranderd"):
        add_document(here, file, NEW, embedder=Slow())

    assert state(there) == state(here) == before
    assert last_change(here) is None


def test_undoing_after_the_index_was_rolled_back_still_changes_the_corpus(here: Settings, file: Path) -> None:
    before = state(here)
    add(here, file)
    open_index(here).rollback()

    undo_change(here, embedder=FakeEmbedder())

    assert state(here) == before


def test_a_document_whose_bytes_are_damaged_in_the_database_is_not_indexed(here: Settings, there: Settings) -> None:
    with psycopg.connect(here.secrets.index_url or "", autocommit=True) as connection:
        connection.execute("UPDATE beleidswijzer.file_parts SET content = content || 'x'::bytea")

    with pytest.raises(DocumentError, match="Een document in de database is beschadigd"):
        readable(there)

    assert not (there.data / "kopie" / "standaard" / "corpus" / "kader.md").exists()


def test_without_documents_in_the_database_the_next_step_is_named(there: Settings, file: Path) -> None:
    for attempt in (lambda: readable(there), lambda: add(there, file), lambda: find_same(there, file)):
        with pytest.raises(CatalogueError, match=r"staan nog geen documenten\. Typ: beleidswijzer corpus import MAP"):
            attempt()


def test_importing_the_same_folder_again_changes_nothing(here: Settings, there: Settings) -> None:
    before = state(here)

    again = imported(there, here.corpus)

    assert again.is_same
    assert state(here) == before
    assert last_change(here) is None


def test_a_first_import_is_not_undone(here: Settings) -> None:
    with pytest.raises(CatalogueError, match="Er is geen wijziging om ongedaan te maken"):
        undo_change(here, embedder=FakeEmbedder())


def test_an_import_that_would_lose_something_needs_a_word(here: Settings, tmp_path: Path) -> None:
    other = settings_in(tmp_path / "ander").corpus
    (other / "kader.md").write_text("# Kader\n\nEen wijkteam belt binnen vijf werkdagen.\n")
    (other / "catalogue.yml").write_text(CATALOGUE.replace("id: wijkplan", "id: plan"))
    before = state(here)

    tried = imported(here, other, looks=True)
    with pytest.raises(CatalogueError, match=r"Daarvan zouden er 1 veranderen en 1 verdwijnen.*--vervang"):
        imported(here, other)

    assert (tried.added, tried.changed, tried.removed) == (("plan",), ("kader",), ("wijkplan",))
    assert state(here) == before

    imported(here, other, replaces=True)

    assert state(here)[1] == state(here)[3] == ["kader", "plan"]
    assert (readable(here).corpus / "kader.md").read_text() == (other / "kader.md").read_text()
    assert undo_change(here, embedder=FakeEmbedder()).kind == "import"
    assert state(here) == before


def test_an_import_of_new_documents_needs_no_word(here: Settings, file: Path) -> None:
    shutil.copy(file, here.corpus / "handreiking.md")
    entry = "\n  - id: handreiking\n    title: Handreiking\n    file: handreiking.md\n"
    (here.corpus / "catalogue.yml").write_text(CATALOGUE + entry)

    found = imported(here, here.corpus)

    assert (found.documents, found.added, found.changed, found.removed) == (3, ("handreiking",), (), ())
    assert state(here)[3] == ["handreiking", "kader", "wijkplan"]


def test_a_folder_that_misses_a_file_is_not_imported(there: Settings, tmp_path: Path) -> None:
    folder = settings_in(tmp_path / "ander").corpus
    (folder / "kader.md").unlink()

    with pytest.raises(CatalogueError, match=r"Deze bestanden ontbreken: '.*kader\.md' \(kader\)"):
        imported(there, folder)

    with pytest.raises(CatalogueError, match="staan nog geen documenten"):
        readable(there)


def test_an_export_can_be_edited_and_imported_again(here: Settings, there: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "export"

    count = export_corpus(there, folder)
    (folder / "catalogue.yml").write_text((folder / "catalogue.yml").read_text().replace("title: Kader", "title: Kade"))
    found = imported(there, folder, replaces=True)

    assert (count, found.changed) == (2, ("kader",))
    assert {each.title for each in read_catalogue(readable(here).corpus)} == {"Wijkplan", "Kade"}
    with pytest.raises(UsageError, match="bestaat al en is niet leeg"):
        export_corpus(there, folder)


def test_an_export_that_is_out_of_date_is_not_imported(here: Settings, tmp_path: Path, file: Path) -> None:
    export_corpus(here, tmp_path / "export")
    (tmp_path / "export" / "catalogue.yml").write_text(CATALOGUE.replace("title: Kader", "title: Kade"))
    add(here, file)
    before = state(here)

    with pytest.raises(CatalogueError, match=r"veranderd sinds .* eruit is gehaald"):
        imported(here, tmp_path / "export", replaces=True)

    assert state(here) == before


@pytest.fixture
def stranger(here: Settings, tmp_path: Path) -> Settings:
    """A machine of another organisation on the same database."""
    with PostgresDatabase(here.secrets.index_url or "", "standaard") as database:
        add_organisation(database, "oostveen")
    return machine_in(tmp_path / "vreemd", here.secrets.index_url or "", "oostveen")


def test_another_organisation_has_a_corpus_of_its_own(here: Settings, stranger: Settings, file: Path) -> None:
    before = state(here)
    add(here, file)
    with pytest.raises(CatalogueError, match="staan nog geen documenten"):
        readable(stranger)

    imported(stranger, here.corpus)
    withdraw_document(stranger, "kader", embedder=FakeEmbedder())

    assert state(stranger)[1] == state(stranger)[3] == ["wijkplan"]
    assert state(here)[3] == ["handreiking", "kader", "wijkplan"]
    assert undo_change(here, embedder=FakeEmbedder()).kind == "add"
    assert state(here) == before
    assert state(stranger)[3] == ["wijkplan"]


def test_an_original_of_another_organisation_cannot_be_had(here: Settings, stranger: Settings) -> None:
    snapshot = open_index(here).open()

    with pytest.raises(DocumentError, match="niet meer in de database"):
        open_source_files(stranger).path(snapshot.store.document("kader"), snapshot.manifest.sha256_of("kader"))


@pytest.mark.parametrize("table", TABLES)
def test_raw_sql_in_our_own_role_stays_in_its_organisation(
    here: Settings, stranger: Settings, file: Path, table: str
) -> None:
    add(here, file)
    withdraw_document(here, "wijkplan", embedder=FakeEmbedder())
    url = here.secrets.index_url or ""
    own = "organisation = 'standaard'"
    with psycopg.connect(url, autocommit=True) as owner:
        rows = owner.execute(f"SELECT count(*) FROM beleidswijzer.{table} WHERE {own}".encode()).fetchone()

    with PostgresDatabase(url, "oostveen") as database, database.writing() as connection:
        seen = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        changed = connection.execute(f"UPDATE {table} SET organisation = 'oostveen'".encode()).rowcount
        removed = connection.execute(f"DELETE FROM {table} WHERE {own}".encode()).rowcount

    assert (seen, changed, removed) == ((0,), 0, 0)
    with psycopg.connect(url, autocommit=True) as owner:
        left = owner.execute(f"SELECT count(*) FROM beleidswijzer.{table} WHERE {own}".encode()).fetchone()
    assert left == rows
    assert rows is not None
    assert rows[0] > 0 or table == "uploads"


def test_the_setting_cannot_be_changed_into_another_organisation_by_a_document(here: Settings, file: Path) -> None:
    title = "'; SET LOCAL beleidswijzer.organisation = 'oostveen'; --"

    document = add_document(here, file, replace(NEW, title=title), embedder=FakeEmbedder())

    assert document.title == title
    assert state(here)[3] == ["handreiking", "kader", "wijkplan"]
