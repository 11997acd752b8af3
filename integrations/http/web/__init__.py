"""The web page: asking, reading sources, and what a visitor should know about the service."""

from integrations.http.web.page_errors import respond_to_visitors
from integrations.http.web.pages import router
from integrations.http.web.rendering import Pages

__all__ = ["Pages", "respond_to_visitors", "router"]
