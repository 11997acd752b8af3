"""Bad input through the real command: one clear Dutch sentence, the right exit code, and nothing lost."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from assistant.cli import run
from assistant.cli.session import Session

STARTER = Path(__file__).parents[1] / "corpus"
NOTE = "# Nota wijkteams\n\nWijkteams helpen gezinnen bij zorg en veiligheid.\n"
QUESTION = "Wie helpen gezinnen bij zorg en veiligheid?"
NOBODY = 65_534


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


def typed(*arguments: str | Path, session: Session | None = None) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run([str(argument) for argument in arguments], session)
    assert "Traceback" not in err.getvalue()
    return Done(code, out.getvalue(), err.getvalue())


def entry(name: str, id: str | None = None) -> str:
    return f"  - {{id: {id or name.replace('.', '-')}, title: {name}, file: {name}}}\n"


def write_catalogue(corpus: Path, *names: str, more: str = "") -> None:
    (corpus / "catalogue.yml").write_text("documents:\n" + "".join(entry(name) for name in names) + more)


@pytest.fixture(scope="module", autouse=True)
def cache(model_cache: Path, embedder: object) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BELEIDSWIJZER_CACHE", str(model_cache))
        yield


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus and an index of one good document."""
    folder = tmp_path_factory.mktemp("goed")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "nota.md").write_text(NOTE)
    write_catalogue(folder / "corpus", "nota.md")
    assert typed(*folders(folder), "index", "build").code == 0
    return folder


@pytest.fixture
def place(good: Path, tmp_path: Path) -> Path:
    """A copy of `good` to spoil."""
    return shutil.copytree(good, tmp_path / "plek")


def folders(place: Path) -> tuple[str | Path, ...]:
    return "--corpus", place / "corpus", "--index", place / "index"


def assert_still_answers(place: Path) -> None:
    answered = typed(*folders(place), "ask", QUESTION)
    assert answered.code == 0
    assert "Wijkteams helpen gezinnen bij zorg en veiligheid. [1]" in answered.out


def spoiled_documents(corpus: Path) -> dict[str, str]:
    """Writes documents that cannot be read; name → what the message must hold."""
    pdf = (STARTER / "werkgroep-sociale-impact.pdf").read_bytes()
    (corpus / "kapot.pdf").write_bytes(b"%PDF-1.7 kapot")
    (corpus / "half.pdf").write_bytes(pdf[:3000])
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    writer.encrypt("geheim")
    writer.write(corpus / "versleuteld.pdf")
    (corpus / "leeg.md").write_bytes(b"")
    (corpus / "wit.txt").write_text(" \n\t\n")
    (corpus / "eigenlijk-pdf.txt").write_bytes(pdf)
    (corpus / "tekst.pdf").write_text("Dit is gewone tekst over zorg.")
    (corpus / "tabel.xls").write_bytes(b"PK\x03\x04")
    (corpus / "half.docx").write_bytes(
        (STARTER / "toekomstscenario-kind-en-gezinsbescherming.docx").read_bytes()[:9000]
    )
    (corpus / "kopie.md").write_text(NOTE)
    return {
        "kapot.pdf": "beschadigd",
        "half.pdf": "beschadigd",
        "versleuteld.pdf": "beveiligd met een wachtwoord. Bewaar een versie zonder wachtwoord",
        "leeg.md": "is leeg",
        "wit.txt": "is leeg",
        "eigenlijk-pdf.txt": "Hernoem het naar eigenlijk-pdf.pdf.",
        "tekst.pdf": "Hernoem het naar tekst.txt.",
        "tabel.xls": "Zet het om naar een van deze soorten: .docx",
        "half.docx": "Bewaar het opnieuw in Word of LibreOffice",
        "kopie.md": "heeft dezelfde inhoud als",
        "weg.md": "Controleer of het bestaat",
    }


def test_unreadable_documents_are_listed_at_the_end_and_the_others_are_indexed(place: Path) -> None:
    expected = spoiled_documents(place / "corpus")
    (place / "corpus" / "brief.txt").write_text("De brief gaat over huisvesting van daklozen.\n")
    write_catalogue(place / "corpus", "nota.md", *expected, "brief.txt")

    built = typed(*folders(place), "index", "build")

    listed = built.err.split("Dit staat niet in de index:\n")[1].splitlines()
    assert built.code == 1
    assert "De index is klaar: 1 nieuw, 1 ongewijzigd; 2 passages." in built.out
    assert len(listed) == len(expected)
    for name, words in expected.items():
        (line,) = [line for line in listed if line.startswith(f"✗ {name.replace('.', '-')}: ")]
        assert name in line
        assert words in line
    assert_still_answers(place)


def test_corpus_check_names_the_same_documents(place: Path) -> None:
    expected = spoiled_documents(place / "corpus")
    write_catalogue(place / "corpus", "nota.md", *expected)

    checked = typed(*folders(place), "corpus", "check")

    assert checked.code == 1
    assert checked.out.count("✗ ") == len(expected)
    assert checked.out.count("✓ ") == 1
    again = f"beleidswijzer --corpus {place / 'corpus'} --index {place / 'index'} corpus check\n"
    assert checked.err == f"Problemen: {len(expected)}. Herstel ze en typ daarna: {again}"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (entry("brief.txt", id="nota-md"), "regel 3: de id 'nota-md' staat ook op regel 2."),
        ("  - {id: b, titel: Brief, file: brief.txt}\n", "regel 3: de sleutel 'titel' is onbekend."),
        ("  - {id: b, title: B, file: brief.txt, publishd: 2020-01-01}\n", "Bedoeld is misschien 'published'."),
        ("  - id: b\n   title: B\n", "dit is geen geldige YAML"),
    ],
)
def test_wrong_catalogue_is_refused_whole_and_the_old_index_answers(place: Path, more: str, expected: str) -> None:
    (place / "corpus" / "brief.txt").write_text("De brief gaat over huisvesting van daklozen.\n")
    write_catalogue(place / "corpus", "nota.md", more=more)

    built = typed(*folders(place), "index", "build")

    assert (built.code, built.out) == (1, "")
    assert built.err.startswith(f"{place / 'corpus' / 'catalogue.yml'}, regel ")
    assert expected in built.err
    assert_still_answers(place)


@pytest.mark.parametrize("content", ["", "documents:\n", "documents: []\n"])
def test_catalogue_without_documents_is_refused_and_the_old_index_answers(place: Path, content: str) -> None:
    (place / "corpus" / "catalogue.yml").write_text(content)
    refusal = f"{place / 'corpus' / 'catalogue.yml'} noemt geen documenten. Typ: beleidswijzer corpus init "

    for command in (("index", "build"), ("corpus", "check"), ("corpus", "list")):
        assert typed(*folders(place), *command) == Done(1, "", f"{refusal}{place / 'corpus'}\n")
    assert_still_answers(place)


def test_wrong_folders_are_named(place: Path) -> None:
    note, nowhere, empty = place / "corpus" / "nota.md", place / "nergens", place / "leeg"
    empty.mkdir()
    refusals = {
        ("--corpus", nowhere, "index", "build"): f"De map {nowhere} bestaat niet. Controleer de naam.",
        ("--corpus", note, "index", "build"): f"{note} is een bestand. Geef de map op waarin catalogue.yml staat.",
        (
            "--corpus",
            empty,
            "index",
            "build",
        ): f"{empty / 'catalogue.yml'} bestaat niet. Typ: beleidswijzer corpus init",
        ("corpus", "init", nowhere): f"{nowhere} bestaat niet. Geef een map met documenten op.",
        ("corpus", "init", note): f"{note} is een bestand. Geef een map met documenten op.",
        ("corpus", "init", empty): f"In {empty} staat geen document dat gelezen kan worden.",
    }

    for arguments, expected in refusals.items():
        done = typed(*arguments)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith(expected)
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", "De vraag is leeg."),
        (" \n\t\u00a0", "De vraag is leeg."),
        ("\udcff\udcfe", "De vraag is leeg."),  # bytes that are no text
        ("zorg " * 4_000, "De vraag is te lang: "),
    ],
)
def test_wrong_question_is_wrong_use(good: Path, question: str, expected: str) -> None:
    done = typed(*folders(good), "ask", "--", question)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(expected)
    assert len(done.err.splitlines()) == 1


def test_question_without_a_meaning_gets_an_answer_or_a_refusal(good: Path) -> None:
    session = Session()  # one for all questions: it holds the loaded model

    for question in ("?", "!!! ...", "🙂", "zorg \udcff", "'\"`$(id)\\", "the", "0", "AND OR NOT * ~ ^", "[1] [2]"):
        for command in ("ask", "search"):
            done = typed(*folders(good), command, "--", question, session=session)
            assert (done.code, done.err) == (0, ""), question


def test_missing_or_damaged_index_names_the_file_and_the_command(place: Path) -> None:
    (snapshot,) = (place / "index" / "snapshots").iterdir()
    spoiled = [*(path for path in snapshot.rglob("*") if path.is_file()), place / "index" / "current"]
    spoiled = [path for path in spoiled if not path.name.endswith(".lock")]
    chosen = f"beleidswijzer --corpus {place / 'corpus'} --index {place / 'index'} index"

    for path in spoiled:
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        done = typed(*folders(place), "ask", QUESTION)
        assert (done.code, done.out) == (1, ""), path
        assert done.err.startswith(f"Het indexbestand '{path}' is beschadigd")
        assert f"{chosen} build --opnieuw" in done.err
        path.write_bytes(content)
    assert len(spoiled) >= 8
    shutil.rmtree(place / "index")
    assert typed(*folders(place), "ask", QUESTION).err.endswith(f"Typ: {chosen} build\n")
    assert typed(*folders(place), "index", "build").code == 0
    assert_still_answers(place)


def as_nobody(*arguments: str | Path) -> Done:
    """The command by a user who owns nothing, in this process: another user may not run this Python at all.

    Not for a question: the model's runtime starts threads, and aborts where that other user may start no more of them.
    """
    os.setresuid(NOBODY, NOBODY, 0)  # the saved id is the way back
    try:
        return typed(*arguments)
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def open_place(place: Path, model_cache: Path) -> Path:
    """`place`, readable for everybody."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    for folder in (place, *place.parents[:4], model_cache, *model_cache.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o755)
    return place


def test_without_write_permission_the_folder_is_named(open_place: Path) -> None:
    (open_place / "corpus" / "brief.txt").write_text("De brief gaat over huisvesting van daklozen.\n")

    initiated = as_nobody("corpus", "init", open_place / "corpus")
    kept = (open_place / "corpus" / "catalogue.yml").read_text()
    write_catalogue(open_place / "corpus", "nota.md", "brief.txt")
    built = as_nobody(*folders(open_place), "index", "build")

    assert (initiated.code, initiated.out) == (1, "")
    assert initiated.err.startswith(f"{open_place / 'corpus' / 'catalogue.yml'} is niet te schrijven: er is geen toest")
    assert kept.count("id:") == 1
    assert (built.code, built.out) == (1, "")
    assert built.err.startswith(f"Er zijn geen schrijfrechten voor de map '{open_place / 'index'}'. Pas de rechten aan")
    assert_still_answers(open_place)


@pytest.mark.parametrize("where", ["index", "index/current", "corpus/catalogue.yml"])
def test_without_read_permission_the_file_is_named(open_place: Path, where: str) -> None:
    (open_place / where).chmod(0)

    done = as_nobody(*folders(open_place), "index", "build" if "corpus" in where else "status")

    named = open_place / "index" / "current" if where.startswith("index") else open_place / where
    assert (done.code, done.out) == (1, "")
    assert str(named) in done.err
    assert done.err.endswith("rechten.\n")
    assert len(done.err.splitlines()) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    disk = tmp_path / "schijf"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> None:
    with (disk / "vulling").open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(b"x" * 4096):
            pass


def test_full_disk_keeps_the_old_index_and_the_catalogue(good: Path, small_disk: Path) -> None:
    place = shutil.copytree(good, small_disk / "plek")
    (place / "corpus" / "groot.md").write_text("\n\n".join(f"Wijk {n} krijgt {n * 7} euro." for n in range(3_000)))
    catalogue = (place / "corpus" / "catalogue.yml").read_bytes()
    fill(small_disk)

    initiated = typed("corpus", "init", place / "corpus")
    kept = (place / "corpus" / "catalogue.yml").read_bytes()
    built = typed(*folders(place), "index", "build", "--opnieuw")

    assert (initiated.code, kept) == (1, catalogue)
    assert initiated.err.startswith(f"{place / 'corpus' / 'catalogue.yml'} is niet te schrijven: de schijf is vol.")
    assert built.code == 1
    assert built.err.startswith(f"De schijf met de map '{place / 'index'}' is vol. Maak ruimte vrij en typ:")
    assert_still_answers(place)
    (small_disk / "vulling").unlink()
    assert typed("corpus", "init", place / "corpus").code == 0


def test_full_disk_under_the_output_is_told(place: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    command = [sys.executable, "-c", "from assistant.cli import main; main()", *folders(place), "corpus", "list"]

    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 1
    assert "de schijf is vol" in done.stderr
    assert "Traceback" not in done.stderr
