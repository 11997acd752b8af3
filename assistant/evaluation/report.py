"""The verdicts of a run as one self-contained HTML page in Dutch: figures, plots with their tables, worst cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TypeVar

from assistant.evaluation.figures import LABELS, SHARES, Figures
from assistant.evaluation.judging import Verdict
from assistant.evaluation.plots import bars, curve, percentage
from assistant.evaluation.resampling import Estimate
from assistant.serialisation import COMPLETENESS_WORDS

Each = TypeVar("Each")

WORST_CASES = 30
_CURVE_ROWS = 20

_STYLE = """
body { color: #1a1a1a; background: #fff; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; }
table { border-collapse: collapse; margin: .5rem 0; }
caption { font-weight: bold; text-align: left; }
th, td { border-bottom: 1px solid #c4c4c4; padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
.getal { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
.naast { align-items: start; display: flex; flex-wrap: wrap; gap: 2rem; }
article { border-left: 4px solid #154273; margin: 1.5rem 0; padding-left: 1rem; }
blockquote { background: #f3f3f3; margin: .5rem 0; padding: .5rem .75rem; white-space: pre-line; }
"""


def report_html(title: str, description: str, figures: Figures, verdicts: Sequence[Verdict]) -> str:
    """The report of one run; `description` says in a sentence what was measured and when."""
    parts = [
        "<!doctype html>",
        '<html lang="nl"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1><p>{escape(description)}</p><main>",
        *_figures(figures),
        *_types(figures),
        *_calibration(figures),
        *_risk(figures),
        *_refusal(figures),
        *_worst(verdicts),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def figure_words(name: str, estimate: Estimate) -> tuple[str, str, str]:
    """A figure as three cells: what it is, its value, its 95 % interval ("" where it has none)."""
    words = percentage if name in SHARES else decimal
    has_interval = estimate.low != estimate.high
    return (
        LABELS[name],
        words(estimate.value),
        f"{words(estimate.low)} – {words(estimate.high)}" if has_interval else "",
    )


def decimal(value: float) -> str:
    """A number with a decimal comma."""
    return (f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}").replace(".", ",")


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f'<td class="getal">{escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _figures(figures: Figures) -> Iterator[str]:
    rows = [(*figure_words(name, each), str(each.count)) for name, each in figures.estimates.items()]
    yield "<h2>Cijfers</h2>"
    yield _table("Alle vragen samen", ("Wat", "Waarde", "95 %-interval", "Aantal"), rows)


def _types(figures: Figures) -> Iterator[str]:
    rows = [
        (
            each.type,
            str(each.questions),
            "–" if each.answer_found is None else percentage(each.answer_found),
            "–" if each.not_complete is None else percentage(each.not_complete),
        )
        for each in figures.types
    ]
    found = [(each.type, each.answer_found) for each in figures.types if each.answer_found is not None]
    yield "<h2>Per soort vraag</h2><div class=naast>"
    if found:
        yield bars("Antwoord gevonden per soort vraag", found)
    heads = ("Soort", "Vragen", "Antwoord gevonden", "Onbeantwoordbaar: niet volledig")
    yield _table("Per soort vraag", heads, rows) + "</div>"


def _calibration(figures: Figures) -> Iterator[str]:
    points = [(each.confidence, each.right) for each in figures.calibration]
    rows = [
        (
            f"{percentage(each.low)} – {percentage(each.high)}",
            str(each.count),
            percentage(each.confidence),
            percentage(each.right),
        )
        for each in figures.calibration
    ]
    yield "<h2>Zekerheid tegen uitkomst</h2>"
    yield "<p>Op de stippellijn is de opgegeven zekerheid precies het deel dat klopte.</p><div class=naast>"
    yield curve("Kalibratie van de zekerheid", "zekerheid", "deel dat klopt", points, diagonal=True, dots=True)
    yield _table("Kalibratie", ("Zekerheid", "Vragen", "Gemiddelde zekerheid", "Klopt"), rows) + "</div>"


def _risk(figures: Figures) -> Iterator[str]:
    points = [(each.coverage, each.risk) for each in figures.risk]
    rows = [
        (decimal(each.threshold), percentage(each.coverage), percentage(each.risk)) for each in _thinned(figures.risk)
    ]
    yield "<h2>Dekking tegen risico</h2>"
    yield "<p>Dekking: deel van de vragen met een antwoord. Risico: deel van die antwoorden dat niet klopt.</p>"
    yield "<div class=naast>" + curve("Dekking tegen risico", "dekking", "risico", points)
    yield _table("Dekking en risico per drempel", ("Drempel", "Dekking", "Risico"), rows) + "</div>"


def _refusal(figures: Figures) -> Iterator[str]:
    if not figures.refusal:
        return
    points = [(each.answered, each.refused) for each in figures.refusal]
    rows = [
        (decimal(each.threshold), percentage(each.answered), percentage(each.refused))
        for each in _thinned(figures.refusal)
    ]
    yield "<h2>Wat de drempel kost</h2>"
    yield "<p>Onbeantwoordbaar zijn hier ook vragen waarvan de gouden passage is weggelaten.</p><div class=naast>"
    yield curve("Beantwoord tegen geweigerd", "beantwoordbaar: beantwoord", "onbeantwoordbaar: geweigerd", points)
    yield _table("Per drempel", ("Drempel", "Beantwoord", "Geweigerd"), rows) + "</div>"


def _thinned(points: Sequence[Each]) -> list[Each]:
    step = max(1, len(points) // _CURVE_ROWS)
    return [*points[::step], *([points[-1]] if points and (len(points) - 1) % step else [])]


def worst_cases(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The wrong answers, most confident first; then the answerable questions that were refused."""
    wrong = [verdict for verdict in verdicts if verdict.completeness != "none" and not verdict.right]
    refused = [verdict for verdict in verdicts if verdict.completeness == "none" and verdict.answerable]
    return [
        *sorted(wrong, key=lambda verdict: (-verdict.unsupported, -verdict.confidence)),
        *sorted(refused, key=lambda verdict: verdict.confidence),
    ]


def _worst(verdicts: Sequence[Verdict]) -> Iterator[str]:
    cases = worst_cases(verdicts)
    yield f"<h2>Slechtste gevallen</h2><p>{min(len(cases), WORST_CASES)} van {len(cases)}.</p>"
    for verdict in cases[:WORST_CASES]:
        facts = [verdict.id, verdict.type, verdict.variant, COMPLETENESS_WORDS[verdict.completeness]]
        yield f"<article><h3>{escape(verdict.question)}</h3>"
        yield f"<p>{escape(' · '.join(facts))} · zekerheid {percentage(verdict.confidence)}</p>"
        yield f"<p>Goed antwoord: {escape(_gold_words(verdict))}</p>"
        for quote in (*verdict.quotes, *verdict.nearest):
            label = "juiste bron" if quote.right else "andere bron"
            label = f"{label}, dichtst in de buurt" if quote in verdict.nearest else label
            yield f"<p>{escape(quote.source)} ({label}):</p><blockquote>{escape(quote.text)}</blockquote>"
        if not verdict.quotes:
            yield f"<p>Antwoord:</p><blockquote>{escape(verdict.answer)}</blockquote>"
        for passage in verdict.gold_passages:
            yield f"<p>Gouden passage:</p><blockquote>{escape(passage)}</blockquote>"
        yield "</article>"


def _gold_words(verdict: Verdict) -> str:
    if verdict.variant == "gewoon":
        return verdict.gold or "(niet opgegeven)"
    return "weigeren: het antwoord staat niet in de passages."
