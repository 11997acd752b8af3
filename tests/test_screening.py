"""No client data gets past the gate: not in a question, not in a conversation."""

from __future__ import annotations

from assistant.privacy import PrivacyGate
from assistant.screening import Screened, Screening
from assistant.types import Turn

CLEAN = "client [BSN] staat op de wachtlijst, hoort die in het ZVH?"
BSN = "client 1234.56.782 staat op de wachtlijst, hoort die in het ZVH?"


def test_a_question_without_client_data_passes_unchanged() -> None:
    history = (Turn("user", "Wat is het ZVH?"), Turn("assistant", "Een samenwerking. [1]"))

    assert Screening().screen("Wie doen mee?", history) == Screened("Wie doen mee?", history)


def test_client_data_in_the_question_blocks_it_and_is_gone_from_what_is_kept() -> None:
    screened = Screening().screen(BSN)

    assert screened == Screened(CLEAN, (), ("bsn",), True)


def test_client_data_in_the_conversation_blocks_the_question() -> None:
    screened = Screening().screen("Wat nu?", [Turn("user", "bel 06-12345678"), Turn("assistant", "Goed.")])

    assert (screened.is_blocked, screened.found) == (True, ("telefoon",))
    assert screened.history[0] == Turn("user", "bel [telefoonnummer]")


def test_a_question_that_was_blocked_before_does_not_block_the_next() -> None:
    before = (Turn("user", "Wat is het ZVH?"), Turn("assistant", "Iets."))
    history = [*before, Turn("user", BSN), Turn("assistant", PrivacyGate().advice(["bsn"]))]

    screened = Screening().screen("En wie doen mee?", history)

    assert screened == Screened("En wie doen mee?", before)


def test_a_contact_in_an_answer_blocks_nothing_and_is_left_out() -> None:
    history = [Turn("user", "Wie is de contactpersoon?"), Turn("assistant", "Mail naar jan.jansen@voorbeeld.nl. [1]")]

    screened = Screening().screen("En wie nog meer?", history)

    assert screened.is_blocked is False
    assert screened.history[1].text == "Mail naar [e-mailadres]. [1]"


def test_the_redacting_mode_goes_on_without_the_data() -> None:
    screening = Screening(mode="redact")

    screened = screening.screen(BSN)

    assert (screened.question, screened.is_blocked) == (
        "client [BSN] staat op de wachtlijst, hoort die in het ZVH?",
        False,
    )
    assert [caution.code for caution in screening.cautions(screened, "nl")] == ["weggelaten"]


def test_a_blocked_answer_says_what_to_leave_out_and_repeats_nothing() -> None:
    screening = Screening()

    answer = screening.blocked_answer(screening.screen(BSN))

    assert (answer.completeness, answer.blocked, answer.citations) == ("none", ("bsn",), ())
    assert answer.text == PrivacyGate().advice(["bsn"])
    assert "1234.56.782" not in repr(answer)


def test_a_blocked_english_question_gets_english_advice() -> None:
    screening = Screening()

    answer = screening.blocked_answer(screening.screen("What should the team do for my client, phone 06-12345678?"))

    assert (answer.language, answer.text) == ("en", PrivacyGate().advice(["telefoon"], "en"))
