"""Lines of a web page or article in, the indices of what is not the document's text out.

Conservative: a line goes only when the whole line is navigation, and what follows the last navigation only when it
holds nothing but link titles or one visiting card.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NETWORK = r"(?:facebook|twitter|x|linkedin|whatsapp|e-?mail|mastodon|bluesky|instagram|pinterest)"
_NETWORKS = rf"{_NETWORK}(?:[\s,|/]+(?:en\s+)?{_NETWORK})*"
_NOUN = r"(?:bericht|artikel|pagina|blog|nieuws|nieuwsbericht|verhaal|interview|post)"
_NOUNS = r"(?:berichten|artikelen|pagina['’]?s|blogs|nieuws|nieuwsberichten|verhalen|interviews|publicaties)"
_NAVIGATION = re.compile(
    rf"""(?:
      deel (?:\s+(?:dit|deze|het|de)\s+{_NOUN})? (?:\s+(?:op|via|met)\s+.{{1,60}})?
    | delen (?:\s+(?:op|via)\s+.{{1,60}})? | (?:deel|delen)\s*:?\s*{_NETWORKS} | {_NETWORKS}
    | (?:share|tweet|print|printen|afdrukken|e-?mailen|opslaan|download(?:en)?|delen|reageer|reageren|menu|zoek|zoeken)
    | (?:print|stuur\s+door|mail)\s+(?:dit|deze)\s+{_NOUN}
    | meer | meer\s+{_NOUNS} (?:\s+(?:van|over|uit)\s+.{{1,60}})?
    | (?:alle|andere|gerelateerde|recente|vergelijkbare)\s+{_NOUNS}
    | lees\s+(?:meer|verder)(?:\s+over\s+.{{1,60}})? | lees\s+ook\b.{{0,150}} | zie\s+ook:?
    | klik\s+hier(?:\s+(?:voor|om)\s+.{{1,40}})?
    | (?:terug|ga)\s+naar\s+(?:boven|het\s+overzicht|overzicht|de\s+startpagina|home|het\s+begin)
    | naar\s+boven | direct\s+naar\s+(?:de\s+)?(?:inhoud|navigatie|zoeken)
    | volg\s+ons(?:\s+(?:op|via)\s+.{{1,60}})? | (?:vorige|volgende)(?:\s+{_NOUN})?
    | (?:\d+\s+)?reacties? | (?:geef|plaats|laat)\s+een\s+reactie(?:\s+achter)? | inloggen | aanmelden
    )\s*[.:!…»›>→]*""",
    re.I | re.X,
)
_CREDIT = re.compile(
    r"(?:(?:foto|foto['’]s|beeld|fotografie|fotograaf|fotocredits?|illustratie|bron\s+foto|bron\s+beeld)\s*[:|©].{1,100}"
    r"|(?:©|copyright\b|\(c\)).{1,80})",
    re.I,
)
# A line that opens the part of a web page after the article.
_TAIL_START = re.compile(r"(?:deel|delen|meer|lees\s+ook|gerelateerde|andere|recente|vergelijkbare|share)\b", re.I)
_CONTACT_ONLY = re.compile(
    r"(?:(?:t|tel|telefoon|m|mobiel|e|e-?mail)\s*[.:]*\s*)?"
    r"(?:\+?\(?\d[\d\s()./-]{7,16}\d|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)",
    re.I,
)
_LINK_TITLE_LENGTH = 120
_CARD_LINES = 9
_CARD_SHARE = 0.25


def is_navigation(line: str) -> bool:
    """Whether the whole line is navigation, a share bar or a picture credit."""
    line = " ".join(line.split())
    return bool(_NAVIGATION.fullmatch(line) or _CREDIT.fullmatch(line))


def boilerplate(lines: Sequence[str]) -> set[int]:
    """The indices of the lines that are not the document's own text."""
    dropped = {index for index, line in enumerate(lines) if is_navigation(line)}
    starts = [index for index in dropped if _TAIL_START.match(lines[index].strip())]
    total = sum(map(len, lines))
    for start in sorted(starts):
        tail = [lines[index] for index in range(start + 1, len(lines)) if index not in dropped]
        if tail and (_only_link_titles(tail) or _is_visiting_card(tail, total)):
            return dropped | set(range(start, len(lines)))
    return dropped


def _only_link_titles(tail: Sequence[str]) -> bool:
    return all(len(line) <= _LINK_TITLE_LENGTH and line.rstrip()[-1:] not in (".", ":", ";", ",") for line in tail)


def _is_visiting_card(tail: Sequence[str], total: int) -> bool:
    """Name, role, a few words on the adviser and a phone number or address line: not about the article."""
    has_contact = any(_CONTACT_ONLY.fullmatch(line.strip()) for line in tail)
    return has_contact and len(tail) <= _CARD_LINES and sum(map(len, tail)) <= _CARD_SHARE * total
