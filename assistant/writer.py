"""Written answers: passages go to a chat model, and only claims that passed the grounding check come back.

In: one considered question. Out: a `Draft` that yields checked segments while the model is still writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Protocol

from assistant.assembling import Segment
from assistant.chat_models import ChatModel, open_chat_model
from assistant.claim_stream import WrittenClaim, item_mark, written_claims
from assistant.composing import Quote
from assistant.considering import Considered
from assistant.embeddings import Embedder
from assistant.errors import ChatModelError, SettingsError
from assistant.grounding import Evidence, Grounding, Verdict, without_markers
from assistant.language import content_tokens, detect_language, stem
from assistant.prompts import Message, Prompts, load_prompts
from assistant.refusals import REFUSAL
from assistant.settings import Settings
from assistant.types import Language, Length, Passage, Turn
from assistant.wording import STATUS_WORDS, date_words, heading_words

MARKER = "[1]"  # how a model must point to a source, as the prompts show it
_MAX_CLAIMS = 16
_MAX_PASSAGES = 8
_MAX_REPAIRED = 8
_MAX_QUESTION = 400  # characters of a stand-alone question
_MIN_PASSAGE_TOKENS = 600
_CHARACTERS_A_TOKEN = 3  # Dutch in the usual tokenizers has three to four; the lower figure is safe
_WORDS_TO_TELL_A_LANGUAGE = 6
_LANGUAGES: dict[Language, str] = {"nl": "Nederlands", "en": "Engels"}
_LENGTHS: dict[Length, str] = {
    "short": "Schrijf één of twee zinnen.",
    "normal": "Schrijf hoogstens vijf zinnen.",
    "long": "Schrijf hoogstens twaalf zinnen.",
}
_REASONS = {
    "geen_markering": "er staat geen bron achter",
    "markering_onbekend": "die bron is er niet",
    "getal": "een getal staat niet zo in de bron",
    "datum": "een datum staat niet zo in de bron",
    "naam": "een naam staat niet zo in de bron",
    "ontkenning": "de bron zegt het omgekeerde, of zegt het niet zo stellig",
    "sterkte": "moeten, mogen en kunnen zijn verwisseld",
    "taal": "de zin is in de verkeerde taal",
    "verboden_tekst": "er staat een adres of opmaak in",
}
_OTHER_REASON = "dit staat niet in de bron"


class Checking(Protocol):
    """What the writer asks of the grounding check."""

    def check(self, claim: str, evidence: Sequence[Evidence]) -> Verdict: ...


@dataclass
class Draft:
    """The answer to one question while it is written: iterate over its segments, then read the rest."""

    _claims: Callable[[Draft], Iterator[Segment]]
    removed: int = 0  # claims that were not supported, also not after one repair
    failed: list[tuple[str, str]] = field(default_factory=list)  # (claim, reason), waiting for repair

    def __iter__(self) -> Iterator[Segment]:
        return self._claims(self)


@dataclass(frozen=True)
class _Task:
    """One question with everything that the model is given for it."""

    part: Considered
    evidence: tuple[Evidence, ...]
    values: dict[str, str]
    secrets: tuple[str, ...]  # words that may never come back


class Writer:
    """Writes answers with a chat model; safe to use from several threads."""

    def __init__(
        self,
        model: ChatModel,
        prompts: Prompts,
        grounding: Checking,
        context_tokens: int = 8_192,
        answer_tokens: int = 700,
    ) -> None:
        """A writer.

        Raises:
            SettingsError: the prompts and the answer leave no room for sources in the model's context.
        """
        self._model, self._prompts, self._grounding = model, prompts, grounding
        prompt = prompts.answer.system.template + prompts.answer.user.template
        room = context_tokens - answer_tokens - len(prompt) // _CHARACTERS_A_TOKEN
        if room < _MIN_PASSAGE_TOKENS:
            raise SettingsError(
                f"Het taalmodel {model.name} krijgt te weinig ruimte: van {context_tokens} tokens blijven er {room} "
                f"over voor de bronnen, {_MIN_PASSAGE_TOKENS} zijn er nodig. Maak [chat] context_tokens groter, "
                "answer_tokens kleiner, of kies een model met meer ruimte."
            )
        self._room_characters = room * _CHARACTERS_A_TOKEN

    @property
    def model_name(self) -> str:
        """`provider:model`."""
        return self._model.name

    @property
    def prompt_version(self) -> str:
        """Which prompts are used."""
        return self._prompts.version

    def draft(self, part: Considered, length: Length) -> Draft:
        """An answer to one question; its iteration raises ChatModelError if the model fails."""
        task = self._task(part, length)
        return Draft(lambda draft: self._segments(draft, task))

    def stand_alone(self, asked: str, history: Sequence[Turn]) -> str | None:
        """The follow-up as a question of its own, in words that were all said before; None if that fails."""
        said = "\n".join(f"{'Vraag' if turn.role == 'user' else 'Antwoord'}: {turn.text}" for turn in history[-6:])
        message = self._prompts.follow_up.filled(
            self._common(detect_language(asked)) | {"gesprek": said[-2_000:], "vraag": asked}
        )
        try:
            line = _first_line(self._model.stream(message))
        except ChatModelError:
            return None
        known = {stem(token.form) for token in content_tokens(f"{said} {asked}")}
        words = {stem(token.form) for token in content_tokens(line)}
        return line if words and words <= known and len(line) <= _MAX_QUESTION else None

    def _segments(self, draft: Draft, task: _Task) -> Iterator[Segment]:
        message = self._prompts.answer.filled(task.values)
        shown: set[str] = set()
        for segment in self._supported(message, task, draft):
            if segment.text not in shown:
                shown.add(segment.text)
                yield segment
            if len(shown) == _MAX_CLAIMS:
                break
        for segment in self._repaired(draft, task):
            if segment.text not in shown:
                shown.add(segment.text)
                yield segment

    def _supported(self, message: Message, task: _Task, draft: Draft) -> Iterator[Segment]:
        """The claims of one call that the sources carry; the others are noted on the draft."""
        for claim in written_claims(self._model.stream(message)):
            text = without_markers(claim.text)
            if not text or text.startswith(tuple(REFUSAL.values())):
                continue
            if any(secret in claim.text for secret in task.secrets):
                draft.removed += 1
                continue
            found = self._checked(claim, task)
            if isinstance(found, Segment):
                yield found
            else:
                draft.failed.append((claim.text, found))

    def _checked(self, claim: WrittenClaim, task: _Task) -> Segment | str:
        """The segment to show, or the reason why not."""
        mark, bare = item_mark(claim.text)
        wanted = task.part.question.language
        if len(bare.split()) >= _WORDS_TO_TELL_A_LANGUAGE and detect_language(without_markers(bare)) != wanted:
            return "taal"
        verdict = self._grounding.check(bare, task.evidence)
        if not verdict.supported:
            return verdict.reason or "inhoud"
        passages = {each.number: each.passage for each in task.evidence}
        quotes = tuple(Quote(passages[number], begin, end) for number, begin, end in verdict.quotes)
        return Segment(f"{mark}{without_markers(bare)}", quotes, claim.separator or "\n\n")

    def _repaired(self, draft: Draft, task: _Task) -> Iterator[Segment]:
        """One attempt to mend what failed; what still fails is counted."""
        failed, draft.failed = draft.failed, []
        if not failed:
            return
        lines = (f"- {claim} (wat er niet klopt: {_REASONS.get(reason, _OTHER_REASON)})" for claim, reason in failed)
        message = self._prompts.repair.filled(
            {name: task.values[name] for name in ("bronnen", "grens", "kanarie", "markering", "taal")}
            | {"zinnen": "\n".join(list(lines)[:_MAX_REPAIRED])}
        )
        mended = 0
        try:
            for segment in self._supported(message, task, draft):
                mended += 1
                yield segment
                if mended == len(failed):
                    break
        except ChatModelError:
            pass  # what was shown stands; the rest stays removed
        draft.removed += max(0, len(failed) - mended)
        draft.failed = []

    def _task(self, part: Considered, length: Length) -> _Task:
        common = self._common(part.question.language)
        evidence = tuple(self._within_room(part.passages, common["grens"]))
        asked = part.question.understood_as or part.question.text
        values = common | {
            "bronnen": "\n".join(_as_data(each, common["grens"]) for each in evidence),
            "lengte": _LENGTHS[length],
            "markering": MARKER,
            "vraag": asked,
            "weigering": REFUSAL[part.question.language],
        }
        return _Task(part, evidence, values, (common["kanarie"], common["grens"]))

    def _common(self, language: Language) -> dict[str, str]:
        # Words that nobody could write into a document beforehand.
        return {"grens": f"bron-{token_hex(6)}", "kanarie": token_hex(8), "taal": _LANGUAGES[language]}

    def _within_room(self, passages: Sequence[Passage], boundary: str) -> Iterator[Evidence]:
        room = self._room_characters
        for number, passage in enumerate(passages[:_MAX_PASSAGES], start=1):
            evidence = Evidence(number, passage)
            room -= len(_as_data(evidence, boundary))
            if room < 0 and number > 1:
                return
            yield evidence


def open_writer(settings: Settings, embedder: Embedder) -> Writer:
    """The writer that the settings ask for.

    Raises:
        ModelError: the chat model or the entailment model cannot be had.
        SettingsError: a prompt or a setting is wrong.
    """
    chat = settings.chat
    entailment = None
    if chat.entailment_model:
        from assistant.grounding.entailment import SentenceTransformersEntailment

        entailment = SentenceTransformersEntailment(chat.entailment_model)
    return Writer(
        open_chat_model(chat, settings.secrets.chat_api_key),
        load_prompts(settings.prompts),
        Grounding(embedder, entailment),
        chat.context_tokens,
        chat.answer_tokens,
    )


def _as_data(evidence: Evidence, boundary: str) -> str:
    document, chunk = evidence.passage.document, evidence.passage.chunk
    status = f", {STATUS_WORDS[document.status]}" if document.status in ("superseded", "outdated") else ""
    return (
        f'<{boundary} nummer="{evidence.number}">\n'
        f"Titel: {document.title} ({date_words(document.published)}{status})\n"
        f"Kop: {heading_words(chunk.heading_path)}\n"
        f"{chunk.text}\n"
        f"</{boundary}>"
    )


def _first_line(pieces: Iterator[str]) -> str:
    text = ""
    for piece in pieces:
        text += piece
        if "\n" in text.strip() or len(text) > _MAX_QUESTION * 2:
            break
    return text.strip().splitlines()[0].strip() if text.strip() else ""
