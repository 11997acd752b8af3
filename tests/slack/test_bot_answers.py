"""What an answer looks like in Slack: text, sources, warnings, links; nothing in it pings or breaks."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant import Caution, Citation, Document
from integrations.slack.links import source_address
from slack.bot_parts import DOCUMENT, FakeAssistant, StartBot, answers, citation, finished
from slack.fake_slack import FakeSlack

AI_NOTICE = "Dit antwoord komt van een computer (AI)"
NASTY = "Let op <!channel> en <@U2>: *dit* [klik](http://kwaad.nl) <http://kwaad.nl|hier> & `dat` @here ~nee~ _ja_"


def ask(slack: FakeSlack, text: str = "wanneer belt het wijkteam?") -> Any:
    asked = slack.say("U1", "C1", f"{slack.mention} {text}")
    return finished(slack, "C1", asked.ts)[0]


def links(message: Any) -> list[tuple[str, str]]:
    """Every link in the rich text of a message, with its label."""

    def found(part: Any) -> list[tuple[str, str]]:
        if isinstance(part, list):
            return [each for inner in part for each in found(inner)]
        if not isinstance(part, dict):
            return []
        own = [(part["text"], part["url"])] if part.get("type") == "link" else []
        return own + found(part.get("elements", []))

    return found(message.blocks)


def test_the_sources_are_links_with_title_heading_page_date_and_status(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    old = dataclasses.replace(DOCUMENT, id="oud", title="Oud Kader", status="superseded", published=None)
    fake_assistant.citations = (citation(page=3), citation(2, old))
    start_bot()

    message = ask(slack)

    assert "Bronnen" in message.shown
    assert "· Afspraken · p. 3 · 12 maart 2024" in message.shown
    assert "· Afspraken · datum onbekend · Let op: vervangen" in message.shown
    assert ("Kader Vroege Hulp", "https://wijzer.voorbeeld.nl/bronnen/kader#z0") in links(message)
    assert ("Oud Kader", "https://wijzer.voorbeeld.nl/bronnen/oud#z65") in links(message)


def test_a_source_without_an_address_is_named_without_a_link(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.citations = (citation(link=""),)
    start_bot()

    message = ask(slack)

    assert "Kader Vroege Hulp" in message.shown
    assert links(message) == []


def test_warnings_and_how_a_question_was_understood_are_shown(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.warnings = (Caution("verouderd", "“Kader” is verouderd."),)
    fake_assistant.understood_as = "wanneer belt het wijkteam in het weekend?"
    start_bot()

    message = ask(slack)

    assert "Begrepen als: wanneer belt het wijkteam in het weekend?" in message.shown
    assert "Let op: “Kader” is verouderd." in message.shown


def test_the_first_answer_in_a_thread_says_that_it_is_made_by_ai(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()
    asked = slack.say("U1", "C1", f"{slack.mention} wanneer belt het wijkteam?")
    first = finished(slack, "C1", asked.ts)[0]

    slack.say("U1", "C1", "en in het weekend?", asked.ts)
    second = finished(slack, "C1", asked.ts, 2)[1]

    assert (AI_NOTICE in first.shown, AI_NOTICE in second.shown) == (True, False)


@pytest.mark.parametrize("is_streamed", [True, False])
def test_nothing_from_a_document_or_a_model_pings_links_or_marks_up(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot, is_streamed: bool
) -> None:
    if not is_streamed:
        slack.limits.refuse("chat.startStream", "not_allowed", times=5)
    document = dataclasses.replace(DOCUMENT, title=NASTY)
    fake_assistant.pieces = (f"{NASTY} [1]\n", f"> {NASTY} <!chan", "nel> [1](http://kwaad.nl)")
    fake_assistant.citations = (citation(document=document, heading_path=(NASTY,)),)
    fake_assistant.warnings = (Caution("x", NASTY),)
    fake_assistant.understood_as = NASTY
    start_bot()

    message = ask(slack, "wat zegt &lt;!channel&gt; <!channel> hierover?")

    assert slack.broadcasts == []
    assert {url for _, url in links(message)} <= {"https://wijzer.voorbeeld.nl/bronnen/kader#z0"}
    if is_streamed:  # Markdown; the text of an ordinary message is not
        assert "](" not in message.text.replace("\\](", "").replace("]\\(", "")


def test_a_refusal_names_what_comes_closest(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.pieces, fake_assistant.citations = ("Dit staat niet in de bronnen.\n- Kader: https://lang",), ()
    start_bot()

    message = ask(slack)

    assert message.shown.startswith("Dit staat niet in de bronnen.")
    assert "https://lang" not in message.shown


def test_a_long_answer_comes_in_several_messages(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    line = "Een wijkteam belt een gezin binnen tien werkdagen na de melding. [1]\n"
    fake_assistant.pieces = tuple(line for _ in range(300))
    fake_assistant.citations = tuple(citation(1 + number % 3) for number in range(40))
    start_bot()

    ask(slack)

    said = "".join(each.shown for each in slack.bot_messages("C1"))
    assert len(slack.bot_messages("C1")) == 3
    assert said.count("binnen tien werkdagen") == 300


def test_an_answer_is_streamed(slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot) -> None:
    fake_assistant.pieces = ("Een wijkteam belt [1] ", "binnen tien ", "werkdagen.")
    fake_assistant.seconds = 0.7
    start_bot()

    message = ask(slack)

    assert message.stream == "stopped"
    assert [shown for _, shown in message.versions][:2] == [
        "Een wijkteam belt [1] ",
        "Een wijkteam belt [1] binnen tien ",
    ]
    assert message.shown.startswith("Een wijkteam belt [1] binnen tien werkdagen.")
    assert slack.calls("chat.postMessage") == slack.calls("chat.update") == []


def test_without_streams_a_slow_answer_grows_in_one_message(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    slack.limits.refuse("chat.startStream", "not_allowed", times=5)
    fake_assistant.pieces = ("Een wijkteam belt [1] ", "binnen tien ", "werkdagen.")
    fake_assistant.seconds = 0.7
    start_bot()

    message = ask(slack)

    assert len(slack.bot_messages("C1")) == 1
    assert message.versions[0][1].endswith("…")
    assert message.shown.startswith("Een wijkteam belt [1] binnen tien werkdagen.")


def test_a_stream_that_slack_ended_goes_on_as_an_update(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    fake_assistant.pieces = ("Een wijkteam belt [1] ", "binnen tien ", "werkdagen.")
    fake_assistant.seconds = 0.7
    fake_assistant.before_piece = lambda place: slack.expire_streams() if place == 1 else None
    start_bot()

    message = ask(slack)

    assert len(slack.bot_messages("C1")) == 1
    assert "binnen tien werkdagen." in message.shown
    assert slack.calls("chat.update")


def test_a_stream_that_outlives_its_five_minutes_is_finished_by_an_update(
    slack: FakeSlack, fake_assistant: FakeAssistant, start_bot: StartBot
) -> None:
    slack.timing = dataclasses.replace(slack.timing, stream=0.3)
    fake_assistant.pieces = ("Een wijkteam belt [1] ", "binnen tien werkdagen.")
    fake_assistant.seconds = 0.5
    start_bot()

    message = ask(slack)

    assert len(slack.bot_messages("C1")) == 1
    assert "binnen tien werkdagen." in message.shown


# Addresses


def address(document: Document, base: str | None = None, **more: Any) -> str:
    return source_address(base)(citation(document=document, link="", **more))


def test_addresses_lead_to_our_own_pages_where_there_are_any() -> None:
    strange = dataclasses.replace(DOCUMENT, id="kader 2024/één")

    assert address(DOCUMENT, "https://wijzer.nl/") == "https://wijzer.nl/bronnen/kader#z0"
    assert address(strange, "https://wijzer.nl/x") == "https://wijzer.nl/x/bronnen/kader%202024%2F%C3%A9%C3%A9n#z0"


def test_without_our_own_pages_addresses_lead_to_the_original() -> None:
    page = dataclasses.replace(DOCUMENT, url="https://voorbeeld.nl/kader.pdf#top")

    assert address(DOCUMENT).startswith("https://voorbeeld.nl/kader#:~:text=Een%20wijkteam")
    assert address(page, page=3) == "https://voorbeeld.nl/kader.pdf#page=3"
    assert address(page) == "https://voorbeeld.nl/kader.pdf"


@pytest.mark.parametrize(
    "url", [None, "", "file:///etc/passwd", "javascript:alert(1)", "https://", "https://een adres.nl/", "http://[::1"]
)
def test_what_would_not_open_is_no_link(url: str | None) -> None:
    assert address(dataclasses.replace(DOCUMENT, url=url)) == ""


def test_a_document_without_a_date_or_file_can_be_cited() -> None:
    bare = Document("bloot", "Bloot", Path("/nergens"), published=date(2024, 1, 1))

    assert address(bare) == ""
    assert isinstance(citation(document=bare, link=""), Citation)


def test_ephemeral_answers_hold_the_same(slack: FakeSlack, start_bot: StartBot) -> None:
    start_bot()

    slack.command("U1", "C1", "/beleid", "wanneer belt het wijkteam?")
    found = slack.wait_for(lambda: slack.ephemerals("U1", "C1"))[0]

    assert AI_NOTICE in found.shown
    assert [each["action_id"] for each in found.elements] == ["toon_passages", "delen", "beoordeling"]
    assert answers(slack, "C1", found.ts) == []
