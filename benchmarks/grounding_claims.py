"""Makes tests/data/grounding_claims.jsonl, the claims that the grounding check is measured on.

    python -m benchmarks.grounding_claims

True claims are sentences of our own corpus to the letter and what grounding_written.yml says in other words; false
ones are made from the sentences by rule, and by hand in the same file. Half of the passages is for tuning, the other
half is only measured. The same input always gives the same file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from zlib import crc32

import yaml

from assistant.catalogue import read_catalogue
from assistant.ingest import standard_stages
from assistant.types import Chunk, Document, Passage

ROOT = Path(__file__).parents[1]
CLAIMS = ROOT / "tests" / "data" / "grounding_claims.jsonl"
WRITTEN = ROOT / "tests" / "data" / "grounding_written.yml"

VERBATIM = 60
OF_EACH_KIND = 26
_MIN_WORDS = 7
_SKIP = re.compile(
    (
        r"^(?:bron|eigen samenvatting|deze samenvatting|oorspronkelijk|stand van zaken|de tekst "
        r"van|zie ook|meer lezen|let op|beide uitspraken|de twee bronnen|de uitleg)"
    ),
    re.I,
)
_FIGURES = {
    "twee": "vier",
    "drie": "zes",
    "vier": "drie",
    "vijf": "zeven",
    "zes": "vijf",
    "zeven": "negen",
    "acht": "zes",
    "negen": "zeven",
    "tien": "twintig",
    "dertien": "elf",
    "vijftien": "twaalf",
    "zestien": "achttien",
    "dertig": "veertig",
    "tachtig": "zestig",
}
_MONTHS = "januari februari maart april mei juni juli augustus september oktober november december".split()
_NAMES = (
    (
        "Femke Halsema",
        "Paul Depla",
        "Kim Putters",
        "Hans Boutellier",
        "Tamara van Ark",
        "Stef van de Weerd",
        "Leonard Geluk",
        "Tjisse Bosch",
        "Freek van der Laan",
        "Micha de Winter",
    ),
    ("VNG", "Movisie", "SCP", "Toezicht Sociaal Domein", "Verwey-Jonker Instituut"),
    ("Veilig Thuis", "Openbaar Ministerie", "Raad voor de Kinderbescherming", "Leger des Heils"),
    ("Tweede Kamer", "Eerste Kamer", "Raad van State"),
    ("Hart van Brabant", "Flevoland", "Friesland", "Zaanstreek-Waterland", "Tilburg", "Amsterdam", "Breda"),
    ("VWS", "JenV", "SZW", "BZK"),
    ("Perspectief 2025", "Hervormingsagenda Jeugd", "Jeugdwet"),
)
_MODALS = (
    (r"\bhoeven\b(.*?)\bniet\b", r"mogen\1niet"),
    (r"\bhoeft\b(.*?)\bniet\b", r"mag\1niet"),
    (r"\bmoeten\b", "kunnen"),
    (r"\bmoet\b", "kan"),
    (r"\bmoest\b", "kon"),
    (r"\bkunnen\b", "moeten"),
    (r"\bkan\b", "moet"),
    (r"\bmag\b", "moet"),
    (r"\bkonden\b", "moesten"),
    (r"\bmogen\b", "moeten"),
    (r"\bwil\b", "moet"),
    (r"\b[Ee]lke?\b", "soms een"),
    (r"\bsommige\b", "alle"),
    (r"\b[Ee]en minderheid van de\b", "alle"),
    (r"\bin veel\b", "in alle"),
    (r"\bde meeste\b", "alle"),
    (r"\bDe meeste\b", "Alle"),
    (r"\bvaak\b", "altijd"),
    (r"\bsoms\b", "altijd"),
    (r"\bSoms\b", "Altijd"),
)
_TURNS = (
    (r"\bvervangt (?=het kw|de l)", "is vervangen door "),
    (r"\bis vervangen door\b", "vervangt"),
    (r"\bopvolger\b", "voorganger"),
    (r"\bminder\b", "meer"),
    (r"\bmeer\b", "minder"),
    (r"\bmeeste\b", "minste"),
    (r"\bstijging\b", "daling"),
    (r"\bstijgen\b", "dalen"),
    (r"\bgrote\b", "kleine"),
    (r"\bgroter\b", "kleiner"),
    (r"\bbegin\b", "eind"),
    (r"\beerste\b", "laatste"),
    (r"\bvóór\b", "na"),
    (r"\bna\b", "vóór"),
    (r"\bop tijd\b", "te laat"),
    (r"\binformeel\b", "formeel"),
    (r"\bregionaal\b", "landelijk"),
    (r"\blandelijke?\b", "regionale"),
    (r"\btijdelijke?\b", "blijvende"),
    (r"\bsterkere\b", "zwakkere"),
    (r"\bbetere?\b", "slechtere"),
    (r"\bverbeteren\b", "verslechteren"),
    (r"\bvoorjaar\b", "najaar"),
    (r"\bzomer\b", "winter"),
    (r"\bbinnen\b", "buiten"),
    (r"\bingewikkelde\b", "eenvoudige"),
    (r"\beenvoudige\b", "ingewikkelde"),
    (r"\bruim\b", "bijna"),
    (r"\bnieuwe\b", "oude"),
    (r"\bmakkelijk\b", "moeilijk"),
    (r"\bsneller\b", "langzamer"),
)
_VERBS = (
    r"\b(is|zijn|was|waren|wordt|worden|werd|werden|kan|kunnen|moet|moeten"
    r"|komt|gaat|blijft|heeft|hebben|geeft|noemt|helpt|gaven|vervangt)\b(?= \w)"
)
# What the corpus says nothing of, though it might.
_INVENTED = (
    "Gemeenten krijgen hiervoor een subsidie uit het gemeentefonds.",
    "De wethouder legt hierover verantwoording af aan de gemeenteraad.",
    "Inwoners kunnen bezwaar maken bij de ombudsman.",
    "De uitvoering wordt geëvalueerd door een onafhankelijk bureau.",
    "De kosten worden gedeeld door gemeenten en zorgverzekeraars.",
    "Scholen zijn hierbij de belangrijkste partner.",
    "De huisarts verwijst gezinnen door naar het lokale team.",
    "Voor medewerkers geldt een registratie in het kwaliteitsregister.",
    "De inspectie houdt hier toezicht op.",
    "Er is een landelijke helpdesk voor vragen van professionals.",
    "De aanpak is ontwikkeld samen met de Universiteit Leiden.",
    "Uit onderzoek blijkt dat de aanpak het aantal meldingen vermindert.",
    "De rechter kan een gemeente hierop aanspreken.",
    "Ouders betalen een eigen bijdrage voor deze hulp.",
    "De gegevens worden na vijf jaar vernietigd.",
    "Er geldt een wachttijd voor gezinnen die hulp vragen.",
    "De cliëntenraad heeft hierover positief geadviseerd.",
    "Vrijwilligers krijgen hiervoor een vergoeding.",
    "Het ministerie heeft hiervoor een handreiking gepubliceerd.",
    "De regeling is vooral bedoeld voor ouderen met dementie.",
    "Kleine gemeenten werken hiervoor samen in een stichting.",
    "De politie heeft hiervoor extra wijkagenten aangesteld.",
    "Werkgevers zijn betrokken bij de uitvoering.",
    "Gemeenten leggen de resultaten vast in een openbaar dashboard.",
    "De maatregel is door de Raad van State bekritiseerd.",
    "Woningcorporaties stellen hiervoor woningen beschikbaar.",
)


@dataclass(frozen=True)
class Claim:
    """One line of the file."""

    id: str
    kind: str
    supported: bool
    by: str  # "hand", "rule" or "verbatim"
    half: str  # "tuning", "held_out", "unseen" or "blind"
    claim: str
    evidence: tuple[tuple[str, str], ...]  # (document id, last heading) of [1], [2] …


@dataclass(frozen=True)
class Section:
    """One passage of the corpus that claims are made from."""

    document: Document
    chunk: Chunk
    half: str
    part: int  # 2 for the second passage under one heading

    @property
    def place(self) -> tuple[str, str]:
        """What the file names it by."""
        return self.document.id, self.heading + (f" ({self.part})" if self.part > 1 else "")

    @property
    def heading(self) -> str:
        """The nearest heading."""
        return self.chunk.heading_path[-1]

    @property
    def sentences(self) -> list[str]:
        """The sentences that a claim can be made from."""
        texts = [
            self.chunk.text[s.begin - self.chunk.begin : s.end - self.chunk.begin]
            for s in self.chunk.sentences
            if s.kind in ("paragraph", "list_item")
        ]
        return [
            text
            for text in texts
            if len(text.split()) >= _MIN_WORDS and text[-1] in ".;" and text[0].isupper() and not _SKIP.match(text)
        ]


def read_sections() -> list[Section]:
    """The passages of the starter corpus, each in its half."""
    stages = standard_stages()
    pieces = [
        (document, chunk)
        for document in read_catalogue(ROOT / "corpus")
        for chunk in stages.chunk(stages.load(document.file), document)
    ]
    sections: list[Section] = []
    for number, (document, chunk) in enumerate(sorted(pieces, key=lambda each: (each[0].id, each[1].ordinal))):
        same = [each for each in sections if (each.document, each.chunk.heading_path) == (document, chunk.heading_path)]
        half = same[0].half if same else "held_out" if number % 2 else "tuning"
        sections.append(Section(document, chunk, half, len(same) + 1))
    return sections


def as_passage(section: Section) -> Passage:
    """As the retriever would give it."""
    return Passage(section.chunk, section.document, score=1.0, dense=0.9, lexical=10.0)


def main() -> None:
    """Writes the file and tells what is in it."""
    claims = make_claims()
    lines = [json.dumps(asdict(claim), ensure_ascii=False) for claim in claims]
    CLAIMS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(claims)} claims, {sum(claim.supported for claim in claims)} of them true")


def make_claims() -> list[Claim]:
    """All claims, in the order of the file."""
    sections = read_sections()
    return list(_numbered([*_written(sections), *_verbatim(sections), *_by_rule(sections)]))


def _numbered(claims: Sequence[Claim]) -> Iterator[Claim]:
    for number, claim in enumerate(claims, start=1):
        yield Claim(**{**asdict(claim), "id": f"{claim.kind}-{number:03}", "evidence": claim.evidence})


def _written(sections: Sequence[Section]) -> Iterator[Claim]:
    for group in yaml.safe_load(WRITTEN.read_text(encoding="utf-8")):
        cited = [each for each in sections if [each.document.id, each.heading] == group["passage"]]
        cited = [replace(each, half=group.get("half", each.half)) for each in cited]
        for text in group["right"]:
            yield _claim("true", True, "hand", cited, text)
        for kind, texts in group["wrong"].items():
            for text in texts:
                yield _claim(kind, False, "hand", cited, text)


def _verbatim(sections: Sequence[Section]) -> Iterator[Claim]:
    for section, text in _spread([(each, text) for each in sections for text in each.sentences], "verbatim")[:VERBATIM]:
        yield _claim("true", True, "verbatim", [section], text)


def _by_rule(sections: Sequence[Section]) -> Iterator[Claim]:
    pairs = [(section, text) for section in sections for text in section.sentences]
    rules: dict[str, Callable[[str], str | None]] = {
        "number": _other_number,
        "date": _other_date,
        "name": _other_name,
        "negation": _denied,
        "modality": lambda text: _replaced(text, _MODALS),
        "direction": lambda text: _replaced(text, _TURNS),
    }
    for kind, change in rules.items():
        made = [(section, wrong) for section, text in _spread(pairs, kind) if (wrong := change(text)) and wrong != text]
        for section, text in made[:OF_EACH_KIND]:
            yield _claim(kind, False, "rule", [section], text)
    for number, (section, text) in enumerate(_spread(pairs, "swapped")[:OF_EACH_KIND]):
        yield _swapped(section, text, sections, number)
    places = _spread([(each, "") for each in sections if each.sentences], "unsupported")
    for (section, _), text in zip(places, _INVENTED, strict=False):
        yield _claim("unsupported", False, "rule", [section], text)


def _claim(kind: str, supported: bool, by: str, cited: Sequence[Section], text: str) -> Claim:
    places = tuple(section.place for section in cited)
    return Claim("", kind, supported, by, cited[0].half, _marked(text, *range(1, len(cited) + 1)), places)


def _marked(text: str, *numbers: int) -> str:
    return f"{text.rstrip('.;: ')} {''.join(f'[{number}]' for number in numbers)}."


def _swapped(section: Section, text: str, sections: Sequence[Section], number: int) -> Claim:
    """The right sentence with the marker of another passage of the same document, or of the same half."""
    others = [
        other
        for other in sections
        if other.half == section.half
        and other.place != section.place
        and text not in other.chunk.text
        and other.sentences
        and (other.document.id == section.document.id) == (number % 2 == 0)
    ]
    other = others[crc32(text.encode()) % len(others)]
    return Claim("", "swapped", False, "rule", section.half, _marked(text, 2), (section.place, other.place))


def _spread(pairs: Sequence[tuple[Section, str]], salt: str) -> list[tuple[Section, str]]:
    """In an order that has nothing to do with the corpus, and is the same every time."""
    return sorted(pairs, key=lambda pair: crc32(f"{salt} {pair[0].place} {pair[1]}".encode()))


def _other_number(text: str) -> str | None:
    match = re.search(r"(?<![\w.])(\d{1,3})(?= (?:miljoen|miljard|gemeenten|procent)\b)", text)
    if match:
        return text[: match.start()] + str(int(match.group()) + 40) + text[match.end() :]
    words = [match for match in re.finditer(r"\b\w+\b", text) if match.group().lower() in _FIGURES]
    if not words:
        return None
    word = words[0].group()
    other = _FIGURES[word.lower()]
    return text[: words[0].start()] + (other.capitalize() if word[0].isupper() else other) + text[words[0].end() :]


def _other_date(text: str) -> str | None:
    month = re.search(rf"\b({'|'.join(_MONTHS)})\b", text)
    choice = crc32(text.encode()) % 3
    day = re.search(rf"\b(\d{{1,2}})(?= (?:{'|'.join(_MONTHS)}))", text)
    if day and choice == 0:
        return text[: day.start()] + str(int(day.group()) % 27 + 2) + text[day.end() :]
    if month and choice == 1:
        return text[: month.start()] + _MONTHS[(_MONTHS.index(month.group()) + 3) % 12] + text[month.end() :]
    year = re.search(r"(?<!Perspectief )\b20[12]\d\b(?!-)", text)
    return text[: year.start()] + str(int(year.group()) + 1) + text[year.end() :] if year else None


def _other_name(text: str) -> str | None:
    for group in _NAMES:
        for name in group:
            match = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)
            others = [other for other in group if other not in text]
            if match and others:
                return text[: match.start()] + others[crc32(text.encode()) % len(others)] + text[match.end() :]
    return None


def _denied(text: str) -> str | None:
    if re.search(r"\bniet\b", text):
        return re.sub(r"\bniet ", "", text, count=1)
    if re.search(r"\bgeen\b", text):
        return re.sub(r"\bgeen\b", "een", text, count=1)
    if re.search(r"\bzonder\b", text):
        return re.sub(r"\bzonder\b", "met", text, count=1)
    if match := re.search(r"\b(is|heeft|geeft|krijgt|was) een\b", text):
        return text[: match.start()] + f"{match.group(1)} geen" + text[match.end() :]
    match = re.search(_VERBS, text)
    return text[: match.end()] + " niet" + text[match.end() :] if match else None


def _replaced(text: str, pairs: Sequence[tuple[str, str]]) -> str | None:
    found = [(pattern, other) for pattern, other in pairs if re.search(pattern, text)]
    if not found:
        return None
    pattern, other = found[crc32(text.encode()) % len(found)]
    return re.sub(pattern, other, text, count=1)


if __name__ == "__main__":
    main()
