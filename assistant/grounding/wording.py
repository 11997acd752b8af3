"""The words that turn a statement round, make it stronger or weaker, or point it the other way."""

from __future__ import annotations

import re


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(alternatives) + r")\b", re.I)


NOT_ONLY = _pattern(
    "niet (?:hetzelfde|dezelfde|gelijk)",
    "niet alleen",
    "niet slechts",
    "niet enkel",
    "not only",
    "zo niet",
    "niet minder dan",
)
NEGATION = _pattern(
    "niet", "geen", "geen enkele", "nooit", "niemand", "niets", "nergens", "zonder", "noch", "evenmin", "ontbre(?:ek|k)\\w*",
    "not", "no", "never", "none", "nobody", "nothing", "without", "neither", "nor", "lacks?", "cannot", "\\w+n't",
    "nauwelijks", "amper", "hardly", "mist", "missen", "misten", "in plaats van", "instead of", "te weinig", "too little", "too few", "anders dan", "staa[nt]\\w* los van", "tekort\\w*", "weiger\\w*",
)  # fmt: skip
# "On-" turns these round; of most words ("ontwikkeling", "onderzoek") it is no prefix at all.
UN_WORDS = _pattern(
    "on(?:bekend|duidelijk|zeker|mogelijk|nodig|voldoende|gelijk|eens|haalbaar|volledig|bereikbaar|betaalbaar|geschikt"
    "|verplicht|juist|toereikend|bevoegd|beheersbaar|afhankelijk|veilig|wenselijk|terecht|passend)e?",
    "onduidelijkheid", "onzekerheid", "un(?:known|clear|certain|likely|necessary)", "insufficient\\w*", "uncertainty",
)  # fmt: skip

NEED_NOT = _pattern(
    r"(?:hoeft|hoeven|hoefde|hoefden)\b[^.;]*?\b(?:niet|geen|nooit|niets)", "niet (?:wettelijk )?verplicht", "niet nodig",
    "niet noodzakelijk", "geen verplichting", "onnodig", "vrijwillig", "need not", "not required", "n't have to",
    "not have to", "n't need to", "not need to", r"geen (?:\w+ ){1,3}nodig", "not necessary", "no \\w+ (?:\\w+ )?(?:is|are|were|was) needed",
)  # fmt: skip
MAY_NOT = _pattern(
    r"(?:mag|mogen|mocht|mochten)\b[^.;,]*?\b(?:niet|geen|nooit|niets)", "verboden", "verbied\\w*", "niet toegestaan",
    "must not", "may not", "forbidden", "prohibited", "not allowed",
)  # fmt: skip
MUST = _pattern(
    "moet", "moeten", "moest", "moesten", "dient(?= .*\\bte\\b)", "dienen(?= .*\\bte\\b)", "verplicht\\w*", "gehouden (?:om )?te",
    "noodzakelijk", "vereist\\w*", "(?:is|zijn|was|waren) (?:\\w+ ){0,6}nodig", "nodig (?:is|zijn|was|waren)",
    "must", "ha(?:s|ve|d) to", "shall", "required", "obliged", "obligat\\w+", "mandatory", "needs? to", "hoort te", "horen te",
)  # fmt: skip
SHOULD = _pattern("zou(?:den)?\\b[^.;]*?\\bmoeten", "should")
WISH = _pattern(
    "advies", "advie\\w*", "adviseer\\w*", "geadviseerd", "raadt", "raden", "aangeraden", "aanbeve\\w*", "streef\\w*", "streven", "wil",
    "willen", "wilde", "wilden", "wens\\w*", "bepleit\\w*", "pleit\\w*", "voorstel\\w*", "stelt voor", "roept op", "recommend\\w*", "advises?",
    "advised", "wants?", "wanted", "aims?", "suggest\\w*", "calls? for",
)  # fmt: skip
# Words that can stand for a wish, yet say nothing of the kind by themselves.
SOFT_WISH = _pattern(
    "doel\\w*", "einddoel\\w*", "bedoel\\w*", "beoog\\w*", "vraagt", "vragen", "vroeg", "afspra\\w*", "afgesproken", "opdracht",
    "belang\\w*", "vind\\w*", "vond\\w*", "verwacht\\w*", "belooft", "beloven", "zich in\\w*", "goals?", "asks?", "asked", "important", "graag",
    "voorwaarde\\w*", "visie", "plan", "plannen", "gepland",
)  # fmt: skip
CAN = _pattern(
    "kan", "kunnen", "kon", "konden", "mag", "mogen", "mocht", "mochten", "mogelijk", "mogelijke", "misschien", "wellicht",
    "zou", "zouden", "lijkt", "lijken", "leek", "leken", "waarschijnlijk\\w*", "vermoedelijk",
    "can", "may", "might", "could", "possibl[ey]", "likely", "probably", "perhaps", "toegestaan", "in staat",
)  # fmt: skip

ALL = _pattern(
    "alle", "allen", "allemaal", "elke?", "iedere?", "iedereen", "altijd", "overal", "steeds", 
    "all", "every", "each", "always", "everyone", "everywhere", "fully", "per definitie", "zonder uitzondering",
)  # fmt: skip
SOME = _pattern(
    "sommige", "soms", "enkele", "een deel", "deels", "een minderheid", "bijna", "een aantal", "af en toe", "some", "sometimes", "partly",
    "almost", "a minority", "several", "gedeeltelijk",
)  # fmt: skip
MOST = _pattern(
    "de meeste", "meestal", "veel", "vaak", "een meerderheid", "het merendeel", "grotendeels", "most", "mostly", "usually",
    "often", "many", "a majority", "vooral", "mainly",
)  # fmt: skip
SURE = _pattern(
    "zeker", "beslist", "gegarandeerd", "ongetwijfeld", "definitief", "certainly", "definitely", "guaranteed"
)
ONLY = _pattern("alleen", "uitsluitend", "enkel", "slechts", "only", "solely", "exclusively", "louter")

# Two sides that exclude each other; a claim with one side contradicts a source with the other.
OPPOSITES = tuple(
    tuple(_pattern(*side.split()) for side in pair)
    for pair in (
        (r"meer more vaker", r"minder less fewer"),
        (r"hoger hogere higher", r"lager lagere lower"),
        (r"stijg\w* gestegen toenam\w* toeneem\w* toename neemt.toe groei\w* rise rises rising increas\w*", r"dal\w* gedaald dalen afnam\w* afneem\w* afname neemt.af krimp\w* fall falls falling decreas\w*"),
        (r"groter grotere vergro\w* bigger larger", r"kleiner kleinere verkl\w+d? smaller"),
        (r"minimaal minstens ten.minste tenminste at.least", r"maximaal hooguit hoogstens ten.hoogste at.most"),
        (r"ruim meer.dan more.than over.de", r"bijna minder.dan krap almost less.than"),
        (r"laatste last", r"eerste first"),
        (r"oudste oldest", r"jongste nieuwste newest latest"),
        (r"opgeheven afgeschaft gestopt beëindigd", r"ingesteld opgericht gestart begonnen startte start begon"),
        (r"begin begint start", r"eind einde eindigt"),
        (r"eerst", r"daarna vervolgens later ten.slotte"),
        (r"voorjaar lente spring", r"zomer summer", r"najaar herfst autumn", r"winter"),
        (r"vóór voordat before", r"na nadat after"),
        (r"versterk\w* sterker sterkere", r"verzwak\w* zwakker zwakkere"),
        (r"verbeter\w* beter betere better", r"verslechter\w* slechter slechtere worse"),
        (r"sneller snel faster", r"langzamer langzaam trager slower"),
        (r"meerderheid meeste majority most", r"minderheid minste minority"),
        (r"formeel formele officieel officiële formal", r"informeel informele informal"),
        (r"tijdelijk tijdelijke temporary", r"permanent permanente structurele? blijvend blijvende vast permanent"),
        (r"goedkoper", r"duurder"),
        (r"makkelijk makkelijke gemakkelijk eenvoudig eenvoudige easy simple", r"moeilijk moeilijke ingewikkeld ingewikkelde lastig lastige complexe? difficult"),
        (r"regionaal regionale regional", r"landelijk landelijke national nationale gemeentelijk\w* provinciale?"),
        (r"binnen within", r"buiten outside"),
        (r"opschal\w* opgeschaald", r"afschal\w* afgeschaald"),
        (r"op.tijd tijdig in.time", r"te.laat too.late"),
        (r"opvolger successor", r"voorganger voorloper predecessor"),
        (r"bevroren", r"verhoogd doorgevoerd versneld"),
        (r"ondertekend ondertekenen ondertekent", r"verworpen afgewezen"),
        (r"stem(?:den?|men|t)\b.*\bin ingestemd instemming eens akkoord agreed approved", r"tegengestemd verwierp\w* verworpen wees\b.*\baf wezen\b.*\baf wijzen\b.*\baf afgewezen oneens rejected"),
        (r"verscheen verschenen verschijnt", r"ingetrokken"),
        (r"verplicht verplichte", r"vrijwillig vrijwillige vrijblijvende?"),
        (r"groot grote large big", r"klein kleine small"),
        (r"jong jonge young jongeren", r"oud oude ouderen"),
        (r"nieuwe nieuw new", r"oude bestaande oud old al\b.{0,12}\b(?:zijn|waren|bestaa\w+|gelden|was)"),
        (r"sluit gesloten sluiten.het", r"open opent heropent"),
        (r"sterkere sterke stevige stevig", r"zwakke zwakkere"),
        (r"lang lange long", r"kort korte short"),
        (r"veel", r"weinig"),
        (r"dichter dichterbij closer", r"verder.van verder.weg further"),
        (r"(?<!niet.)hetzelfde (?<!niet.)gelijk (?<!niet.)dezelfde same", r"anders.dan niet.hetzelfde niet.gelijk verschillende? different"),
        (r"breed brede", r"smal smalle beperkte"),
        (r"openbare openbaar public", r"geheime vertrouwelijke"),
    )
)  # fmt: skip
