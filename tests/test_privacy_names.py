"""Names from an optional library: loaded in the background, never waited for, never in the way."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from importlib.util import find_spec

import pytest

from assistant.errors import SettingsError
from assistant.privacy import PrivacyGate
from assistant.privacy_names import BackgroundNames, FindNames


def find_marked(text: str) -> Sequence[tuple[int, int]]:
    """Takes the word "Qqq" for a name."""
    return [(text.index("Qqq"), text.index("Qqq") + 3)] if "Qqq" in text else []


def test_names_are_found_once_they_are_loaded_and_not_before() -> None:
    may_load = threading.Event()

    def load() -> FindNames:
        may_load.wait(timeout=30)
        return find_marked

    names = BackgroundNames(load)
    gate = PrivacyGate(names=names)

    before = gate.findings("Qqq is dakloos")
    ready_before = names.ready
    may_load.set()
    loaded = names.wait(timeout_seconds=30)

    assert (before, ready_before, loaded, names.ready) == ((), False, True, True)
    assert gate.redacted("Qqq is dakloos") == "[naam] is dakloos"


def test_nothing_is_loaded_before_the_first_text() -> None:
    loads: list[int] = []

    def load() -> FindNames:
        loads.append(1)
        return find_marked

    names = BackgroundNames(load)

    assert loads == []
    names.names("a")
    names.names("b")
    names.wait(timeout_seconds=30)
    assert loads == [1]


def test_a_library_that_fails_leaves_our_own_rules(caplog: pytest.LogCaptureFixture) -> None:
    def load() -> FindNames:
        raise RuntimeError("moeder Fatima")

    names = BackgroundNames(load)
    gate = PrivacyGate(names=names)

    with caplog.at_level(logging.INFO):
        loaded = names.wait(timeout_seconds=30)

    assert (loaded, names.ready) == (False, False)
    assert gate.redacted("moeder Fatima weigert") == "moeder [naam] weigert"
    assert "RuntimeError" in caplog.text
    assert "Fatima" not in caplog.text


@pytest.mark.skipif(find_spec("deduce") is not None, reason="deduce is installed")
def test_without_the_extra_the_message_names_the_command() -> None:
    with pytest.raises(SettingsError, match=r"pip install 'beleidswijzer\[privacy\]'"):
        BackgroundNames()


# Two minutes the first time, a quarter of a minute later, and 1.1 GB.
@pytest.mark.skipif(not os.environ.get("BELEIDSWIJZER_TEST_DEDUCE"), reason="BELEIDSWIJZER_TEST_DEDUCE is not set")
def test_deduce_finds_names_that_our_lists_do_not_know() -> None:
    names = BackgroundNames()
    gate = PrivacyGate(names=names)
    question = "Eberhardine Quispel heeft schulden, wat nu?"
    root = logging.getLogger()
    before = (root.level, list(root.handlers))

    own = gate.redacted(question)
    assert names.wait(timeout_seconds=300)

    assert own == question
    assert gate.redacted(question) == "[naam] heeft schulden, wat nu?"
    assert gate.findings("Wat zegt Hans Boutellier over schulden?") == ()
    assert (root.level, root.handlers) == before
