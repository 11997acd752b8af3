"""A real browser on the web page over the starter corpus, and axe to judge what it shows."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from http_fixtures import Keys, settings_in
from http_server import Served, serve
from playwright.sync_api import Browser, Page, sync_playwright

from assistant import Assistant, Records, Settings, open_records
from assistant.catalogue import read_documents
from assistant.ingest import build, standard_stages
from assistant.openvino_embedder import BundledEmbedder
from assistant.snapshot_follower import SnapshotFollower
from integrations.http import create_app

AXE = "axe-core@4.14.1"  # MPL-2.0; only for tests
CORPUS = Path(__file__).parents[2] / "corpus"
WIDE = {"width": 1280, "height": 900}
_ARGUMENTS = [
    *("--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
_AXE_SCRIPT = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser tab on the page."""

    page: Page
    url: str
    axe: str

    def open(self, path: str = "/") -> Visitor:
        """Go to a page and wait until it is there."""
        self.page.goto(self.url + path)
        return self

    def ask(self, question: str) -> None:
        """Type a question, press Enter and wait for the whole answer."""
        answers = self.page.locator(".turn-answer").count()
        self.page.fill("#vraag", question)
        self.page.press("#vraag", "Enter")
        self.page.locator(".turn-answer").nth(answers).wait_for()
        self.page.locator("#verstuur").wait_for()

    def open_citation(self, number: int = 1) -> None:
        """Follow a marker of the last answer and wait for its source."""
        self.page.locator(".turn-answer").last.locator(".marker").nth(number - 1).click()
        self.page.locator("#bron mark").first.wait_for()

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is now."""
        self.page.evaluate(self.axe)
        found: list[dict[str, Any]] = self.page.evaluate(_AXE_SCRIPT)
        return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]

    def is_too_wide(self) -> bool:
        """Whether the page must be scrolled sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def seen(page: Page, selector: str) -> bool:
    """Whether the first element is in the window, and in the view of what scrolls around it."""
    return bool(
        page.evaluate(
            """selector => {
              const element = document.querySelector(selector);
              const place = element.getBoundingClientRect();
              const top = document.elementFromPoint(place.left + 3, place.top + place.height / 2);
              return place.height > 0 && top !== null && (element.contains(top) || top.contains(element));
            }""",
            selector,
        )
    )


def missing(what: str) -> None:
    """Skip the test; where the checks must be whole (CI), its failure instead."""
    if os.environ.get("CI") or os.environ.get("BELEIDSWIJZER_REQUIRE_BROWSER"):
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def starter_settings(
    embedder: BundledEmbedder, model_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings with the starter corpus, indexed. Shared: do not write to it."""
    settings = settings_in(tmp_path_factory.mktemp("web"), model_cache)
    assert build(read_documents(CORPUS), settings.index, embedder, standard_stages()).failures == ()
    return settings


@pytest.fixture(scope="session")
def starter_assistant(starter_settings: Settings, embedder: BundledEmbedder) -> Assistant:
    """The real assistant on the starter corpus."""
    return Assistant(SnapshotFollower(starter_settings.index, embedder.description), embedder)


@pytest.fixture(scope="session")
def starter_records(starter_settings: Settings) -> Iterator[Records]:
    """Where the servers of the web tests keep keys and feedback."""
    with open_records(starter_settings) as records:
        yield records


@pytest.fixture(scope="session")
def starter_keys(starter_records: Records) -> Keys:
    """A key of each role for the locked server."""
    keys = starter_records.keys
    return Keys(keys.create("test", "gebruiker")[0], keys.create("baas", "beheerder")[0])


@pytest.fixture(scope="session")
def web_server(starter_assistant: Assistant, starter_settings: Settings, starter_records: Records) -> Iterator[Served]:
    """A server for this machine only, that asks for no key."""
    with serve(create_app(starter_assistant, starter_settings, starter_records, is_open=True)) as served:
        yield served


@pytest.fixture(scope="session")
def web_locked_server(
    starter_assistant: Assistant, starter_settings: Settings, starter_records: Records
) -> Iterator[Served]:
    """A server that wants a key."""
    with serve(create_app(starter_assistant, starter_settings, starter_records)) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; for one module, because its event loop would be in the way of other tests."""
    executable = shutil.which("chromium")
    if executable is None:
        missing("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core; BELEIDSWIJZER_TEST_CACHE keeps it between sessions."""
    kept = os.environ.get("BELEIDSWIJZER_TEST_CACHE")
    folder = Path(kept) / AXE if kept else tmp_path_factory.mktemp("axe")
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        if shutil.which("npm") is None:
            missing("npm")
        command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder), AXE]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    return script.read_text(encoding="utf-8")


@pytest.fixture
def visit(browser: Browser, axe: str) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors of a server; takes the options of a browser context. A script error fails the test."""
    errors: list[str] = []
    with ExitStack() as stack:

        def visitor(server: Served, **options: Any) -> Visitor:
            context = browser.new_context(**{"viewport": WIDE, "locale": "nl-NL", **options})
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
            return Visitor(page, server.url, axe)

        yield visitor
    assert errors == []


Visit = Callable[..., Visitor]
