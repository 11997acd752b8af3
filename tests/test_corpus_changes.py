"""A document is added or withdrawn in catalogue, file and index together, or nothing is changed."""

from __future__ import annotations

import io
import os
import threading
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from corpus_change_processes import (
    CATALOGUE,
    NEW,
    NEW_TEXT,
    add,
    killed_at,
    new_file,
    settings_in,
    state,
    withdraw,
)
from fake_embedder import FakeEmbedder

import assistant
from assistant.catalogue import read_catalogue
from assistant.change_journal import Journal
from assistant.corpus_changes import add_document, recover_changes, withdraw_document
from assistant.errors import CatalogueError, DocumentError
from assistant.index_folder import only_builder
from assistant.ingest import build, standard_stages
from assistant.limited_load import Limits, load_limited
from assistant.new_document import NewDocument, safe_file_name
from assistant.settings import Settings
from assistant.snapshot import open_current

KILLS = 15
BOMB_BYTES = 400_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return new_file(tmp_path / "inbox")


def test_an_added_document_is_in_catalogue_corpus_and_index(settings: Settings, file: Path) -> None:
    steps: list[int] = []

    document = add_document(settings, file, NEW, steps.append, embedder=FakeEmbedder())

    catalogue, ids, files, indexed = state(settings)
    assert (document.id, document.file) == ("handreiking", settings.corpus / "handreiking.md")
    assert document.file.read_text() == NEW_TEXT
    assert ids == indexed == ["handreiking", "kader", "wijkplan"]
    assert files == ["handreiking.md", "kader.md", "wijkplan.md"]
    assert catalogue.startswith(CATALOGUE.replace("kader.md\n    status: in_force", "kader.md\n    status: superseded"))
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (10, 99)


def test_a_withdrawn_document_is_gone_from_all_three_and_kept_for_undoing(settings: Settings) -> None:
    withdraw_document(settings, "kader", embedder=FakeEmbedder())

    catalogue, ids, files, indexed = state(settings)
    assert (ids, files, indexed) == (["wijkplan"], ["wijkplan.md"], ["wijkplan"])
    assert catalogue.startswith("# Documenten van de gemeente Waterveen.\ndocuments:\n  - id: wijkplan # loopt tot")
    done = Journal(settings).folder / "done" / "000001"
    assert (done / "document").read_text().startswith("# Kader")
    assert (done / "catalogue.yml").read_text() == CATALOGUE


def test_withdrawing_a_document_cuts_what_others_say_of_it(settings: Settings, file: Path) -> None:
    add(settings, file)

    withdraw_document(settings, "kader", embedder=FakeEmbedder())

    assert {document.id: document.supersedes for document in read_catalogue(settings.corpus)} == {
        "wijkplan": (),
        "handreiking": (),
    }


@pytest.mark.parametrize("change", [add, withdraw])
def test_a_change_killed_at_any_step_is_undone_or_completed(
    settings: Settings, tmp_path: Path, change: Callable[[Settings, Path], None]
) -> None:
    file, before = new_file(tmp_path / "inbox"), state(settings)
    whole = settings_in(_folder(tmp_path / "whole"))
    change(whole, file)
    after, outcomes, step = state(whole), [], 1

    while killed_at(step, change, settings, file):
        recover_changes(settings)
        outcomes.append(state(settings))
        _assert_tidy(settings)
        if outcomes[-1] != before:
            settings = settings_in(_folder(tmp_path / f"again{step}"))
        step += STRIDE

    assert len(outcomes) >= KILLS
    assert [outcome for outcome in outcomes if outcome not in (before, after)] == []
    assert before in outcomes
    assert after in outcomes
    assert state(settings) == after


def test_an_interrupted_change_is_cleared_away_by_the_next_one(settings: Settings, file: Path) -> None:
    step = 60
    assert killed_at(step, add, settings, file)
    assert Journal(settings).current.exists()

    add(settings, file)

    assert state(settings)[1:] == (
        ["handreiking", "kader", "wijkplan"],
        ["handreiking.md", "kader.md", "wijkplan.md"],
        ["handreiking", "kader", "wijkplan"],
    )


def test_edits_of_a_maintainer_during_an_interrupted_change_stay(settings: Settings, file: Path) -> None:
    class Stop(Exception):
        pass

    path = settings.corpus / "catalogue.yml"

    def edit(percent: int) -> None:
        if percent > 10:
            path.write_text(path.read_text().replace("title: Wijkplan", "title: Wijkplan Waterveen"))
            raise Stop

    with pytest.raises(Stop):
        add_document(settings, file, replace(NEW, supersedes=()), edit, embedder=FakeEmbedder())

    assert path.read_text().rstrip("\n") == CATALOGUE.replace("title: Wijkplan", "title: Wijkplan Waterveen").rstrip(
        "\n"
    )
    assert state(settings)[2] == ["kader.md", "wijkplan.md"]


def test_a_change_that_is_stopped_leaves_everything_to_the_byte(settings: Settings, file: Path) -> None:
    before = state(settings)

    def stop(percent: int) -> None:
        if percent > 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_document(settings, file, NEW, stop, embedder=FakeEmbedder())

    assert state(settings) == before
    _assert_tidy(settings)


def test_a_document_that_is_there_already_is_refused(settings: Settings, tmp_path: Path) -> None:
    twin = new_file(tmp_path / "inbox", (settings.corpus / "kader.md").read_text(), "ander.md")

    with pytest.raises(CatalogueError, match=r"Dit bestand is er al, als 'kader' \(Kader\)\."):
        add(settings, twin)

    assert state(settings)[0] == CATALOGUE


@pytest.mark.parametrize(
    ("details", "message"),
    [
        (
            replace(NEW, supersedes=("kadr",)),
            "'vervangt' noemt 'kadr', maar die id is er niet. Bedoeld is misschien 'kad",
        ),
        (replace(NEW, title=" "), "'title' mag niet leeg zijn"),
        (replace(NEW, url="javascript:alert(1)"), "moet een webadres zijn"),
        (replace(NEW, publisher="a\0b"), "tekens die niet te tonen zijn"),
    ],
)
def test_details_that_the_catalogue_refuses_change_nothing(
    settings: Settings, file: Path, details: NewDocument, message: str
) -> None:
    before = state(settings)

    with pytest.raises(CatalogueError, match=message):
        add_document(settings, file, details, embedder=FakeEmbedder())

    assert state(settings) == before


def test_text_that_looks_like_yaml_stays_text(settings: Settings, file: Path) -> None:
    title = "Kader: 'nieuw' # [2024] - \"geldig\" {x}"

    document = add_document(settings, file, NewDocument(title, themes=("a, b", "null")), embedder=FakeEmbedder())

    assert (document.title, document.themes) == (title, ("a, b", "null"))


def test_a_taken_name_gets_a_number(settings: Settings, tmp_path: Path) -> None:
    document = add_document(
        settings, new_file(tmp_path / "inbox", NEW_TEXT, "Kader.md"), NewDocument("Nog een"), embedder=FakeEmbedder()
    )

    assert (document.file.name, document.id) == ("Kader-2.md", "kader-2")


def test_the_last_document_cannot_be_withdrawn(settings: Settings) -> None:
    withdraw_document(settings, "kader", embedder=FakeEmbedder())

    with pytest.raises(CatalogueError, match="'wijkplan' is het laatste document"):
        withdraw_document(settings, "wijkplan", embedder=FakeEmbedder())

    assert state(settings)[3] == ["wijkplan"]


def test_an_unknown_document_cannot_be_withdrawn(settings: Settings) -> None:
    with pytest.raises(CatalogueError, match=r"geen document met id 'kadr'\. Bedoeld is misschien 'kader'"):
        withdraw_document(settings, "kadr", embedder=FakeEmbedder())


def test_a_change_waits_for_a_build_that_is_going_on(settings: Settings, file: Path) -> None:
    waiting = threading.Thread(target=add, args=(settings, file))

    with only_builder(settings.index):
        waiting.start()
        waiting.join(2.5)
        assert waiting.is_alive()
        assert state(settings)[3] == ["kader", "wijkplan"]
    waiting.join()

    assert state(settings)[3] == ["handreiking", "kader", "wijkplan"]


def test_two_changes_at_once_are_made_one_after_the_other(settings: Settings, tmp_path: Path) -> None:
    files = [
        new_file(tmp_path / "inbox", f"# Nota {n}\n\nDe nota noemt {n} doelen voor de wijk.\n", f"{n}.md")
        for n in (1, 2, 3)
    ]
    threads = [
        threading.Thread(
            target=add_document, args=(settings, file, NewDocument(file.name)), kwargs={"embedder": FakeEmbedder()}
        )
        for file in files
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert state(settings)[1] == state(settings)[3] == ["1", "2", "3", "kader", "wijkplan"]


def test_the_packaged_documents_are_left_alone(settings: Settings, file: Path) -> None:
    packaged = Path(assistant.__file__).parent / "data" / "corpus"

    with pytest.raises(CatalogueError, match="zet de naam ervan in BELEIDSWIJZER_CORPUS"):
        add(replace(settings, corpus=packaged), file)


def test_another_document_is_not_read_again(settings: Settings, file: Path) -> None:
    embedder = FakeEmbedder()

    add_document(settings, file, replace(NEW, supersedes=()), embedder=embedder)

    assert len(embedder.passages) == 1


def test_only_the_last_changes_can_be_undone(settings: Settings, file: Path) -> None:
    journal = Journal(settings)
    for number in range(1, 31):
        (journal.folder / "done" / f"{number:06}").mkdir(parents=True)

    add(settings, file)

    assert [path.name for path in sorted((journal.folder / "done").iterdir())] == [f"{n:06}" for n in range(12, 32)]


def test_a_damaged_journal_stops_changes_with_the_next_step(settings: Settings, file: Path) -> None:
    current = Journal(settings).current
    current.mkdir(parents=True)
    (current / "change.json").write_text("{")

    with pytest.raises(CatalogueError, match="verwijder daarna deze map en typ: beleidswijzer index build"):
        add(settings, file)

    assert state(settings)[0] == CATALOGUE


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/wachtwoord.pdf", "wachtwoord.pdf"),
        ("C:\\Users\\jan\\Nota 2024.DOCX", "Nota 2024.docx"),
        ("..\\..\\x.md", "x.md"),
        (".verborgen.txt", "verborgen.txt"),
        ("nota\x00\r\n\x1b[31m.pdf", "nota-31m.pdf"),
        ("nota\u202efdp.pdf", "nota-fdp.pdf"),
        ("CON.txt", "document-CON.txt"),
        ("README.md", "document-README.md"),
        ("-rf.pdf", "rf.pdf"),
        ("é" * 300 + ".pdf", "é" * 75 + ".pdf"),
        ("$(reboot); 'x'.html", "(reboot)- -x.html"),
    ],
)
def test_a_file_name_becomes_one_plain_part(given: str, name: str) -> None:
    assert safe_file_name(given) == name


@pytest.mark.parametrize("given", ["", "nota", "nota.exe", "nota.pdf.exe", "pdf", ".pdf", "nota.pdf/", "../.."])
def test_a_file_name_without_a_readable_kind_is_refused(given: str) -> None:
    with pytest.raises(DocumentError, match=r"Lever het aan als een van deze soorten: \.docx, \.eml, \.htm"):
        safe_file_name(given)


def docx(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_a_zip_bomb_is_refused_before_anything_is_changed(settings: Settings, tmp_path: Path) -> None:
    bomb = tmp_path / "bom.docx"
    bomb.write_bytes(docx({"word/document.xml": b"<w:p/>" * (BOMB_BYTES // 6), "[Content_Types].xml": b"<Types/>"}))
    before = state(settings)

    with pytest.raises(DocumentError, match=r"bom\.docx pakt uit tot veel meer dan een gewoon document"):
        add(settings, bomb)

    assert bomb.stat().st_size < 2_000_000
    assert state(settings) == before


def test_an_archive_of_very_many_files_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bom.docx"
    bomb.write_bytes(docx({"word/document.xml": b"x", **{f"word/{n}.xml": b"" for n in range(6_000)}}))

    with pytest.raises(DocumentError, match="pakt uit tot veel meer"):
        load_limited(bomb)


def test_a_document_that_takes_too_much_time_is_given_up(tmp_path: Path) -> None:
    file = new_file(tmp_path / "inbox", "# Kop\n\n" + "Een zin over de wijk. " * 2_000_000)

    with pytest.raises(DocumentError, match="te zwaar: lezen kost meer geheugen of tijd dan is toegestaan"):
        load_limited(file, Limits(cpu_seconds=1))


def test_a_document_that_takes_too_much_memory_is_given_up(tmp_path: Path) -> None:
    file = new_file(tmp_path / "inbox", "# Kop\n\n" + "Een zin over de wijk. " * 2_000_000)

    with pytest.raises(DocumentError, match="te zwaar"):
        load_limited(file, Limits(memory_bytes=250_000_000))


def test_a_damaged_document_says_so_in_its_own_words(tmp_path: Path) -> None:
    file = tmp_path / "nota.pdf"
    file.write_bytes(b"%PDF-1.7\n" + os.urandom(2_000))

    with pytest.raises(DocumentError, match=r"^nota\.pdf "):
        load_limited(file)


STRIDE = 5  # steps on disk between two kills


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _assert_tidy(settings: Settings) -> None:
    assert not Journal(settings).current.exists()
    assert [path.name for path in settings.corpus.iterdir() if path.name.startswith(".")] == []
    indexed = open_current(settings.index, FakeEmbedder().description).manifest.documents
    report = build(read_catalogue(settings.corpus), settings.index, FakeEmbedder(), standard_stages())
    assert (report.switched, len(report.unchanged)) == (False, len(indexed))


def test_a_pdf_bomb_is_given_up_before_anything_is_changed(settings: Settings, tmp_path: Path) -> None:
    bomb = tmp_path / "bom.pdf"
    bomb.write_bytes(pdf_with(zlib.compress(b"BT (een woord over de wijk) Tj ET\n" * 12_000_000, 9)))
    before = state(settings)

    with pytest.raises(DocumentError, match=r"^bom\.pdf "):
        add_document(settings, bomb, NEW, embedder=FakeEmbedder(), limits=Limits(400_000_000, cpu_seconds=10))

    assert bomb.stat().st_size < 2_000_000
    assert state(settings) == before


def pdf_with(content: bytes) -> bytes:
    """A PDF of one page with a compressed content stream."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    written, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return written + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(written),
    )


def test_the_first_document_of_an_empty_catalogue_is_added(settings: Settings, file: Path) -> None:
    fresh = replace(settings, corpus=settings.data / "nieuw", index=settings.data / "index")
    fresh.corpus.mkdir(parents=True)
    (fresh.corpus / "catalogue.yml").write_text("# Nog leeg\ndocuments:\n", encoding="utf-8")

    add_document(fresh, file, replace(NEW, supersedes=()), embedder=FakeEmbedder())

    catalogue, *rest = state(fresh)
    assert catalogue.startswith("# Nog leeg\ndocuments:\n  - id: handreiking\n")
    assert rest == [["handreiking"], ["handreiking.md"], ["handreiking"]]


def test_the_catalogue_is_asked_for_where_there_is_none(settings: Settings, file: Path) -> None:
    bare = replace(settings, corpus=settings.data / "leeg", index=settings.data / "index")
    bare.corpus.mkdir(parents=True)

    with pytest.raises(CatalogueError, match="Typ: beleidswijzer corpus init"):
        add(bare, file)

    assert list(bare.corpus.iterdir()) == []
