"""Keys, limits, feedback, tasks, the kill switch, what was seen, and the trail; in a file and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from record_engines import contents, settings
from record_processes import LEASE, NOW

from assistant.errors import UsageError
from assistant.records import Records, Task, open_records, purge_old
from assistant.settings import Settings

__all__ = ["settings"]

DAY = 24 * 3600.0


@dataclass
class Clock:
    """A clock that a test can move."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(settings: Settings, clock: Clock) -> Iterator[Records]:
    with open_records(settings, clock) as opened:
        yield opened


def test_a_key_is_found_by_its_secret_only(records: Records) -> None:
    secret, key = records.keys.create(" Afdeling zorg ", "beheerder")

    assert secret.startswith(f"bw_{key.id}_")
    assert len(secret) == 3 + 8 + 1 + 64
    assert records.keys.find(secret) == key
    assert (key.name, key.role, key.created) == ("Afdeling zorg", "beheerder", datetime.fromtimestamp(NOW, UTC))
    wrong = [
        secret[:-1],
        secret + "0",
        secret.upper(),
        secret.replace("bw_", "xx_"),
        f"bw_{key.id}_",
        key.id,
        "",
        "bw__",
    ]
    assert [records.keys.find(each) for each in wrong] == [None] * len(wrong)


def test_a_secret_is_nowhere_on_disk(records: Records, settings: Settings) -> None:
    secret, key = records.keys.create("naam", "gebruiker")
    records.keys.find(secret)

    assert secret.rpartition("_")[2].encode() not in contents(settings)
    assert key.id.encode() in contents(settings)


def test_a_revoked_key_is_not_found_any_more(records: Records, clock: Clock) -> None:
    secret, key = records.keys.create("naam", "gebruiker")
    clock.now += DAY

    assert [records.keys.revoke(key.id), records.keys.revoke(key.id), records.keys.revoke("bestaat")] == [
        True,
        False,
        False,
    ]

    assert records.keys.find(secret) is None
    assert records.keys.list()[0].revoked == datetime.fromtimestamp(NOW + DAY, UTC)


def test_the_day_of_the_last_use_is_kept(records: Records, clock: Clock) -> None:
    secret, _ = records.keys.create("naam", "gebruiker")
    clock.now += 3 * DAY

    records.keys.find(secret)

    assert records.keys.list()[0].last_used == datetime.fromtimestamp(NOW + 3 * DAY, UTC).date()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101, "\x1b[31m"])
def test_a_name_that_cannot_be_shown_is_refused(records: Records, name: str) -> None:
    with pytest.raises(UsageError, match="Geef de sleutel een naam van 1 tot 100 gewone tekens"):
        records.keys.create(name, "gebruiker")

    assert records.keys.list() == ()


def test_a_limit_lets_a_minute_pass_and_then_spreads(records: Records) -> None:
    waits = [records.limits.take("ik", 3, NOW) for _ in range(4)]

    assert waits == [0, 0, 0, 20]
    assert records.limits.take("ander", 3, NOW) == 0
    assert records.limits.take("ik", 3, NOW + 19) == 1
    assert [records.limits.take("ik", 3, NOW + 20) for _ in range(2)] == [0, 20]
    assert [records.limits.take("ik", 3, NOW + 200) for _ in range(4)] == [0, 0, 0, 20]


def test_a_clock_that_is_set_back_locks_nobody_out(records: Records) -> None:
    for _ in range(3):
        records.limits.take("ik", 3, NOW)

    assert records.limits.take("ik", 3, NOW - 10 * DAY) == 20


def test_feedback_keeps_what_was_given(records: Records) -> None:
    given = records.feedback.add("a1", "fout", "Klopt niet", "Wat kost het?", door="slack")
    bare = records.feedback.add("a2", "goed", "")

    assert records.feedback.list() == tuple(sorted((given, bare), key=lambda each: each.id))
    assert (given.question, given.remark, given.door) == ("Wat kost het?", "Klopt niet", "slack")
    assert (bare.question, bare.remark, bare.door) == (None, None, "http")


def test_a_purge_leaves_verdicts_and_no_old_text_on_disk(records: Records, settings: Settings, clock: Clock) -> None:
    for day in range(3):
        clock.now = NOW + day * DAY
        records.feedback.add(f"a{day}", "fout", f"opmerking-dag-{day}", f"vraag-dag-{day}")
        records.feedback.add(f"b{day}", "goed")

    purged = records.feedback.purge(datetime.fromtimestamp(NOW + 2 * DAY, UTC))

    assert purged == 2
    assert [(each.answer_id, each.question) for each in records.feedback.list() if each.verdict == "fout"] == [
        ("a0", None),
        ("a1", None),
        ("a2", "vraag-dag-2"),
    ]
    found = contents(settings)
    assert [text in found for text in (b"vraag-dag-0", b"opmerking-dag-1", b"vraag-dag-2")] == [False, False, True]


def test_the_term_of_the_settings_decides_what_is_old(records: Records, settings: Settings) -> None:
    short = replace(settings, privacy=settings.privacy.model_copy(update={"retention_days": 7}))
    records.feedback.add("a", "fout", "opmerking", "vraag")
    given = datetime.fromtimestamp(NOW, UTC)

    counts = [purge_old(records, short, given + timedelta(days=days)) for days in (6, 7, 8, 9)]

    assert counts == [0, 0, 1, 0]


def test_a_task_is_followed_from_waiting_to_done(records: Records, clock: Clock) -> None:
    created = records.tasks.create("soort", "sleutel-1", {"bestand": "a.md", "lijst": [1, 2]})
    assert records.tasks.get(created.id) == created

    taken = records.tasks.take(LEASE)
    clock.now += 5
    records.tasks.update(created.id, "bezig", 40, "Bezig.")
    half = records.tasks.get(created.id)
    records.tasks.update(created.id, "klaar", 100, "Klaar.", "nota")
    done = records.tasks.get(created.id)

    assert taken is not None
    assert (taken.state, taken.attempts, taken.details) == ("bezig", 1, {"bestand": "a.md", "lijst": [1, 2]})
    assert half is not None
    assert (half.progress, half.message, half.updated) == (40, "Bezig.", datetime.fromtimestamp(NOW + 5, UTC))
    assert done is not None
    assert (done.state, done.progress, done.outcome) == ("klaar", 100, "nota")
    assert records.tasks.take(LEASE) is None
    assert records.tasks.get("onbekend") is None


def test_tasks_are_taken_in_order(records: Records, clock: Clock) -> None:
    first = records.tasks.create("soort", "ik").id
    clock.now += 1
    second = records.tasks.create("soort", "ik").id

    taken = [records.tasks.take(LEASE), records.tasks.take(LEASE), records.tasks.take(LEASE)]

    assert [(task.id, task.attempts) if task else None for task in taken] == [(first, 1), (second, 1), None]
    assert [task.id for task in records.tasks.list()] == [second, first]


def test_a_task_of_a_worker_that_died_is_taken_over_once_its_lease_has_run_out(records: Records, clock: Clock) -> None:
    created = records.tasks.create("soort", "ik").id
    records.tasks.take(LEASE)
    records.tasks.update(created, "bezig", 40, "Bezig.")

    early = records.tasks.take(LEASE)
    clock.now += LEASE
    taken = records.tasks.take(LEASE)
    again = records.tasks.take(LEASE)

    assert early is None
    assert taken is not None
    assert (taken.id, taken.attempts, taken.progress) == (created, 2, 0)
    assert again is None


def test_a_renewed_lease_keeps_the_task(records: Records, clock: Clock) -> None:
    records.tasks.create("soort", "ik")
    task = taken(records)
    clock.now += LEASE - 1

    assert records.tasks.renew(task, LEASE) is True

    clock.now += LEASE - 1
    assert records.tasks.take(LEASE) is None


def test_a_task_that_is_given_back_waits_for_any_worker(records: Records) -> None:
    records.tasks.create("soort", "ik")
    task = taken(records)

    assert records.tasks.give_back(task) is True

    assert taken(records).attempts == 2


def test_a_worker_that_lost_its_task_changes_nothing_any_more(records: Records, clock: Clock) -> None:
    records.tasks.create("soort", "ik")
    slow = taken(records)
    clock.now += LEASE
    quick = taken(records)

    late = [
        records.tasks.renew(slow, LEASE),
        records.tasks.give_back(slow),
        records.tasks.update(slow.id, "klaar", 100, "Te laat.", "a", attempt=slow.attempts),
    ]
    noted = records.tasks.update(quick.id, "klaar", 100, "Klaar.", "b", attempt=quick.attempts)
    ended = records.tasks.update(quick.id, "bezig", 10, "Nog eens.", attempt=quick.attempts)

    assert (late, noted, ended) == ([False, False, False], True, False)
    done = records.tasks.get(quick.id)
    assert done is not None
    assert (done.state, done.message, done.outcome) == ("klaar", "Klaar.", "b")


def taken(records: Records) -> Task:
    task = records.tasks.take(LEASE)
    assert task is not None
    return task


def test_a_closed_door_has_a_message_until_it_opens(records: Records) -> None:
    records.switch.close("http", " Onderhoud\ntot 14.00 uur. ")
    records.switch.close("http", "Onderhoud tot 15.00 uur.")

    assert (records.switch.state("http"), records.switch.state("slack")) == ("Onderhoud tot 15.00 uur.", None)

    records.switch.reopen("http")
    records.switch.reopen("http")
    assert records.switch.state("http") is None


@pytest.mark.parametrize("message", ["", " ", "x" * 501, "a\x00b"])
def test_a_message_that_cannot_be_shown_is_refused(records: Records, message: str) -> None:
    with pytest.raises(UsageError, match="Geef een melding van 1 tot 500 gewone tekens"):
        records.switch.close("http", message)

    assert records.switch.state("http") is None


def test_a_key_is_new_again_after_its_time(records: Records, clock: Clock) -> None:
    seen = [records.seen.first("C1:17", 60), records.seen.first("C1:17", 60), records.seen.first("C1:18", 60)]
    clock.now += 59
    seen.append(records.seen.first("C1:17", 60))
    clock.now += 1

    assert [*seen, records.seen.first("C1:17", 60)] == [True, False, True, False, True]


def test_the_trail_shows_the_newest_first(records: Records, clock: Clock) -> None:
    records.trail.add("sleutel-1", "bron toevoegen", "nota", "gelukt")
    clock.now += 1
    records.trail.add("sleutel-2", "bron verwijderen", "nota", "mislukt")

    assert [(deed.actor, deed.action, deed.object, deed.result) for deed in records.trail.list()] == [
        ("sleutel-2", "bron verwijderen", "nota", "mislukt"),
        ("sleutel-1", "bron toevoegen", "nota", "gelukt"),
    ]
    assert records.trail.list(1)[0].at == datetime.fromtimestamp(NOW + 1, UTC)


def test_a_sign_that_no_database_can_keep_is_no_error(records: Records) -> None:
    records.feedback.add("a\x00", "fout", "opmerking\x00met NUL", "vraag")

    assert records.keys.find("bw_\x00_x") is None
    assert records.seen.first("\x00", 60) is True
    assert [each.verdict for each in records.feedback.list()] == ["fout"]
