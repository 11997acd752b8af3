"""The HTTP door: a REST API, a web page, an OpenAI-compatible endpoint and an MCP server on one assistant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.http.app import create_app

__all__ = ["create_app"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        # Imported on first use: `beleidswijzer --help` reads the commands of this door, not its web framework.
        if name != "create_app":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from integrations.http.app import create_app

        return create_app
