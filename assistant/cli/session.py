"""What the commands of one run share: the folders chosen on the command line, the settings, the opened assistant."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from assistant.types import Answer, Document, Filters, Passage, Turn
from assistant.wording import legible

if TYPE_CHECKING:
    from assistant.downloading import Downloader
    from assistant.settings import Settings

# A proposed command that works on the folders of this run; `corpus init` names its folder itself.
_COMMAND = re.compile(
    r"\bbeleidswijzer(?= (?:ask|chat|search|index|doctor|keys|serve|worker|service|mcp)\b| corpus (?!init\b)[a-z]+)"
)
Result = TypeVar("Result")
NO_FILTERS = Filters()


class Answering(Protocol):
    """What the commands ask of an assistant."""

    def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = NO_FILTERS) -> Answer: ...

    def search(self, question: str, filters: Filters = NO_FILTERS, limit: int = 10) -> list[Passage]: ...

    def documents(self) -> Sequence[Document]: ...


def _open_assistant(settings: Settings) -> Answering:
    from assistant.answering import open_assistant  # loads the model and the index: seconds

    return open_assistant(settings)


def _open_downloader() -> Downloader:
    from assistant.downloading import Downloader

    return Downloader()


@dataclass
class Session:
    """One run of the command."""

    open_assistant: Callable[[Settings], Answering] = _open_assistant
    corpus: Path | None = None  # --corpus
    index: Path | None = None  # --index
    debug: bool = False
    open_downloader: Callable[[], Downloader] = _open_downloader

    @cached_property
    def settings(self) -> Settings:
        from assistant.settings import load_settings  # pydantic: not needed for a help page

        return load_settings(self.corpus, self.index)

    @cached_property
    def corpus_folder(self) -> Path:
        """Where the documents can be read; of a database, this machine's copy of them."""
        from assistant.changing import readable

        return readable(self.settings).corpus

    @cached_property
    def assistant(self) -> Answering:
        return self.open_assistant(self.settings)

    def with_folders(self, sentence: str) -> str:
        """The sentence with the folders of this run in the commands that it proposes, so that they can be typed.

        What a file's name would do to the terminal is left out of it.
        """
        sentence = legible(sentence)
        chosen = {"--corpus": self.corpus, "--index": self.index}
        options = " ".join(f"{option} {shlex.quote(str(folder))}" for option, folder in chosen.items() if folder)
        return _COMMAND.sub(lambda found: f"{found[0]} {options}", sentence) if options else sentence

    def indexed_documents(self) -> Sequence[Document]:
        """The documents that the index holds."""
        return self.assistant.documents()


def pass_session(command: Callable[..., Result]) -> Callable[..., Result]:
    """Give a command the session as its first argument."""
    # click.pass_obj does this too, but its type refuses a first argument that has a name.
    return click.pass_obj(command)
