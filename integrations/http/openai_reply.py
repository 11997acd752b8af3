"""An answer in the form of OpenAI's chat completions, whole or in chunks.

Citations stand in the text as [1], in a list of sources below it, and as annotations of the kind `url_citation`.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from uuid import uuid4

from assistant import Answer, AnswerFinished, CitationAdded, TextAdded
from integrations.http.events import LiveEvents
from integrations.http.readable import address, answer_text, below, place
from integrations.http.service import Service

MODEL = "beleidswijzer"
_MARKER = re.compile(r"\[(\d+)\]")
_WORD = re.compile(r"\w+|[^\w\s]")


def size(text: str) -> int:
    """Words and signs: nothing here has tokens that must be paid for, yet these clients want a number."""
    return len(_WORD.findall(text))


class Reply:
    """One answer in OpenAI's form, whole or in chunks."""

    def __init__(self, base: str, prompt_size: int) -> None:
        self._base, self._prompt_size = base, prompt_size
        self._names = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": MODEL}
        self._content = ""

    def whole(self, answer: Answer) -> dict[str, object]:
        """The answer as one completion."""
        self._content = answer_text(answer, self._base) + below(answer, self._base)
        message = {
            "role": "assistant",
            "content": self._content,
            "refusal": None,
            "annotations": self._annotations(answer),
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
        return {
            **self._names,
            "object": "chat.completion",
            "choices": [choice],
            "usage": self._usage(),
            "gegenereerdDoorAi": True,
        }

    async def pieces(
        self, service: Service, opened: AbstractAsyncContextManager[LiveEvents]
    ) -> AsyncIterator[dict[str, object]]:
        """The answer in chunks, while it is being made; raises what the assistant raises."""
        async with opened as live:
            event, is_cited = await live.next(), False
            yield self._chunk({"role": "assistant", "content": ""})
            while event is not None:
                is_cited = is_cited or isinstance(event, CitationAdded)
                if isinstance(event, TextAdded) and is_cited:  # a refusal comes with links, which need the whole answer
                    yield self._added(event.text)
                if isinstance(event, AnswerFinished):
                    service.metrics.answered(event.answer)
                    text = "" if is_cited else answer_text(event.answer, self._base)
                    yield self._added(text + below(event.answer, self._base))
                    yield self._chunk({"annotations": self._annotations(event.answer)}, _finish(event.answer))
                event = await live.next()

    def usage_piece(self) -> dict[str, object]:
        """The chunk that tells the size of what was said, after all others."""
        return {**self._names, "object": "chat.completion.chunk", "choices": [], "usage": self._usage()}

    def _added(self, text: str) -> dict[str, object]:
        self._content += text
        return self._chunk({"content": text})

    def _chunk(self, delta: dict[str, object], finish: str | None = None) -> dict[str, object]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._names, "object": "chat.completion.chunk", "choices": [choice]}

    def _annotations(self, answer: Answer) -> list[dict[str, object]]:
        """Where each marker stands in the content, and what it refers to."""
        cited = {citation.number: citation for citation in answer.citations}
        markers = [(match, cited[int(match[1])]) for match in _MARKER.finditer(answer.text) if int(match[1]) in cited]
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "start_index": match.start(),
                    "end_index": match.end(),
                    "url": address(citation.link, self._base),
                    "title": place(citation),
                },
            }
            for match, citation in markers
        ]

    def _usage(self) -> dict[str, int]:
        completion = size(self._content)
        return {
            "prompt_tokens": self._prompt_size,
            "completion_tokens": completion,
            "total_tokens": self._prompt_size + completion,
        }


def _finish(answer: Answer) -> str:
    return "content_filter" if answer.blocked else "stop"
