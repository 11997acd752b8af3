"""Retries, floods, broken connections, rate limits and dying processes: always one answer, never two or none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from slack_sdk import WebClient

from assistant import Errand, Records
from integrations.slack.desk import Desk
from slack.bot_parts import FakeAssistant, StartBot, answers, bot_on, connected, finished, is_done, settings_in
from slack.fake_slack import FakeSlack
from slack.payloads import BOT_USER
from slack.workspace import Message

TESTS = Path(__file__).parents[1]


def ask(slack: FakeSlack, channel: str = "C1", number: int = 0) -> Message:
    return slack.say("U1", channel, f"{slack.mention} vraag {number}: wanneer belt het wijkteam?")


def test_a_storm_of_retries_gives_one_answer(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()
    asked = ask(slack)
    for delivery in list(slack.deliveries):
        for number in (1, 2, 3):
            slack.redeliver(delivery, number)
    finished(slack, "C1", asked.ts)

    for delivery in list(slack.deliveries):
        slack.redeliver(delivery, 3)
    slack.settle()

    assert len(fake_assistant.asked) == len(answers(slack, "C1", asked.ts)) == 1


def test_fifty_questions_at_once_in_ten_channels_are_answered_once_each(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    channels = [f"C{number}" for number in range(10, 20)]
    for channel in channels:
        slack.add_channel(channel, members=["U1"])
    start_bot()

    asked = [ask(slack, channels[number % 10], number) for number in range(50)]
    slack.wait_for(lambda: all(any(map(is_done, answers(slack, each.channel, each.ts))) for each in asked), 20)
    slack.settle()

    assert [len(answers(slack, each.channel, each.ts)) for each in asked] == [1] * 50
    assert max(Counter(fake_assistant.questions).values()) == 1
    assert max(each.attempts[0].seconds or 9.0 for each in slack.deliveries) < 3.0


def test_two_processes_that_get_the_same_event_give_one_answer(
    slack: FakeSlack, records: Records, tmp_path: Path
) -> None:
    first, second = FakeAssistant(), FakeAssistant()
    settings = settings_in(tmp_path)
    with bot_on(slack, first, settings, records), bot_on(slack, second, settings, records):
        slack.connected(2)
        asked = [ask(slack, number=number) for number in range(6)]  # Slack shares the events out
        for delivery in list(slack.deliveries):
            slack.redeliver(delivery)
        for each in asked:
            finished(slack, "C1", each.ts)
        slack.settle()

    assert [len(answers(slack, "C1", each.ts)) for each in asked] == [1] * 6
    assert len(first.asked) + len(second.asked) == 6


@pytest.mark.parametrize("how", ["dropped", "refreshed"])
def test_a_broken_connection_in_mid_stream_loses_nothing(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot, how: str
) -> None:
    fake_assistant.pieces = ("Een wijkteam belt [1] ", "binnen tien werkdagen.")
    fake_assistant.seconds = 0.4
    slack.timing = slack.timing.faster(40)  # an event that finds no connection is sent again after 1.5 seconds
    start_bot(ping_seconds=0.15)
    asked = ask(slack)
    slack.wait_for(lambda: slack.open_streams)

    if how == "dropped":
        slack.drop_connections()
    else:
        slack.disconnect()
    later = ask(slack, number=1)

    assert "binnen tien werkdagen" in finished(slack, "C1", asked.ts)[0].shown
    assert slack.wait_for(lambda: any(map(is_done, answers(slack, "C1", later.ts))), 15)
    assert len(answers(slack, "C1", later.ts)) == 1


def test_too_many_streams_are_answered_by_ordinary_messages(slack: FakeSlack, start_bot: StartBot) -> None:
    slack.limits.refuse("chat.startStream", "ratelimited", times=1, retry_after=30)
    start_bot()

    asked = [ask(slack, number=number) for number in range(3)]
    for each in asked:
        finished(slack, "C1", each.ts)

    assert len(slack.calls("chat.startStream")) <= 3  # under way when the refusal came
    assert [len(answers(slack, "C1", each.ts)) for each in asked] == [1, 1, 1]


@pytest.mark.parametrize("method", ["chat.postMessage", "users.info", "chat.stopStream", "conversations.replies"])
def test_a_rate_limit_is_waited_out(slack: FakeSlack, start_bot: StartBot, method: str) -> None:
    if method == "chat.postMessage":
        slack.limits.refuse("chat.startStream", "not_allowed", times=9)
    start_bot()
    talk = slack.say("U2", "C1", "Goede vraag")
    slack.limits.refuse(method, "ratelimited", times=1, retry_after=1)

    slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?", talk.ts)

    assert len(finished(slack, "C1", talk.ts)) == 1


def test_a_passing_fault_of_slacks_is_tried_again(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()
    slack.limits.refuse("chat.startStream", "not_allowed", times=1)
    slack.limits.refuse("chat.postMessage", "internal_error", times=1, status=500)

    assert len(finished(slack, "C1", ask(slack).ts)) == 1


def test_what_a_dead_process_left_is_done_by_another(
    slack: FakeSlack, records: Records, tmp_path: Path, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot(lease_seconds=0.4)
    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?", deliver=False)
    details = {"channel": "C1", "ts": asked.ts, "user": "U1", "team": "T0WIJK0001", "way": "mention"}

    records.errands.take(f"slack/vraag/C1/{asked.ts}", f"slack/C1/{asked.ts}", details, 0.1)

    assert len(finished(slack, "C1", asked.ts)) == 1
    assert fake_assistant.questions == ["wanneer belt het wijkteam?"]


def test_an_answer_that_was_given_before_the_process_died_is_not_given_again(
    slack: FakeSlack, records: Records, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot(lease_seconds=0.4)
    asked = ask(slack)
    finished(slack, "C1", asked.ts)
    slack.settle()
    details = {"channel": "C1", "ts": asked.ts, "user": "U1", "team": "T0WIJK0001", "way": "mention"}

    records.errands.take("slack/vraag/nog-eens", f"slack/C1/{asked.ts}", details, 0.0)
    slack.wait_for(lambda: not records.errands.has_earlier(f"slack/C1/{asked.ts}", "~"))

    assert len(fake_assistant.asked) == len(answers(slack, "C1", asked.ts)) == 1


def test_the_asker_of_a_lost_command_hears_of_it(slack: FakeSlack, records: Records, start_bot: StartBot) -> None:
    bot = start_bot(lease_seconds=0.4)
    delivery = slack.command("U1", "C1", "/anders", "vraag")
    slack.settle()

    details = {"kind": "besloten", "response_url": str(delivery.payload["response_url"])}
    records.errands.take("slack/commando/x", "slack/commando/x", details, 0.0)
    told = slack.wait_for(lambda: slack.ephemerals("U1", "C1"))

    assert told[0].shown == "Er ging iets mis door een storing. Stel de vraag opnieuw."
    assert bot.close(5)


def test_stopping_finishes_what_was_begun(slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot) -> None:
    fake_assistant.seconds = 0.5
    bot = start_bot()
    asked = ask(slack)
    slack.wait_for(lambda: fake_assistant.asked)

    assert bot.close(10) is True
    assert len(finished(slack, "C1", asked.ts)) == 1


def test_what_is_not_done_in_time_is_left_to_others(
    slack: FakeSlack, records: Records, tmp_path: Path, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.seconds = 1.0
    bot = start_bot()
    asked = ask(slack)
    slack.wait_for(lambda: fake_assistant.asked)
    slack.settle()

    assert bot.close(0) is False
    left = records.errands.abandoned("slack/", 30, 10)

    assert [each.details["ts"] for each in left] == [asked.ts]


@contextmanager
def process(slack: FakeSlack, folder: Path, seconds: float, url: str = "") -> Iterator[subprocess.Popen[str]]:
    """A bot in a process of its own that has connected; with a `url`, on that database."""
    environment = os.environ | {
        "INDEX_URL": url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}",
    }
    program = [sys.executable, str(Path(__file__).with_name("bot_process.py"))]
    started = subprocess.Popen(
        [*program, str(folder), slack.api_url, str(seconds), "1.5"], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert started.stdout is not None
        while (line := started.stdout.readline()) != "verbonden\n":
            assert line, "it ended"
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.communicate()


@pytest.mark.parametrize("engine", ["files", "postgres"])
def test_a_process_killed_in_mid_answer_is_succeeded_by_the_next(
    slack: FakeSlack, tmp_path: Path, request: pytest.FixtureRequest, engine: str
) -> None:
    url = request.getfixturevalue("postgres_url") if engine == "postgres" else ""
    second_folder = tmp_path / "andere-machine" if url else tmp_path
    second_folder.mkdir(exist_ok=True)
    with process(slack, tmp_path, 60, url) as first:
        asked = ask(slack)
        slack.wait_for(lambda: slack.open_streams)
        slack.settle()
        first.send_signal(signal.SIGKILL)
        first.wait()

    with process(slack, second_folder, 0, url) as second:
        message = finished(slack, "C1", asked.ts)[0]
        second.send_signal(signal.SIGTERM)
        second.wait(60)

    assert second.returncode == 0
    assert len(slack.bot_messages("C1")) == 1
    assert message.shown.startswith("Een wijkteam belt [1] binnen tien werkdagen.")
    assert slack.open_streams == []


def test_a_process_told_to_stop_finishes_its_answer(slack: FakeSlack, tmp_path: Path) -> None:
    with process(slack, tmp_path, 1) as running:
        asked = ask(slack)
        slack.wait_for(lambda: slack.open_streams)
        running.send_signal(signal.SIGTERM)
        running.wait(20)

    assert running.returncode == 0
    assert len(finished(slack, "C1", asked.ts)) == 1
    assert {each.user for each in slack.bot_messages("C1")} == {BOT_USER}


def test_a_bot_that_reconnects_keeps_its_place(slack: FakeSlack, fake_assistant: FakeAssistant, records: Records,
                                                tmp_path: Path) -> None:  # fmt: skip
    with bot_on(slack, fake_assistant, settings_in(tmp_path), records) as bot:
        asked = ask(slack)
        finished(slack, "C1", asked.ts)
        with connected(slack, bot):
            slack.connected(2)
            later = ask(slack, number=1)
            finished(slack, "C1", later.ts)
            slack.settle()

    assert len(fake_assistant.asked) == 2


def test_a_stream_that_nobody_noted_is_found_and_finished(
    slack: FakeSlack, records: Records, client: WebClient, start_bot: StartBot
) -> None:
    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?", deliver=False)
    client.chat_startStream(
        channel="C1",
        thread_ts=asked.ts,
        markdown_text="Een wijk",
        recipient_user_id="U1",
        recipient_team_id="T0WIJK0001",
    )
    details = {"channel": "C1", "ts": asked.ts, "user": "U1", "team": "T0WIJK0001", "way": "mention"}
    records.errands.take(f"slack/vraag/C1/{asked.ts}", f"slack/C1/{asked.ts}", details, 0.0)

    start_bot()
    finished(slack, "C1", asked.ts)

    assert len(slack.bot_messages("C1")) == 1
    assert slack.open_streams == []


def test_what_does_not_fit_is_noted_and_done_when_there_is_room(records: Records) -> None:
    done: list[str] = []
    desk = Desk(records, lambda errand: done.append(errand.key), lease_seconds=0.2, most_waiting=1)
    errands = [Errand(f"slack/{number}", f"slack/{number}", {}) for number in (1, 2)]
    desk.open()

    taken = [desk.take(each) for each in errands]
    desk.begin(errands[0], lambda _: None)
    deadline = time.monotonic() + 5
    while not done and time.monotonic() < deadline:
        time.sleep(0.01)
    desk.close(5)

    assert taken == [True, False]
    assert done == ["slack/2"]
