"""The sections of beleidswijzer.toml, one model each: what they may hold and what applies when they are silent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Door = Literal["http", "slack"]


class Section(BaseModel):
    """A table in beleidswijzer.toml: unknown keys are refused, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PrivacySettings(Section):
    """What happens with client data, and how long feedback is kept."""

    mode: Literal["block", "redact"] = "block"
    names: bool = False  # also look for names with the [privacy] extra
    retention_days: int = Field(default=30, ge=1, le=365)  # of feedback with a question that its sender chose to keep


class DatabaseSettings(Section):
    """The shared database, for an installation with INDEX_URL."""

    organisation: str = Field(default="standaard", pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")  # whose rows are seen


class HttpSettings(Section):
    """The HTTP endpoint and the web page."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=0, le=65_535)
    base_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+(/[^\s?#]*)?$")  # as its users type it
    origins: tuple[str, ...] = ()  # other web sites whose pages may use the API (CORS)
    proxies: tuple[str, ...] = ()  # addresses of reverse proxies whose X-Forwarded-* headers are believed
    requests_per_minute: int = Field(default=30, ge=1)  # per key
    max_connections: int = Field(default=200, ge=1)
    processes: int | None = Field(default=None, ge=1, le=64)  # that serve together; None: one a core, up to four
    oidc_issuer: str | None = Field(default=None, pattern=r"^https?://\S+$")
    oidc_audience: str | None = Field(default=None, min_length=1)
    oidc_maintainer_role: str = Field(default="beheerder", min_length=1)  # in the token's "roles"
    theme: str | None = Field(default=None, min_length=1)  # path of a municipality's own theme.css
    organisation: str = Field(default="Beleidswijzer", min_length=1)
    contact_name: str = Field(default="Team Beleidswijzer", min_length=1)
    contact_url: str = Field(default="https://example.org/beleidswijzer", pattern=r"^https?://\S+$")
    contact_email: str = Field(default="beleidswijzer@example.org", pattern=r"^\S+@\S+$")
    # Where somebody reports a weakness, in security.txt; without it the contact_email above, if that was filled in.
    security_contacts: tuple[Annotated[str, Field(pattern=r"^(https://|mailto:|tel:)[!-~]+$")], ...] = ()
    security_policy: str | None = Field(default=None, pattern=r"^https://[!-~]+$")  # how a report is dealt with
    accessibility_url: str | None = Field(default=None, pattern=r"^https?://\S+$")  # of the toegankelijkheidsverklaring


class SlackChannelSettings(Section):
    """How the bot behaves in one channel."""

    answers: Literal["mention", "thread"] = "thread"  # thread: also follow-ups in a thread that the bot is in
    private: bool = False  # only the asker sees the answer
    documents: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    language: Literal["nl", "en"] | None = None  # None: the language of the question


class SlackSettings(Section):
    """The Slack bot; its tokens come from the environment only."""

    api_url: str = Field(default="https://slack.com/api/", pattern=r"^https?://\S+/$")  # GovSlack has another one
    colleague_channel: str | None = Field(default=None, pattern=r"^[CG][A-Z0-9]+$")  # "Vraag een collega" posts here
    guests: bool = False  # may guests and people from other workspaces ask
    history_turns: int = Field(default=6, ge=0, le=20)
    default: SlackChannelSettings = SlackChannelSettings()
    channels: dict[str, SlackChannelSettings] = Field(default_factory=dict)  # by channel id


class ChatSettings(Section):
    """The chat model that writes answers; without a model the reader quotes."""

    model: str | None = Field(default=None, pattern=r"^[a-z0-9_]+:\S+$")  # provider:model
    base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    timeout_seconds: float = Field(default=30.0, gt=0)
    max_retries: int = Field(default=2, ge=0, le=5)
    context_tokens: int = Field(default=8_192, ge=1_024)
    answer_tokens: int = Field(default=700, ge=100)
    entailment_model: str | None = Field(default=None, min_length=1)  # a sentence-transformers name
