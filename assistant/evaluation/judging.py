"""One answer laid beside what is known of the right one: a verdict of plain counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from assistant.evaluation.passage_lines import lines_of
from assistant.evaluation.questions import Anchor, GoldQuestion
from assistant.sentences import split_sentences
from assistant.types import Answer, Citation, Completeness

Variant = Literal["gewoon", "weggelaten", "onbekend"]
_SHOWN_PASSAGES, _SHOWN_CHARACTERS = 2, 1_200

SourceText = Callable[[str], str]

_CURLY = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "\u00ad": None})


class Quote(BaseModel):
    """A citation as the report shows it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str
    text: str
    right: bool  # it holds an anchor or comes from a gold passage or document


class Verdict(BaseModel):
    """What one answer was worth; this is also a line of a saved run."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    variant: Variant
    type: str
    question: str
    gold: str
    answerable: bool  # by what could be found: False once the gold passages are left out
    exact: bool  # the place of the answer is known for sure
    answer: str
    completeness: Completeness
    confidence: float
    blocked: bool = False  # refused before it was asked, e.g. client data
    found: bool | None = None  # at least one gold sentence or part is quoted whole; None: no place is known
    found_first: bool | None = None  # the same in the first citation alone
    covered: bool | None = None  # every gold sentence and part is quoted whole
    text_quoted: bool | None = None  # the answer's words occur in a quote, wherever it comes from
    nearest_right: bool = False  # with a refusal: the gold is among what comes nearest
    gold_cited: bool | None = None  # some citation comes from a gold passage or document
    quotes: tuple[Quote, ...] = ()
    nearest: tuple[Quote, ...] = ()  # what a refusal says comes nearest
    gold_passages: tuple[str, ...] = ()  # where the answer stands, shortened, for the report
    sentences: int = 0  # in all quotes together
    anchors: int = 0  # gold sentences and parts; of a part with several anchors one is enough
    anchors_covered: int = 0
    claims: int = 0
    unsupported: int = 0  # claims without a citation or with a quote that is not in the source
    forbidden_said: bool = False
    duration_ms: float = 0.0

    @property
    def right(self) -> bool:
        """Whether showing this answer was right: it quotes the gold, as far as its place is known.

        The gold of a stated gap is the sentence that says that the fact is missing.
        """
        return bool(self.gold_cited if self.found is None else self.found)

    @property
    def declined(self) -> bool:
        """Whether the question was refused, or a stated gap was told as one."""
        return self.completeness == "none" or (not self.answerable and self.right)

    @property
    def held_back(self) -> bool:
        """Whether the answer was not shown as complete, or a stated gap was told as one."""
        return self.completeness != "complete" or (not self.answerable and self.right)

    @property
    def could_answer(self) -> bool:
        """What the confidence predicts: the passages answer the question, whether or not it was refused."""
        return self.right or (self.completeness == "none" and self.nearest_right)


def judge(question: GoldQuestion, answer: Answer, source_text: SourceText, variant: Variant = "gewoon") -> Verdict:
    """The verdict on one answer; `source_text` gives the loaded text of a document id."""
    citations = answer.citations
    answerable = question.answerable and variant == "gewoon"
    has_gold = answerable or (question.is_stated_gap and variant == "gewoon")
    goals = _goals(question, source_text) if has_gold else []
    covered = [any(goal(citation) for citation in citations) for goal in goals]

    def quoted(citation: Citation) -> Quote:
        right = any(goal(citation) for goal in goals) or (answerable and _from_gold(question, citation))
        return _quote(citation, right)

    quotes, nearest = tuple(map(quoted, citations)), tuple(map(quoted, answer.nearest))
    return Verdict(
        id=question.id,
        variant=variant,
        type=question.type,
        question=question.text,
        gold=question.gold,
        answerable=answerable,
        exact=question.exact,
        answer=answer.text,
        completeness=answer.completeness,
        confidence=answer.confidence,
        found=any(covered) if goals else None,
        found_first=any(goal(citation) for citation in citations[:1] for goal in goals) if goals else None,
        covered=all(covered) if goals else None,
        text_quoted=_text_quoted(question, citations) if goals else None,
        gold_cited=any(_from_gold(question, citation) for citation in citations) if answerable else None,
        nearest_right=any(quote.right for quote in nearest),
        quotes=quotes,
        nearest=nearest,
        # The gold passages of a question from another field are in another index.
        gold_passages=() if variant == "onbekend" else _gold_passages(question, source_text),
        sentences=sum(len(split_sentences(citation.quote, 0, len(citation.quote))) for citation in citations),
        anchors=len(goals),
        anchors_covered=sum(covered),
        claims=len(answer.claims),
        unsupported=_count_unsupported(answer, source_text),
        forbidden_said=any(words.casefold() in answer.text.casefold() for words in question.forbidden),
        duration_ms=answer.duration_ms,
    )


def blocked(question: GoldQuestion, message: str, variant: Variant = "gewoon") -> Verdict:
    """The verdict when the assistant would not take the question."""
    answerable = question.answerable and variant == "gewoon"
    return Verdict(
        id=question.id,
        variant=variant,
        type=question.type,
        question=question.text,
        gold=question.gold,
        answerable=answerable,
        exact=question.exact,
        answer=message,
        completeness="none",
        confidence=0.0,
        blocked=True,
        found=False if answerable and (question.anchors or question.spans) else None,
        gold_cited=False if answerable else None,
        forbidden_said=any(words.casefold() in message.casefold() for words in question.forbidden),
    )


def squeezed(text: str) -> str:
    """A text in which only the words count: white space and quotation marks in one form."""
    return " ".join(text.translate(_CURLY).split())


Goal = Callable[[Citation], bool]


def _goals(question: GoldQuestion, source_text: SourceText) -> list[Goal]:
    """One test for each part and each sentence of a gold span: does this citation quote it whole?"""
    goals: list[Goal] = [_part_goal(part) for part in question.parts]
    for span in question.spans:
        text = source_text(span.document_id)
        for _, first, last in lines_of(text, span.begin, span.end):
            # Where the answer is part of a sentence this gives that part.
            pieces = split_sentences(text, first, last)
            goals.extend(_span_goal(span.document_id, begin, end) for begin, end in pieces)
    return goals


def _part_goal(part: Sequence[Anchor]) -> Goal:
    wanted = [(squeezed(anchor.text), anchor.document) for anchor in part]

    def quotes_one(citation: Citation) -> bool:
        quote = squeezed(citation.quote)
        return any(text in quote and document in (None, citation.document.id) for text, document in wanted)

    return quotes_one


def _span_goal(document_id: str, begin: int, end: int) -> Goal:
    return lambda citation: citation.document.id == document_id and citation.begin <= begin and end <= citation.end


def _from_gold(question: GoldQuestion, citation: Citation) -> bool:
    documents = question.gold_documents | {anchor.document for anchor in question.anchors}
    return citation.document.id in documents or citation.document.file.name in question.gold_files


def _text_quoted(question: GoldQuestion, citations: tuple[Citation, ...]) -> bool:
    gold = [*(anchor.text for anchor in question.anchors), *(span.text for span in question.spans)]
    texts = [squeezed(text).casefold() for text in gold]
    return any(text in squeezed(citation.quote).casefold() for text in texts for citation in citations)


def _gold_passages(question: GoldQuestion, source_text: SourceText) -> tuple[str, ...]:
    documents = {span.document_id for span in question.spans} or question.gold_documents
    return tuple(source_text(document)[:_SHOWN_CHARACTERS] for document in sorted(documents)[:_SHOWN_PASSAGES])


def _quote(citation: Citation, right: bool) -> Quote:
    parts = [citation.document.title or citation.document.id, *citation.heading_path]
    return Quote(source=" › ".join(parts), text=citation.quote, right=right)


def _count_unsupported(answer: Answer, source_text: SourceText) -> int:
    verbatim = {
        citation.number: source_text(citation.document.id)[citation.begin : citation.end] == citation.quote
        for citation in answer.citations
    }
    return sum(
        not claim.citations or not all(verbatim.get(number, False) for number in claim.citations)
        for claim in answer.claims
    )
