"""The HTTP door: a REST API, a web page, an OpenAI-compatible endpoint and an MCP server on one assistant."""

from integrations.http.app import create_app

__all__ = ["create_app"]
