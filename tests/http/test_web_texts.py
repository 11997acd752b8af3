"""The words of the web pages: the same in both languages, and plain."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

import pytest

from integrations.http.web.suggestions import suggestions
from integrations.http.web.texts import LANGUAGES, chosen_language, day_words, texts


def spoken(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with where it stands."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from spoken(each, f"{path}.{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from spoken(each, f"{path}.{number}")


def names_in(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text)}


def test_each_text_is_there_in_each_language_with_the_same_names() -> None:
    dutch, english = (dict(spoken(texts(language))) for language in LANGUAGES)

    assert dutch.keys() == english.keys()
    assert {path for path in dutch if names_in(dutch[path]) != names_in(english[path])} == set()


def test_no_name_of_a_text_is_a_method_of_a_dictionary() -> None:
    # In a template `t.copy` would be the method.
    names = {part for path, _ in spoken(texts("nl")) for part in path.split(".")}

    assert {name for name in names if name and hasattr(dict, name)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short(language: str) -> None:
    sentences = [
        sentence
        for _, text in spoken(texts(chosen_language(language)))
        for sentence in re.split(r"(?<=[.?!])\s+", text)
        if sentence
    ]
    words = [len(sentence.split()) for sentence in sentences]

    assert sum(words) / len(words) <= 15
    assert [sentence for sentence, count in zip(sentences, words, strict=True) if count > 25] == []


def test_dutch_texts_speak_to_nobody_in_particular() -> None:
    assert [text for _, text in spoken(texts("nl")) if re.search(r"\b(?:[Uu]w?|[Jj]e|[Jj]ij|[Jj]ouw)\b", text)] == []


def test_a_question_is_suggested_only_with_all_its_documents() -> None:
    one = "leidraad-werken-aan-veiligheid"

    assert suggestions([one], "nl") == []
    assert suggestions([one, "kwaliteitskader-werken-aan-veiligheid"], "nl") == ["Wat vervangt het kwaliteitskader?"]


def test_days_are_written_as_people_do() -> None:
    assert day_words("2021-07-03", "nl") == "3 juli 2021"
    assert day_words("2021-07-03", "en") == "3 July 2021"
    assert day_words(None, "nl") == ""
