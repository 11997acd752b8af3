"""Checking a source on the web page, in a real browser."""

from __future__ import annotations

from http_server import Served
from playwright.sync_api import expect
from web_browser import Visit, Visitor, seen

from assistant import Assistant

QUESTION = "Wat vervangt het kwaliteitskader?"
IN_PDF = "Wie was de voorzitter van de werkgroep Sociale Impact?"
ALTERNATIVE = (
    "Beeld van pagina 1 van “Advies van de Tijdelijke Werkgroep Sociale Impact 2020 (samenvatting)” met de geciteerde "
    "zin gemarkeerd. De tekst van deze pagina staat ernaast."
)
CHAIR = "Femke Halsema, burgemeester van Amsterdam, was voorzitter van de werkgroep."


def marked(visitor: Visitor, within: str = "") -> str:
    """All marked words, with plain spaces."""
    return " ".join(" ".join(visitor.page.locator(f"{within} mark").all_inner_texts()).split())


def quote_of(visitor: Visitor, number: int) -> str:
    quote = visitor.page.locator(".turn-answer").last.locator(".source-quote blockquote").nth(number - 1)
    return " ".join((quote.text_content() or "").split())


def test_a_marker_opens_the_source_with_exactly_the_quote_marked_and_in_view(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.ask(QUESTION)
    for number in range(1, visitor.page.locator(".marker").count() + 1):
        visitor.open_citation(number)
        expect(visitor.page.locator("#bron-titel")).to_be_focused()

        assert marked(visitor, "#bron") == quote_of(visitor, number)
        assert seen(visitor.page, "#bron mark")
        assert seen(visitor.page, ".marker[aria-current]")  # side by side


def test_closing_the_source_gives_the_focus_back(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.ask(QUESTION)
    visitor.open_citation()

    visitor.page.keyboard.press("Escape")

    expect(visitor.page.locator("#bron")).to_be_hidden()
    expect(visitor.page.locator(".marker").first).to_be_focused()


def test_on_a_narrow_screen_the_source_lies_over_the_page(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server, viewport={"width": 390, "height": 700}).open()
    visitor.ask(QUESTION)

    visitor.open_citation()

    assert visitor.page.evaluate("document.querySelector('#bron').matches(':modal')")
    assert seen(visitor.page, "#bron mark")
    visitor.page.set_viewport_size({"width": 1280, "height": 800})
    visitor.page.wait_for_function("!document.querySelector('#bron').matches(':modal')")
    expect(visitor.page.locator("#bron")).to_be_visible()


def test_a_pdf_is_shown_as_a_page_with_the_quote_marked(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.ask(IN_PDF)

    visitor.open_citation()

    picture = visitor.page.locator("#bron .page-image img")
    assert visitor.page.evaluate("() => document.querySelector('#bron img').decode().then(() => true)")
    expect(picture).to_have_attribute("alt", ALTERNATIVE)
    assert marked(visitor, "#bron") == CHAIR
    assert visitor.page.evaluate(YELLOW_IN_VIEW)


# Where the mark is on the picture, and whether that place is in view; other places are white.
YELLOW_IN_VIEW = """async () => {
  const image = document.querySelector('#bron img');
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
  const drawing = canvas.getContext('2d');
  drawing.drawImage(image, 0, 0);
  const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
  const rows = [];
  for (let row = 0; row < canvas.height; row += 1)
    for (let column = 0; column < canvas.width; column += 1) {
      const at = 4 * (row * canvas.width + column);
      if (data[at] === 255 && data[at + 1] === 224 && data[at + 2] === 102) { rows.push(row); break; }
    }
  const place = image.getBoundingClientRect();
  const view = document.querySelector('#bron-inhoud').getBoundingClientRect();
  const top = place.top + place.height * rows[0] / canvas.height;
  return rows.length > 10 && rows.length < 60 && top > view.top && top < view.bottom;
}"""


def test_the_next_page_of_a_pdf_is_opened_in_the_panel(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.ask(IN_PDF)
    visitor.open_citation()

    visitor.page.locator("#bron").get_by_role("link", name="Volgende pagina").click()

    expect(visitor.page.locator("#bron .page-number")).to_have_text("Pagina 2 van 3")
    expect(visitor.page).to_have_url(f"{web_server.url}/")


def test_a_bare_link_shows_the_sentence_in_a_new_tab(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open("/bronnen/hervormingsagenda-jeugd")
    anchor, sentence = visitor.page.evaluate(
        "() => [...document.querySelectorAll('.source-text p span[id^=z]')].map(s => [s.id, s.innerText])[12]"
    )

    visitor.open(f"/bronnen/hervormingsagenda-jeugd#{anchor}")

    assert visitor.page.evaluate("document.querySelector(':target').innerText") == sentence
    assert seen(visitor.page, f"#{anchor}")
    colour = visitor.page.evaluate("getComputedStyle(document.querySelector(':target')).backgroundColor")
    assert colour == "rgb(255, 224, 102)"


def test_a_bare_link_into_a_pdf_finds_its_page(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open("/bronnen/werkgroep-sociale-impact")
    anchor, sentence = visitor.page.evaluate(
        "() => [...document.querySelectorAll('.source-text span[id^=z]')].map(s => [s.id, s.innerText]).at(-3)"
    )

    visitor.open(f"/bronnen/werkgroep-sociale-impact#{anchor}")

    visitor.page.wait_for_url("**van=*")
    expect(visitor.page.locator(".page-number")).to_have_text("Pagina 3 van 3")
    assert marked(visitor) == " ".join(sentence.split())
    assert seen(visitor.page, "mark")


def test_a_quote_that_is_not_on_the_picture_is_said_so_in_text(
    visit: Visit, web_server: Served, starter_assistant: Assistant
) -> None:
    # A sentence whose greater part is on the next page.
    end = starter_assistant.source("werkgroep-sociale-impact").pages[0].end
    visitor = visit(web_server).open(f"/bronnen/werkgroep-sociale-impact?van={end - 30}&tot={end + 300}")

    expect(visitor.page.locator(".page-number")).to_have_text("Pagina 1 van 3")
    expect(visitor.page.locator(".page-note")).to_contain_text("niet gevonden in het beeld van deze pagina")
    assert "gemarkeerd" not in (visitor.page.locator(".page-image img").get_attribute("alt") or "")
    assert len(marked(visitor)) > 200


def test_a_source_that_was_replaced_names_its_successor(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open("/bronnen/kwaliteitskader-werken-aan-veiligheid")

    expect(visitor.page.locator(".source-warning")).to_contain_text("Dit document is vervangen door:")
    visitor.page.locator(".source-warning a").click()
    expect(visitor.page.locator("h1")).to_have_text("Leidraad 'Werken aan veiligheid' (samenvatting)")


def test_a_source_that_cannot_be_fetched_is_told_in_the_panel(visit: Visit, web_server: Served) -> None:
    visitor = visit(web_server).open()
    visitor.ask(QUESTION)
    visitor.page.route("**/bronnen/**", lambda route: route.abort())

    visitor.page.locator(".marker").first.click()

    expect(visitor.page.locator("#bron-inhoud")).to_have_text("De bron kon niet worden geopend. Probeer het opnieuw.")
