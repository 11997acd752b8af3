"""The texts for the chat model: a folder of Markdown files in, checked prompts out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from assistant.errors import SettingsError
from assistant.wording import reason_words

NAMES = {
    "antwoord": frozenset({"bronnen", "grens", "kanarie", "lengte", "markering", "taal", "vraag", "weigering"}),
    "herstel": frozenset({"bronnen", "grens", "kanarie", "markering", "taal", "zinnen"}),
    "vervolgvraag": frozenset({"gesprek", "grens", "kanarie", "taal", "vraag"}),
}
_SECTIONS = re.compile(r"^## Systeem\s*$(?P<system>.*)^## Gebruiker\s*$(?P<user>.*)\Z", re.MULTILINE | re.DOTALL)
_MAX_BYTES = 100_000


@dataclass(frozen=True)
class Message:
    """What a chat model is told: the instruction, and the question with its data."""

    system: str
    user: str


@dataclass(frozen=True)
class Prompt:
    """One text with names to fill in."""

    system: Template
    user: Template

    def filled(self, values: Mapping[str, str]) -> Message:
        """The text with every name replaced once; a dollar sign in a value stays what it is."""
        return Message(self.system.substitute(values), self.user.substitute(values))


@dataclass(frozen=True)
class Prompts:
    """All texts for the chat model."""

    answer: Prompt
    repair: Prompt
    follow_up: Prompt
    version: str  # first twelve hexadecimal digits of the SHA-256 of all files


def load_prompts(folder: Path) -> Prompts:
    """Read and check the prompts.

    Raises:
        SettingsError: a file is missing, lacks a part, or has other names than the program fills in.
    """
    texts = {name: _text(folder / f"{name}.md") for name in NAMES}
    prompts = {name: _prompt(folder / f"{name}.md", text, NAMES[name]) for name, text in texts.items()}
    version = hashlib.sha256("\0".join(texts[name] for name in sorted(texts)).encode()).hexdigest()[:12]
    return Prompts(prompts["antwoord"], prompts["herstel"], prompts["vervolgvraag"], version)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if len(content) > _MAX_BYTES:
            raise SettingsError(f"{path} is te groot voor een prompt. Maak de tekst korter dan {_MAX_BYTES:_} bytes.")
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is geen UTF-8. Bewaar het bestand als UTF-8.") from error
    except OSError as error:
        raise SettingsError(
            f"{path} kan niet worden gelezen: {reason_words(error)}. Zet BELEIDSWIJZER_PROMPTS op een map met "
            f"{', '.join(f'{name}.md' for name in NAMES)}."
        ) from error


def _prompt(path: Path, text: str, names: frozenset[str]) -> Prompt:
    found = _SECTIONS.search(text)
    if found is None:
        raise SettingsError(f"{path} mist een deel. Zet er '## Systeem' in en daarna '## Gebruiker'.")
    prompt = Prompt(Template(found["system"].strip()), Template(found["user"].strip()))
    problems = list(_problems(prompt, names))
    if problems:
        raise SettingsError(f"In {path}: {' '.join(problems)} Toegestaan: {', '.join(sorted(names))}.")
    return prompt


def _problems(prompt: Prompt, names: frozenset[str]) -> list[str]:
    if not (prompt.system.is_valid() and prompt.user.is_valid()):
        return ["een dollarteken staat los. Schrijf $$ voor een gewoon dollarteken."]
    used = {*prompt.system.get_identifiers(), *prompt.user.get_identifiers()}
    missing = [f"de naam ${name} ontbreekt." for name in sorted(names - used)]
    return missing + [f"de naam ${name} is onbekend." for name in sorted(used - names)]
