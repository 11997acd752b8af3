"""`corpus sync`: the documents beside their originals on the web, once or on a schedule."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING

import click

from assistant.cli.differences import print_differences
from assistant.cli.dutch import DutchCommand
from assistant.cli.recording import recording
from assistant.cli.session import Session, pass_session
from assistant.cli.stopping import stop_on_signals
from assistant.errors import AssistantError, UsageError

if TYPE_CHECKING:
    from assistant.syncing import Synced, SyncOutcome

ATTENTION, CHANGED = 1, 3  # exit codes; 0: nothing to do any more; 75: another one is busy
MOST_SHOWN = 20  # sentences that differ, of one document
WORDS: dict[SyncOutcome, str] = {
    "first": "origineel opgehaald; in de map staat een ander bestand, dat blijft",
    "replaced": "vervangen door de nieuwe versie van het origineel",
    "restored": "het bestand ontbrak en is teruggezet",
    "to_replace": "er is een nieuwe versie van het origineel; er is niets vervangen",
    "to_look_at": "het origineel is veranderd; in de map staat een ander bestand, dat blijft",
}
_UNITS = {"m": 60, "u": 3600, "d": 86_400}
_LEAST_SECONDS = 300


class Interval(click.ParamType[int]):
    """A time between two rounds: 30m, 24u or 7d."""

    name = "tijd"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"(\d{1,4})([mud])", str(value))
        seconds = int(found[1]) * _UNITS[found[2]] if found else 0
        if seconds < _LEAST_SECONDS:
            self.fail(f"'{value}' kan niet. Schrijf bijvoorbeeld 30m, 24u of 7d; ten minste 5m.", param, ctx)
        return seconds


@click.command(cls=DutchCommand)
@click.argument("document_ids", nargs=-1, metavar="[ID…]")
@click.option("--alleen-melden", is_flag=True, help="Vervang niets; zeg alleen wat er is veranderd.")
@click.option("--elke", type=Interval(), metavar="TIJD", help="Blijf draaien en herhaal: 30m, 24u of 7d.")
@pass_session
def sync(session: Session, document_ids: tuple[str, ...], alleen_melden: bool, elke: int | None) -> int:
    """Vergelijk de documenten met hun originelen op het web.

    Een document dat zelf het origineel is, wordt vervangen als de tekst ervan is veranderd. Het oude bestand blijft
    bewaard voor: beleidswijzer corpus undo. Van een eigen bestand, zoals een samenvatting, wordt alleen gemeld wat er
    in het origineel is veranderd. Een origineel dat is verdwenen, wordt gemeld; het document blijft.

    Exitcodes: 0 alles is bij, 1 iets is verdwenen of mislukt, 3 er is iets om te bekijken, 75 een andere sync is bezig.
    """
    if elke is None:
        return _once(session, document_ids, alleen_melden, Event())
    stop = Event()
    with stop_on_signals(stop):
        while not stop.is_set():
            _say("Ronde begint.")
            try:
                _once(session, document_ids, alleen_melden, stop)
            except AssistantError as error:  # the next round may find it mended
                _say(session.with_folders(str(error)), err=True)
            if not stop.is_set():
                _say("Ronde is klaar.")
            stop.wait(elke)
    _say("Gestopt.")
    return 0


def _once(session: Session, document_ids: tuple[str, ...], only_report: bool, stop: Event) -> int:
    """One round, which `stop` ends after the document that it is at."""
    from assistant.catalogue import read_documents
    from assistant.syncing import sync_documents
    from assistant.wording import nearest

    documents = {document.id: document for document in read_documents(session.corpus_folder)}
    for document_id in document_ids:
        if document_id not in documents:
            proposal = nearest(document_id, documents)
            raise UsageError(f"Er is geen document met id '{document_id}'.{proposal} Typ: beleidswijzer corpus list")
    chosen = [documents[each] for each in document_ids] or list(documents.values())
    counts: Counter[SyncOutcome] = Counter()
    synced = sync_documents(session.settings, chosen, session.open_downloader(), only_report=only_report)
    with recording(session, "bron-bijwerken") as note, closing(synced):
        for each in synced:
            counts[each.outcome] += 1
            if each.outcome in ("replaced", "restored"):
                note(each.document.id)
            _tell(session, each)
            if stop.is_set():
                break
    silent = sum(document.url is None for document in chosen)
    _tell_counts(counts, silent)
    if counts["gone"] or counts["failed"]:
        return ATTENTION
    return CHANGED if counts["to_replace"] or counts["to_look_at"] else 0


def _tell(session: Session, each: Synced) -> None:
    document = each.document
    if each.outcome == "gone":
        click.echo(f"✗ {document.id}: {each.reason} Het document blijft; er is niets ingetrokken.", err=True)
    elif each.outcome == "failed":
        click.echo(f"✗ {document.id}: {session.with_folders(each.reason)}", err=True)
    elif each.outcome != "unchanged":
        click.echo(f"✓ {document.id} ({document.title}): {WORDS[each.outcome]}.")
        if each.differences:
            from assistant.cli.rendering import terminal  # rich: a help page does without

            print_differences(terminal(), each.differences, MOST_SHOWN)
        if each.outcome == "to_replace":
            click.echo(session.with_folders(f"    Vervangen? Typ: beleidswijzer corpus sync {document.id}"))
        if each.outcome == "replaced":
            click.echo(
                session.with_folders("    Klopt de datum in de catalogus nog? Terug kan met: beleidswijzer corpus undo")
            )


def _tell_counts(counts: Counter[SyncOutcome], silent: int) -> None:
    changed = counts["replaced"] + counts["restored"] + counts["to_replace"] + counts["to_look_at"]
    parts = {
        "Gecontroleerd": counts.total(),
        "veranderd": changed,
        "waarvan vervangen of teruggezet": counts["replaced"] + counts["restored"],
        "verdwenen": counts["gone"],
        "mislukt": counts["failed"],
        "zonder webadres": silent,
    }
    click.echo(f"{', '.join(f'{words}: {count}' for words, count in parts.items())}.")


def _say(sentence: str, *, err: bool = False) -> None:
    click.echo(f"{datetime.now():%d-%m-%Y %H:%M:%S}  {sentence}", err=err)
