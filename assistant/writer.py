"""Written answers: passages go to a chat model, and only claims that passed the grounding check come back.

In: one considered question. Out: a `Draft` that yields checked segments while the model is still writing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Protocol

from assistant.assembling import Segment
from assistant.chat_model_opening import open_chat_model
from assistant.chat_models import ChatModel, try_out
from assistant.claim_stream import WrittenClaim, item_mark, written_claims
from assistant.composing import Quote
from assistant.considering import Considered
from assistant.embeddings import Embedder
from assistant.errors import ChatModelError, SettingsError
from assistant.grounding import Evidence, Grounding, Verdict, without_markers
from assistant.grounding.markers import has_forbidden_text
from assistant.instructions import gives_orders, speaks_to_a_model
from assistant.language import content_tokens, detect_language, stem, tokenize
from assistant.prompts import Message, Prompts, load_prompts
from assistant.refusals import REFUSAL
from assistant.settings import Settings
from assistant.types import Language, Length, Passage, Turn
from assistant.wording import STATUS_WORDS, date_words, heading_words

MARKER = "[1]"  # how a model must point to a source, as the prompts show it
_MAX_CLAIMS = 16
_MAX_PASSAGES = 8
_MAX_REPAIRED = 8
_MAX_REPAIRED_CHARACTERS = 400  # of one sentence
_MAX_TURNS = 6
_MAX_CONVERSATION = 2_000  # characters
_MAX_QUESTION = 400  # characters of a stand-alone question
_MIN_PASSAGE_TOKENS = 800  # a long passage with its title and headings
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
    "vraag": "dit is een vraag en geen antwoord",
    "taal": "de zin is in de verkeerde taal",
    "verboden_tekst": "er staat een adres of opmaak in",
}
_OTHER_REASON = "dit staat niet in de bron"
_DENIALS = frozenset({"geen", "niet", "nooit", "zonder", "no", "not", "never", "without"})


class Checking(Protocol):
    """What the writer asks of the grounding check."""

    def check(self, claim: str, evidence: Sequence[Evidence]) -> Verdict: ...


@dataclass
class Draft:
    """The answer to one question while it is written: iterate over its segments, then read the rest."""

    _claims: Callable[[Draft], Iterator[Segment]]
    failed: list[tuple[str, str]] = field(default_factory=list)  # (claim, reason): not supported
    mended: int = 0  # how many of them became something that is shown, after one repair
    leaked: int = 0  # claims that gave away words of the instruction

    @property
    def removed(self) -> int:
        """How many claims are not shown."""
        return max(0, len(self.failed) - self.mended) + self.leaked

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
        longest = max(len(prompt.system.template + prompt.user.template) for prompt in (prompts.answer, prompts.repair))
        room = context_tokens - answer_tokens - longest // _CHARACTERS_A_TOKEN
        if room < _MIN_PASSAGE_TOKENS:
            raise SettingsError(
                f"Het taalmodel {model.name} krijgt te weinig ruimte: van {context_tokens} tokens blijven er "
                f"{max(0, room)} over voor de bronnen, {_MIN_PASSAGE_TOKENS} zijn er nodig. Maak [chat] "
                "context_tokens groter, answer_tokens kleiner, of kies een model met meer ruimte."
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

    def try_out(self) -> None:
        """Ask the model for a word; raises ChatModelError, with the next step, if it does not answer."""
        try_out(self._model)

    def draft(self, part: Considered, length: Length) -> Draft:
        """An answer to one question; its iteration raises ChatModelError if the model fails."""
        task = self._task(part, length)
        return Draft(lambda draft: self._segments(draft, task))

    def stand_alone(self, asked: str, history: Sequence[Turn]) -> str | None:
        """The follow-up as a question of its own, in words that were all said before; None if that fails."""
        turns = _answered(history)[-_MAX_TURNS:]
        said = "\n".join(f"{'Vraag' if turn.role == 'user' else 'Antwoord'}: {turn.text}" for turn in turns)
        values = self._common(detect_language(asked)) | {"gesprek": said[-_MAX_CONVERSATION:], "vraag": asked}
        try:
            line = _first_line(self._model.stream(self._prompts.follow_up.filled(values)))
        except ChatModelError:
            return None
        return line if len(line) <= _MAX_QUESTION and _only_says(line, said, asked) else None

    def _segments(self, draft: Draft, task: _Task) -> Iterator[Segment]:
        if not task.evidence:
            return
        shown: set[str] = set()
        for segment in self._supported(self._prompts.answer.filled(task.values), task, draft):
            if segment.text not in shown:
                shown.add(segment.text)
                yield segment
            if len(shown) == _MAX_CLAIMS:
                break
        if not draft.failed:
            return
        for segment in self._repaired(draft, task):
            if segment.text not in shown:
                shown.add(segment.text)
                draft.mended += 1
                yield segment

    def _supported(self, message: Message, task: _Task, draft: Draft) -> Iterator[Segment]:
        """The claims of one call that the sources carry; the others are noted on the draft."""
        checked: set[str] = set()
        with closing(_closable(self._model.stream(message))) as pieces:
            for claim in written_claims(pieces):
                text = without_markers(claim.text)
                if not text or claim.text in checked or _is_refusal(text):
                    continue
                checked.add(claim.text)
                if any(secret in claim.text for secret in task.secrets):
                    draft.leaked += 1
                    continue
                found = self._checked(claim, task)
                if isinstance(found, Segment):
                    yield found
                else:
                    draft.failed.append((claim.text, found))

    def _checked(self, claim: WrittenClaim, task: _Task) -> Segment | str:
        """The segment to show, or the reason why not."""
        mark, bare = item_mark(claim.text)
        if without_markers(bare).rstrip(" .").endswith("?"):
            return "vraag"  # it would pass the check: a question has the words of its answer
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
        """What one attempt to mend the failed claims gives; what fails again, or fails at all, stays removed."""
        lines = [
            f"- {claim[:_MAX_REPAIRED_CHARACTERS]} (wat er niet klopt: {_REASONS.get(reason, _OTHER_REASON)})"
            for claim, reason in draft.failed[:_MAX_REPAIRED]
        ]
        values = {name: task.values[name] for name in ("bronnen", "grens", "kanarie", "markering", "taal")}
        message = self._prompts.repair.filled(values | {"zinnen": "\n".join(lines)})
        second = Draft(lambda _: iter(()))
        try:
            for _, segment in zip(draft.failed[:_MAX_REPAIRED], self._supported(message, task, second), strict=False):
                yield segment
        except ChatModelError:
            return  # what was shown stands

    def _task(self, part: Considered, length: Length) -> _Task:
        common = self._common(part.question.language)
        asked = part.question.understood_as or part.question.text
        evidence = tuple(self._within_room(part.passages, common["grens"], len(asked)))
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

    def _within_room(self, passages: Sequence[Passage], boundary: str, taken: int) -> Iterator[Evidence]:
        """The passages that fit, best first; those that speak to the model are left out."""
        room = self._room_characters - taken
        number = 0
        for passage in passages:
            if gives_orders(passage):
                continue
            evidence = Evidence(number + 1, passage)
            room -= len(_as_data(evidence, boundary))
            if number == _MAX_PASSAGES or (room < 0 and number):
                return
            number += 1
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


def check_writer(settings: Settings) -> str:
    """Try out the chat model and the prompts that the settings name; gives the version of the prompts.

    Raises:
        ModelError: the chat model cannot be had or does not answer.
        SettingsError: a prompt or a setting is wrong.
    """
    chat = settings.chat
    model = open_chat_model(chat, settings.secrets.chat_api_key)
    writer = Writer(model, load_prompts(settings.prompts), Grounding(), chat.context_tokens, chat.answer_tokens)
    writer.try_out()
    return writer.prompt_version


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


def _answered(history: Sequence[Turn]) -> list[Turn]:
    """The turns without the questions that were refused, and without what was said to them."""
    kept: list[Turn] = []
    for turn in history:
        if turn.role == "assistant" and _is_refusal(turn.text):
            while kept and kept[-1].role == "user":
                kept.pop()
        else:
            kept.append(turn)
    return kept


def _is_refusal(text: str) -> bool:
    return text.startswith(tuple(REFUSAL.values()))


def _only_says(line: str, said: str, asked: str) -> bool:
    """Whether the line holds only words that were said, and most of what was asked: a history may hold orders."""
    known = {stem(token.form) for token in content_tokens(f"{said} {asked}")}
    words = {stem(token.form) for token in content_tokens(line)}
    denied = {token.form for token in tokenize(line)} & _DENIALS
    own = {stem(token.form) for token in content_tokens(asked)}
    return (
        bool(words)
        and words <= known
        and denied <= {token.form for token in tokenize(f"{said} {asked}")}
        and 2 * len(own & words) >= len(own)
        and not has_forbidden_text(line)
        and not speaks_to_a_model(line)
    )


def _first_line(pieces: Iterator[str]) -> str:
    text = ""
    with closing(_closable(pieces)) as opened:
        for piece in opened:
            text += piece
            if "\n" in text.strip() or len(text) > 2 * _MAX_QUESTION:
                break
    return text.strip().splitlines()[0].strip() if text.strip() else ""


def _closable(pieces: Iterator[str]) -> Generator[str, None, None]:
    """The same pieces; closing it closes the call, so that no model goes on writing for nobody."""
    yield from pieces
