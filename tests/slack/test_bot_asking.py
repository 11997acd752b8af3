"""Ways to ask the bot: a mention, a direct message, a thread, the agent's pane, /beleid and the shortcut."""

from __future__ import annotations

import pytest

from assistant import Filters, Turn
from slack.bot_parts import FakeAssistant, StartBot, answers, finished
from slack.fake_slack import FakeSlack
from slack.payloads import BOT_USER


def test_a_mention_is_answered_once_in_its_thread(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()

    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    found = finished(slack, "C1", asked.ts)
    slack.settle()

    assert fake_assistant.questions == ["wanneer belt het wijkteam?"]
    assert slack.bot_messages("C1") == found
    assert "binnen tien werkdagen" in found[0].shown
    assert slack.statuses("C1", asked.ts) == ["zoekt in de bronnen…"]


@pytest.mark.parametrize("order", [("app_mention", "message"), ("message", "app_mention"), ("app_mention",)])
def test_the_events_of_one_mention_may_come_in_any_order(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot, order: tuple[str, ...]
) -> None:
    start_bot()

    asked = slack.say("U1", "C1", f"{slack.mention} wat is een gezinsplan?", order=order)  # type: ignore[arg-type]
    finished(slack, "C1", asked.ts)
    slack.settle()

    assert len(answers(slack, "C1", asked.ts)) == len(fake_assistant.questions) == 1


def test_a_direct_message_needs_no_mention(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()

    asked = slack.direct_message("U1", "wanneer belt het wijkteam?")

    assert "binnen tien werkdagen" in finished(slack, slack.dm("U1"), asked.ts)[0].shown


def test_a_follow_up_in_a_direct_message_knows_what_was_said(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()
    asked = slack.direct_message("U1", "wanneer belt het wijkteam?")
    finished(slack, slack.dm("U1"), asked.ts)

    slack.direct_message("U1", "en bij spoed", asked.ts)
    finished(slack, slack.dm("U1"), asked.ts, 2)

    assert fake_assistant.asked[1][:2] == (
        "en bij spoed",
        (Turn("user", "wanneer belt het wijkteam?"), Turn("assistant", "Een wijkteam belt binnen tien werkdagen. [1]")),
    )


def test_a_follow_up_in_a_thread_needs_no_mention_and_knows_what_was_said(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()
    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    finished(slack, "C1", asked.ts)

    slack.say("U1", "C1", "en in het weekend?", asked.ts)
    finished(slack, "C1", asked.ts, 2)

    assert fake_assistant.asked[1][0] == "en in het weekend?"
    assert [turn.role for turn in fake_assistant.asked[1][1]] == ["user", "assistant"]


def test_a_follow_up_before_the_first_answer_waits_for_it(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.seconds = 0.6
    start_bot()

    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    slack.say("U1", "C1", "en in het weekend?", asked.ts)
    finished(slack, "C1", asked.ts, 2)

    assert [len(history) for _, history, _ in fake_assistant.asked] == [0, 2]


def test_a_follow_up_that_slack_tells_of_first_is_answered_after_its_question(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()
    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?", deliver=False)
    slack.say("U1", "C1", "en in het weekend?", asked.ts)
    for event in slack.events_of(asked):
        slack.happened(event)

    finished(slack, "C1", asked.ts, 2)

    assert fake_assistant.questions == ["wanneer belt het wijkteam?", "en in het weekend?"]


@pytest.mark.parametrize(
    "said",
    [
        "<@U2> wat vind jij?",
        "Weet jij dat, Sanne?",
        "Dank je wel!",
        "Wij doen dat hier anders.",
        "<!here> wie weet dit?",
    ],
)
def test_people_who_talk_to_each_other_in_the_thread_hear_nothing(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot, said: str
) -> None:
    start_bot()
    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    finished(slack, "C1", asked.ts)

    slack.say("U1", "C1", said, asked.ts)
    sign = slack.say("U1", "C1", f"{slack.mention} en in het weekend?", asked.ts)
    finished(slack, "C1", asked.ts, 2)

    assert fake_assistant.questions == ["wanneer belt het wijkteam?", "en in het weekend?"]
    assert sign.ts


def test_a_question_after_a_colleague_has_spoken_is_for_that_colleague(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    bot = start_bot()
    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    finished(slack, "C1", asked.ts)
    slack.say("U2", "C1", "Bij ons is dat een week.", asked.ts)

    later = slack.say("U1", "C1", "Waarom is dat?", asked.ts)
    slack.wait_for(lambda: not bot.service.records.errands.has_earlier(f"slack/C1/{asked.ts}", f"~{later.ts}"))
    slack.settle()

    assert fake_assistant.questions == ["wanneer belt het wijkteam?"]


def test_a_thread_without_the_bot_is_left_alone(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    bot = start_bot()
    talk = slack.say("U1", "C1", "Wie gaat er mee lunchen?")

    slack.say("U2", "C1", "Waar gaan we heen?", talk.ts)
    slack.settle()
    bot.close(5)

    assert fake_assistant.questions == []
    assert slack.bot_messages("C1") == []


def test_a_channel_can_ask_for_mentions_only(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    bot = start_bot('[slack.channels.C1]\nanswers = "mention"')
    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    finished(slack, "C1", asked.ts)

    slack.say("U1", "C1", "en in het weekend?", asked.ts)
    slack.settle()
    bot.close(5)

    assert len(fake_assistant.asked) == 1


def test_the_pane_proposes_questions_about_documents_that_hold(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()

    slack.open_agent("U1")
    prompts = slack.wait_for(lambda: slack.prompts("U1"))

    assert prompts == [{"title": "Waar gaat Kader Vroege Hulp over?", "message": "Waar gaat Kader Vroege Hulp over?"}]


def test_the_pane_follows_the_channel_that_somebody_looks_at(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot('[slack.channels.C1]\nthemes = ["wonen"]')
    slack.open_agent("U1")
    slack.wait_for(lambda: slack.prompts("U1"))

    slack.open_agent("U1", viewed="C1")
    slack.settle()

    assert len(slack.calls("assistant.threads.setSuggestedPrompts")) == 1  # no document about that theme


def test_the_command_is_answered_to_its_asker_alone(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()

    slack.command("U1", "C1", "/beleid", "wanneer belt het wijkteam?")
    found = slack.wait_for(lambda: slack.ephemerals("U1", "C1"))

    assert fake_assistant.questions == ["wanneer belt het wijkteam?"]
    assert "binnen tien werkdagen" in found[0].shown
    assert slack.bot_messages("C1") == []


def test_the_shortcut_searches_with_a_message_for_who_chose_it(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot()
    message = slack.say("U2", "C1", "Wij bellen gezinnen na een melding; hoe snel moet dat?")

    slack.shortcut("U1", message, "zoek_bronnen")
    found = slack.wait_for(lambda: slack.ephemerals("U1", "C1"))

    assert fake_assistant.questions == ["Wij bellen gezinnen na een melding; hoe snel moet dat?"]
    assert "binnen tien werkdagen" in found[0].shown
    assert slack.bot_messages("C1") == []


def test_a_private_channel_shows_answers_to_the_asker_alone(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot("[slack.channels.C1]\nprivate = true")

    slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    found = slack.wait_for(lambda: slack.ephemerals("U1", "C1"))

    assert "binnen tien werkdagen" in found[0].shown
    assert slack.bot_messages("C1") == []
    assert slack.ephemerals("U2", "C1") == []


def test_a_channel_may_have_its_own_documents_and_language(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot('[slack.channels.C1]\ndocuments = ["kader"]\nthemes = ["jeugd"]\nlanguage = "en"')

    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    found = finished(slack, "C1", asked.ts)

    assert fake_assistant.asked[0][2] == Filters(documents=("kader",), themes=("jeugd",))
    assert "Sources" in found[0].shown
    assert slack.statuses("C1", asked.ts) == ["is searching the sources…"]


def test_the_history_is_bounded_and_leaves_out_what_held_client_data(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    start_bot("[slack]\nhistory_turns = 4")
    asked = slack.say("U1", "C1", f"{slack.mention} vraag nul?")
    finished(slack, "C1", asked.ts)
    for number in (1, 2, 3):
        slack.say("U1", "C1", f"{slack.mention} vraag {number}?", asked.ts)
        finished(slack, "C1", asked.ts, number + 1)

    slack.say("U2", "C1", "Ik bel mevrouw Jansen, BSN 111222333, morgen.", asked.ts)
    slack.bot_says("C1", "Herinnering: overleg om tien uur", asked.ts)
    slack.say("U1", "C1", f"{slack.mention} vraag 4?", asked.ts)
    finished(slack, "C1", asked.ts, 5)

    turns = fake_assistant.asked[-1][1]
    assert [turn.text for turn in turns if turn.role == "user"] == ["vraag 2?", "vraag 3?"]


def test_what_bots_say_is_no_question(slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot) -> None:
    bot = start_bot()

    slack.bot_says("C1", f"{slack.mention} wanneer belt het wijkteam?")
    slack.settle()
    bot.close(5)

    assert fake_assistant.questions == []


def test_edited_and_deleted_messages_are_left_alone(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    bot = start_bot()
    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    finished(slack, "C1", asked.ts)
    other = slack.say("U2", "C1", "Goedemorgen")

    slack.edit(asked, f"{slack.mention} wanneer belt het team?")
    slack.unfurl(other, "https://voorbeeld.nl")
    slack.delete(other)
    slack.delete(asked)
    slack.join(BOT_USER, "C1")
    slack.settle()
    bot.close(5)

    assert len(fake_assistant.asked) == 1
