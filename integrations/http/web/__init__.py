"""The web page: asking, reading sources, and what a visitor should know about the service."""

from integrations.http.web.pages import router

__all__ = ["router"]
