"""The buttons under an answer: passages, feedback, a colleague, sharing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant import Records
from integrations.slack.references import QuotePlace, Reference
from slack.bot_parts import TEXT, FakeAssistant, StartBot, answers, citation, finished
from slack.fake_slack import FakeSlack

COLLEAGUES = '[slack]\ncolleague_channel = "C9"'


@pytest.fixture
def colleagues(slack: FakeSlack) -> str:
    slack.add_channel("C9", "collegas", members=["U3"])
    return "C9"


def answered(slack: FakeSlack, text: str = "wanneer belt het wijkteam?") -> Any:
    asked = slack.say("U1", "C1", f"{slack.mention} {text}")
    return finished(slack, "C1", asked.ts)[0]


def private_answer(slack: FakeSlack, user: str = "U1") -> Any:
    return slack.wait_for(lambda: [each for each in slack.ephemerals(user, "C1") if each.elements])[0]


def modal(slack: FakeSlack, user: str = "U1") -> Any:
    return slack.wait_for(lambda: slack.modals(user))[-1]


def last_word(slack: FakeSlack, user: str, number: int) -> str:
    return str(slack.wait_for(lambda: slack.ephemerals(user, "C1")[number:])[-1].shown)


def verdict(message: Any, side: str) -> str:
    return str(next(each for each in message.elements if each["action_id"] == "beoordeling")[f"{side}_button"]["value"])


def test_passages_show_the_quotes_in_their_context(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.citations = (citation(2),)
    start_bot()

    slack.click("U2", answered(slack), "toon_passages")
    shown = modal(slack, "U2").shown

    assert "[2] Kader Vroege Hulp" in shown
    assert TEXT in shown
    assert "12 maart 2024" in shown


def test_a_passage_that_has_changed_since_is_not_shown(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()
    message = answered(slack)
    fake_assistant.text = "Een wijkteam belt een gezin nu al binnen vijf dagen na de melding. Dat is nieuw beleid."

    slack.click("U1", message, "toon_passages")

    assert "veranderd" in modal(slack).shown
    assert "vijf dagen" not in modal(slack).shown


def test_many_long_passages_fit_in_a_modal(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.citations = tuple(citation(1 + number % 3) for number in range(60))
    start_bot()

    slack.click("U1", answered(slack), "toon_passages")

    assert len(modal(slack).content["blocks"]) <= 100


def test_a_verdict_is_kept_and_a_remark_may_follow(slack: FakeSlack, start_bot: StartBot, records: Records) -> None:
    start_bot()
    message = answered(slack)

    slack.click("U1", message, "beoordeling", verdict(message, "negative"))
    modal(slack)
    before = records.feedback.list()
    slack.submit("U1", {"opmerking": "Te kort. Bel mij op 06-12345678."})
    kept = slack.wait_for(lambda: [each for each in records.feedback.list() if each.remark])

    assert [(each.answer_id, each.verdict, each.remark, each.question, each.door) for each in before] == [
        ("antwoord-1", "fout", None, None, "slack")
    ]
    assert len(kept) == len(records.feedback.list()) == 1
    assert "06-12345678" not in (kept[0].remark or "")
    assert kept[0].question is None


def test_the_question_is_kept_only_by_choice_and_without_client_data(
    slack: FakeSlack, start_bot: StartBot, records: Records
) -> None:
    start_bot()
    message = answered(slack, "mag mevrouw Jansen met BSN 111222333 bellen?")

    slack.click("U1", message, "beoordeling", verdict(message, "positive"))
    modal(slack)
    slack.submit("U1", {"vraag_mee": "ja"})
    kept = slack.wait_for(lambda: [each for each in records.feedback.list() if each.question])[0]

    assert kept.verdict == "goed"
    assert "111222333" not in (kept.question or "")
    assert (kept.question or "").startswith("mag")


def test_the_same_verdict_counts_once(slack: FakeSlack, start_bot: StartBot, records: Records) -> None:
    start_bot()
    message = answered(slack)

    for _ in range(3):
        slack.click("U1", message, "beoordeling", verdict(message, "positive"))
        slack.settle()
    slack.wait_for(lambda: len(slack.ephemerals("U1", "C1")) == 2)

    assert len(records.feedback.list()) == 1


def test_buttons_hold_ids_and_no_words(slack: FakeSlack, start_bot: StartBot, colleagues: str) -> None:
    start_bot(COLLEAGUES)

    message = answered(slack, "hoe zit het met zonnebloempitten?")

    held = json.dumps(list(message.elements))
    assert [each["action_id"] for each in message.elements] == ["toon_passages", "vraag_collega", "beoordeling"]
    assert "zonnebloempitten" not in held
    assert "werkdagen" not in held


def test_a_question_is_put_to_colleagues_without_client_data(
    slack: FakeSlack, start_bot: StartBot, colleagues: str
) -> None:
    start_bot(COLLEAGUES)
    message = answered(slack, "wie belt mevrouw Jansen met BSN 111222333 <!channel>?")

    slack.click("U1", message, "vraag_collega")
    posted = slack.wait_for(lambda: slack.bot_messages(colleagues))[0]

    assert "wie belt" in posted.shown
    assert "111222333" not in posted.shown
    assert "Naar het gesprek" in posted.shown
    assert slack.broadcasts == []
    assert last_word(slack, "U1", 0) == "De vraag staat in het kanaal voor collega's."


def test_a_question_is_put_to_colleagues_once(slack: FakeSlack, start_bot: StartBot, colleagues: str) -> None:
    start_bot(COLLEAGUES)
    message = answered(slack)

    slack.click("U1", message, "vraag_collega")
    slack.wait_for(lambda: slack.bot_messages(colleagues))
    slack.click("U2", message, "vraag_collega")

    assert last_word(slack, "U2", 0) == "Deze vraag staat al in het kanaal voor collega's."
    assert len(slack.bot_messages(colleagues)) == 1


def test_after_a_command_the_question_for_colleagues_is_typed(
    slack: FakeSlack, start_bot: StartBot, colleagues: str
) -> None:
    start_bot(COLLEAGUES)
    slack.command("U1", "C1", "/beleid", "wanneer belt het wijkteam?")
    message = private_answer(slack)

    slack.click("U1", message, "vraag_collega")
    modal(slack)
    slack.submit("U1", {"vraag": "Wie weet meer over bellen? Mail jan@gezin.nl"})
    posted = slack.wait_for(lambda: slack.bot_messages(colleagues))[0]

    assert "Wie weet meer over bellen?" in posted.shown
    assert "jan@gezin.nl" not in posted.shown


def test_a_channel_for_colleagues_without_the_bot_is_named(slack: FakeSlack, start_bot: StartBot) -> None:
    slack.add_channel("C9", "collegas", members=["U3"], bot=False)
    start_bot(COLLEAGUES)

    slack.click("U1", answered(slack), "vraag_collega")

    assert "kan niet schrijven in het kanaal voor collega's" in last_word(slack, "U1", 0)


def test_a_question_that_was_deleted_is_not_put_to_colleagues(
    slack: FakeSlack, start_bot: StartBot, colleagues: str
) -> None:
    start_bot(COLLEAGUES)
    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    message = finished(slack, "C1", asked.ts)[0]
    slack.delete(asked)

    slack.click("U1", message, "vraag_collega")

    assert "is er niet meer" in last_word(slack, "U1", 0)
    assert slack.bot_messages(colleagues) == []


def test_a_private_answer_is_shared_in_the_thread_of_its_message(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()
    message = slack.say("U2", "C1", "Hoe snel moet een wijkteam bellen?")
    slack.shortcut("U1", message, "zoek_bronnen")

    slack.click("U1", private_answer(slack), "delen")
    shared = finished(slack, "C1", message.ts)[0]

    assert "binnen tien werkdagen" in shared.shown
    assert "delen" not in [each["action_id"] for each in shared.elements]


def test_the_answer_to_a_command_is_shared_as_its_quotes(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()
    slack.command("U1", "C1", "/beleid", "mag mevrouw Jansen bellen?")

    slack.click("U1", private_answer(slack), "delen")
    shared = slack.wait_for(lambda: slack.bot_messages("C1"))[0]

    assert "Een wijkteam belt een gezin binnen tien werkdagen na de melding." in shared.shown
    assert "Kader Vroege Hulp" in shared.shown
    assert "Jansen" not in shared.shown


def test_an_answer_is_shared_once(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()
    slack.command("U1", "C1", "/beleid", "wanneer belt het wijkteam?")
    message = private_answer(slack)

    slack.click("U1", message, "delen")
    slack.wait_for(lambda: len(slack.ephemerals("U1", "C1")) == 2)
    slack.click("U1", message, "delen")

    assert last_word(slack, "U1", 2) == "Dit antwoord is al gedeeld."
    assert len(slack.bot_messages("C1")) == 1


def test_a_click_that_fails_is_told(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()
    message = answered(slack)
    slack.limits.refuse("views.open", "expired_trigger_id")

    slack.click("U1", message, "toon_passages")

    assert last_word(slack, "U1", 0).startswith("Er ging iets mis.")


def test_a_reference_too_long_for_a_button_loses_its_last_places() -> None:
    places = tuple(QuotePlace(number, "een-lang-document" * 3, number, number + 9, "0" * 8) for number in range(99))

    found = Reference.read(Reference("a", "C1", "1.0", "", places).value())

    assert len(Reference("a", "C1", "1.0", "", places).value()) <= 2000
    assert found.places == places[: len(found.places)]
    assert len(found.places) > 10


@pytest.mark.parametrize("value", ["", "{}", "[1]", "null", '["a","b","c","d",[["x"]]]'])
def test_a_value_that_is_no_reference_is_an_empty_one(value: str) -> None:
    assert Reference.read(value) == Reference()


def test_nobody_answers_in_the_thread_twice_after_a_click(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()
    message = answered(slack)

    slack.click("U1", message, "toon_passages")
    modal(slack)

    assert len(answers(slack, "C1", message.thread_ts)) == 1


def test_the_answer_to_a_command_is_shared_where_the_bot_is_no_member(slack: FakeSlack, start_bot: StartBot) -> None:
    slack.add_channel("C7", "elders", members=["U1"], bot=False)
    start_bot()
    slack.command("U1", "C7", "/beleid", "wanneer belt het wijkteam?")
    message = slack.wait_for(lambda: slack.ephemerals("U1", "C7"))[0]

    slack.click("U1", message, "delen")

    assert "binnen tien werkdagen" in slack.wait_for(lambda: slack.bot_messages("C7"))[0].shown


def test_an_answer_that_fails_when_it_is_shared_is_not_called_shared(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()
    slack.shortcut("U1", slack.say("U2", "C1", "Hoe snel moet een wijkteam bellen?"), "zoek_bronnen")
    message = private_answer(slack)
    fake_assistant.error, fake_assistant.citations = RuntimeError("stuk"), ()

    slack.click("U1", message, "delen")

    assert last_word(slack, "U1", 1).startswith("Er ging iets mis.")
    slack.settle()
    assert "Het antwoord staat in het kanaal." not in [each.shown for each in slack.ephemerals("U1", "C1")]


def test_a_form_that_fails_is_told(slack: FakeSlack, start_bot: StartBot, colleagues: str) -> None:
    start_bot(COLLEAGUES)
    slack.command("U1", "C1", "/beleid", "wanneer belt het wijkteam?")
    slack.click("U1", private_answer(slack), "vraag_collega")
    modal(slack)
    slack.limits.refuse("chat.postMessage", "internal_error", times=9)

    slack.submit("U1", {"vraag": "Wie weet meer over bellen?"})

    assert last_word(slack, "U1", 1).startswith("Er ging iets mis.")
