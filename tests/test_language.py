"""The quick ways through a text see what the slow ones see."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from assistant.language import forms, tokenize

LETTERS = "aeijknrstvABGILRSTVéëïçÉßİ"
TEXTS = st.text(alphabet=LETTERS + "0123456789()'’-–.,:/ \u00a0\n", max_size=80)


@given(TEXTS)
@example("(wijk)teams en cliënt(en): GI's, LT's, zzp'ers, 24-uurs, art. 2.3 en € 1.000,50")
@example("(on)veiligheid")
@example("RvdKs HKs ﬁets naïeve ZZP’ers")
def test_forms_are_those_of_the_tokens(text: str) -> None:
    assert forms(text) == [token.form for token in tokenize(text)]


def test_word_with_brackets_has_both_readings_at_one_place() -> None:
    tokens = tokenize("Over (on)veiligheid thuis")

    assert [(token.form, token.begin, token.end) for token in tokens] == [
        ("over", 0, 4),
        ("onveiligheid", 5, 19),
        ("veiligheid", 5, 19),
        ("thuis", 20, 25),
    ]


def test_abbreviations_lose_their_endings() -> None:
    assert forms("De LT's, GI’s en cliënt(en)") == ["de", "lt", "gi", "en", "clienten", "client"]
