"""Text for Slack: what comes out of a stream's markup is what went in, and nothing in it has a meaning of its own."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.slack.markup import clipped, escaped, markdown, mentions_others, read_markdown, split_text, typed
from slack.markup_rules import broadcasts, markdown_faults, mrkdwn_faults

TEXTS = st.text(alphabet="ab1 [](){}<>&!@#|\\`*_~>=+-\n:/.éU", max_size=40)


@given(TEXTS)
@example("\\[1]")
@example("[1](http://kwaad.nl)")
@example("<!channel>")
def test_streamed_text_reads_back_as_it_was(text: str) -> None:
    assert read_markdown(markdown(text)) == text
    assert broadcasts(markdown(text)) == []
    assert list(markdown_faults(markdown(text))) == []


@given(TEXTS)
def test_the_text_of_a_message_reads_back_as_it_was(text: str) -> None:
    assert broadcasts(escaped(text)) == []
    assert [fault for fault in mrkdwn_faults(escaped(text)) if "link" in fault] == []


def test_markers_keep_their_look() -> None:
    assert markdown("Zo is het. [1] En zo. [12](x)") == "Zo is het. [1] En zo. [12]\\(x)"


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("<@U0BOT> wat is dit?", "wat is dit?"),
        ("Zeg <@U0BOT>, wat is dit?", "Zeg  , wat is dit?"),
        ("<@U1> zegt A &amp; B &lt;C&gt;", "@collega zegt A & B <C>"),
        ("zie <https://a.nl/x?a=1&amp;b=2|de site> en <https://b.nl>", "zie de site en https://b.nl"),
        ("mail <mailto:x@y.nl|x@y.nl> in <#C1|algemeen> <!here>", "mail x@y.nl in #algemeen @here"),
    ],
)
def test_what_a_person_typed_is_read_without_slacks_codes(raw: str, meant: str) -> None:
    assert typed(raw, "U0BOT") == meant


def test_who_else_is_called() -> None:
    called = ["<@U0BOT> en?", "<@U1> en?", "<!here> wie?", "<!subteam^S1> wie?", "<!date^1^{date}|nu> klopt dit?"]

    assert [mentions_others(text, "U0BOT") for text in called] == [False, True, True, True, False]


@given(st.text(alphabet="ab \n", max_size=200), st.integers(5, 50))
def test_split_text_loses_no_word(text: str, most: int) -> None:
    pieces = split_text(text, most)

    assert all(len(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_clipped_text_is_one_line() -> None:
    assert clipped("een\ntwee  drie", 8) == "een twe…"
