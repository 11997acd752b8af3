"""Starting the bot: the manifest, the tokens, and what `beleidswijzer slack` says when something is missing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from fake_embedder import FakeEmbedder
from policy_corpus import Corpus, write_all

import integrations.slack
from assistant import Assistant
from assistant.ingest import build, standard_stages
from assistant.postgres.database import PostgresDatabase
from assistant.postgres.index import PostgresIndex
from assistant.snapshot_follower import SnapshotFollower
from integrations.slack.access import MANIFEST, needed_scopes
from integrations.slack.bot import COMMAND, SHORTCUT
from slack.bot_parts import StartBot, finished
from slack.fake_slack import FakeSlack
from slack.scopes import BY_KIND, EVENT_SCOPES, SCOPES

SOURCE = Path(integrations.slack.__file__).parent
COMMAND_LINE = [str(Path(sys.executable).with_name("beleidswijzer")), "slack"]
MESSAGES_IN = {"channel", "group", "im"}  # the kinds of conversation that the bot reads


def manifest() -> dict[str, object]:
    content: dict[str, object] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return content


def used_methods() -> set[str]:
    """Every method of the Web API that the source names."""
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    return {name for name in re.findall(r'"([a-z]+(?:\.[a-zA-Z]+)+)"', text) if name in {*SCOPES, *BY_KIND}}


def test_the_manifest_asks_for_exactly_the_scopes_that_methods_and_events_need() -> None:
    events = set(manifest()["settings"]["event_subscriptions"]["bot_events"])  # type: ignore[index]
    needed = {EVENT_SCOPES[event] for event in events} - {""}
    needed |= {SCOPES[method][-1] for method in used_methods() if method in SCOPES}
    needed |= {scope for method in used_methods() & BY_KIND.keys() for kind, scope in BY_KIND[method].items()
               if kind in MESSAGES_IN}  # fmt: skip

    assert {"chat.postMessage", "conversations.replies", "users.info"} <= used_methods()
    assert needed_scopes() == needed | {"commands"}


def test_the_manifest_names_what_the_bot_listens_to() -> None:
    features = manifest()["features"]

    assert [each["command"] for each in features["slash_commands"]] == [COMMAND]  # type: ignore[index]
    assert [each["callback_id"] for each in features["shortcuts"]] == [SHORTCUT]  # type: ignore[index]
    assert set(features["agent_view"]) == {"agent_description"}  # type: ignore[index]
    assert manifest()["settings"]["socket_mode_enabled"] is True  # type: ignore[index]
    assert manifest()["settings"]["interactivity"] == {"is_enabled": True}  # type: ignore[index]


def test_an_app_made_from_the_manifest_can_do_everything(slack: FakeSlack, start_bot: StartBot, tmp_path: Path) -> None:
    slack.install(MANIFEST)
    slack.add_channel("G5", "besloten", kind="group", members=["U1"])
    slack.add_channel("C9", "collegas", members=["U3"])
    embedder = FakeEmbedder()
    corpus = Corpus(tmp_path / "corpus", tmp_path / "index")
    corpus.build(embedder, *write_all(corpus))
    assistant = Assistant(SnapshotFollower(corpus.index, embedder.description), embedder)
    start_bot('[slack]\ncolleague_channel = "C9"', assistant=assistant.with_links(lambda _: ""))

    for place in ("C1", "G5", slack.dm("U1")):
        asked = slack.say("U1", place, f"{slack.mention} Hoeveel bedden heeft de nachtopvang?")
        message = finished(slack, place, asked.ts)[0]
        slack.say("U1", place, "Mogen honden mee naar binnen?", asked.ts)
        finished(slack, place, asked.ts, 2)
    slack.click("U1", message, "vraag_collega")
    slack.click("U1", message, "toon_passages")
    slack.shortcut("U2", slack.say("U2", "C1", "Hoeveel bedden heeft de nachtopvang?"), "zoek_bronnen")
    slack.command("U1", "C1", "/beleid", "Hoeveel bedden heeft de nachtopvang?")
    slack.open_agent("U1", viewed="C1")

    assert slack.wait_for(lambda: slack.bot_messages("C9"))
    assert "veertig bedden" in slack.wait_for(lambda: slack.modals("U1"))[0].shown
    assert slack.wait_for(lambda: slack.ephemerals("U1", "C1"))
    assert slack.wait_for(lambda: slack.prompts("U1"))
    assert slack.wait_for(lambda: slack.ephemerals("U2", "C1"))
    refused = [call.method for call in slack.web.calls if call.answer.get("error") == "missing_scope"]
    assert refused == []


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ({}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN hoort met xoxb- te beginnen"),
    ],
)
def test_a_missing_token_is_named_with_the_next_step(tmp_path: Path, tokens: dict[str, str], expected: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SLACK_")} | tokens

    done = subprocess.run(COMMAND_LINE, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert expected in done.stderr
    assert "docs/slack.md" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("engine", ["files", "postgres"])
def test_the_command_answers_until_it_is_told_to_stop(
    slack: FakeSlack, tmp_path: Path, model_cache: Path, request: pytest.FixtureRequest, engine: str
) -> None:
    embedder = request.getfixturevalue("embedder")
    url = request.getfixturevalue("postgres_url") if engine == "postgres" else ""
    corpus = Corpus(tmp_path / "corpus", tmp_path / "indexes")
    documents = write_all(corpus)
    if url:
        index = PostgresIndex(PostgresDatabase(url, "standaard"), tmp_path / "indexes")
        build(documents, index, embedder, standard_stages())
    else:
        corpus.build(embedder, *documents)
    (tmp_path / "beleidswijzer.toml").write_text(
        f'corpus = "corpus"\nindex = "indexes"\ncache = "{model_cache}"\ndata = "gegevens"\n'
        f'[slack]\napi_url = "{slack.api_url}"\n'
    )
    environment = os.environ | {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
    environment |= {"INDEX_URL": url}
    started = subprocess.Popen(COMMAND_LINE, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    slack.connected(seconds=40)

    asked = slack.say("U1", "C1", f"{slack.mention} Hoeveel bedden heeft de nachtopvang?")
    message = finished(slack, "C1", asked.ts)[0]
    slack.settle()
    started.send_signal(signal.SIGTERM)
    said = started.communicate(timeout=30)[1]

    assert started.returncode == 0
    assert "veertig bedden" in message.shown
    assert "Beleidswijzer is verbonden met Slack" in said
    assert "Traceback" not in said
    assert "nachtopvang" not in said
    assert slack.bot_token not in said


def test_a_wrong_app_token_is_named(slack: FakeSlack, tmp_path: Path) -> None:
    (tmp_path / "beleidswijzer.toml").write_text(f'[slack]\napi_url = "{slack.api_url}"\n')
    environment = os.environ | {"SLACK_BOT_TOKEN": "xoxb-oud", "SLACK_APP_TOKEN": slack.app_token}

    done = subprocess.run(COMMAND_LINE, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "SLACK_BOT_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr
