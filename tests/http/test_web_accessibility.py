"""The web page for everybody: axe in every state, keyboard only, small and enlarged screens."""

from __future__ import annotations

from typing import Any

import pytest
from http_fixtures import Keys
from http_server import Served
from playwright.sync_api import Page, expect
from web_browser import Visit, Visitor

QUESTION = "Wat vervangt het kwaliteitskader?"
IN_PDF = "Wie was de voorzitter van de werkgroep Sociale Impact?"
VIEWS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "320 px": {"viewport": {"width": 320, "height": 640}},
    "zoom 200 %": {"viewport": {"width": 640, "height": 450}},
    "zoom 400 %": {"viewport": {"width": 320, "height": 256}},
    "forced colours": {"forced_colors": "active"},
}
PAGES = [
    "/over", "/privacy", "/toegankelijkheid", "/aanmelden", "/bronnen/bestaat-niet",
    "/bronnen/leidraad-werken-aan-veiligheid?van=2328&tot=2418", "/bronnen/werkgroep-sociale-impact?van=969&tot=1044",
    "/bronnen/kwaliteitskader-werken-aan-veiligheid", "/bronnen/toekomstscenario-kind-en-gezinsbescherming",
]  # fmt: skip
# WCAG 1.4.12; set through the object model, which a strict policy allows.
SPACING = """() => { for (const each of document.querySelectorAll('body *')) {
  each.style.setProperty('line-height', '1.5', 'important');
  each.style.setProperty('letter-spacing', '0.12em', 'important');
  each.style.setProperty('word-spacing', '0.16em', 'important');
} }"""
SMALL_TARGETS = """() => [...document.querySelectorAll('a[href], button, summary, input:not([type=hidden]), textarea')]
  .filter(each => each.checkVisibility() && !each.closest('.source-text p, .source-text li'))
  .filter(each => !each.matches('.visually-hidden, .skip-link, .thumb input'))
  .filter(each => !each.closest('.notice, .source-title, dd, .check, .site-message, .contact'))
  .map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([_, place]) => place.width < 24 || place.height < 24).map(([html]) => html)"""


def assert_fine(visitor: Visitor) -> None:
    assert visitor.violations() == []
    assert not visitor.is_too_wide()


@pytest.mark.parametrize("view", VIEWS)
def test_every_state_of_the_conversation_is_accessible(visit: Visit, web_server: Served, view: str) -> None:
    visitor = visit(web_server, **VIEWS[view]).open()
    page = visitor.page
    assert_fine(visitor)

    page.locator("#filters summary").click()
    page.get_by_label("Alleen documenten die nu gelden").check()
    assert_fine(visitor)
    page.get_by_label("Alleen documenten die nu gelden").uncheck()

    visitor.ask(QUESTION)
    page.locator(".source-quote summary").first.click()
    page.locator(".thumb").first.click()
    assert_fine(visitor)

    visitor.open_citation()
    assert_fine(visitor)
    page.click("#bron-sluiten")

    visitor.ask(IN_PDF)
    visitor.open_citation()
    assert_fine(visitor)
    page.click("#bron-sluiten")

    visitor.ask("Wat is de hoofdstad van Peru?")
    visitor.ask("Mijn cliënt Jan de Vries met bsn 111222333 krijgt een traject, mag dat?")
    page.route("**/v1/antwoorden", lambda route: route.abort())
    page.fill("#vraag", QUESTION)
    page.press("#vraag", "Enter")
    page.locator(".error-card").wait_for()
    page.click("#verstuur")
    assert_fine(visitor)


@pytest.mark.parametrize("view", ["light", "dark", "320 px"])
@pytest.mark.parametrize("path", PAGES)
def test_every_other_page_is_accessible(visit: Visit, web_server: Served, path: str, view: str) -> None:
    visitor = visit(web_server, **VIEWS[view]).open(path)

    assert_fine(visitor)


@pytest.mark.parametrize("path", ["/", "/over", "/privacy", "/toegankelijkheid", "/aanmelden"])
def test_the_english_pages_are_accessible(visit: Visit, web_server: Served, path: str) -> None:
    visitor = visit(web_server).open(f"{path}?taal=en")
    if path == "/":
        visitor.ask("What replaces the quality framework (kwaliteitskader)?")
        visitor.open_citation()

    assert_fine(visitor)


def test_the_page_stays_accessible_with_text_spacing_and_touch_targets(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server, viewport={"width": 320, "height": 640}).open()
    visitor.ask(QUESTION)

    assert visitor.page.evaluate(SMALL_TARGETS) == []
    visitor.page.evaluate(SPACING)

    assert not visitor.is_too_wide()
    assert visitor.page.evaluate(
        "[...document.querySelectorAll('.button, .small-button, .answer-state')].every("
        "each => each.scrollWidth <= each.clientWidth + 1)"
    )


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.outerHTML.slice(0, 160)"))


def tab_to(page: Page, words: str, most: int = 60) -> None:
    """Press Tab until the focus is on something; each stop on the way must be visible."""
    for _ in range(most):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e.closest('.thumb') ?? e);"
            "return s.outlineStyle + s.outlineWidth; }"
        )
        assert style != "none0px", focused(page)
        if words in focused(page):
            return
    pytest.fail(f"no stop with {words}")


def test_everything_can_be_done_with_the_keyboard_alone(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    page = visitor.page
    page.keyboard.press("Tab")
    assert "skip-link" in focused(page)
    page.keyboard.press("Enter")
    tab_to(page, 'id="vraag"')
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".turn-answer .source-item").first.wait_for()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#vraag")).not_to_be_focused()

    for _ in range(40):
        if 'class="marker"' in focused(page):
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.locator("#bron mark").first.wait_for()
    expect(page.locator("#bron-titel")).to_be_focused()
    tab_to(page, "bron-sluiten")
    page.keyboard.press("Enter")

    expect(page.locator("#bron")).to_be_hidden()
    assert 'class="marker"' in focused(page)
    tab_to(page, 'name="oordeel"')
    page.keyboard.press("Space")
    tab_to(page, "Verstuur de beoordeling")
    page.keyboard.press("Enter")
    expect(page.locator(".feedback-result")).to_be_visible()


def test_the_source_over_a_narrow_page_keeps_the_focus_inside(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server, viewport={"width": 390, "height": 700}).open()
    visitor.ask(QUESTION)
    visitor.open_citation()

    for _ in range(25):
        visitor.page.keyboard.press("Tab")
        assert visitor.page.evaluate(
            "[document.body, ...document.querySelectorAll('#bron, #bron *')].includes(document.activeElement)"
        )


def test_a_choice_for_dark_is_kept_and_goes_before_the_device(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    button = visitor.page.get_by_role("button", name="Donkere weergave")
    background = "getComputedStyle(document.body).backgroundColor"
    light = visitor.page.evaluate(background)

    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    dark = visitor.page.evaluate(background)
    visitor.page.reload()

    assert dark != light
    assert visitor.page.evaluate(background) == dark
    expect(button).to_have_attribute("aria-pressed", "true")


def test_the_log_is_not_read_while_it_grows_but_the_end_is_told(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()

    visitor.ask(QUESTION)

    expect(visitor.page.get_by_role("log")).to_have_attribute("aria-live", "off")
    expect(visitor.page.locator("[role=status]")).to_contain_text("Antwoord klaar.")
    assert visitor.page.locator("#gesprek h3").first.inner_text() == "Vraag"


def test_signing_in_is_accessible_and_opens_the_page(
    visit: Visit, web_locked_server: Served, starter_keys: Keys
) -> None:
    visitor = visit(web_locked_server).open()
    page = visitor.page
    expect(page.locator("h1")).to_have_text("Aanmelden")
    assert_fine(visitor)
    page.get_by_label("Sleutel").fill("bw_fout_fout")
    page.get_by_role("button", name="Meld aan").click()
    expect(page.locator("#sleutel-fout")).to_contain_text("niet bekend of ingetrokken")
    assert_fine(visitor)

    page.get_by_label("Sleutel").fill(starter_keys.user)
    with page.expect_navigation():
        page.get_by_role("button", name="Meld aan").click()

    visitor.ask(IN_PDF)
    visitor.open_citation()
    assert page.evaluate("() => document.querySelector('#bron img').decode().then(() => true)")
    page.click("#bron-sluiten")
    page.get_by_role("button", name="Afmelden").click()
    expect(page.locator("h1")).to_have_text("Aanmelden")


def test_the_form_works_without_scripts(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server, java_script_enabled=False).open()
    page = visitor.page
    page.fill("#vraag", "Wat is de Hervormingsagenda Jeugd?")
    page.click("#verstuur")
    expect(page.locator(".turn-answer .marker").first).to_be_visible()
    page.fill("#vraag", "En wanneer loopt die af?")
    page.click("#verstuur")

    expect(page.locator(".question-text")).to_have_count(2)
    expect(page.locator(".turn-earlier")).to_have_count(1)
    with page.expect_popup() as source:
        page.locator(".marker").first.click()
    expect(source.value.locator("mark").first).to_be_visible()
    page.get_by_label("Ja", exact=True).check()
    with page.expect_popup() as thanks:
        page.get_by_role("button", name="Verstuur de beoordeling").click()
    expect(thanks.value.locator(".lead")).to_have_text("Bedankt. De beoordeling is ontvangen.")
