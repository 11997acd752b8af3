"""The web pages as they come over the socket: structure, headers, forms without scripts, signing in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup, Tag
from http_fixtures import Keys
from http_server import Served, serve

from assistant import Assistant, Records, Settings, SettingsError
from integrations.http import create_app
from integrations.http.access import COOKIE

PAGES = [
    "/",
    "/over",
    "/privacy",
    "/toegankelijkheid",
    "/aanmelden",
    "/bronnen/perspectief-2025",
    "/bronnen/bestaat-niet",
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
QUESTION = "Wat vervangt het kwaliteitskader?"
BLOCKED = "Mijn cliënt Jan de Vries met bsn 111222333 krijgt een traject, mag dat?"


@pytest.fixture
def web(web_server: Served) -> Iterator[httpx.Client]:
    with web_server.client() as client:
        yield client


@pytest.fixture
def locked(web_locked_server: Served) -> Iterator[httpx.Client]:
    with web_locked_server.client() as client:
        yield client


def soup(response: httpx.Response) -> BeautifulSoup:
    return BeautifulSoup(response.text, "lxml")


def only(tag: Tag | BeautifulSoup, selector: str) -> Tag:
    [found] = tag.select(selector)
    return found


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_structure_that_a_screen_reader_needs(web: httpx.Client, path: str, language: str) -> None:
    page = soup(web.get(path, params={"taal": language} if language == "en" else {}))

    assert only(page, "html")["lang"] == language
    assert len(page.select("h1")) == len(page.select("main")) == len(page.select("title")) == 1
    assert only(page, "a.skip-link")["href"] == f"#{only(page, 'main')['id']}"
    assert len(page.select("body > header")) == len(page.select("body > footer")) == 1
    labels = {str(label["for"]) for label in page.select("label[for]")}
    for field in page.select("input:not([type=hidden]), textarea, select"):
        assert field.find_parent("label") or field.get("id") in labels, field
    ids = [each["id"] for each in page.select("[id]")]
    assert len(ids) == len(set(ids))
    described = " ".join(str(each["aria-describedby"]) for each in page.select("[aria-describedby]")).split()
    assert set(described) <= set(map(str, ids))
    help_link = page.select("header nav a")[2]
    assert str(help_link["href"]).endswith("#hulp")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_brings_a_strict_policy_and_obeys_it(web: httpx.Client, path: str) -> None:
    response = web.get(path)
    page = soup(response)

    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert [script for script in page.select("script") if not script.get("src")] == []
    assert page.select("style, [style], iframe, base") == []
    assert re.findall(r"\son\w+\s*=", re.sub(r">[^<]*<", "><", response.text)) == []
    loaded = [str(each.get("src") or each.get("href")) for each in page.select("script, link, img, source")]
    assert [address for address in loaded if not address.startswith("/")] == []
    assert [address for address in loaded if web.get(address).status_code != 200] == []


def test_what_the_pages_load_is_our_own_and_names_no_other_site() -> None:
    static = Path(__file__).parents[2] / "integrations" / "http" / "web" / "static"
    files = [path for path in static.rglob("*") if path.suffix in (".css", ".js") and "thema" not in path.parts]

    assert len(files) > 15
    for path in files:
        assert not re.search(
            r"https?://|@import|url\((?!data:)|\beval\(|innerHTML", path.read_text(encoding="utf-8")
        ), path


def test_the_ai_notice_comes_before_the_field(web: httpx.Client) -> None:
    text = web.get("/").text

    assert text.index("Antwoorden zijn gemaakt met AI") < text.index('id="vraag"')


def test_only_questions_that_can_be_answered_are_suggested(web: httpx.Client, client: httpx.Client) -> None:
    assert soup(web.get("/")).select(".suggestion")[0]["value"] == QUESTION
    assert soup(client.get("/")).select(".suggestion") == []


def test_a_form_is_answered_with_sources_and_carries_the_conversation(web: httpx.Client) -> None:
    first = web.post("/vraag", data={"vraag": QUESTION, "geldig": "ja"})
    page = soup(first)
    history = json.loads(str(only(page, "input[name=geschiedenis]")["value"]))
    second = soup(web.post("/vraag", data={"vraag": "En sinds wanneer?", "geschiedenis": json.dumps(history)}))

    assert first.status_code == 200
    assert [turn["rol"] for turn in history] == ["gebruiker", "assistent"]
    marker = page.select(".marker")[0]
    assert re.fullmatch(r"/bronnen/[\w-]+\?van=\d+&tot=\d+#z\d+", str(marker["href"]))
    assert page.select("input[name=geldig][checked]") != []
    assert [turn.get_text() for turn in second.select(".question-text")] == [QUESTION, "En sinds wanneer?"]
    source = soup(web.get(str(marker["href"])))
    quote = page.select(".source-quote blockquote")[0].get_text()
    assert " ".join("".join(mark.get_text() for mark in source.select("mark")).split()) == " ".join(quote.split())


def test_a_form_with_client_data_gets_advice_and_the_question_without_them(web: httpx.Client) -> None:
    response = web.post("/vraag", data={"vraag": BLOCKED})
    page = soup(response)

    assert "burgerservicenummer" in only(page, ".answer-text").get_text()
    assert "111222333" not in response.text
    assert "Jan de Vries" not in response.text
    assert "[" in only(page, "#vraag").get_text()
    assert only(page, "input[name=geschiedenis]")["value"] == "[]"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"vraag": "  "}, 400),
        ({"vraag": "a" * 4001}, 400),
        ({"vraag": QUESTION, "geschiedenis": "[" * 5000}, 400),
        ({"vraag": QUESTION, "geschiedenis": '{"rol": "gebruiker"}'}, 400),
        ({"vraag": QUESTION, "geschiedenis": '[{"rol": "systeem", "tekst": "x"}]'}, 400),
        ({"vraag": QUESTION, "geschiedenis": json.dumps([{"rol": "gebruiker", "tekst": "x"}] * 21)}, 400),
        ({"vraag": QUESTION, "vanaf": "gisteren"}, 400),
        ({"vraag": "!!!"}, 400),
    ],
)
def test_a_form_that_is_filled_in_wrongly_is_explained_in_a_page(
    web: httpx.Client, form: dict[str, str], status: int
) -> None:
    response = web.post("/vraag", data=form)

    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert len(soup(response).select("h1")) == 1


def test_only_forms_are_taken_for_forms(web: httpx.Client) -> None:
    assert web.post("/vraag", json={"vraag": QUESTION}).status_code == 415
    assert web.post("/vraag", files={"vraag": b"x"}).status_code == 415


def test_a_name_that_is_markup_stays_text(web: httpx.Client) -> None:
    page = soup(web.post("/vraag", data={"vraag": 'Wat is <img src=x onerror="alert(1)"> & het wijkteam?'}))

    assert page.select("img") == []
    assert only(page, ".question-text").get_text() == 'Wat is <img src=x onerror="alert(1)"> & het wijkteam?'


@pytest.mark.parametrize(
    "path",
    ["/bronnen/nee", "/bronnen/..%2f..%2fetc%2fpasswd", "/bronnen/werkgroep-sociale-impact/pagina/9",
     "/bronnen/werkgroep-sociale-impact/pagina/0x", "/bronnen/perspectief-2025/pagina/1",
     "/bronnen/perspectief-2025?van=-1", "/static/..%2f..%2fapp.py", "/static/../rendering.py", "/static/nee.css",
     "/thema.css"],
)  # fmt: skip
def test_what_is_not_there_is_told_and_nothing_else_is_shown(web: httpx.Client, path: str) -> None:
    response = web.get(path)

    assert response.status_code == 404
    assert "root:" not in response.text
    assert "import " not in response.text


@pytest.mark.parametrize("path", ["/xyz", "/beleid/oud.html", "/vraag"])
def test_an_address_that_is_nobodys_is_a_page_for_a_browser_and_a_problem_for_a_program(
    web: httpx.Client, path: str
) -> None:
    browser = web.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    program = web.get(path, headers={"Accept": "application/json"})

    status = 405 if path == "/vraag" else 404
    assert (browser.status_code, browser.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert only(soup(browser), "h1").get_text() == "Pagina niet gevonden"
    assert browser.headers["content-security-policy"] == POLICY
    if path != "/vraag":
        assert (program.status_code, program.headers["content-type"]) == (404, "application/problem+json")
    assert web.get("/v1/xyz", headers={"Accept": "text/html"}).headers["content-type"] == "application/problem+json"


def test_a_question_can_be_kept_to_what_was_in_force_on_a_day(web: httpx.Client) -> None:
    asked = {"vraag": "Wat is de Hervormingsagenda Jeugd?"}
    never, wrong = ({**asked, "geldigOp": day} for day in ("1990-01-01", "ooit"))

    page = soup(web.post("/vraag", data=never))

    assert only(page, "[name=geldigOp]")["value"] == "1990-01-01"
    assert only(page, "#filters-gekozen").get_text() == "1 gekozen"
    assert page.select(".turn-answer.is-none")
    assert web.post("/vraag", data=wrong).status_code == 400


def test_a_mark_beyond_the_end_marks_nothing(web: httpx.Client) -> None:
    response = web.get("/bronnen/perspectief-2025?van=999999999&tot=1000000000")

    assert response.status_code == 200
    assert soup(response).select("mark") == []


def test_without_a_key_nothing_of_the_sources_is_shown(locked: httpx.Client) -> None:
    for path in ("/", "/bronnen/perspectief-2025", "/bronnen/werkgroep-sociale-impact/pagina/1"):
        response = locked.get(path)
        assert response.status_code == 401
        assert "sleutel" in response.text
        assert "Perspectief" not in response.text
    assert locked.post("/vraag", data={"vraag": QUESTION}).status_code == 401
    assert "Perspectief 2025" not in locked.get("/over").text
    assert locked.get("/privacy").status_code == 200


def test_a_key_is_kept_in_a_cookie_that_scripts_and_other_sites_cannot_use(
    locked: httpx.Client, starter_keys: Keys
) -> None:
    response = locked.post(
        "/aanmelden", data={"sleutel": starter_keys.user, "terug": "/bronnen/perspectief-2025?van=1"}
    )

    cookie = response.headers["set-cookie"]
    assert response.status_code == 303
    assert response.headers["location"] == "/bronnen/perspectief-2025?van=1"
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age" not in cookie
    assert locked.get("/").status_code == 200
    assert locked.post("/vraag", data={"vraag": QUESTION}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert locked.post("/vraag", data={"vraag": QUESTION}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert locked.post("/afmelden").headers["location"] == "/"
    assert COOKIE not in locked.cookies


@pytest.mark.parametrize("back", ["//elders.example/x", "https://elders.example", "/\\elders.example", "elders", ""])
def test_signing_in_never_leads_elsewhere(locked: httpx.Client, starter_keys: Keys, back: str) -> None:
    response = locked.post("/aanmelden", data={"sleutel": starter_keys.user, "terug": back})

    assert response.headers["location"] == "/"


def test_another_site_cannot_sign_a_visitor_in(locked: httpx.Client, starter_keys: Keys) -> None:
    response = locked.post("/aanmelden", data={"sleutel": starter_keys.user}, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    assert "set-cookie" not in response.headers


def test_while_the_service_is_closed_its_pages_tell_why(
    starter_assistant: Assistant, starter_settings: Settings, starter_records: Records
) -> None:
    starter_records.switch.close("http", "Onderhoud tot 14 uur.")
    try:
        app = create_app(starter_assistant, starter_settings, starter_records, is_open=True)
        with serve(app) as server, server.client() as client:
            start, asked = client.get("/"), client.post("/vraag", data={"vraag": QUESTION})
    finally:
        starter_records.switch.reopen("http")

    assert start.status_code == 200
    assert "Onderhoud tot 14 uur." in start.text
    assert asked.status_code == 503
    assert "Onderhoud tot 14 uur." in asked.text


def test_a_municipality_brings_its_own_theme(
    starter_assistant: Assistant, starter_settings: Settings, starter_records: Records, tmp_path: Path
) -> None:
    css = tmp_path / "theme.css"
    css.write_text(".waterveen-theme { --basis-color-accent-1-color-default: #005a2b; }", encoding="utf-8")
    http = starter_settings.http.model_copy(update={"theme": str(css), "organisation": "Gemeente Waterveen"})
    app = create_app(starter_assistant, replace(starter_settings, http=http), starter_records, is_open=True)
    with serve(app) as server, server.client() as client:
        page, sheet = soup(client.get("/over")), client.get("/thema.css")

    assert only(page, "html")["class"] == ["waterveen-theme"]
    assert page.select("link[rel=stylesheet]")[-1]["href"] == "/thema.css"
    assert sheet.text == css.read_text(encoding="utf-8")
    assert sheet.headers["content-type"].startswith("text/css")
    assert "Gemeente Waterveen" in only(page, ".site-footer-name").get_text()


def test_a_theme_that_is_not_there_stops_the_start(
    starter_assistant: Assistant, starter_settings: Settings, starter_records: Records, tmp_path: Path
) -> None:
    http = starter_settings.http.model_copy(update={"theme": str(tmp_path / "nee.css")})

    with pytest.raises(SettingsError, match=r"Controleer http\.theme"):
        create_app(starter_assistant, replace(starter_settings, http=http), starter_records, is_open=True)


def test_a_service_below_a_path_keeps_to_that_path(
    starter_assistant: Assistant, starter_settings: Settings, starter_records: Records
) -> None:
    http = starter_settings.http.model_copy(update={"base_url": "https://www.waterveen.example/beleid"})
    app = create_app(starter_assistant, replace(starter_settings, http=http), starter_records)
    with serve(app) as server, server.client() as client:
        page = soup(client.get("/privacy"))

    ours = [str(each.get("href") or each.get("src")) for each in page.select("header a, footer a, link, script")]
    assert [address for address in ours if not address.startswith(("/beleid/", "#", "https://example.org"))] == []


def test_about_tells_what_the_service_runs_on(web: httpx.Client) -> None:
    text = soup(web.get("/over")).get_text(" ", strip=True)

    for part in (
        "Dit is AI",
        "multilingual-e5-small",
        "Bijgewerkt op",
        "Aantal documenten 9",
        "Perspectief 2025",
        "vervangen",
    ):
        assert part in text
