"""Fills the templates: words in the visitor's language, links that keep it, and headers that let nothing else in."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import HTMLResponse

from assistant import STATUS_WORDS, RecordsError
from integrations.http.access import COOKIE, identify
from integrations.http.problems import Problem
from integrations.http.service import Service
from integrations.http.web.texts import PageLanguage, chosen_language, day_words, texts
from integrations.http.web.themes import choose_theme

_TEMPLATES = Path(__file__).parent / "templates"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # "no-referrer" would make the browser hide where our own forms come from
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Pages:
    """The templates of one service."""

    def __init__(self, service: Service) -> None:
        """Everything that is the same for each page; raises SettingsError for a theme that cannot be read."""
        self._service = service
        self.theme = choose_theme(service.settings.http.theme)
        self.root = urlsplit(service.settings.http.base_url or "").path.rstrip("/")
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._environment.filters |= {"day": _day, "moment": _moment, "status_word": STATUS_WORDS.__getitem__}

    def render(self, request: Request, template: str, title: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A whole page as a response; reads a database: call it in a worker thread."""
        return HTMLResponse(self.text(request, template, title=title, **values), status, HEADERS)

    def text(self, request: Request, template: str, **values: Any) -> str:
        """A filled template."""
        language = language_of(request)
        http = self._service.settings.http
        return self._environment.get_template(template).render(
            {
                "t": texts(language),
                "language": language,
                "here": _here(request, self.root),
                "other_language": self._in_other_language(request, language),
                "link": partial(self.link, language=language),
                "root": self.root,
                "theme": self.theme,
                "organisation": http.organisation,
                "contact": {"name": http.contact_name, "url": http.contact_url, "email": http.contact_email},
                "closed": self._closed(),
                "may_administer": self._may_administer(request),
                "may_sign_out": not self._service.is_open and COOKIE in request.cookies,
                **values,
            }
        )

    def link(self, path: str, language: PageLanguage = "nl", fragment: str = "", **query: object) -> str:
        """The address of one of our own pages, in the visitor's language."""
        named = {name: value for name, value in query.items() if value is not None}
        asked = urlencode(named | ({"taal": language} if language != "nl" else {}))
        return self.root + quote(path) + (f"?{asked}" if asked else "") + (f"#{fragment}" if fragment else "")

    def _in_other_language(self, request: Request, language: PageLanguage) -> str:
        """The address of the same page in the other language."""
        query = dict(request.query_params) if request.method == "GET" else {}
        query.pop("taal", None)
        return self.link(_here(request, self.root), "nl" if language == "en" else "en", **query)

    def _may_administer(self, request: Request) -> bool:
        if COOKIE not in request.cookies:
            return False
        try:
            return identify(self._service, request).role == "beheerder"
        except (Problem, RecordsError):
            return False

    def _closed(self) -> str | None:
        try:
            return self._service.records.switch.state("http")
        except RecordsError:
            return None  # the page itself stays readable


def language_of(request: Request) -> PageLanguage:
    """The language of the page, from the address."""
    return chosen_language(request.query_params.get("taal"))


def _here(request: Request, root: str) -> str:
    return (
        request.url.path.removeprefix(root) if request.method == "GET" else "/"
    )  # the answer to a form has no address


@pass_context
def _day(context: Context, written: object) -> str:
    return day_words(written, context["language"])


@pass_context
def _moment(context: Context, moment: datetime) -> str:
    local = moment.astimezone()
    return f"{day_words(local.date(), context['language'])}, {local:%H:%M}"


def as_json(value: object) -> str:
    """A value for a data attribute, where the page's script reads it."""
    return json.dumps(value, ensure_ascii=False)
