"""Words that show that a text is about one person, as in a case, and not about policy."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property

# One person, seen from the work or the family. No plurals: "cliënten" is policy.
PERSON = (
    r"client(?:e|je)?|kli?ent(?:e|je)?|cl\.|patient(?:e|je)?|pat\.|(?:groot|stief|pleeg|schoon|adoptie)?(?:moeder|vader)"
    r"|mama|papa|(?:stief|pleeg|klein|adoptie)?(?:zoon|dochter)(?:tje)?|(?:stief|half|pleeg)?broer(?:tje)?"
    r"|(?:stief|half|pleeg)?zus(?:je)?|oma|opa|oom|tante|neefje|nichtje|(?:pleeg|stief)kind|jongen|jongetje|meisje"
    r"|kindje|baby|peuter|kleuter|puber|tiener|jongere|leerling|ex-?(?:man|vrouw|partner|vriend|vriendin)?|echtgenoot"
    r"|echtgenote|buurman|buurvrouw|bewoner|bewoonster|betrokkene|slachtoffer|dader|verdachte|zwerver|statushouder"
    r"|client's|mother|father|mom|mum|dad|son|daughter|brother|sister|stepfather|stepmother|boy|girl|toddler|patient"
    r"|husband|wife|ex-husband|ex-wife|pupil|victim|suspect|neighbour"
)
_CASE = re.compile(
    rf"\b(?:{PERSON})(?![\w-])"
    r"|\b(?:casus|caseload|case|dossier van|dit gezin|mijn gezin|onze casus|zaakje|huisbezoek)\b"
    r"|\b(?:melding over|melding van|meldingen over|zorgen over|zorgmelding|aanmelding van|aangemeld|gesprek met)\b"
    r"|\b(?:keukentafelgesprek|intake|intakegesprek|casusregisseur|casusregie|aangehouden|uit detentie|in detentie)\b"
    r"|\bdoen (?:we |wij |ik )?(?:voor|met)\b|\bconflict met\b|\b(?:dement|dementie)\b"
    r"|\b(?:uithuisgeplaatst|uit huis (?:geplaatst|gezet|geplaast)|uithuisgezet|onder toezicht|ots|uhp|huisverbod)\b"
    r"|\b(?:verslaafd|mishandelt?d?|misbruikt|geslagen|slaat|slaan|bedreigd?t?|gestalkt|verkracht|vermist|gewelddadig)\b"
    r"|\b(?:dakloos|suicidaal|depressief|psychotisch|psychose|verward|drinkt|blowt|dronken|zwanger|zwakbegaafd)\b"
    r"|\bgebruikt (?:weer )?(?:drugs|coke|cocaine|wiet|speed|ghb|heroine)\b"
    r"|\b(?:gescheiden|vechtscheiding|woont|wonen op|woonachtig|verblijft|woonadres|huisadres|thuiswonend|inwonend)\b"
    r"|\b(?:weigert|wil (?:niet|geen|echt geen)|werkt niet mee|zorgmijder|opgenomen|gedetineerd|vrijgekomen)\b"
    r"|\b(?:komt (?:[^.?!]{0,20}vrij|uit detentie)|zit (?:vast|thuis|in (?:detentie|(?:de )?(?:cel|pi|schuld\w+))))\b"
    r"|\bveroordeeld\b"
    r"|\b(?:heeft (?:schulden|adhd|autisme|een lvb|lvb|psychoses|een psychose|ptss|borderline|hulp nodig|geen huis))\b"
    r"|\b(?:spijbelt|schoolverzuim|thuiszitter|weggelopen|loopt weg|huilt|blauwe plekken|ondervoed|verwaarloosd?)\b"
    r"|\b(?:geboren|geb\.?|geboortedatum|gebdat|g\.b\.d|dob|bsn|burgerservicenummer|telefoonnummer is)\b"
    r"|\b(?:is|van|wordt|al|net|bijna|\() ?\d{1,2} ?(?:jaar|jr|jrs|maanden|mnd|weken)\b"
    r"|\b\d{1,2} ?-?(?:jaar|jr) ?oude?\b"
    r"|\b\d{1,2}-jarige\b|\(\d{1,2}(?: ?jr?| jaar)?\)|\bhe(?:et|ette)\b(?! het\b| de\b| dat\b)|\bgenaamd\b|\bnaam is\b"
    r"|\b(?:mijn|onze|een|deze|die) (?:cli?ent|bewoner|jongere|leerling|man|vrouw|buurman|buurvrouw|kind)\b"
    r"|\b(?:mv?w|mevr|dhr)\b"
    r"|\b(?:addicted|abused|abuses|beaten|beats|molested|homeless (?:wo)?man|lives (?:at|in|on|with)|pregnant)\b"
    r"|\b(?:refuses|was placed|taken into care|out of home|years? old|my client|our client|was born|date of birth)\b"
    r"|\b(?:hits|drinks|is in debt|suicidal|divorced|arrested|released from|named|called)\b",
    re.IGNORECASE,
)
_REACH = 150  # characters: about two sentences


class CaseContext:
    """Where in one folded text the words stand that show a case."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._others: list[tuple[int, int]] = []
        self._sorted: list[tuple[int, int]] | None = None

    def add(self, spans: Iterable[tuple[int, int]]) -> None:
        """Count these stretches too: a BSN or a name shows a case by itself."""
        self._others += spans
        self._sorted = None

    def is_near(self, begin: int, end: int, reach: int = _REACH, times: int = 1) -> bool:
        """Whether at least so many of these words stand within `reach` characters of a stretch, outside it."""
        spans = self._spans()
        after = bisect_left(spans, (end, 0))
        before = bisect_left(spans, (begin, 0))
        behind = sum(place - end <= reach for place, _ in spans[after : after + times])
        ahead = sum(begin - place <= reach for _, place in spans[max(0, before - times) : before])
        return behind + ahead >= times

    def _spans(self) -> list[tuple[int, int]]:
        if self._sorted is None:
            self._sorted = sorted([*self._case_words, *self._others])
        return self._sorted

    @cached_property
    def _case_words(self) -> list[tuple[int, int]]:
        # Looked for on first use: most questions hold nothing that needs it.
        return [match.span() for match in _CASE.finditer(self._text)]
