"""Asking on the web page, in a real browser."""

from __future__ import annotations

from threading import Event as Signal

from http_server import Served, serve
from playwright.sync_api import Route, expect
from scripted_assistant import ScriptedAssistant
from web_browser import Visit

from assistant import Answer, AnswerFinished, Records, Settings, TextAdded
from integrations.http import create_app

QUESTION = "Wat vervangt het kwaliteitskader?"
BLOCKED = "Mijn cliënt Jan de Vries met bsn 111222333 krijgt een traject, mag dat?"
PROBLEM = "application/problem+json"


def test_enter_asks_and_the_answer_says_how_complete_it_is(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()

    visitor.ask(QUESTION)

    answer = visitor.page.locator(".turn-answer")
    expect(visitor.page.locator(".question-text").first).to_have_text(QUESTION)
    expect(answer.locator(".answer-state")).to_have_text("Volledig antwoord")
    expect(answer.locator(".answer-text")).to_contain_text("leidraad")
    expect(answer.locator(".by-ai")).to_have_text("Gemaakt met AI")
    expect(answer.locator(".answer-warnings")).to_contain_text("is vervangen door")
    expect(visitor.page.locator("#status")).to_contain_text("Antwoord klaar. Volledig antwoord.")


def test_shift_enter_starts_a_new_line(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()

    visitor.page.type("#vraag", "Wat vervangt")
    visitor.page.press("#vraag", "Shift+Enter")
    visitor.page.type("#vraag", "het kwaliteitskader?")

    assert visitor.page.input_value("#vraag") == "Wat vervangt\nhet kwaliteitskader?"
    assert visitor.page.locator(".turn").count() == 0


def test_the_text_is_shown_while_it_comes(visit: Visit, starter_settings: Settings, starter_records: Records) -> None:
    go_on = Signal()
    answer = Answer("Wat?", "Eerst dit. En dan dat.", "complete", "generative", "nl", id="1" * 32)
    pieces = TextAdded("Eerst dit. "), TextAdded("En dan dat.")
    script = ScriptedAssistant([pieces[0], lambda: go_on.wait(20), pieces[1], AnswerFinished(answer)])
    app = create_app(script, starter_settings, starter_records, is_open=True)
    with serve(app) as server:
        visitor = visit(server).open()
        visitor.page.fill("#vraag", "Wat?")
        visitor.page.press("#vraag", "Enter")
        text = visitor.page.locator(".turn-answer .answer-text")

        expect(text).to_have_text("Eerst dit.")
        expect(visitor.page.locator("#stop")).to_be_visible()
        go_on.set()

        expect(text).to_have_text("Eerst dit. En dan dat.")
        expect(visitor.page.locator("#stop")).to_be_hidden()


def test_an_answer_that_is_stopped_gives_the_question_back(
    visit: Visit, starter_settings: Settings, starter_records: Records
) -> None:
    go_on = Signal()
    app = create_app(
        ScriptedAssistant([TextAdded("Eerst."), lambda: go_on.wait(20)]),
        starter_settings,
        starter_records,
        is_open=True,
    )
    with serve(app) as server:
        visitor = visit(server).open()
        visitor.page.fill("#vraag", "Wat?")
        visitor.page.press("#vraag", "Enter")
        expect(visitor.page.locator(".turn-answer .answer-text")).to_have_text("Eerst.")

        visitor.page.click("#stop")

        expect(visitor.page.locator("#vraag")).to_have_value("Wat?")
        expect(visitor.page.locator("#status")).to_contain_text("Gestopt.")
        go_on.set()


def test_what_was_left_out_of_an_answer_is_told(
    visit: Visit, starter_settings: Settings, starter_records: Records
) -> None:
    answer = Answer("Wat?", "Dit.", "partial", "generative", "nl", id="1" * 32, removed_claims=2)
    app = create_app(
        ScriptedAssistant([TextAdded("Dit."), AnswerFinished(answer)]), starter_settings, starter_records, is_open=True
    )
    with serve(app) as server:
        visitor = visit(server).open()

        visitor.ask("Wat?")

        expect(visitor.page.locator(".answer-state")).to_have_text("Gedeeltelijk antwoord")
        expect(visitor.page.locator(".answer-removed")).to_contain_text("2 zinnen zijn weggelaten")


def test_a_question_that_the_sources_do_not_answer_is_refused_in_words(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()

    visitor.ask("Wat is de hoofdstad van Peru?")

    answer = visitor.page.locator(".turn-answer")
    expect(answer.locator(".answer-state")).to_have_text("Staat niet in de bronnen")
    expect(answer.locator(".answer-text")).to_have_text("Dit staat niet in de bronnen.")


def test_a_suggested_question_is_asked_at_once(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()

    visitor.page.get_by_role("button", name=QUESTION).click()

    expect(visitor.page.locator(".question-text")).to_have_text(QUESTION)
    expect(visitor.page.locator(".turn-answer .marker").first).to_be_visible()
    expect(visitor.page.locator("#voorbeelden")).to_be_hidden()


def test_a_follow_up_is_understood_with_the_question_before_it(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.ask("Wat is de Hervormingsagenda Jeugd?")

    with visitor.page.expect_request("**/v1/antwoorden") as request:
        visitor.ask("En wanneer loopt die af?")

    body = request.value.post_data_json or {}
    assert [turn["rol"] for turn in body["geschiedenis"]] == ["gebruiker", "assistent"]
    assert "antwoorden?" not in request.value.url


def test_the_conversation_lives_in_its_tab_only(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.ask(QUESTION)

    visitor.page.reload()
    other = visitor.page.context.new_page()
    other.goto(web_server.url)

    expect(visitor.page.locator(".question-text")).to_have_text(QUESTION)
    expect(visitor.page.locator(".turn-answer .marker").first).to_be_visible()
    expect(other.locator(".turn")).to_have_count(0)


def test_a_new_conversation_forgets_the_old_one(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.ask(QUESTION)

    visitor.page.click("#nieuw")

    expect(visitor.page.locator(".turn")).to_have_count(0)
    expect(visitor.page.locator("#vraag")).to_be_focused()
    assert visitor.page.evaluate("sessionStorage.length") == 0
    assert visitor.page.context.cookies() == []


def test_a_question_with_client_data_stays_in_the_field_and_nowhere_else(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()

    visitor.ask(BLOCKED)

    page = visitor.page
    expect(page.locator(".answer-state")).to_have_text("Vraag niet verwerkt")
    expect(page.locator(".answer-text")).to_contain_text("burgerservicenummer")
    expect(page.locator("#vraag")).to_have_value(BLOCKED)
    assert "111222333" not in page.locator("#gesprek").inner_text()
    assert page.evaluate("sessionStorage.length") == 0
    page.get_by_role("button", name="Maak het vraagveld leeg").click()
    expect(page.locator("#vraag")).to_have_value("")


def test_an_empty_question_is_an_error_at_the_field(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()

    visitor.page.click("#verstuur")

    field = visitor.page.locator("#vraag")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(
        "Enter verstuurt de vraag. Shift + Enter maakt een nieuwe regel. Typ eerst een vraag."
    )


def test_each_failure_is_told_with_a_way_on(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    failures = {
        (429, "12"): "over 12 seconden",
        (503, None): "Beleidswijzer is nu niet beschikbaar.",
        (401, None): "De sleutel is niet geldig",
        (500, None): "Het antwoord kon niet worden gemaakt.",
    }
    for (status, wait), message in failures.items():
        headers = {"Retry-After": wait} if wait else {}

        def fail(route: Route, *, status: int = status, headers: dict[str, str] = headers) -> None:
            route.fulfill(status=status, headers=headers, content_type=PROBLEM, body=f'{{"status": {status}}}')

        visitor.page.route("**/v1/antwoorden", fail)
        visitor.page.fill("#vraag", "Wat doet een wijkteam?")
        visitor.page.press("#vraag", "Enter")

        card = visitor.page.locator(".error-card").last
        expect(card).to_contain_text(message)
        expect(card).to_be_focused()
        expect(card.get_by_role("link", name="Meld opnieuw aan")).to_be_visible(visible=status == 401)
        visitor.page.unroute("**/v1/antwoorden")


def test_a_closed_service_tells_why(visit: Visit, web_server: Served, starter_records: Records) -> None:
    visitor = visit(web_server).open()
    starter_records.switch.close("http", "Onderhoud tot 14 uur.")
    try:
        visitor.page.fill("#vraag", QUESTION)
        visitor.page.press("#vraag", "Enter")

        expect(visitor.page.locator(".error-card")).to_contain_text("Onderhoud tot 14 uur.")
    finally:
        starter_records.switch.reopen("http")


def test_a_question_is_asked_again_after_a_lost_connection(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.page.route("**/v1/antwoorden", lambda route: route.abort())
    visitor.page.fill("#vraag", QUESTION)
    visitor.page.press("#vraag", "Enter")
    expect(visitor.page.locator(".error-card")).to_contain_text("Er is geen verbinding met Beleidswijzer.")
    visitor.page.unroute("**/v1/antwoorden")

    visitor.page.get_by_role("button", name="Probeer opnieuw").click()

    expect(visitor.page.locator(".turn-answer .marker").first).to_be_visible()
    expect(visitor.page.locator(".question-text")).to_have_count(1)
    expect(visitor.page.locator(".error-card")).to_have_count(0)


def test_an_answer_that_breaks_off_is_an_error(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    half = 'event: tekst\ndata: {"tekst": "Een half"}\n\n'
    visitor.page.route(
        "**/v1/antwoorden", lambda route: route.fulfill(status=200, content_type="text/event-stream", body=half)
    )

    visitor.page.fill("#vraag", QUESTION)
    visitor.page.press("#vraag", "Enter")

    expect(visitor.page.locator(".error-card")).to_contain_text("Het antwoord brak af.")
    expect(visitor.page.locator(".turn-answer")).to_have_count(0)


def test_the_english_page_asks_and_answers_in_english(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open("/?taal=en")

    visitor.ask("What replaces the quality framework (kwaliteitskader)?")

    page = visitor.page
    assert page.get_attribute("html", "lang") == "en"
    expect(page.locator(".answer-state")).to_contain_text("answer")
    expect(page.locator(".answer-text")).to_have_attribute("lang", "nl")  # a Dutch quote
    expect(page.locator("[data-slot=warning-list]")).to_have_attribute("lang", "en")
    expect(page.locator(".source-quote blockquote").first).to_have_attribute("lang", "nl")
    expect(page.get_by_role("link", name="Nederlands")).to_have_attribute("lang", "nl")
