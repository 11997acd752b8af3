from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from assistant.cli import run
from assistant.cli.session import Session
from assistant.errors import IndexMissingError, QuestionError
from assistant.settings import Settings
from assistant.types import Answer, Caution, Chunk, Citation, Claim, Document, Filters, Passage, Turn

OLD = Document(
    "kader", "Kader", Path("/docs/kader.pdf"), publisher="VNG", published=date(2019, 11, 21), themes=("Jeugd",)
)
QUOTE = Citation(1, OLD, ("Inleiding",), 3, "De leidraad\nvervangt het kader.", 10, 41, "file:///docs/kader.pdf#page=3")
NO_FILTERS = Filters()


class FakeAssistant:
    """Answers every question with the same quote, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Turn, ...], Filters]] = []
        self.searched: list[tuple[str, Filters, int]] = []
        self.failure: BaseException | None = None

    def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = NO_FILTERS) -> Answer:
        self.asked.append((question, tuple(history), filters))
        if self.failure:
            raise self.failure
        if not question.strip():
            raise QuestionError("De vraag is leeg.")
        text = f"De leidraad [1] bij vraag {len(self.asked)}."
        claims, cautions = (Claim(text, (1,)),), (Caution("verouderd", "De bron is verouderd."),)
        return Answer(question, text, "complete", "extractive", "nl", claims, (QUOTE,), warnings=cautions)

    def search(self, question: str, filters: Filters = NO_FILTERS, limit: int = 10) -> list[Passage]:
        self.searched.append((question, filters, limit))
        piece = Chunk("kader", 0, ("Inleiding",), 3, 10, 41, QUOTE.quote, ())
        return [Passage(piece, OLD, 0.75, 0.8, 2.0)][:limit]

    def documents(self) -> list[Document]:
        return [OLD]


@pytest.fixture
def fake() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def command(
    fake: FakeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs one command line with the fake assistant; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BELEIDSWIJZER_CACHE", str(tmp_path / "cache"))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments, Session(open_assistant=lambda settings: fake))
        return code, *capsys.readouterr()

    return call


Command = Callable[..., tuple[int, str, str]]


def test_answer_is_shown_with_numbered_sources(command: Command, fake: FakeAssistant) -> None:
    code, out, err = command("ask", "Wat", "vervangt", "het kader?")

    assert (code, err) == (0, "")
    assert fake.asked[0][0] == "Wat vervangt het kader?"
    assert out.splitlines() == [
        "",
        "De leidraad [1] bij vraag 1.",
        "",
        "Bronnen",
        "[1] Kader · VNG · 21 november 2019",
        "    Inleiding, pagina 3",
        "    “De leidraad vervangt het kader.”",
        "    file:///docs/kader.pdf#page=3",
        "",
        "Let op",
        "- De bron is verouderd.",
    ]


def test_json_answer_is_one_object(command: Command) -> None:
    code, out, _ = command("ask", "--json", "Wat?")

    assert code == 0
    assert json.loads(out)["citaten"][0]["citaat"] == "De leidraad\nvervangt het kader."


def test_filters_reach_the_assistant_as_the_catalogue_writes_them(command: Command, fake: FakeAssistant) -> None:
    names = [
        "--bron",
        "kader",
        "--uitgever",
        "vng",
        "--thema",
        "jeugd",
        "--status",
        "verouderd",
        "--status",
        "in_force",
    ]
    dates = ["--vanaf", "1-2-2019", "--tot", "2020-01-01"]

    code, _, err = command("ask", *names, *dates, "Wat?")

    assert (code, err) == (0, "")
    assert fake.asked[0][2] == Filters(
        ("kader",), ("VNG",), ("Jeugd",), ("outdated", "in_force"), date(2019, 2, 1), date(2020, 1, 1)
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["ask"], "De vraag is leeg. Typ bijvoorbeeld: beleidswijzer ask"),
        (["ask", "  "], "De vraag is leeg."),
        (
            ["ask", "--bron", "kadr", "Wat?"],
            "--bron: 'kadr' komt niet voor. Bedoeld is misschien 'kader'. Kies uit: kader.",
        ),
        (["ask", "--thema", "x", "Wat?"], "--thema: 'x' komt niet voor. Kies uit: Jeugd."),
        (
            ["ask", "--vanaf", "2021-01-01", "--tot", "2020-01-01", "W"],
            "De datum bij --vanaf ligt na de datum bij --tot.",
        ),
        (["ask", "--status", "goed", "Wat?"], "De optie '--status': 'goed' kan niet. Kies uit: geldig, verouderd,"),
        (["ask", "--vanaf", "gisteren", "Wat?"], "De optie '--vanaf': 'gisteren' is geen datum."),
        (["ask", "--jsn", "Wat?"], "De optie '--jsn' bestaat niet. Bedoeld is misschien '--json'."),
        (["ask", "--json=ja", "Wat?"], "De optie '--json' krijgt geen waarde."),
        (["ask", "--bron"], "De optie '--bron' moet een waarde krijgen."),
        (["ask", "--batch", "weg.jsonl"], "weg.jsonl kan niet worden gelezen: het bestand of de map bestaat niet."),
        (["ask", "--batch", "weg.jsonl", "Wat?"], "Geef een vraag of --batch op, niet allebei."),
        (["search"], "Er is niets om te zoeken."),
        (
            ["search", "--aantal", "0", "x"],
            "De optie '--aantal': '0' kan niet. Geef een heel getal van 1 tot en met 100.",
        ),
        (["vraag"], "De opdracht 'vraag' bestaat niet."),
        (["indx"], "De opdracht 'indx' bestaat niet. Bedoeld is misschien 'index'."),
        (["index", "bild"], "Bedoeld is misschien 'build'. Typ 'beleidswijzer index --help' voor uitleg."),
        (["--corpus", "x"], "Er ontbreekt een opdracht."),
        (["corpus", "show"], "De waarde voor ID ontbreekt."),
        (["corpus", "list", "teveel"], "'teveel' is hier te veel."),
    ],
)
def test_wrong_use_gives_one_dutch_sentence(command: Command, arguments: list[str], expected: str) -> None:
    code, out, err = command(*arguments)

    assert (code, out) == (2, "")
    assert expected in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["index"], ["corpus"]])
def test_command_group_alone_shows_its_help(command: Command, arguments: list[str]) -> None:
    code, _, err = command(*arguments)

    assert code == 2
    assert err.startswith("Gebruik: beleidswijzer")


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["ask"], ["chat"], ["search"], ["doctor"]),
        *(["index"], ["index", "build"], ["index", "status"], ["index", "verify"], ["index", "rollback"]),
        *(["corpus"], ["corpus", "list"], ["corpus", "check"], ["corpus", "init"], ["corpus", "show"]),
    ],
)
def test_help_is_dutch_everywhere(command: Command, arguments: list[str]) -> None:
    code, out, _ = command(*arguments, "--help")

    assert code == 0
    assert out.startswith("Gebruik: " + " ".join(["beleidswijzer", *arguments]))
    assert "Toon deze uitleg." in out
    for english in ("Usage", "Options", "Commands", "Show this", "OPTIONS", "COMMAND"):
        assert english not in out


def test_missing_index_is_a_failure_with_the_next_step(command: Command, fake: FakeAssistant) -> None:
    fake.failure = IndexMissingError("Er is nog geen index. Typ: beleidswijzer index build")

    assert command("ask", "Wat?") == (1, "", "Er is nog geen index. Typ: beleidswijzer index build\n")


def test_interruption_is_quiet(command: Command, fake: FakeAssistant) -> None:
    fake.failure = KeyboardInterrupt()

    code, _, err = command("ask", "Wat?")

    assert code == 130
    assert err.strip() == "Gestopt."


def test_unexpected_error_is_logged_without_the_question(command: Command, fake: FakeAssistant, tmp_path: Path) -> None:
    fake.failure = RuntimeError("fout bij: mijn geheime vraag")

    code, out, err = command("ask", "mijn geheime vraag")

    log = (tmp_path / "cache" / "beleidswijzer.log").read_text(encoding="utf-8")
    assert (code, out) == (1, "")
    assert "Er ging iets mis (kenmerk " in err
    assert "Traceback" not in err
    assert err.split("kenmerk ")[1][:8] in log
    assert "RuntimeError" in log
    assert "geheime" not in log


def test_debug_shows_the_details(command: Command, fake: FakeAssistant) -> None:
    fake.failure = RuntimeError("stuk")

    code, _, err = command("--debug", "ask", "Wat?")

    assert code == 1
    assert "RuntimeError: stuk" in err


def batch_file(folder: Path, *lines: object) -> str:
    path = folder / "vragen.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return str(path)


def test_batch_answers_every_line_in_order(command: Command, fake: FakeAssistant, tmp_path: Path) -> None:
    history = [{"rol": "gebruiker", "tekst": "Wat is A?"}, {"rol": "assistent", "tekst": "A is B."}]
    path = batch_file(
        tmp_path,
        {"id": "a", "question": "Een?", "gold": "x"},
        "",
        {"id": 2, "question": "Twee?", "history": history},
        {"question": "Drie?", "history": None},
    )

    code, out, err = command("ask", "--batch", path, "--json")

    answers = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [(answer["id"], answer["vraag"]) for answer in answers] == [("a", "Een?"), (2, "Twee?"), (None, "Drie?")]
    assert fake.asked[1][1] == (Turn("user", "Wat is A?"), Turn("assistant", "A is B."))


def test_batch_with_broken_lines_is_refused_whole(command: Command, fake: FakeAssistant, tmp_path: Path) -> None:
    path = batch_file(
        tmp_path,
        {"id": "a", "question": "Goed?"},
        "{kapot",
        {"id": "c"},
        {"id": "d", "question": 5},
        {"id": "e", "question": "Wat?", "history": [{"rol": "user", "tekst": "x"}]},
        '"tekst"',
    )

    code, out, err = command("ask", "--batch", path, "--json")

    assert (code, out, fake.asked) == (2, "", [])
    assert err.splitlines()[:-1] == [
        f"{path}, regel 2: dit is geen geldige JSON.",
        f"{path}, regel 3: 'question' ontbreekt.",
        f"{path}, regel 4: 'question' moet één stuk tekst zijn.",
        f"{path}, regel 5: 'history.rol' moet een van deze waarden zijn: 'gebruiker' of 'assistent'.",
        f"{path}, regel 6: 'de inhoud' moet uit sleutels en waarden bestaan.",
    ]


def test_refused_question_does_not_stop_the_batch(command: Command, tmp_path: Path) -> None:
    path = batch_file(tmp_path, {"id": "leeg", "question": " "}, {"id": "goed", "question": "Wat?"})

    code, out, _ = command("ask", "--batch", path)

    refused, answered = (json.loads(line) for line in out.splitlines())
    assert code == 2
    assert refused == {"id": "leeg", "fout": "De vraag is leeg."}
    assert (answered["id"], answered["volledigheid"]) == ("goed", "volledig")


def test_batch_that_is_no_utf8_names_the_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes('{"question": "Wat?"}\n{"question": "Één?"}\n'.encode("latin-1"))

    code, _, err = command("ask", "--batch", "latin.jsonl")

    assert code == 2
    assert "latin.jsonl, regel 2: dit is geen UTF-8-tekst." in err


def test_chat_keeps_the_conversation(command: Command, fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Een?\n\nTwee?\n/opnieuw\nDrie?\n/stop\nVier?\n"))

    code, out, _ = command("chat")

    assert code == 0
    assert [(question, len(history)) for question, history, _ in fake.asked] == [
        ("Een?", 0),
        ("Twee?", 2),
        ("Drie?", 0),
    ]
    assert fake.asked[1][1] == (Turn("user", "Een?"), Turn("assistant", "De leidraad [1] bij vraag 1."))
    assert "Een nieuw gesprek." in out


def test_chat_ends_with_the_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Een?"))

    assert command("chat")[0] == 0


def test_chat_without_an_index_stops_before_the_first_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def open_without_index(settings: Settings) -> FakeAssistant:
        raise IndexMissingError("Er is nog geen index. Typ: beleidswijzer index build")

    code = run(["chat"], Session(open_assistant=open_without_index))

    assert code == 1
    assert capsys.readouterr() == ("", "Er is nog geen index. Typ: beleidswijzer index build\n")


def test_search_shows_ranked_passages(command: Command, fake: FakeAssistant) -> None:
    code, out, _ = command("search", "--aantal", "3", "warme", "overdracht")

    assert code == 0
    assert fake.searched == [("warme overdracht", Filters(), 3)]
    assert out.splitlines()[1:] == [
        "1. Kader  (0.750)",
        "    Inleiding, pagina 3",
        "    De leidraad vervangt het kader.",
    ]


def test_search_as_json_is_a_list(command: Command) -> None:
    assert json.loads(command("search", "--json", "overdracht")[1])[0]["bron"]["id"] == "kader"


def write_corpus(folder: Path) -> Path:
    folder.mkdir()
    (folder / "nota.md").write_text("# Nota wijkteams\n\nWijkteams helpen gezinnen bij zorg en veiligheid.\n")
    (folder / "brief.txt").write_text("De brief gaat over huisvesting van daklozen in de stad Tilburg.\n")
    return folder


def test_folder_of_documents_becomes_an_index(
    command: Command, tmp_path: Path, model_cache: Path, embedder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_CACHE", str(model_cache))
    corpus = write_corpus(tmp_path / "documenten")
    (corpus / "kapot.pdf").write_bytes(b"%PDF-1.7 kapot")
    folders = ("--corpus", str(corpus), "--index", str(tmp_path / "index"))

    initiated = command("corpus", "init", str(corpus))
    built = command(*folders, "index", "build")
    status = command(*folders, "index", "status", "--json")
    again = command(*folders, "index", "build", "--stil")

    assert initiated[0] == 0
    assert "nota: Nota wijkteams\n    Vul aan: uitgever, datum, webadres, licentie, thema's." in initiated[1]
    assert "Overgeslagen: kapot.pdf" in initiated[2]
    assert built[0] == 1  # the broken PDF is told at the end; the others are indexed
    assert "De index is klaar: 2 nieuw; 2 passages." in built[1]
    assert "Dit staat niet in de index:\n✗ kapot.pdf" in built[2]
    assert (json.loads(status[1])["documenten"], json.loads(status[1])["passages"]) == (2, 2)
    assert again[0] == 1
    (corpus / "kapot.pdf").unlink()
    assert command(*folders, "index", "build", "--stil") == (0, "", "")
    assert command(*folders, "index", "verify")[:2] == (0, "De index is heel. Documenten: 2, passages: 2.\n")
    assert command(*folders, "index", "rollback")[0] == 1


def test_commands_without_an_index_name_the_next_step(command: Command) -> None:
    for subcommand in ("status", "verify", "rollback"):
        code, out, err = command("--index", "mijn index", "index", subcommand)

        assert (code, out) == (1, "")
        assert err.endswith("Typ: beleidswijzer --index 'mijn index' index build\n")


def test_corpus_check_names_every_problem(command: Command, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "documenten")
    command("corpus", "init", str(corpus))
    (corpus / "kopie.md").write_bytes((corpus / "nota.md").read_bytes())
    (corpus / "brief.txt").unlink()
    command("corpus", "init", str(corpus))
    (corpus / "nieuw.md").write_text("# Nieuw\n\nEen document zonder vermelding.\n")

    code, out, err = command("--corpus", str(corpus), "corpus", "check")

    assert code == 1
    assert "✓ nota: " in out
    assert "✗ kopie: hetzelfde bestand als nota." in out
    assert "✗ brief: " in out
    assert "  - id: nieuw" in out
    assert err.startswith("Problemen: 3.")


def test_document_is_shown_with_its_text(command: Command, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "documenten")
    command("corpus", "init", str(corpus))
    folder = ("--corpus", str(corpus))

    assert "Uitgever:       onbekend" in command(*folder, "corpus", "show", "nota")[1]
    shown = json.loads(command(*folder, "corpus", "show", "nota", "--json")[1])
    assert "Wijkteams helpen gezinnen" in shown["tekst"]
    assert "brief" in command(*folder, "corpus", "list")[1]
    assert command(*folder, "corpus", "show", "noot")[2].startswith(
        "Er is geen document met id 'noot'. Bedoeld is misschien 'nota'."
    )


def test_unwritable_catalogue_is_one_sentence(command: Command, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "documenten")
    (corpus / "catalogue.yml").mkdir()

    code, _, err = command("corpus", "init", str(corpus))

    assert code == 1
    assert err.startswith(f"{corpus / 'catalogue.yml'} is niet te lezen: dit is een map en geen bestand.")


def test_doctor_says_what_to_do(
    command: Command, tmp_path: Path, model_cache: Path, embedder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_CACHE", str(model_cache))

    code, out, _ = command("--index", str(tmp_path / "index"), "doctor")

    assert code == 1
    assert "✓ Python 3." in out
    assert "✓ Pakketten: alle " in out
    assert "✓ Model: bundled" in out
    assert "✓ Documenten: " in out
    assert "✗ Er is nog geen index" in out
    assert "✓ Map voor index: " in out


def test_help_page_loads_nothing_heavy() -> None:
    program = "import sys, assistant.cli; print(*sorted(name for name in sys.modules if '.' not in name))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert not {"numpy", "pydantic", "rich", "yaml", "openvino", "faiss", "pypdf", "langchain"} & set(loaded)


def test_reader_that_goes_away_is_no_error() -> None:
    program = f"{sys.executable} -c 'from assistant.cli import main; main()' corpus list --json | head -c 1"

    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=False, env=dict(os.environ))

    assert done.stdout == "["
    assert done.stderr == ""
