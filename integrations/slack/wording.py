"""Every fixed text of the bot in Dutch and in English."""

from __future__ import annotations

from dataclasses import dataclass

from assistant import Language

CLOSEST: dict[Language, str] = {"nl": "Dit komt het dichtst in de buurt:", "en": "This comes closest:"}


@dataclass(frozen=True)
class Words:
    """The texts in one language; names in braces are filled in."""

    searching: str
    ai_notice: str
    sources: str
    understood_as: str
    note: str
    page: str
    date_unknown: str
    superseded: str
    outdated: str
    show_passages: str
    ask_colleague: str
    ask_colleague_title: str
    ask_colleague_sure: str
    ask_colleague_what: str
    share: str
    cancel: str
    close: str
    send: str
    good: str
    bad: str
    thanks: str
    feedback_title: str
    feedback_remark: str
    feedback_question_label: str
    feedback_question: str
    feedback_question_hint: str
    passages_title: str
    passages_changed: str
    open_source: str
    empty: str
    no_text: str
    file_unread: str
    welcome: str
    too_long: str
    not_welcome: str
    failed: str
    lost: str
    shared: str
    shared_already: str
    shared_quotes: str
    asked_colleague: str
    asked_already: str
    colleague_asks: str
    colleague_link: str
    colleague_absent: str
    gone: str
    client_data: str
    prompts_title: str
    prompt: str  # in Dutch, as the documents are


WORDS: dict[Language, Words] = {
    "nl": Words(
        searching="zoekt in de bronnen…",
        ai_notice="Dit antwoord komt van een computer (AI). Controleer de bron voordat er iets mee wordt besloten.",
        sources="Bronnen",
        understood_as="Begrepen als: {question}",
        note="Let op: {text}",
        page="p. {page}",
        date_unknown="datum onbekend",
        superseded="Let op: vervangen",
        outdated="Let op: verouderd",
        show_passages="Toon passages",
        ask_colleague="Vraag een collega",
        ask_colleague_title="Vraag een collega",
        ask_colleague_sure="De vraag komt in het kanaal voor collega's, zonder gegevens van personen.",
        ask_colleague_what="Vraag, zonder namen en andere gegevens van personen",
        share="Delen in kanaal",
        cancel="Annuleer",
        close="Sluit",
        send="Verstuur",
        good="Goed antwoord",
        bad="Geen goed antwoord",
        thanks="Dank voor de beoordeling.",
        feedback_title="Beoordeling",
        feedback_remark="Opmerking (mag leeg blijven)",
        feedback_question_label="De vraag",
        feedback_question="Stuur ook de vraag mee",
        feedback_question_hint="Gegevens van personen worden eerst weggelaten.",
        passages_title="Passages",
        passages_changed="Deze bron is veranderd sinds het antwoord. Stel de vraag opnieuw.",
        open_source="Open de bron",
        empty=(
            "Stel een vraag over het beleid, bijvoorbeeld: “{bot} wat vervangt het kwaliteitskader?” "
            "Of typ: /beleid en de vraag; dan ziet niemand anders het antwoord. "
            "Het antwoord komt uit de bronnen en is gemaakt door een computer (AI). Noem geen namen van cliënten."
        ),
        no_text="Bestanden worden niet gelezen. Typ de vraag als tekst.",
        file_unread="Het bestand bij de vraag is niet gelezen.",
        welcome="Graag gedaan.",
        too_long=(
            "De vraag is te lang: {length} tekens, het maximum is {most}. Maak de vraag korter of splits haar op."
        ),
        not_welcome=(
            "Deze assistent is er alleen voor medewerkers van de eigen organisatie. "
            "Vraag een collega van de organisatie om de vraag te stellen."
        ),
        failed="Er ging iets mis. Probeer het opnieuw. Blijft het misgaan? Meld dan nummer {id} bij de beheerder.",
        lost="Er ging iets mis door een storing. Stel de vraag opnieuw.",
        shared="Het antwoord staat in het kanaal.",
        shared_already="Dit antwoord is al gedeeld.",
        shared_quotes="Gedeeld uit de bronnen:",
        asked_colleague="De vraag staat in het kanaal voor collega's.",
        asked_already="Deze vraag staat al in het kanaal voor collega's.",
        colleague_asks="Een collega zoekt hulp bij deze vraag:",
        colleague_link="Naar het gesprek",
        colleague_absent=(
            "De assistent kan niet schrijven in het kanaal voor collega's. "
            "Vraag de beheerder om de assistent aan dat kanaal toe te voegen."
        ),
        gone="Het bericht met de vraag is er niet meer.",
        client_data="Niemand anders ziet deze melding.",
        prompts_title="Stel een vraag over het beleid",
        prompt="Waar gaat {title} over?",
    ),
    "en": Words(
        searching="is searching the sources…",
        ai_notice="This answer comes from a computer (AI). Check the source before deciding anything.",
        sources="Sources",
        understood_as="Understood as: {question}",
        note="Note: {text}",
        page="p. {page}",
        date_unknown="date unknown",
        superseded="Note: replaced",
        outdated="Note: outdated",
        show_passages="Show passages",
        ask_colleague="Ask a colleague",
        ask_colleague_title="Ask a colleague",
        ask_colleague_sure="The question is posted in the channel for colleagues, without personal data.",
        ask_colleague_what="Question, without names or other personal data",
        share="Share in channel",
        cancel="Cancel",
        close="Close",
        send="Send",
        good="Good answer",
        bad="Not a good answer",
        thanks="Thank you for the feedback.",
        feedback_title="Feedback",
        feedback_remark="Remark (may stay empty)",
        feedback_question_label="The question",
        feedback_question="Send the question along",
        feedback_question_hint="Personal data is left out first.",
        passages_title="Passages",
        passages_changed="This source has changed since the answer. Ask the question again.",
        open_source="Open the source",
        empty=(
            "Ask a question about policy, for example: “{bot} what replaces the kwaliteitskader?” "
            "Or type: /beleid and the question; then nobody else sees the answer. "
            "The answer comes from the sources and is made by a computer (AI). Leave out names of clients."
        ),
        no_text="Files are not read. Type the question as text.",
        file_unread="The file with the question was not read.",
        welcome="You're welcome.",
        too_long="The question is too long: {length} characters, at most {most}. Make it shorter or split it.",
        not_welcome="This assistant is only for staff of its own organisation. Ask a colleague there to ask it.",
        failed="Something went wrong. Try again. If it keeps failing, give number {id} to the administrator.",
        lost="Something went wrong because of a failure. Ask the question again.",
        shared="The answer is in the channel.",
        shared_already="This answer was shared already.",
        shared_quotes="Shared from the sources:",
        asked_colleague="The question is in the channel for colleagues.",
        asked_already="This question is in the channel for colleagues already.",
        colleague_asks="A colleague needs help with this question:",
        colleague_link="To the conversation",
        colleague_absent=(
            "The assistant cannot write in the channel for colleagues. "
            "Ask the administrator to add the assistant to that channel."
        ),
        gone="The message with the question is no longer there.",
        client_data="Nobody else sees this note.",
        prompts_title="Ask a question about policy",
        prompt="Waar gaat {title} over?",
    ),
}
