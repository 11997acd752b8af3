"""Filters, copying with references and feedback on the web page, in a real browser."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from pathlib import Path

from http_server import Served, serve
from playwright.sync_api import Page, expect
from scripted_assistant import ScriptedAssistant, short_script
from web_browser import Visit

from assistant import Document, Records, Settings
from integrations.http import create_app

QUESTION = "Wat vervangt het kwaliteitskader?"
TITLE = "Leidraad 'Werken aan veiligheid' (samenvatting)"
MONTHS = "januari februari maart april mei juni juli augustus september oktober november december".split()
CLIPBOARD = ["clipboard-read", "clipboard-write"]
ANSWERS = "**/v1/antwoorden"


def today() -> str:
    now = datetime.now()
    return f"{now.day} {MONTHS[now.month - 1]} {now.year}"


def clipboard(page: Page, kind: str) -> str:
    return str(
        page.evaluate(
            "async kind => (await (await navigator.clipboard.read())[0].getType(kind)).text()",
            kind,
        )
    )


def test_filters_are_sent_with_the_question_and_counted(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    page = visitor.page
    page.locator("#filters summary").click()
    page.get_by_label("Alleen documenten die nu gelden").check()
    page.get_by_label(TITLE).check()
    page.get_by_label("jeugdbescherming").check()
    page.get_by_label("Gepubliceerd vanaf").fill("2020-01-01")

    page.get_by_label("Geldig op").fill("2026-01-01")

    expect(page.locator("#filters-gekozen")).to_have_text("5 gekozen")
    with page.expect_request(ANSWERS) as request:
        visitor.ask(QUESTION)

    assert (request.value.post_data_json or {})["filters"] == {
        "bronnen": ["leidraad-werken-aan-veiligheid"],
        "themas": ["jeugdbescherming"],
        "statussen": ["geldig"],
        "vanaf": "2020-01-01",
        "tot": None,
        "geldigOp": "2026-01-01",
    }
    page.get_by_role("button", name="Wis de filters").click()
    expect(page.locator("#filters-gekozen")).to_have_text("alle bronnen")
    assert page.locator("#filters input:checked").count() == 0


class ManyDocuments(ScriptedAssistant):
    """Knows more documents than fit in a short list."""

    def documents(self) -> list[Document]:
        return [Document(f"plan-{number}", f"Plan nummer {number}", Path("x.md")) for number in range(1, 31)]


def test_a_long_list_of_sources_can_be_searched(
    visit: Visit, starter_settings: Settings, starter_records: Records
) -> None:
    app = create_app(ManyDocuments(short_script()), starter_settings, starter_records, is_open=True)
    with serve(app) as server:
        visitor = visit(server).open()
        page = visitor.page
        page.locator("#filters summary").click()
        page.get_by_label("Plan nummer 7", exact=True).check()

        page.get_by_label("Zoek in de titels").fill("nummer 12")
        page.get_by_label("Zoek in de titels").press("Enter")

        shown = page.locator("label:has([name=bronnen])").filter(visible=True)
        assert shown.all_inner_texts() == ["Plan nummer 7", "Plan nummer 12"]
        assert page.locator(".turn").count() == 0
        assert visitor.violations() == []


def test_only_what_is_in_force_answers_with_that_filter(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.page.locator("#filters summary").click()
    visitor.page.get_by_label("Alleen documenten die nu gelden").check()

    visitor.ask(QUESTION)

    assert visitor.page.locator(".turn-answer .source-item").count() > 0
    assert visitor.page.locator(".badge-status:visible").count() == 0


def test_plain_text_has_everything_a_proposal_needs(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server, permissions=CLIPBOARD).open()
    visitor.ask(QUESTION)

    visitor.page.get_by_role("button", name="Tekst", exact=True).click()

    expect(visitor.page.locator("#status")).to_have_text("Gekopieerd: het antwoord met de bronnen (Tekst).")
    copied = clipboard(visitor.page, "text/plain")
    reference = next(line for line in copied.splitlines() if TITLE in line)
    assert re.match(r"\[\d\] ", reference)
    for part in (
        "Beleidswijzer (eigen samenvatting), datum onbekend",
        "Origineel: https://voordejeugdenhetgezin.nl/",
        f"{web_server.url}/bronnen/leidraad-werken-aan-veiligheid?van=",
        f"Geraadpleegd op {today()}",
    ):
        assert part in reference
    assert copied.endswith(f"Gemaakt met AI (Beleidswijzer) op {today()}. Controleer het antwoord in de bronnen.")


def test_markdown_has_a_link_for_each_source(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server, permissions=CLIPBOARD).open()
    visitor.ask("Wie was de voorzitter van de werkgroep Sociale Impact?")

    visitor.page.get_by_role("button", name="Markdown").click()

    expect(visitor.page.locator("#status")).to_contain_text("(Markdown)")
    copied = clipboard(visitor.page, "text/plain")
    assert "**Bronnen**" in copied
    reference = next(line for line in copied.splitlines() if line.startswith("1. "))
    assert re.search(
        r"^1\. \[Advies van de .*\]\(<http://.*/bronnen/werkgroep-sociale-impact\?van=\d+&tot=\d+#z\d+>\)\. ", reference
    )
    assert "17 mei 2020. Wat was de werkgroep?, pagina 1. Origineel: https://" in reference
    assert reference.endswith(f"Geraadpleegd op {today()}.")


def test_word_gets_html_and_a_text_beside_it(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server, permissions=CLIPBOARD).open()
    visitor.ask(QUESTION)

    visitor.page.get_by_role("button", name="Word").click()

    expect(visitor.page.locator("#status")).to_contain_text("(Word)")
    html = clipboard(visitor.page, "text/html")
    assert f">{TITLE}</a>" in unescape(html)
    assert "<b>Bronnen</b>" in html
    assert TITLE in clipboard(visitor.page, "text/plain")


def test_copying_works_without_the_clipboard_of_newer_browsers(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server, permissions=CLIPBOARD)
    visitor.page.add_init_script("navigator.clipboard.write = () => Promise.reject(new Error('plain http'))")
    visitor.open()
    visitor.ask(QUESTION)

    visitor.page.get_by_role("button", name="Tekst", exact=True).click()

    expect(visitor.page.locator("#status")).to_contain_text("Gekopieerd")
    assert TITLE in str(visitor.page.evaluate("navigator.clipboard.readText()"))


def test_a_verdict_is_kept_without_the_question(visit: Visit, web_server: Served, starter_records: Records) -> None:
    visitor = visit(web_server).open()
    visitor.ask(QUESTION)
    before = len(starter_records.feedback.list())

    visitor.page.get_by_label("Ja", exact=True).check()
    visitor.page.get_by_role("button", name="Verstuur de beoordeling").click()

    expect(visitor.page.locator(".feedback-result")).to_have_text("Bedankt. De beoordeling is ontvangen.")
    expect(visitor.page.locator(".feedback-result")).to_be_focused()
    given = starter_records.feedback.list()[before]
    assert (given.verdict, given.remark, given.question) == ("goed", None, None)


def test_a_remark_and_the_question_are_kept_if_the_visitor_wants_that(
    visit: Visit, web_server: Served, starter_records: Records
) -> None:
    visitor = visit(web_server).open()
    visitor.ask(QUESTION)
    before = len(starter_records.feedback.list())
    page = visitor.page
    expect(page.get_by_label("Opmerking (mag leeg blijven)")).to_be_hidden()

    page.get_by_label("Nee", exact=True).check()
    page.get_by_label("Opmerking (mag leeg blijven)").fill("De datum ontbreekt. Bel 06-12345678.")
    page.get_by_label("Bewaar ook de vraag, hoogstens 30 dagen.").check()
    page.get_by_role("button", name="Verstuur de beoordeling").click()

    expect(page.locator(".feedback-result")).to_be_visible()
    given = starter_records.feedback.list()[before]
    assert (given.verdict, given.question) == ("fout", QUESTION)
    assert given.remark is not None
    assert given.remark.startswith("De datum ontbreekt. Bel ")
    assert "06-12345678" not in given.remark


def test_feedback_that_does_not_arrive_can_be_sent_again(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.ask(QUESTION)
    visitor.page.route("**/v1/beoordelingen", lambda route: route.abort())

    visitor.page.get_by_label("Ja", exact=True).check()
    visitor.page.get_by_role("button", name="Verstuur de beoordeling").click()

    expect(visitor.page.locator(".feedback-result")).to_have_text(
        "De beoordeling is niet verstuurd. Probeer het opnieuw."
    )
    expect(visitor.page.get_by_role("button", name="Verstuur de beoordeling")).to_be_visible()
