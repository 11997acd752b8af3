from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import load_settings


def test_command_line_goes_before_environment_and_file(tmp_path: Path) -> None:
    (tmp_path / "beleidswijzer.toml").write_text('corpus = "bestand"\nindex = "bestand"\ncache = "bestand"\n')
    environ = {"BELEIDSWIJZER_CORPUS": "omgeving", "BELEIDSWIJZER_INDEX": "omgeving"}

    settings = load_settings(corpus=Path("optie"), environ=environ, cwd=tmp_path)

    assert settings.corpus == tmp_path / "optie"
    assert settings.index == tmp_path / "omgeving"
    assert settings.cache == tmp_path / "bestand"


def test_model_and_threads_come_from_their_own_places(tmp_path: Path) -> None:
    (tmp_path / "beleidswijzer.toml").write_text("threads = 3\n")

    settings = load_settings(environ={"EMBEDDING_MODEL": "sentence-transformers:klein"}, cwd=tmp_path)

    assert settings.embedding_model == "sentence-transformers:klein"
    assert settings.threads == 3


def test_empty_variable_counts_as_absent(tmp_path: Path) -> None:
    settings = load_settings(environ={"EMBEDDING_MODEL": ""}, cwd=tmp_path)

    assert settings.embedding_model == "bundled"


def test_folder_with_a_catalogue_is_used_with_its_own_indexes(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "catalogue.yml").write_text("documents: []\n")

    settings = load_settings(environ={}, cwd=tmp_path)

    assert settings.corpus == tmp_path / "corpus"
    assert settings.index == tmp_path / "indexes"


def test_elsewhere_the_starter_corpus_is_used(tmp_path: Path) -> None:
    settings = load_settings(environ={}, cwd=tmp_path)

    assert (settings.corpus / "catalogue.yml").is_file()
    assert not settings.index.is_relative_to(settings.corpus.parent)


def test_two_corpora_never_share_an_index(tmp_path: Path) -> None:
    one = load_settings(corpus=tmp_path / "a" / "documenten", environ={}, cwd=tmp_path)
    other = load_settings(corpus=tmp_path / "b" / "documenten", environ={}, cwd=tmp_path)

    assert one.index != other.index


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('korpus = "x"\n', "de sleutel 'korpus' is onbekend. Bedoeld is misschien 'corpus'."),
        ("threads = 0\n", "'threads' moet minstens 1 zijn."),
        ('threads = "veel"\n', "'threads' moet een heel getal zijn."),
        ("corpus = 5\n", "'corpus' moet één stuk tekst zijn."),
        ("corpus =\n", "is geen geldige TOML"),
    ],
)
def test_wrong_settings_file_is_refused_with_its_name(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "beleidswijzer.toml").write_text(text)

    with pytest.raises(SettingsError) as refused:
        load_settings(environ={}, cwd=tmp_path)

    assert expected in str(refused.value)
    assert str(tmp_path / "beleidswijzer.toml") in str(refused.value)
    assert refused.value.exit_code == 2
