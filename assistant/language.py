"""Dutch analysis: words with their offsets, stems, number words and the language of a question."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from threading import local
from typing import NamedTuple

from assistant.types import Chunk, Document, Language

# One character to one character, so that offsets in the folded text are offsets in the source.
_FOLD = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "„": '"', "\u00a0": " ", "–": "-", "‑": "-"}
)

# A word: letters with inner marks (auto's, GI's, 24-uurs, art.2.3 stays apart), or a number with separators.
# Brackets inside a word are kept here and read both ways below: (on)veiligheid, (wijk)teams.
_WORD = re.compile(
    r"\d+(?:[.,:/]\d+)*(?:-?[^\W\d_]+)?"  # 2.3  1.000,50  24-uurs  1e
    r"|\([^\W\d_]{2,}\)[^\W\d_]{2,}"  # (on)veiligheid
    r"|[^\W\d_]+\([^\W\d_]{1,3}\)"  # cliënt(en)
    r"|[^\W_]+(?:['][^\W_]+)*"
)
_INFLECTED_ABBREVIATION = re.compile(r"^([a-z0-9]{2,6})'(?:s|en|er|tje)$")
_PLURAL_ABBREVIATION = re.compile(r"^([A-Z]{2,5})(?:s|en)$")

STOPWORDS = frozenset(
    """
    aan al alle als ben bent bij bijv daar dan dat de den der deze die dit doen doet door dus een eens en er erg even
    gaan gaat geen gekregen geweest haar had heb hebben hebt heeft hem hen het hier hij hoe hun iets ik in is ja je jij
    jou jouw jullie kan kon kun kunnen kunt maar mag me men met mij mijn moet moeten mogen na naar nee niet niets nog
    nou nu of om omdat ons onze ook op over per s t te tegen ten ter tijdens toch toen tot u uit uw van vanaf vanuit
    veel via volgens voor waar waarbij waardoor waarin waarmee waarom waaronder waarop waarvan waarvoor wanneer want
    waren was wat we weer wel welk welke werd werden wie wij wil willen word worden wordt zal ze zeer zei zelf zich zij
    zijn zo zoals zonder zou zouden zowel zullen hoeveel wiens
    mbt ivm ipv tav tbv wnr vlgs obv evt ca bijv dwz enz etc resp
    a an and are as at be by can could did do does for from had has have how i if in is it its many may me must my no
    not of on or our should that the their them there they this those to was we were what when where which who whom
    whose why will with would you your according
    """.split()
)

_ENGLISH = frozenset(
    """
    the what which who whom whose how why does did do is are was were should must can could would have has of for and
    with that this these those there their they you your we our when where about according many much
    """.split()
)
_DUTCH = frozenset(
    """
    de het een wat welke welk wie waar wanneer hoe hoeveel waarom moet moeten mag mogen kan kunnen worden wordt zijn
    heeft hebben van voor met bij naar niet en of ik wij we ons onze er dat dit die deze volgens om te aan op als ook
    """.split()
)

NUMBER_WORDS = {
    word: str(value)
    for value, words in enumerate(
        (
            "nul zero", "", "twee two tweetal", "drie three drietal", "vier four viertal", "vijf five vijftal",
            "zes six zestal", "zeven seven zevental", "acht eight achttal", "negen nine negental", "tien ten tiental",
            "elf eleven", "twaalf twelve", "dertien thirteen", "veertien fourteen", "vijftien fifteen",
            "zestien sixteen", "zeventien seventeen", "achttien eighteen", "negentien nineteen", "twintig twenty",
        )
    )
    for word in words.split()
}  # fmt: skip
NUMBER_WORDS |= {
    word: str(10 * ten)
    for ten, words in enumerate(
        ("dertig thirty", "veertig forty", "vijftig fifty", "zestig sixty", "zeventig seventy", "tachtig eighty",
         "negentig ninety", "honderd hundred"), start=3
    )
    for word in words.split()
}  # fmt: skip
# "Een" is left out: it is nearly always the article.
# Snowball takes "ge-" off these (gezin, zin; geweld, wel; gezond, zon) or does not know the plural.
_IRREGULAR = {
    form: stem
    for stem, forms in {
        "advies": "advies adviezen",
        "bedrag": "bedrag bedragen",
        "crisis": "crisis crises",
        "criterium": "criterium criteria",
        "gemeente": "gemeente gemeenten gemeentelijk gemeentelijke",
        "gevaar": "gevaar gevaren",
        "geweld": "geweld",
        "gezag": "gezag",
        "gezin": "gezin gezinnen",
        "gezond": "gezond gezonde gezondheid",
        "kind": "kind kinder kinderen",
        "lid": "lid leden",
        "museum": "museum musea",
        "politicus": "politicus politici",
        "schip": "schip schepen",
        "stad": "stad steden",
    }.items()
    for form in forms.split()
}
_stemmers = local()


class Token(NamedTuple):  # thousands are made for one question, and a dataclass takes three times as long
    """One reading of a word: its folded form and where the word stands in the text."""

    form: str
    begin: int
    end: int


def fold(text: str) -> str:
    """The text with typographic quotes, dashes and spaces made plain, character for character."""
    return text if text.isascii() and "`" not in text else text.translate(_FOLD)


def tokenize(text: str) -> list[Token]:
    """All words in order; a word with brackets gives both its readings, a hyphenated number word its parts too."""
    return [
        Token(form, match.start(), match.end())
        for match in _WORD.finditer(fold(text))
        for form in _readings(match.group())
    ]


def forms(text: str) -> list[str]:
    """The forms of all words, as `tokenize` gives them, in a quarter of the time."""
    return [form for word in _WORD.findall(fold(text)) for form in _readings(word)]


@lru_cache(maxsize=65536)
def _readings(word: str) -> tuple[str, ...]:
    if "(" in word:
        return _plain(re.sub(r"[()]", "", word)), _plain(re.sub(r"\([^)]*\)", "", word))
    abbreviation = _PLURAL_ABBREVIATION.match(word)
    return (_plain(abbreviation.group(1) if abbreviation else word),)


def _plain(word: str) -> str:
    lowered = word.lower()
    inflected = _INFLECTED_ABBREVIATION.match(lowered)
    if inflected:
        lowered = inflected.group(1)
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("'", "")


@lru_cache(maxsize=262144)
def stem(form: str) -> str:
    """The Dutch stem of one folded word: Snowball's `dutch`, but for a few; number words become digits."""
    if form in NUMBER_WORDS:
        return NUMBER_WORDS[form]
    if form in _IRREGULAR:
        return _IRREGULAR[form]
    if len(form) < 4 or not form.isalpha():
        return form
    stemmer = getattr(_stemmers, "dutch", None)
    if stemmer is None:
        import snowballstemmer

        stemmer = _stemmers.dutch = snowballstemmer.stemmer("dutch")
    return str(stemmer.stemWord(form))


def is_stopword(form: str) -> bool:
    """Whether a folded word says nothing about the subject."""
    return form in STOPWORDS


def content_tokens(text: str) -> list[Token]:
    """The words that say what a text is about."""
    return [token for token in tokenize(text) if token.form not in STOPWORDS]


def detect_language(text: str) -> Language:
    """Dutch unless the function words are clearly English."""
    words = re.findall(r"[a-zà-ÿ]+", text.lower())
    english = sum(word in _ENGLISH for word in words)
    dutch = sum(word in _DUTCH for word in words)
    return "en" if english > dutch else "nl"


RUN_MARK = "#"  # before a gram that is a run of letters, for "zorg" is also a word
GRAM_LENGTH = 5  # letters; long enough to mean something, short enough to find "wijkteam" in "sociale-wijkteams"


@lru_cache(maxsize=65536)
def grams(form: str) -> tuple[str, ...]:
    """The runs of five letters in a folded word; a shorter word or a number is its own only gram.

    Grams find compounds ("wijk" + "teams"), their parts and misspelt words without a word list.
    """
    if len(form) < GRAM_LENGTH or not form.isalpha():
        return (form,)
    return tuple(RUN_MARK + form[i : i + GRAM_LENGTH] for i in range(len(form) - GRAM_LENGTH + 1))


INDEX_FIELDS = ("stem", "gram")
ANALYSIS_VERSION = "4"


def index_tokens(chunk: Chunk, document: Document) -> dict[str, list[str]]:
    """What the lexical index stores of a chunk with its title and headings: stems, and grams of its content words."""
    text = " ".join((document.title, *chunk.heading_path, chunk.text))
    words = forms(text)
    return {
        "stem": [stem(form) for form in words],
        "gram": [gram for form in words if not is_stopword(form) for gram in grams(form)],
    }
