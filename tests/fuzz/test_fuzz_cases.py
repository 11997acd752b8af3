"""What fuzzing found before stays mended, and a little is tried anew each time."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz_seeds import seeds
from fuzz_targets import TARGETS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CASES = sorted(path for path in (Path(__file__).parent / "cases").rglob("*") if path.is_file())


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name[:20]}")
def test_what_was_found_before_does_no_harm(case: Path) -> None:
    TARGETS[case.parent.name](case.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_good_input_does_no_harm(name: str) -> None:
    found = list(seeds(name))

    assert found
    for seed in found:
        TARGETS[name](seed)


@pytest.mark.parametrize("name", TARGETS)
def test_good_input_that_is_damaged_does_no_harm(name: str) -> None:
    target, good = TARGETS[name], list(seeds(name))

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(good), st.lists(st.tuples(st.integers(0), st.binary(max_size=6), st.integers(0, 9))))
    def damaged(seed: bytes, changes: list[tuple[int, bytes, int]]) -> None:
        for place, put, taken in changes[:8]:
            at = place % (len(seed) + 1)
            seed = seed[:at] + put + seed[at + taken :]
        target(seed)

    damaged()


def test_every_case_has_a_target() -> None:
    assert {case.parent.name for case in CASES} <= set(TARGETS)
