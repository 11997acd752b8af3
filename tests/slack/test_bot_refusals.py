"""What is not answered, and how the asker hears why: client data, guests, bad input, a closed door, failures."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from assistant import AssistantError, Records
from integrations.slack.access import AccessError, needed_scopes
from integrations.slack.slack_calls import SlackError
from slack.bot_parts import FakeAssistant, StartBot, answers, finished
from slack.fake_slack import FakeSlack

ADVICE = "Laat het burgerservicenummer weg. De vraag is niet bewaard."


def told(slack: FakeSlack, user: str = "U1", channel: str = "C1") -> str:
    """The first thing that only this person sees."""
    return str(slack.wait_for(lambda: slack.ephemerals(user, channel))[0].shown)


def test_client_data_is_answered_with_private_advice_and_nothing_in_the_channel(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.pieces, fake_assistant.citations, fake_assistant.blocked = (ADVICE,), (), ("bsn",)
    start_bot()

    asked = slack.say("U1", "C1", f"{slack.mention} mag ik 111222333 bellen?")
    warning = told(slack)
    slack.settle()

    assert ADVICE in warning
    assert "Niemand anders ziet deze melding." in warning
    assert "111222333" not in warning
    assert slack.bot_messages("C1") == []
    assert slack.ephemerals("U2", "C1") == []
    assert slack.wait_for(lambda: slack.statuses("C1", asked.ts)[-1:]) == [""]


def test_client_data_in_a_direct_message_is_answered_there(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.pieces, fake_assistant.citations, fake_assistant.blocked = (ADVICE,), (), ("bsn",)
    start_bot()

    asked = slack.direct_message("U1", "mag ik 111222333 bellen?")
    found = slack.wait_for(lambda: answers(slack, slack.dm("U1"), asked.ts))

    assert ADVICE in found[0].shown


def test_no_word_of_a_question_or_an_answer_is_kept_or_logged(
    slack: FakeSlack, start_bot: StartBot, records: Records, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    start_bot('[slack]\ncolleague_channel = "C1"')

    asked = slack.say("U1", "C1", f"{slack.mention} hoe zit het met zonnebloempitten?")
    message = finished(slack, "C1", asked.ts)[0]
    slack.command("U1", "C1", "/beleid", "en met zonnebloempitten?")
    slack.wait_for(lambda: slack.ephemerals("U1", "C1"))
    slack.settle()

    kept = b"".join(path.read_bytes() for path in (tmp_path / "gegevens").iterdir())
    ours = [each for each in caplog.records if each.name.startswith(("integrations", "assistant"))]
    assert b"zonnebloempitten" not in kept
    assert "zonnebloempitten" not in "".join(each.getMessage() for each in ours)
    assert "werkdagen" not in "".join(each.getMessage() for each in ours)
    assert "zonnebloempitten" not in str(message.blocks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "Stel een vraag over het beleid"),
        ("  ?!", "Stel een vraag over het beleid"),
        ("waarom? " * 1_500, "De vraag is te lang: 11999 tekens, het maximum is 4000."),
        ("dankjewel!", "Graag gedaan."),
    ],
)
def test_what_is_no_question_gets_a_clear_private_answer(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot, text: str, expected: str
) -> None:
    start_bot()

    slack.say("U1", "C1", f"{slack.mention} {text}")

    assert expected in told(slack)
    assert fake_assistant.questions == []
    assert slack.bot_messages("C1") == []


def test_a_file_without_a_text_is_not_read(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()

    slack.upload("U1", slack.dm("U1"), "verslag.pdf", b"%PDF")
    found = slack.wait_for(lambda: slack.bot_messages(slack.dm("U1")))

    assert found[0].shown == "Bestanden worden niet gelezen. Typ de vraag als tekst."
    assert fake_assistant.questions == []


def test_a_question_with_a_file_is_answered_with_a_warning(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()

    asked = slack.upload("U1", "C1", "verslag.pdf", b"%PDF", f"{slack.mention} wanneer belt het wijkteam?")

    assert "Het bestand bij de vraag is niet gelezen." in finished(slack, "C1", asked.ts)[0].shown


def test_guests_and_other_workspaces_are_refused_politely(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    slack.add_user("U8", "gast", guest="multi")
    slack.add_user("U9", "buur", team="T0ANDERS01")
    start_bot()

    for user in ("U8", "U9"):
        slack.say(user, "C1", f"{slack.mention} wanneer belt het wijkteam?")
        assert "alleen voor medewerkers van de eigen organisatie" in told(slack, user)

    assert fake_assistant.questions == []


def test_guests_may_ask_where_the_settings_say_so(slack: FakeSlack, start_bot: StartBot) -> None:
    slack.add_user("U8", "gast", guest="single")
    start_bot("[slack]\nguests = true")

    asked = slack.say("U8", "C1", f"{slack.mention} wanneer belt het wijkteam?")

    assert finished(slack, "C1", asked.ts)


def test_a_closed_door_says_so(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot, records: Records
) -> None:
    start_bot()
    records.switch.close("slack", "Er is onderhoud tot 14.00 uur.")

    slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")

    assert told(slack) == "Er is onderhoud tot 14.00 uur."
    assert fake_assistant.questions == []


@pytest.mark.parametrize("error", [RuntimeError("geheim"), AssistantError("intern pad /srv/geheim")])
def test_a_failure_is_told_with_a_number_that_the_log_knows(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot, caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:  # fmt: skip
    fake_assistant.error, fake_assistant.citations = error, ()
    start_bot()

    slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    said = told(slack)

    assert said.startswith("Er ging iets mis.")
    assert "geheim" not in said + caplog.text
    assert said.split("nummer ")[1].split()[0] in caplog.text
    assert slack.bot_messages("C1") == []


def test_a_failure_in_mid_stream_is_told_in_the_message_itself(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.error = RuntimeError("geheim")
    start_bot()

    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    found = slack.wait_for(lambda: [each for each in answers(slack, "C1", asked.ts) if "ging iets mis" in each.shown])

    assert len(slack.bot_messages("C1")) == len(found) == 1
    assert "werkdagen" not in found[0].shown
    assert slack.open_streams == []


def test_a_missing_scope_is_named_to_the_asker_and_in_the_log(
    slack: FakeSlack, start_bot: StartBot, caplog: pytest.LogCaptureFixture
) -> None:
    start_bot()
    slack.access.scopes.discard("users:read")

    slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")

    assert "mist het recht users:read" in told(slack)
    assert "users:read" in caplog.text


def test_a_token_that_expires_is_named_in_the_log_and_told_where_that_is_possible(
    slack: FakeSlack, start_bot: StartBot, caplog: pytest.LogCaptureFixture
) -> None:
    start_bot()
    slack.access.bot_token_error = "token_expired"

    slack.command("U1", "C1", "/beleid", "wanneer belt het wijkteam?")
    said = told(slack)
    slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    slack.settle()

    assert "SLACK_BOT_TOKEN" in said
    assert "SLACK_BOT_TOKEN" in caplog.text
    assert slack.bot_token not in caplog.text


def test_a_token_that_does_not_work_stops_the_start(slack: FakeSlack, start_bot: StartBot) -> None:
    slack.access.bot_token_error = "token_revoked"

    with pytest.raises(SlackError, match="SLACK_BOT_TOKEN"):
        start_bot()


def test_missing_scopes_stop_the_start_and_are_named(slack: FakeSlack, start_bot: StartBot) -> None:
    slack.access.scopes = set(needed_scopes()) - {"im:history", "commands"}

    with pytest.raises(AccessError, match="commands, im:history"):
        start_bot()


def test_a_thread_that_may_not_be_read_does_not_stop_who_mentions_the_bot(
    slack: FakeSlack, start_bot: StartBot
) -> None:
    start_bot()
    talk = slack.say("U2", "C1", "Wie weet hoe dit zit?")
    slack.access.scopes.discard("channels:history")

    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?", talk.ts)

    assert finished(slack, "C1", talk.ts)
    assert asked.ts


def test_what_is_unknown_is_acknowledged(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()
    message = slack.say("U2", "C1", "Hallo")

    sent: list[Any] = [slack.shortcut("U1", message, "onbekend"), slack.command("U1", "C1", "/anders")]
    slack.open_home("U1")
    slack.settle()

    assert [each.acknowledged for each in sent] == [True, True]
