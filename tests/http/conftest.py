"""The fixtures of the tests over HTTP; in a module of their own, as mypy takes one `conftest` only."""

from http_fixtures import (
    client,
    http_assistant,
    http_records,
    http_settings,
    keys,
    locked_server,
    maintainer,
    open_server,
    user,
)

__all__ = [
    "client",
    "http_assistant",
    "http_records",
    "http_settings",
    "keys",
    "locked_server",
    "maintainer",
    "open_server",
    "user",
]
