"""What every part of the HTTP door works with; made once by `create_app`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from assistant import Assistant, Records, Settings, Uploads, open_uploads
from integrations.http.metrics import Metrics

if TYPE_CHECKING:
    from integrations.http.oidc import TokenCheck


@dataclass(frozen=True)
class Service:
    """The assistant (its links point to our own pages), the settings, and what is kept between requests."""

    assistant: Assistant
    settings: Settings
    records: Records
    is_open: bool = False  # --open: no key needed, everybody is "gebruiker"; loopback only
    metrics: Metrics = field(default_factory=Metrics)

    @cached_property
    def uploads(self) -> Uploads:
        """Where the files of maintainers wait."""
        return open_uploads(self.settings)

    @cached_property
    def tokens(self) -> TokenCheck | None:
        """Checks the tokens of the organisation's login; None without one. SettingsError if it is set up wrongly."""
        if self.settings.http.oidc_issuer is None:
            return None
        from integrations.http.oidc import open_token_check  # brings the libraries for signatures

        return open_token_check(self.settings)
