"""Maintainers manage documents on the web page: in a browser, without scripts, and nobody else."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup
from http_fixtures import Keys, corpus_in
from http_server import Served, serve
from playwright.sync_api import Page, expect
from reportlab.pdfgen.canvas import Canvas
from web_browser import Visit, Visitor

from assistant import Assistant, Records, Settings, open_records
from assistant.catalogue import read_catalogue
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot_follower import SnapshotFollower
from integrations.http import create_app

NOTE = """---
title: Nota dagbesteding
---

# Nota dagbesteding

De dagbesteding aan de Molenweg heeft dertig plaatsen. Zij is open op werkdagen.
"""
VIEWS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "320 px": {"viewport": {"width": 320, "height": 640}},
    "forced colours": {"forced_colors": "active"},
}
WORK_MS = 60_000.0


@dataclass(frozen=True)
class Place:
    """A corpus of its own that may be changed, and a server on it."""

    settings: Settings
    records: Records
    served: Served
    keys: Keys

    @contextmanager
    def signed_in(self, key: str) -> Iterator[httpx.Client]:
        """A browser's requests, as far as the server can tell."""
        with self.served.client() as client:
            client.headers["Sec-Fetch-Site"] = "same-origin"
            assert client.post("/aanmelden", data={"sleutel": key}).status_code == 303
            yield client


@pytest.fixture
def place(embedder: BundledEmbedder, model_cache: Path, tmp_path: Path) -> Iterator[Place]:
    settings = corpus_in(tmp_path, embedder, model_cache)
    assistant = Assistant(SnapshotFollower(settings.index, embedder.description, check_seconds=0.0), embedder)
    with open_records(settings) as records, serve(create_app(assistant, settings, records)) as served:
        keys = Keys(records.keys.create("lezer", "gebruiker")[0], records.keys.create("baas", "beheerder")[0])
        yield Place(settings, records, served, keys)


@pytest.fixture
def maintainer(place: Place) -> Iterator[httpx.Client]:
    with place.signed_in(place.keys.maintainer) as client:
        yield client


def soup(response: httpx.Response) -> BeautifulSoup:
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return BeautifulSoup(response.text, "lxml")


def send(client: httpx.Client, content: bytes | str = NOTE, name: str = "nota.md", path: str = "") -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return client.post(path or "/beheer/toevoegen", files={"bestand": (name, data, "application/octet-stream")})


def ended(client: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """What the page of a task tells when it has ended."""
    assert response.status_code == 303, response.text
    deadline = time.monotonic() + WORK_MS / 1000
    while time.monotonic() < deadline:
        told: dict[str, Any] = client.get(f"{response.headers['Location']}/stand").json()
        if told["verder"]:
            return told
        time.sleep(0.1)
    raise AssertionError("the task did not end")


def drafted(client: httpx.Client, *sent: Any, **named: Any) -> str:
    """The address of the draft that a file became."""
    return str(ended(client, send(client, *sent, **named))["verder"])


def sign_in(visitor: Visitor, key: str) -> Page:
    page = visitor.open("/beheer").page
    page.get_by_label("Sleutel").fill(key)
    page.get_by_role("button", name="Meld aan").click()
    expect(page.get_by_role("heading", name="Documenten beheren")).to_be_visible()
    return page


def assert_fine(visitor: Visitor) -> None:
    assert visitor.violations() == []
    assert not visitor.is_too_wide()


@pytest.mark.parametrize("view", VIEWS)
def test_a_maintainer_adds_replaces_and_withdraws_a_document(
    visit: Visit, place: Place, tmp_path: Path, view: str
) -> None:
    file = tmp_path / "nota.md"
    file.write_text(NOTE, encoding="utf-8")
    visitor = visit(place.served, **VIEWS[view])
    page = sign_in(visitor, place.keys.maintainer)
    assert_fine(visitor)

    page.get_by_role("link", name="Kader Vroege Hulp").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kader Vroege Hulp")
    assert_fine(visitor)
    page.get_by_role("link", name="Vervang door een nieuw document").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Document vervangen")
    page.get_by_label("Bestand").set_input_files(file)
    assert_fine(visitor)
    page.get_by_role("button", name="Verstuur het bestand").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Document lezen")
    assert_fine(visitor)
    page.get_by_role("link", name="Controleer de gegevens").click(timeout=WORK_MS)

    expect(page.get_by_label("Titel (verplicht)")).to_have_value("")
    expect(page.get_by_label("Kader Vroege Hulp")).to_be_checked()
    expect(page.locator(".source-text")).to_contain_text("De dagbesteding aan de Molenweg heeft dertig plaatsen.")
    assert_fine(visitor)
    page.get_by_role("button", name="Voeg het document toe").click()
    expect(page.get_by_role("alert")).to_contain_text("Vul de titel in")
    assert_fine(visitor)
    page.get_by_role("alert").get_by_role("link", name="Titel").click()
    expect(page.get_by_label("Titel (verplicht)")).to_be_focused()
    page.get_by_label("Neem dit over: Titel").check()
    page.get_by_label("Neem dit over: Taal").check()
    page.get_by_label("Status").select_option("geldig")
    page.get_by_label("Nakijken voor").fill("2020-01-01")
    page.get_by_role("button", name="Voeg het document toe").click()
    expect(page.get_by_role("status")).to_contain_text("Klaar Toegevoegd als 'nota'", timeout=WORK_MS)
    assert_fine(visitor)
    page.get_by_role("link", name="Naar de documenten").click()

    expect(page.locator("main")).to_contain_text("1 document moet worden nagekeken.")
    assert_fine(visitor)
    page.get_by_role("link", name="Nota dagbesteding").click()
    page.get_by_role("link", name="Verwijder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Document verwijderen")
    assert_fine(visitor)
    page.get_by_role("button", name="Ja, verwijder het document").click()
    expect(page.get_by_role("status")).to_contain_text("Verwijderd: 'nota'", timeout=WORK_MS)
    page.get_by_role("link", name="Geschiedenis").click()

    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    for part in (r"sleutel-[0-9a-f]{8} \(deze sleutel\)", "document verwijderd", "nota", "gelukt"):
        assert re.search(part, rows.first.inner_text())
    assert_fine(visitor)


def test_the_document_that_is_replaced_says_so(place: Place, maintainer: httpx.Client) -> None:
    draft = drafted(maintainer, path="/beheer/toevoegen?vervangt=notitie")
    given = {"titel": "Nota nachtopvang", "taal": "nl", "vervangt": "notitie", "geldigVanaf": "2025-01-01"}

    told = ended(maintainer, maintainer.post(draft, data=given))

    assert (told["stand"], told["verder"]) == ("klaar", "/beheer")
    documents = {each.id: each for each in read_catalogue(place.settings.corpus)}
    assert (documents["notitie"].status, documents["notitie"].superseded_by) == ("superseded", "nota")
    assert (documents["nota"].supersedes, str(documents["nota"].valid_from)) == (("notitie",), "2025-01-01")
    assert documents["nota"].published is None
    page = soup(maintainer.get("/beheer/bronnen/notitie"))
    assert "Vervangen door Nota nachtopvang" in page.get_text(" ", strip=True)
    assert list((place.settings.data / "uploads").iterdir()) == []


def test_a_guess_is_taken_only_when_it_is_ticked(place: Place, maintainer: httpx.Client) -> None:
    draft = drafted(maintainer)

    untouched = maintainer.post(draft, data={"titel": ""})
    both = maintainer.post(draft, data={"overnemen": ["titel", "taal"], "titel": "Andere titel"})

    assert untouched.status_code == 400
    errors = soup(untouched).select(".error-card li")
    assert [error.get_text(strip=True).split(":")[0] for error in errors] == ["Titel", "Taal"]
    assert ended(maintainer, both)["melding"] == "Toegevoegd als 'nota': Andere titel"
    assert maintainer.post(draft, data={"titel": "Nog eens", "taal": "nl"}).status_code == 404


def test_a_form_with_mistakes_keeps_what_was_filled_in_and_names_each_of_them(maintainer: httpx.Client) -> None:
    draft = drafted(maintainer)
    wrong = {
        "titel": "Nota <b>x</b>", "taal": "fr", "url": "javascript:alert(1)", "publicatiedatum": "gisteren",
        "status": "geheim", "vervangt": "bestaat-niet", "themas": "zorg, wonen", "onbekend-veld": "x",
    }  # fmt: skip

    response = maintainer.post(draft, data=wrong)
    page = soup(response)

    assert response.status_code == 400
    links = [str(link["href"]) for link in page.select(".error-card a")]
    assert links == ["#publicatiedatum", "#url", "#taal", "#status", "#vervangt"]
    assert all(page.select(link) for link in links)
    assert [field["value"] for field in page.select("#titel, #themas")] == ["Nota <b>x</b>", "zorg, wonen"]
    assert {str(each["id"]) for each in page.select("[aria-invalid]")} == {"publicatiedatum", "url", "taal", "status"}


def test_dates_that_cannot_be_together_are_refused_whole(place: Place, maintainer: httpx.Client) -> None:
    draft = drafted(maintainer)
    given = {"titel": "Nota", "taal": "nl", "geldigVanaf": "2025-02-01", "geldigTot": "2025-01-01"}

    response = maintainer.post(draft, data=given)

    assert response.status_code == 400
    assert "ligt vóór" in soup(response).select(".error-card")[0].get_text()
    assert len(place.records.tasks.list()) == 1


def test_a_pdf_is_shown_page_by_page_beside_its_text(maintainer: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "nota.pdf"
    canvas = Canvas(str(file))
    for lines in (
        ("De gemeente heeft zes wijkteams.", "Elk team heeft een vaste regisseur."),
        ("De nachtopvang is open van november tot april.", "Er zijn veertig bedden."),
    ):
        for place, line in enumerate(lines):
            canvas.drawString(72, 500 - 40 * place, line)
        canvas.showPage()
    canvas.save()

    draft = drafted(maintainer, file.read_bytes(), "nota.pdf")
    page = soup(maintainer.post(draft, data={"bekijk": "2", "titel": "Nota"}))

    assert "Er zijn veertig bedden." in page.select(".source-text")[0].get_text()
    assert page.select("#titel")[0]["value"] == "Nota"
    assert page.select(".error-card") == []
    assert "wijkteams" not in page.select(".source-text")[0].get_text()
    picture = maintainer.get(str(page.select(".page-image img")[0]["src"]))
    assert (picture.headers["content-type"], picture.content[:4]) == ("image/png", b"\x89PNG")
    assert maintainer.get(f"{draft}/pagina/3").status_code == 404


def test_a_draft_that_is_thrown_away_is_gone(place: Place, maintainer: httpx.Client) -> None:
    draft = drafted(maintainer)

    response = maintainer.post(f"{draft}/weg")

    assert (response.status_code, response.headers["location"]) == (303, "/beheer")
    assert maintainer.get(draft).status_code == 404
    assert list((place.settings.data / "uploads").iterdir()) == []
    assert place.records.trail.list() == ()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("nota.exe", b"MZ", "wordt niet gelezen"), ("nota.pdf", b"geen pdf", "wordt niet gelezen"),
     ("nota.md", b"", "Kies een bestand")],
)  # fmt: skip
def test_a_file_that_is_not_read_is_refused_beside_its_field(
    place: Place, maintainer: httpx.Client, name: str, content: bytes, words: str
) -> None:
    response = send(maintainer, content, name)

    assert response.status_code == 400
    assert words in soup(response).select("#bestand-fout")[0].get_text()
    assert place.records.tasks.list() == ()


def test_what_cannot_be_read_or_is_there_already_is_told_by_its_task(place: Place, maintainer: httpx.Client) -> None:
    damaged = ended(maintainer, send(maintainer, b"%PDF-1.7 kapot", "nota.pdf"))
    known = ended(maintainer, send(maintainer, (place.settings.corpus / "notitie.md").read_bytes(), "n.md"))

    assert (damaged["stand"], known["stand"]) == ("mislukt", "mislukt")
    assert "nota.pdf" in damaged["melding"]
    assert known["melding"] == "Dit bestand is er al, als 'notitie' (Notitie nachtopvang)."
    assert list((place.settings.data / "uploads").iterdir()) == []


def test_only_a_maintainer_sees_and_does_anything(place: Place, maintainer: httpx.Client) -> None:
    draft = drafted(maintainer)
    task = draft.replace("concepten", "taken")
    pages = ["/beheer", "/beheer/toevoegen", "/beheer/geschiedenis", "/beheer/bronnen/notitie", draft, task,
             "/beheer/bronnen/notitie/verwijderen", f"{task}/stand"]  # fmt: skip
    forms = ["/beheer/bronnen/notitie/verwijderen", draft, f"{draft}/weg"]
    with place.signed_in(place.keys.user) as user, place.served.client() as stranger:
        for client, status in ((user, 403), (stranger, 401), (maintainer, 200)):
            assert [client.get(path).status_code for path in pages] == [status] * len(pages)
        for client, status in ((user, 403), (stranger, 401)):
            assert [client.post(path, data={"titel": "x"}).status_code for path in forms] == [status] * len(forms)
            assert send(client).status_code == status
        assert soup(user.get("/beheer")).select("h1")[0].get_text() == "Er ging iets mis"
        linked = [bool(soup(client.get("/over")).select("header a[href='/beheer']")) for client in
                  (user, stranger, maintainer)]  # fmt: skip

    assert linked == [False, False, True]
    assert len(place.records.tasks.list()) == 1


def test_another_site_cannot_send_a_maintainers_forms(place: Place, maintainer: httpx.Client) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}

    assert maintainer.post("/beheer/bronnen/notitie/verwijderen", headers=elsewhere).status_code == 403
    assert maintainer.post("/beheer/toevoegen", files={"bestand": ("n.md", b"x")}, headers=elsewhere).status_code == 403
    assert place.records.tasks.list() == ()


def test_in_open_mode_nobody_is_a_maintainer(web_server: Served) -> None:
    with web_server.client() as client:
        assert client.get("/beheer").status_code == 403
        assert client.post("/beheer/bronnen/perspectief-2025/verwijderen").status_code == 403


def test_the_list_can_be_searched_and_kept_to_what_is_due(place: Place, maintainer: httpx.Client) -> None:
    found = soup(maintainer.get("/beheer", params={"zoek": "HULP snelle"}))
    due = soup(maintainer.get("/beheer", params={"nakijken": "ja"}))

    assert [row.get_text(strip=True) for row in found.select("tbody th")] == ["Handreiking Snelle Hulp"]
    assert "1 van 4 documenten" in found.get_text()
    assert due.select("tbody tr") == []
    assert maintainer.get("/beheer", params={"deel": 99}).status_code == 200
    assert maintainer.get("/beheer", params={"deel": "x"}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/beheer/bronnen/nee", "/beheer/bronnen/nee/verwijderen", "/beheer/toevoegen?vervangt=nee",
             f"/beheer/taken/{'0' * 32}", "/beheer/taken/x", f"/beheer/concepten/{'0' * 32}",
             "/beheer/nee"]
)  # fmt: skip
def test_what_is_not_there_is_told_in_a_page(maintainer: httpx.Client, path: str) -> None:
    response = maintainer.get(path, headers={"Accept": "text/html"})

    assert response.status_code == 404
    assert soup(response).select("h1")[0].get_text() == "Pagina niet gevonden"


def test_documents_that_nobody_can_change_are_shown_with_the_reason(
    starter_assistant: Assistant, starter_settings: Settings, starter_records: Records, starter_keys: Keys
) -> None:
    packaged = Path(__file__).parents[2] / "assistant" / "data" / "corpus"
    app = create_app(starter_assistant, replace(starter_settings, corpus=packaged), starter_records)
    with serve(app) as served:
        place = Place(starter_settings, starter_records, served, starter_keys)
        with place.signed_in(starter_keys.maintainer) as client:
            page, sent = soup(client.get("/beheer/toevoegen")), send(client)

    assert "kunnen niet worden gewijzigd" in page.select(".source-warning")[0].get_text()
    assert page.select("input[type=file]") == []
    assert sent.status_code == 409
    assert "BELEIDSWIJZER_CORPUS" in sent.text


def test_it_works_without_scripts(visit: Visit, place: Place, tmp_path: Path) -> None:
    file = tmp_path / "nota.md"
    file.write_text(NOTE, encoding="utf-8")
    page = sign_in(visit(place.served, java_script_enabled=False), place.keys.maintainer)
    page.get_by_role("link", name="Document toevoegen").click()
    page.get_by_label("Bestand").set_input_files(file)
    page.get_by_role("button", name="Verstuur het bestand").click()

    def refresh_until(name: str) -> None:
        deadline = time.monotonic() + WORK_MS / 1000
        while not page.get_by_role("link", name=name).is_visible():
            assert time.monotonic() < deadline
            if page.get_by_role("link", name="Ververs deze pagina").is_visible():
                page.get_by_role("link", name="Ververs deze pagina").click()

    refresh_until("Controleer de gegevens")
    page.get_by_role("link", name="Controleer de gegevens").click()
    page.get_by_label("Titel (verplicht)").fill("Nota dagbesteding")
    page.get_by_label("Taal (verplicht)").select_option("nl")
    page.get_by_role("button", name="Voeg het document toe").click()
    refresh_until("Naar de documenten")

    expect(page.locator(".admin-state")).to_contain_text("Klaar")
    assert "nota" in {each.id for each in read_catalogue(place.settings.corpus)}


def test_everything_can_be_done_with_the_keyboard_alone(visit: Visit, place: Place) -> None:
    page = sign_in(visit(place.served), place.keys.maintainer)

    def tab_to(words: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "[document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]"
            )
            assert focused[1] != "none", focused
            if words == focused[0].strip():
                return
        pytest.fail(f"no stop with {words}")

    tab_to("Notitie nachtopvang")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Verwijder").wait_for()
    tab_to("Verwijder")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ja, verwijder").wait_for()
    tab_to("Ja, verwijder het document")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Verwijderd: 'notitie'", timeout=WORK_MS)


def test_the_english_pages_are_accessible(visit: Visit, place: Place) -> None:
    visitor = visit(place.served)
    sign_in(visitor, place.keys.maintainer)
    for path in ("/beheer", "/beheer/toevoegen", "/beheer/geschiedenis", "/beheer/bronnen/notitie"):
        visitor.open(f"{path}?taal=en")
        assert visitor.page.locator("html").get_attribute("lang") == "en"
        assert_fine(visitor)


def test_a_maintainer_works_on_while_the_service_is_closed_for_others(place: Place, maintainer: httpx.Client) -> None:
    place.records.switch.close("http", "Onderhoud.")

    draft = drafted(maintainer)

    assert maintainer.get(draft).status_code == 200
    assert maintainer.post(f"{draft}/weg").status_code == 303


def test_a_draft_shows_headings_and_passages_and_answers_trial_questions_from_itself_alone(
    maintainer: httpx.Client,
) -> None:
    draft = drafted(maintainer)
    page = soup(maintainer.get(draft))
    assert page.select_one(".admin-heading").get_text() == "Nota dagbesteding"  # type: ignore[union-attr]
    assert re.fullmatch(r"Passage 1, \d+ woorden", page.select_one(".admin-passage").get_text())  # type: ignore[union-attr]
    assert len(page.select_one("#proefvragen").get_text().splitlines()) == 3  # type: ignore[union-attr]

    asked = {
        "titel": "Eigen titel",
        "proef": "ja",
        "proefvragen": "Hoeveel plaatsen heeft de dagbesteding?\nHoeveel wijkteams heeft de gemeente Waterveen?",
    }
    answered = soup(maintainer.post(draft, data=asked))

    first, second = answered.select(".admin-trial")
    assert "dertig plaatsen" in first.get_text()
    assert "wijkteams heeft" not in (second.p.get_text() if second.p else "")
    assert answered.select_one("#titel")["value"] == "Eigen titel"  # type: ignore[index]
    assert maintainer.get(draft).status_code == 200  # nothing was confirmed


def test_a_trial_question_about_a_client_is_not_answered(maintainer: httpx.Client) -> None:
    asked = {"proef": "ja", "proefvragen": "Wat is er bekend over BSN 111222333?"}

    shown = soup(maintainer.post(drafted(maintainer), data=asked)).select_one(".admin-trial p")

    assert shown is not None
    assert "111222333" not in shown.get_text()


def test_a_better_file_changes_the_text_and_keeps_what_is_known(place: Place, maintainer: httpx.Client) -> None:
    address = "/beheer/toevoegen?beter=notitie"
    before = next(each for each in read_catalogue(place.settings.corpus) if each.id == "notitie")
    draft = drafted(maintainer, path=address)
    assert "Notitie nachtopvang" in soup(maintainer.get(draft)).select_one("#gegevens").get_text()  # type: ignore[union-attr]

    told = ended(maintainer, maintainer.post(draft, data={"nu": ""}))

    assert told["melding"] == "'notitie' heeft een ander bestand."
    after = next(each for each in read_catalogue(place.settings.corpus) if each.id == "notitie")
    assert replace(after, file=before.file) == before
    assert "dertig plaatsen" in after.file.read_text(encoding="utf-8")


def test_details_are_changed_and_mistakes_keep_what_was_filled_in(place: Place, maintainer: httpx.Client) -> None:
    address = "/beheer/bronnen/notitie/gegevens"
    fields = {each["name"]: each.get("value", "") for each in soup(maintainer.get(address)).select("form input[name]")}
    assert fields["titel"] == "Notitie nachtopvang"

    wrong = maintainer.post(address, data={"titel": "", "taal": "nl", "uitgever": "Regio Oostveen"})
    assert wrong.status_code == 400
    assert soup(wrong).select_one("#uitgever")["value"] == "Regio Oostveen"  # type: ignore[index]

    good = {"titel": "Notitie nachtopvang", "taal": "nl", "uitgever": "Regio Oostveen", "nakijkenVoor": "2031-01-01"}
    told = ended(maintainer, maintainer.post(address, data=good))

    assert told["stand"] == "klaar"
    document = next(each for each in read_catalogue(place.settings.corpus) if each.id == "notitie")
    assert (document.publisher, str(document.review_by)) == ("Regio Oostveen", "2031-01-01")


def test_a_retired_document_stays_and_names_its_successor(place: Place, maintainer: httpx.Client) -> None:
    address = "/beheer/bronnen/notitie/intrekken"
    wrong = maintainer.post(address, data={"opvolger": "nee", "laatsteDag": "31-12-2025"})
    assert [link["href"] for link in soup(wrong).select(".error-card a")] == ["#opvolger", "#laatsteDag"]

    told = ended(maintainer, maintainer.post(address, data={"opvolger": "wijkplan", "laatsteDag": "2025-12-31"}))

    assert told["stand"] == "klaar"
    document = next(each for each in read_catalogue(place.settings.corpus) if each.id == "notitie")
    assert (document.status, document.superseded_by, str(document.valid_until)) == (
        "superseded",
        "wijkplan",
        "2025-12-31",
    )


def test_the_last_change_is_undone_and_history_tells_who_did(place: Place, maintainer: httpx.Client) -> None:
    before = {path.name: path.read_bytes() for path in place.settings.corpus.iterdir()}
    assert soup(maintainer.get("/beheer/ongedaan")).select_one("input[name=nummer]") is None
    ended(maintainer, maintainer.post("/beheer/bronnen/notitie/intrekken", data={"opvolger": "", "laatsteDag": ""}))
    page = soup(maintainer.get("/beheer/ongedaan"))
    assert "document ingetrokken" in page.main.get_text()  # type: ignore[union-attr]
    number = page.select_one("input[name=nummer]")["value"]  # type: ignore[index]

    told = ended(maintainer, maintainer.post("/beheer/ongedaan", data={"nummer": number}))
    again = ended(maintainer, maintainer.post("/beheer/ongedaan", data={"nummer": number}))

    assert (told["stand"], again["stand"]) == ("klaar", "mislukt")
    assert {path.name: path.read_bytes() for path in place.settings.corpus.iterdir()} == before
    history = [row.get_text(" ") for row in soup(maintainer.get("/beheer/geschiedenis")).select("tbody tr")]
    assert all(
        part in row for part, row in zip(("teruggedraaid", "teruggedraaid", "ingetrokken"), history, strict=True)
    )
    assert all("sleutel-" in row for row in history)


@pytest.mark.parametrize("view", VIEWS)
def test_the_pages_to_revise_a_document_are_accessible(visit: Visit, place: Place, view: str) -> None:
    visitor = visit(place.served, **VIEWS[view])
    page = sign_in(visitor, place.keys.maintainer)

    for link, title in (
        ("Geef een beter bestand", "Beter bestand"),
        ("Wijzig de gegevens", "Gegevens wijzigen"),
        ("Trek in", "Document intrekken"),
        ("Verwijder", "Document verwijderen"),
    ):
        page.goto(f"{place.served.url}/beheer/bronnen/notitie")
        page.get_by_role("link", name=link).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        assert_fine(visitor)
    page.get_by_role("link", name="Nee, laat het zo").click()
    page.get_by_role("link", name="Trek in").click()
    page.get_by_role("button", name="Trek het document in").click()
    expect(page.get_by_role("status")).to_contain_text("Klaar", timeout=WORK_MS)
    page.get_by_role("link", name="Geschiedenis").click()
    page.wait_for_url("**/beheer/geschiedenis")
    assert_fine(visitor)
    page.get_by_role("link", name="Maak de laatste wijziging ongedaan").click()
    page.wait_for_url("**/beheer/ongedaan")
    assert_fine(visitor)
    page.get_by_role("button", name="Ja, maak dit ongedaan").click()
    expect(page.get_by_role("status")).to_contain_text("Teruggedraaid", timeout=WORK_MS)
