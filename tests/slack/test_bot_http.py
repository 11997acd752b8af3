"""The bot over HTTP, mounted in the same service as the web page: signatures, retries, and the same answers."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from fake_embedder import FakeEmbedder
from policy_corpus import Corpus, write_all

from assistant import Assistant, Records, load_settings
from assistant.settings import Secrets
from assistant.snapshot_follower import SnapshotFollower
from integrations.http.app import create_app
from integrations.http.serving import bind, server_config
from slack import payloads
from slack.bot_parts import answers, finished
from slack.fake_slack import FakeSlack


@contextmanager
def service(slack: FakeSlack, folder: Path, records: Records) -> Iterator[str]:
    """`beleidswijzer serve` with Slack's secrets: its address."""
    (folder / "beleidswijzer.toml").write_text(f'[slack]\napi_url = "{slack.api_url}"', encoding="utf-8")
    settings = load_settings(environ={"BELEIDSWIJZER_URL": "https://wijzer.voorbeeld.nl"}, cwd=folder)
    secrets = Secrets(slack_bot_token=slack.bot_token, slack_signing_secret=slack.signing_secret)
    settings = dataclasses.replace(settings, secrets=secrets, index=folder / "index")
    embedder = FakeEmbedder()
    corpus = Corpus(folder / "corpus", settings.index)
    corpus.build(embedder, *write_all(corpus))
    app = create_app(Assistant(SnapshotFollower(settings.index, embedder.description), embedder), settings, records)
    with bind("127.0.0.1", 0) as listener:
        server = uvicorn.Server(server_config(app, settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            thread.join(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def url(slack: FakeSlack, tmp_path: Path, records: Records) -> Iterator[str]:
    """The address at which Slack posts."""
    with service(slack, tmp_path, records) as address:
        yield f"{address}/slack/events"


def test_a_question_over_http_is_answered_with_links_to_the_same_service(slack: FakeSlack, url: str) -> None:
    slack.use_http(url)

    asked = slack.say("U1", "C1", f"{slack.mention} Hoeveel bedden heeft de nachtopvang?")
    message = finished(slack, "C1", asked.ts)[0]
    slack.settle()

    assert "veertig bedden" in message.shown
    assert "https://wijzer.voorbeeld.nl/bronnen/notitie#z" in str(message.blocks)
    assert len(answers(slack, "C1", asked.ts)) == 1


def test_a_retry_over_http_gives_no_second_answer(slack: FakeSlack, url: str) -> None:
    slack.use_http(url)
    asked = slack.say("U1", "C1", f"{slack.mention} Hoeveel bedden heeft de nachtopvang?")
    for delivery in list(slack.deliveries):
        slack.redeliver(delivery)
    finished(slack, "C1", asked.ts)
    slack.settle()

    assert len(answers(slack, "C1", asked.ts)) == 1


def test_a_command_over_http(slack: FakeSlack, url: str) -> None:
    slack.use_http(url)

    slack.command("U1", "C1", "/beleid", "Hoeveel bedden heeft de nachtopvang?")

    assert "veertig bedden" in slack.wait_for(lambda: slack.ephemerals("U1", "C1"))[0].shown


def test_a_forged_signature_and_an_old_timestamp_are_refused(slack: FakeSlack, url: str) -> None:
    event = payloads.event_callback(
        payloads.message_event(user="U1", channel=slack.dm("U1"), text="hallo?", ts="1.0", kind="im")
    )

    forged = slack.post(url, "events_api", event, secret="geraden")
    old = slack.post(url, "events_api", event, age_seconds=301)
    unsigned = httpx.post(url, json=event)

    assert [forged.status, old.status, unsigned.status_code] == [401, 401, 401]
    assert slack.bot_messages(slack.dm("U1")) == []


def test_slack_may_verify_the_address(slack: FakeSlack, url: str) -> None:
    answer = slack.post(url, "events_api", payloads.url_verification("toets"))

    assert (answer.status, "toets" in answer.text) == (200, True)


def test_a_token_that_does_not_work_leaves_the_web_page_open(
    slack: FakeSlack, tmp_path: Path, records: Records, caplog: pytest.LogCaptureFixture
) -> None:
    slack.access.bot_token_error = "token_expired"

    with service(slack, tmp_path, records) as address:
        answer = httpx.post(f"{address}/slack/events", json={})

    assert answer.status_code == 404
    assert "SLACK_BOT_TOKEN" in caplog.text
