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


def test_a_section_of_the_file_is_read_and_the_environment_goes_before_it(tmp_path: Path) -> None:
    (tmp_path / "beleidswijzer.toml").write_text(
        '[http]\nport = 9000\nbase_url = "https://oud.example"\n'
        '[slack.channels.C1]\nprivate = true\nthemes = ["jeugd"]\n'
    )

    settings = load_settings(environ={"BELEIDSWIJZER_URL": "https://nieuw.example"}, cwd=tmp_path)

    assert (settings.http.port, settings.http.base_url) == (9000, "https://nieuw.example")
    assert settings.slack.channels["C1"].private
    assert settings.slack.channels["C1"].themes == ("jeugd",)
    assert (settings.chat.model, settings.privacy.mode) == (None, "block")


def test_the_environment_alone_can_name_a_chat_model(tmp_path: Path) -> None:
    settings = load_settings(environ={"CHAT_MODEL": "ollama:geitje"}, cwd=tmp_path)

    assert settings.chat.model == "ollama:geitje"


def test_a_wrong_key_in_a_section_is_named_with_its_section(tmp_path: Path) -> None:
    (tmp_path / "beleidswijzer.toml").write_text("[http]\npoort = 9000\nport = 70000\n")

    with pytest.raises(SettingsError) as refused:
        load_settings(environ={}, cwd=tmp_path)

    assert "'http.port' mag hoogstens 65535 zijn." in str(refused.value)
    assert "de sleutel 'http.poort' is onbekend." in str(refused.value)


def test_a_value_of_the_wrong_form_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'chat\.model' heeft niet de juiste vorm\."):
        load_settings(environ={"CHAT_MODEL": "geitje"}, cwd=tmp_path)


def test_a_token_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "beleidswijzer.toml").write_text('[slack]\nbot_token = "xoxb-1"\n')

    with pytest.raises(SettingsError) as refused:
        load_settings(environ={}, cwd=tmp_path)

    assert "de sleutel 'slack.bot_token' is onbekend." in str(refused.value)
    assert "xoxb-1" not in str(refused.value)


def test_secrets_come_from_the_environment_and_are_never_shown(tmp_path: Path) -> None:
    settings = load_settings(environ={"SLACK_BOT_TOKEN": "xoxb-geheim", "CHAT_API_KEY": ""}, cwd=tmp_path)

    assert (settings.secrets.slack_bot_token, settings.secrets.chat_api_key) == ("xoxb-geheim", None)
    assert "geheim" not in repr(settings)


def test_what_cannot_be_made_again_has_a_folder_for_each_corpus(tmp_path: Path) -> None:
    one = load_settings(corpus=tmp_path / "een", environ={}, cwd=tmp_path)
    other = load_settings(corpus=tmp_path / "twee", environ={}, cwd=tmp_path)
    chosen = load_settings(environ={"BELEIDSWIJZER_DATA": "gegevens"}, cwd=tmp_path)

    assert one.data != other.data
    assert chosen.data == tmp_path / "gegevens"
