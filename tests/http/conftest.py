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
from web_browser import (
    axe,
    browser,
    starter_assistant,
    starter_keys,
    starter_records,
    starter_settings,
    visit,
    web_locked_server,
    web_server,
)

__all__ = [
    "axe",
    "browser",
    "client",
    "http_assistant",
    "http_records",
    "http_settings",
    "keys",
    "locked_server",
    "maintainer",
    "open_server",
    "starter_assistant",
    "starter_keys",
    "starter_records",
    "starter_settings",
    "user",
    "visit",
    "web_locked_server",
    "web_server",
]
